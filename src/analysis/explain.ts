import { MillraceError } from '../base/errors.ts'
import { decisionFieldOffset, type DecisionField } from '../domain/risk-decision.ts'
import { orderKey, type Cancellation, type Fill, type Order } from '../domain/order.ts'
import type { MarketPanels } from '../domain/market-panels.ts'
import type { PortfolioConfig } from '../domain/portfolio.ts'
import type { BookView, Kernel, KernelBlock, Recorder, TargetTrace } from '../kernel/kernel.ts'
import { createLineup } from '../lineup/lineup.ts'
import { parseOrderKey, portfolioByKey } from './order-key.ts'
import { decisionsOf, reopenPortfolio, type OpenedRun } from './replay.ts'
import { createLineageReader, type FeatureValue, type LineageReader, type Place, type SignalLineage } from './signal-lineage.ts'

/** A book at one moment, for the symbol of the order. */
export interface BookMoment {
  readonly cash: number
  readonly equity: number
  readonly quantity: number
  readonly entryPrice: number
  readonly mark: number
}

/** What one risk model decided for the symbol, and from which features. */
export interface RiskLineage {
  readonly model: string
  readonly decided: Readonly<Partial<Record<DecisionField, number>>>
  readonly features: readonly FeatureValue[]
}

export interface FillLineage {
  readonly leg: Fill['leg']
  readonly time: number
  readonly quantity: number
  readonly open: number
  readonly price: number
  readonly fee: number
}

/** Everything behind one order, and what came of it. */
export interface Explanation {
  readonly orderKey: string
  readonly portfolio: PortfolioConfig
  readonly symbol: string
  readonly kind: Order['kind']
  readonly decidedTime: number
  /** Null for orders that no decision made: exits between two closes, delistings. */
  readonly order: { readonly quantity: number; readonly target: number } | null
  readonly signals: readonly { readonly weight: number; readonly lineage: SignalLineage }[]
  readonly risk: readonly RiskLineage[]
  readonly trace: TargetTrace
  readonly fills: readonly FillLineage[]
  readonly cancellations: readonly { readonly time: number; readonly quantity: number; readonly outcome: Cancellation['outcome'] }[]
  readonly bookAtDecision: BookMoment
  /** After the bar of the last fill; null when nothing filled. */
  readonly bookAfter: BookMoment | null
}

/**
 * Explains one order of a run by stepping its portfolio again from stored artefacts up to the order's bar and
 * on until nothing of it is left.
 * @throws MillraceError ORDER_NOT_FOUND
 */
export async function explainOrder(run: OpenedRun, key: string): Promise<Explanation> {
  const parts = parseOrderKey(key)
  const config = portfolioByKey(run, parts)
  const watch = createWatch()
  const { kernel, market, blocks } = reopenPortfolio(run, config, watch.recorder)
  const at = { t: market.timeline.closeTimes.indexOf(parts.closeTime), n: run.artefacts.symbols.indexOf(parts.symbol) }
  const missing = () =>
    new MillraceError({
      code: 'ORDER_NOT_FOUND',
      message: `portfolio ${config.id} made no such order`,
      value: key,
      hint: `\`millrace replay RUN '${config.id}'\` lists its orders`,
    })
  if (at.t < 0 || at.n < 0) throw missing()
  watch.follow({ symbol: at.n, decidedAt: at.t, kind: parts.kind })
  const steps = stepUntilDone(kernel, blocks, at, watch)
  if (steps === undefined || !watch.seen()) throw missing()
  const lineup = await createLineup(run.experiment, run.artefacts.symbols)
  const reader = createLineageReader(run, lineup, market)
  return {
    orderKey: orderKey({ portfolioKey: parts.portfolioKey, closeTime: parts.closeTime, symbol: parts.symbol, kind: parts.kind }),
    portfolio: config,
    symbol: parts.symbol,
    kind: parts.kind,
    decidedTime: parts.closeTime,
    order: watch.order(),
    signals: config.signals.map(({ signal, weight }) => ({ weight, lineage: reader.signal(signal, at) })),
    risk: config.riskPattern === null ? [] : riskLineage(run, config.riskPattern, { lineup, reader, at }),
    trace: steps.trace,
    fills: watch.fills().map((fill) => fillLineage(fill, market)),
    cancellations: watch.cancellations().map(({ t, quantity, outcome }) => ({ time: market.timeline.closeTimes[t], quantity, outcome })),
    bookAtDecision: steps.atDecision,
    bookAfter: steps.after,
  }
}

