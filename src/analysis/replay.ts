import { MillraceError } from '../base/errors.ts'
import type { MarketPanels } from '../domain/market-panels.ts'
import type { PortfolioConfig } from '../domain/portfolio.ts'
import { findPortfolio, portfolioAt, portfolioCount, portfolioIdAt } from '../experiment/portfolios.ts'
import type { ResolvedExperiment } from '../experiment/experiment.ts'
import { nameHint } from '../experiment/names.ts'
import type { Kernel, KernelBlock, Recorder } from '../kernel/kernel.ts'
import { createReferenceKernel } from '../kernel/reference.ts'
import { createBatchKernel, layOutBatch } from '../lineup/batch.ts'
import { collectLedgerRows, type LedgerRows } from '../lineup/ledger-rows.ts'
import { readPerformances } from '../lineup/results.ts'
import { kernelBlocks } from '../stages/kernel-blocks.ts'
import { readMarket } from '../stages/market-artefact.ts'
import type { RunArtefacts } from '../stages/run-record.ts'
import type { Store } from '../store/store.ts'

/** A finished run, opened for questions. */
export interface OpenedRun {
  readonly store: Store
  readonly experiment: ResolvedExperiment
  readonly artefacts: RunArtefacts
}

/** A portfolio stepped again from stored artefacts, exactly as it ran. */
export interface ReplayedPortfolio {
  readonly config: PortfolioConfig
  readonly rows: LedgerRows
  /** Whether the metric sums equal the stored ones bit for bit. */
  readonly identical: boolean
}

/** @throws MillraceError PORTFOLIO_NOT_FOUND with the nearest id */
export function portfolioOf(run: OpenedRun, id: string): PortfolioConfig {
  const index = findPortfolio(run.experiment, id)
  if (index >= 0) return portfolioAt(run.experiment, index)
  const ids = Array.from({ length: Math.min(5000, portfolioCount(run.experiment)) }, (_, at) => portfolioIdAt(run.experiment, at))
  throw new MillraceError({
    code: 'PORTFOLIO_NOT_FOUND',
    message: `the run has no portfolio ${id}`,
    value: id,
    hint: `${nameHint(id, ids)}; \`millrace top RUN\` lists the best`,
  })
}

/** A kernel over one portfolio of a run, and the blocks to turn it with. */
export function reopenPortfolio(run: OpenedRun, config: PortfolioConfig, recorder: Recorder): {
  readonly kernel: Kernel
  readonly market: MarketPanels
  readonly blocks: Iterable<KernelBlock>
} {
  const market = readMarket(run.store, run.artefacts.market)
  const layout = layOutBatch([config])
  const kernel = createBatchKernel({
    factory: createReferenceKernel,
    layout,
    market,
    lastRow: market.timeline.closeTimes.length - 1,
    profile: run.experiment.profile,
    recorder,
  })
  const blocks = kernelBlocks(
    {
      store: run.store,
      market,
      signals: layout.signals.map((signal) => run.artefacts.signals[signal]),
      patterns: layout.patterns.map((pattern) => decisionsOf(run, pattern)),
    },
    market.warmupRows,
  )
  return { kernel, market, blocks }
}

/** Where a pattern's decisions are, in the order they are combined. */
export function decisionsOf(run: OpenedRun, pattern: string) {
  const models = run.experiment.patterns.find((candidate) => candidate.name === pattern)?.models ?? []
  return models.map((model) => run.artefacts.decisions[`${pattern}/${model}`])
}

/** Makes a portfolio's orders, fills and equity again, and compares the outcome with the stored one. */
export function replayPortfolio(run: OpenedRun, id: string): ReplayedPortfolio {
  const config = portfolioOf(run, id)
  const closeTimes = readMarket(run.store, run.artefacts.market).timeline.closeTimes
  const rows = collectLedgerRows({ configs: [config], symbols: run.artefacts.symbols, closeTime: (t) => closeTimes[t] })
  const { kernel, blocks } = reopenPortfolio(run, config, rows.recorder)
  for (const block of blocks) kernel.run(block)
  const stored = storedPerformance(run, id)
  const made = kernel.performance(0)
  const identical = stored !== undefined && Object.entries(made).every(([field, value]) => Object.is(value, stored[field as keyof typeof made]))
  return { config, rows, identical }
}

function storedPerformance(run: OpenedRun, id: string) {
  for (const address of run.artefacts.results) {
    const ids = (run.store.meta(address)?.facts as { ids: readonly string[] } | undefined)?.ids ?? []
    const position = ids.indexOf(id)
    if (position >= 0) return readPerformances(run.store, address)[position]
  }
  return undefined
}
