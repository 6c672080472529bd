import { MillraceError } from '../base/errors.ts'
import type { MarketPanels } from '../domain/market-panels.ts'
import { orderKey, type Fill, type Order, type OrderOutcome } from '../domain/order.ts'
import type { PortfolioConfig } from '../domain/portfolio.ts'
import type { DecisionField } from '../domain/risk-decision.ts'
import { formatTime } from '../domain/timeline.ts'
import type { TargetTrace } from '../kernel/kernel.ts'
import { readMarket } from '../stages/market-artefact.ts'
import { StoredMarket } from '../stages/stored-market.ts'
import { exposureChain, valueOf, type ExposureStep, type StoredDecision } from './exposure-chain.ts'
import type { OpenedRun } from './opened-run.ts'
import { parseOrderKey, portfolioByKey } from './order-key.ts'
import { isWithinABar, watchOrder, type BookMoment, type WatchedFill, type WatchedOrder } from './order-watch.ts'
import { priceLineage, type PricedFill, type PriceLineage } from './price-lineage.ts'
import { decisionsOf, reopenPortfolio } from './replay.ts'
import { createLineageReader, type FeatureValue, type LineageReader, type Place, type SignalLineage } from './signal-lineage.ts'

/** One symbol's bar, raw prices. */
export interface ExplainedBar {
  readonly time: string
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
  /** Split coefficient at its open, 1 = none; cash per unit paid in it, 0 = none. */
  readonly split: number
  readonly dividend: number
}

/** What one risk model decided for the symbol, and from which features. */
export interface RiskLineage {
  /** `pattern/model` */
  readonly model: string
  readonly use: string
  readonly params: Readonly<Record<string, unknown>>
  readonly decided: Readonly<Partial<Record<DecisionField, number>>>
  readonly features: readonly FeatureValue[]
}

/** How the target became a quantity: trunc(target × money / unit) in lots, or target × units per target. */
export interface SizingLineage {
  /** Account currency of a full target; null for `fixedQuantity`. */
  readonly money: number | null
  /** Account currency of one unit at the deciding close. */
  readonly unit: number
  readonly lot: number
}

export interface FillLineage {
  readonly leg: Fill['leg']
  readonly bar: ExplainedBar
  readonly quantity: number
  readonly price: number
  readonly fee: number
  /** Cash it takes (negative) or brings, fee included: −quantity × price × multiplier − fee. */
  readonly cash: number
  readonly origin: PriceLineage
  readonly before: BookMoment
  readonly after: BookMoment
  /** Whether `before` and `after` differ by this fill alone; else by everything booked at that moment. */
  readonly alone: boolean
}

/** Everything behind one order, and what came of it. */
export interface Explanation {
  readonly run: string
  readonly orderKey: string
  readonly portfolio: PortfolioConfig
  readonly symbol: string
  readonly multiplier: number
  readonly kind: Order['kind']
  readonly decidedTime: string
  /** Null for a cancellation whose order was the kernel's own. */
  readonly order: { readonly quantity: number | null; readonly target: number | null } | null
  /** The symbol's bar in the row of the decision; null without one. */
  readonly bar: ExplainedBar | null
  /** Key of the order that brought the position in; null when it was flat. */
  readonly openedBy: string | null
  readonly book: BookMoment
  /** Null for orders that come up inside a bar, which no signal decides. */
  readonly decision: DecisionLineage | null
  readonly fills: readonly FillLineage[]
  readonly cancellations: readonly { readonly time: string; readonly quantity: number | null; readonly outcome: OrderOutcome }[]
}

/** From features to the quantity wanted, at the close of the decision. */
export interface DecisionLineage {
  readonly signals: readonly { readonly weight: number; readonly lineage: SignalLineage }[]
  readonly risk: readonly RiskLineage[]
  /** From the combined signal to the target. */
  readonly steps: readonly ExposureStep[]
  readonly trace: TargetTrace
  readonly sizing: SizingLineage
}

/**
 * Explains one order of a run by stepping its portfolio again from stored artefacts up to the order's bar and
 * on until nothing of it is left.
 * @throws MillraceError ORDER_NOT_FOUND; ARTEFACT_MISSING where something it was made from is not stored
 */
