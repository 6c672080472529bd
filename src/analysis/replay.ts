import { MillraceError } from '../base/errors.ts'
import type { Performance } from '../domain/performance.ts'
import type { PortfolioConfig } from '../domain/portfolio.ts'
import type { WalkForwardGroup } from '../experiment/experiment.ts'
import type { Kernel, KernelBlock, Recorder } from '../kernel/kernel.ts'
import { createBatchKernel, layOutBatch, tradedRows } from '../lineup/batch.ts'
import { recordLedgers } from '../lineup/ledger-recorder.ts'
import { LEDGER_NAMES, ledgerDictionaries, namedColumns, type LedgerColumns, type LedgerName } from '../lineup/ledger-rows.ts'
import { readIds, readPerformances } from '../lineup/results.ts'
import { kernelBlocks } from '../stages/kernel-blocks.ts'
import { MarketWindow, StoredMarket } from '../stages/stored-market.ts'
import { runStitched, stitchedIdentity, type Segment } from '../stages/stitched-run.ts'
import { portfolioOf, storedPlace, type OpenedRun } from './opened-run.ts'

export type ReplayedLedgers = Readonly<Record<LedgerName, LedgerColumns>>

/** A portfolio stepped again from stored artefacts, exactly as it ran. */
export interface ReplayedPortfolio {
  readonly config: PortfolioConfig
  readonly rows: { readonly ledgers: ReplayedLedgers }
  readonly performance: Performance
  /** Whether all metric sums equal the stored ones bit for bit. */
  readonly identical: boolean
}

/** A kernel over one portfolio of a run, and the blocks to turn it with. */
export function reopenPortfolio(
  run: OpenedRun,
  of: { readonly config: PortfolioConfig; readonly market: StoredMarket; readonly recorder: Recorder },
): { readonly kernel: Kernel; readonly blocks: Iterable<KernelBlock> } {
  const { config, market, recorder } = of
  const layout = layOutBatch([config])
  const kernel = createBatchKernel({ layout, instruments: market.instruments, rows: tradedRows(market), profile: run.experiment.profile }, recorder)
  const inputs = {
    market,
    signals: layout.signals.map((signal) => storedPlace(run, run.artefacts.signals, signal)),
    patterns: layout.patterns.map((pattern) => decisionsOf(run, pattern).map((decision) => decision.place)),
  }
  return { kernel, blocks: kernelBlocks(inputs, market.warmupRows) }
}

/** A pattern's risk models and where their decisions are, in the order they are combined. */
export function decisionsOf(run: OpenedRun, pattern: string) {
  const models = run.experiment.patterns.find((candidate) => candidate.name === pattern)?.models ?? []
  return models.map((model) => {
    const name = `${pattern}/${model}`
    return { name, model, place: storedPlace(run, run.artefacts.decisions, name) }
  })
}

/**
 * Makes a portfolio's orders, fills and equity again, and compares the outcome with the stored one.
 * @throws MillraceError PORTFOLIO_NOT_FOUND, ARTEFACT_MISSING
 */
export function replayPortfolio(run: OpenedRun, id: string): ReplayedPortfolio {
  const stitched = walkForwardOf(run, id)
  if (stitched !== undefined) return replayWalkForward(run, stitched)
  const config = portfolioOf(run, id)
  const { rows, result: performance } = record(run, config, (market, { recorder }) => {
    const { kernel, blocks } = reopenPortfolio(run, { config, market, recorder })
    for (const block of blocks) kernel.run(block)
    return kernel.performance(0)
  })
  const stored = storedPerformance(run, id)
  return { config, rows, performance, identical: stored !== undefined && samePerformance(performance, stored) }
}

interface ReplayRecorder {
  readonly recorder: Recorder
  /** Everything recorded so far. */
  read(): ReplayedLedgers
}

/** Has `turn` step a portfolio over the run's market, and collects what it does. */
function record<T>(run: OpenedRun, config: PortfolioConfig, turn: (market: StoredMarket, rows: ReplayRecorder) => T): { readonly rows: { readonly ledgers: ReplayedLedgers }; readonly result: T } {
  const market = new StoredMarket(run.store, run.artefacts.market)
  const times = new MarketWindow(market, [])
  const of = { configs: [config], symbols: run.artefacts.symbols, closeTime: (t: number) => times.closeTime(t) }
  const { recorder, collected } = recordLedgers(of)
  const dictionaries = ledgerDictionaries(of)
  const read = (): ReplayedLedgers => Object.fromEntries(LEDGER_NAMES.map((name) => [name, namedColumns(name, collected[name], dictionaries)])) as Record<LedgerName, LedgerColumns>
  try {
    const result = turn(market, { recorder, read })
    return { rows: { ledgers: read() }, result }
  } finally {
    market.close()
  }
}

/** The walk-forward of that name. */
export function walkForwardOf(run: OpenedRun, id: string): WalkForwardGroup | undefined {
  return run.experiment.walkForwards.find(({ name }) => name === id)
}

/** Steps a walk-forward's one portfolio again, through the windows and selections that are stored with its results. */
function replayWalkForward(run: OpenedRun, group: WalkForwardGroup): ReplayedPortfolio {
  const { patterns, profile } = run.experiment
  const config = stitchedIdentity(group, patterns)
  const { rows, result: performance } = record(run, config, (market, { recorder }) => runStitched({
    market, group, patterns, profile, recorder,
    signal: (name) => storedPlace(run, run.artefacts.signals, name),
    decisions: (pattern) => decisionsOf(run, pattern).map(({ place }) => place),
  }, segmentsOf(run, group.name)))
  const stored = storedPerformance(run, group.name)
  return { config, rows, performance, identical: stored !== undefined && samePerformance(performance, stored) }
}

/** @throws MillraceError PORTFOLIO_NOT_FOUND when the walk-forward failed in this run */
function segmentsOf(run: OpenedRun, id: string): readonly Segment[] {
  const address = run.artefacts.windows.find((candidate) => readIds(run.store, candidate).includes(id))
  if (address !== undefined) return run.store.meta(address)?.facts.segments as readonly Segment[]
  throw new MillraceError({ code: 'PORTFOLIO_NOT_FOUND', message: `run ${run.id} has no results of ${id}`, value: id, hint: 'it failed in that run; `millrace runs` says why' })
}

/** Whether two portfolios' metric sums are the same bits. */
export function samePerformance(one: Performance, other: Performance): boolean {
  return Object.entries(one).every(([field, value]) => Object.is(value, other[field as keyof Performance]))
}

function storedPerformance(run: OpenedRun, id: string): Performance | undefined {
  for (const address of run.artefacts.results) {
    if ((run.artefacts.strangers[address] ?? []).includes(id) || run.store.meta(address) === undefined) continue
    const position = readIds(run.store, address).indexOf(id)
    if (position >= 0) return readPerformances(run.store, address)[position]
  }
  return undefined
}

/** Key of the first order of a portfolio that filled; undefined when none ever did, or it has no order to explain (a walk-forward). Steps no further than that. */
export function firstFilledOrder(run: OpenedRun, id: string): string | undefined {
  if (walkForwardOf(run, id) !== undefined) return undefined
  const config = portfolioOf(run, id)
  return record(run, config, (market, { recorder, read }) => {
    const { kernel, blocks } = reopenPortfolio(run, { config, market, recorder: { fill: recorder.fill } })
    for (const block of blocks) {
      kernel.run(block)
      const [key] = read().fills.orderKey
      if (key !== undefined) return String(key)
    }
    return undefined
  }).result
}