interface Steps {
  readonly trace: TargetTrace
  readonly atDecision: BookMoment
  readonly after: BookMoment | null
}

/** Steps bar by bar, noting the book at the decision and after the last fill. */
function stepUntilDone(kernel: Kernel, blocks: Iterable<KernelBlock>, at: Place, watch: Watch): Steps | undefined {
  let decided: { trace: TargetTrace; atDecision: BookMoment } | undefined
  let after: BookMoment | null = null
  for (const block of blocks) {
    const end = block.market.firstRow + block.market.rows
    for (let t = block.market.firstRow; t < end; t++) {
      const fillsBefore = watch.fills().length
      kernel.settle(kernel.open(block, t))
      kernel.mark(block, t)
      kernel.decide(block, t)
      if (t === at.t) decided = { trace: kernel.trace(0, at.n), atDecision: momentOf(kernel.book(0), at.n) }
      if (watch.fills().length > fillsBefore) after = momentOf(kernel.book(0), at.n)
      if (t > at.t && !watch.waiting()) return decided === undefined ? undefined : { ...decided, after }
    }
  }
  return decided === undefined ? undefined : { ...decided, after }
}

function momentOf(book: BookView, n: number): BookMoment {
  return { cash: book.cash, equity: book.equity, quantity: book.quantities[n], entryPrice: book.entryPrices[n], mark: book.marks[n] }
}

interface Followed {
  readonly symbol: number
  readonly decidedAt: number
  readonly kind: Order['kind']
}

interface Watch {
  readonly recorder: Recorder
  follow(order: Followed): void
  order(): Explanation['order']
  fills(): readonly Fill[]
  cancellations(): readonly Cancellation[]
  /** Whether the order, or anything of it, has been recorded. */
  seen(): boolean
  /** Whether the order still has nothing filled or cancelled. */
  waiting(): boolean
}

/** Keeps what is recorded of one order. Recorded objects are scratch, so they are copied. */
function createWatch(): Watch {
  let followed: Followed | undefined
  let order: Explanation['order'] = null
  const fills: Fill[] = []
  const cancellations: Cancellation[] = []
  const matches = (event: Followed) =>
    followed !== undefined && event.symbol === followed.symbol && event.decidedAt === followed.decidedAt && event.kind === followed.kind
  return {
    recorder: {
      order: (event) => {
        if (matches(event)) order = { quantity: event.quantity, target: event.target }
      },
      fill: (event) => {
        if (matches(event)) fills.push({ ...event })
      },
      cancellation: (event) => {
        if (matches(event)) cancellations.push({ ...event })
      },
    },
    follow: (event) => {
      followed = event
    },
    order: () => order,
    fills: () => fills,
    cancellations: () => cancellations,
    seen: () => order !== null || fills.length > 0 || cancellations.length > 0,
    waiting: () => fills.length === 0 && cancellations.length === 0,
  }
}

function fillLineage(fill: Fill, market: MarketPanels): FillLineage {
  const at = fill.t * market.instruments.length + fill.symbol
  return {
    leg: fill.leg,
    time: market.timeline.closeTimes[fill.t],
    quantity: fill.quantity,
    open: market.open[at],
    price: fill.price,
    fee: fill.fee,
  }
}

function riskLineage(
  run: OpenedRun,
  pattern: string,
  of: { lineup: Awaited<ReturnType<typeof createLineup>>; reader: LineageReader; at: Place },
): RiskLineage[] {
  const entry = of.lineup.patterns.find((candidate) => candidate.name === pattern)
  const symbols = of.lineup.universe.length
  return decisionsOf(run, pattern).map(({ artefact, fields }, index) => {
    const values = of.reader.row({ artefact, file: 'decisions' }, of.at.t)
    const decided = Object.fromEntries(
      fields.map((field) => {
        const offset = decisionFieldOffset(fields, field, symbols)
        const perSymbol = field !== 'scale' && field !== 'gross'
        return [field, values[offset + (perSymbol ? of.at.n : 0)]]
      }),
    )
    const model = entry?.models[index]
    return { model: model?.name ?? '', decided, features: (model?.features ?? []).map((ref) => of.reader.feature(ref, of.at)) }
  })
}