export function explainOrder(run: OpenedRun, key: string): Explanation {
  const parts = parseOrderKey(key)
  const config = portfolioByKey(run, parts)
  const market = readMarket(run.store, run.artefacts.market)
  const { closeTimes } = market.timeline
  const at = { t: closeTimes.indexOf(parts.closeTime), n: run.artefacts.symbols.indexOf(parts.symbol) }
  if (at.t < 0 || at.n < 0) throw noSuchOrder(config, key)
  const watch = watchOrder({ symbol: at.n, decidedAt: at.t, kind: parts.kind }, market)
  const stored = new StoredMarket(run.store, run.artefacts.market)
  const { kernel, blocks } = reopenPortfolio(run, { config, market: stored, recorder: watch.recorder })
  const watched = watch.run(kernel, blocks)
  stored.close()
  if (watched === undefined) throw noSuchOrder(config, key)
  const keyOf = (of: { decidedAt: number; kind: Order['kind'] }) =>
    orderKey({ portfolioKey: parts.portfolioKey, closeTime: closeTimes[of.decidedAt], symbol: parts.symbol, kind: of.kind })
  return {
    run: run.id,
    orderKey: keyOf({ decidedAt: at.t, kind: parts.kind }),
    portfolio: config,
    symbol: parts.symbol,
    multiplier: market.instruments[at.n].multiplier,
    kind: parts.kind,
    decidedTime: formatTime(parts.closeTime),
    order: watched.order === null ? null : { quantity: known(watched.order.quantity), target: known(watched.order.target) },
    bar: barAt(market, at),
    openedBy: watched.opened === null || watched.book.quantity === 0 ? null : keyOf(watched.opened),
    book: watched.book,
    decision: isWithinABar(parts.kind) ? null : decisionLineage(run, { config, market, at, watched }),
    fills: watched.fills.map((fill) => fillLineage({ watched: fill, book: watched.book, config, market })),
    cancellations: watched.cancellations.map(({ t, quantity, outcome }) => ({
      time: formatTime(closeTimes[t]), quantity: known(quantity), outcome,
    })),
  }
}

function known(value: number): number | null {
  return Number.isNaN(value) ? null : value
}

function noSuchOrder(config: PortfolioConfig, key: string): MillraceError {
  return new MillraceError({
    code: 'ORDER_NOT_FOUND',
    message: `portfolio ${config.id} made no such order`,
    value: key,
    hint: `\`millrace replay RUN '${config.id}'\` lists its orders`,
  })
}

function barAt(market: MarketPanels, { t, n }: Place): ExplainedBar | null {
  const cell = t * market.instruments.length + n
  if (Number.isNaN(market.close[cell])) return null
  const { open, high, low, close, volume, split, dividend } = market
  return {
    time: formatTime(market.timeline.closeTimes[t]),
    open: open[cell], high: high[cell], low: low[cell], close: close[cell], volume: volume[cell],
    split: split[cell], dividend: dividend[cell],
  }
}

interface DecisionOf {
  readonly config: PortfolioConfig
  readonly market: MarketPanels
  readonly at: Place
  readonly watched: WatchedOrder
}

function decisionLineage(run: OpenedRun, of: DecisionOf): DecisionLineage {
  const { config, market, at, watched } = of
  const reader = createLineageReader(run, market)
  const decisions = config.riskPattern === null ? [] : storedDecisions(run, config.riskPattern, { reader, t: at.t })
  return {
    signals: config.signals.map(({ signal, weight }) => ({ weight, lineage: reader.signal(signal, at) })),
    risk: decisions.map((decision) => riskLineage(run, decision, { reader, at })),
    steps: exposureChain({ config, traces: watched.traces, n: at.n, decisions }),
    trace: watched.traces[at.n],
    sizing: sizingLineage(of),
  }
}

interface NamedDecision extends StoredDecision {
  readonly model: string
}

function storedDecisions(run: OpenedRun, pattern: string, of: { reader: LineageReader; t: number }): NamedDecision[] {
  return decisionsOf(run, pattern).map(({ name, model, place }) => ({
    name, model, fields: place.fields, values: of.reader.row({ artefact: place.artefact, file: 'decisions' }, of.t),
  }))
}

function riskLineage(run: OpenedRun, decision: NamedDecision, of: { reader: LineageReader; at: Place }): RiskLineage {
  const model = run.experiment.riskModels.find((candidate) => candidate.name === decision.model)
  const at = { n: of.at.n, symbols: run.artefacts.symbols.length }
  return {
    model: decision.name,
    use: model?.use ?? decision.model,
    params: model?.params ?? {},
    decided: Object.fromEntries(decision.fields.map((field) => [field, valueOf(decision, field, at) ?? NaN])),
    features: of.reader.features(decision.name, of.at),
  }
}

function sizingLineage({ config, market, at, watched }: DecisionOf): SizingLineage {
  const { sizing } = config
  const { lot, multiplier } = market.instruments[at.n]
  const { equity, mark } = watched.book
  const unit = mark * multiplier
  if (sizing.kind === 'fixedQuantity') return { money: null, unit, lot }
  if (sizing.kind === 'fixedCash') return { money: sizing.cash, unit, lot }
  if (sizing.kind === 'exposure') return { money: sizing.size * equity, unit, lot }
  return { money: sizing.size * equity * (1 - sizing.cashBuffer), unit: unit * (1 + config.costs.feeBps / 10_000), lot }
}

function fillLineage(of: PricedFill & { readonly watched: WatchedFill }): FillLineage {
  const { market, watched: { fill, before, after, alone } } = of
  const bar = barAt(market, { t: fill.t, n: fill.symbol })
  const time = formatTime(market.timeline.closeTimes[fill.t])
  const value = fill.quantity * (fill.price * market.instruments[fill.symbol].multiplier)
  return {
    leg: fill.leg,
    bar: bar ?? { time, open: NaN, high: NaN, low: NaN, close: NaN, volume: NaN, split: 1, dividend: 0 },
    quantity: fill.quantity, price: fill.price, fee: fill.fee, cash: -value - fill.fee,
    origin: priceLineage(of),
    before, after, alone,
  }
}
