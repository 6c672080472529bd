import type { MetricProfile } from '../domain/profile.ts'
import { configsOf, type PortfolioSet } from '../experiment/portfolio-set.ts'
import type { SweepKernel } from '../kernel/sweep.ts'
import { createSweep, layOutBatch, tradedRows } from '../lineup/batch.ts'
import { openLedgerFiles, type LedgerFiles } from '../lineup/ledger-files.ts'
import { handOverResults } from '../lineup/results.ts'
import type { Address, HandedDraft } from '../store/store.ts'
import { kernelBlocks, type BlockInputs, type DecisionPlace } from './kernel-blocks.ts'
import { sourcesOf, type SignalPlaces } from './signal-places.ts'
import { openSignalRows, type SignalJobs } from './signal-rows.ts'
import { MarketWindow, StoredMarket } from './stored-market.ts'
import { storeAt } from './worker-cache.ts'

export interface PortfolioTask {
  readonly store: string
  readonly market: Address
  readonly address: Address
  readonly madeFrom: unknown
  readonly members: readonly Address[]
  readonly portfolios: PortfolioSet
  readonly profile: MetricProfile
  readonly record: 'metrics' | 'all'
  /** Rows that are read at once. */
  readonly rowsPerBlock: number
  /** Where every stored signal of the batch is. */
  readonly signals: SignalPlaces
  /** Instances whose signals are not stored: they are turned here, where they are read. */
  readonly fused?: SignalJobs
  /** Where the decisions of every pattern of the batch are. */
  readonly patterns: Readonly<Record<string, readonly DecisionPlace[]>>
}

/** Stage 4: steps a batch of portfolios over the whole history, a block of rows at a time. */
export async function portfolioTask(task: PortfolioTask, report: (done: number, total: number) => void): Promise<HandedDraft> {
  const store = storeAt(task.store)
  const market = new StoredMarket(store, task.market)
  const opened: Closeable[] = [market]
  let batch: OpenBatch
  let handed: HandedDraft
  try {
    batch = await openBatch(task, { market, opened })
    const { kernel, ids, ledgers, inputs } = batch
    for (const block of kernelBlocks(inputs, market.warmupRows)) {
      kernel.run(block)
      report(block.market.firstRow + block.market.rows, market.rows)
    }
    handed = await handOverResults(store, { kind: 'results', address: task.address, madeFrom: task.madeFrom, members: task.members, ids, kernel, ledgers })
  } finally {
    for (const each of opened) each.close()
  }
  batch.kernel.release()
  return handed
}

interface Closeable {
  close(): void
}

interface OpenBatch {
  readonly kernel: SweepKernel
  /** By portfolio. Of configurations nothing else stays where nothing is recorded: they would grow old while the kernel runs. */
  readonly ids: readonly string[]
  readonly ledgers: LedgerFiles | undefined
  readonly inputs: BlockInputs
}

/** Notes in `opened` what has to be closed, also where the rest cannot be opened. */
async function openBatch(task: PortfolioTask, { market, opened }: { readonly market: StoredMarket; readonly opened: Closeable[] }): Promise<OpenBatch> {
  const configs = configsOf(task.portfolios)
  const layout = layOutBatch(configs)
  const times = new MarketWindow(market, [])
  const ledgers = task.record === 'all' ? await openLedgerFiles({ configs, symbols: market.symbols, closeTime: (t) => times.closeTime(t) }) : undefined
  if (ledgers !== undefined) opened.push(ledgers)
  const { instruments, barsOverlap } = market
  const kernel = createSweep(
    { layout, instruments, barsOverlap, rows: tradedRows(market), profile: task.profile },
    ledgers?.recorder,
  )
  const made = task.fused === undefined ? undefined : await openSignalRows({ ...task.fused, market })
  if (made !== undefined) opened.push(made)
  return {
    kernel, ledgers,
    ids: configs.map(({ id }) => id),
    inputs: {
      market, made,
      signals: sourcesOf(layout.signals, { stored: task.signals, made: task.fused?.jobs.map(({ id }) => id) ?? [] }),
      patterns: layout.patterns.map((pattern) => task.patterns[pattern]),
      rowsPerBlock: task.rowsPerBlock,
    },
  }
}
