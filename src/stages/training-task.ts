import type { MetricProfile } from '../domain/profile.ts'
import type { RowRange } from '../domain/walk-forward.ts'
import type { ResolvedPattern, WalkForwardGroup } from '../experiment/experiment.ts'
import { portfolioAt } from '../experiment/portfolios.ts'
import { createSweep, layOutBatch } from '../lineup/batch.ts'
import { publishResults } from '../lineup/results.ts'
import type { Address } from '../store/store.ts'
import { kernelBlocks, type DecisionPlace, type SignalPlace } from './kernel-blocks.ts'
import { StoredMarket } from './stored-market.ts'
import { storeAt } from './worker-cache.ts'

/** Candidates [from, to) of a walk-forward's group, as they train. */
export interface CandidateRange {
  readonly group: WalkForwardGroup
  readonly patterns: readonly ResolvedPattern[]
  readonly from: number
  readonly to: number
}

export interface TrainingTask {
  readonly store: string
  readonly market: Address
  readonly address: Address
  readonly madeFrom: unknown
  readonly candidates: CandidateRange
  readonly rows: RowRange
  readonly profile: MetricProfile
  /** Rows of the market that are read at once. */
  readonly rowsPerBlock: number
  readonly signals: Readonly<Record<string, SignalPlace>>
  readonly decisions: Readonly<Record<string, readonly DecisionPlace[]>>
}

/** Steps candidates over the training rows of a window, with fresh cash and flat, and keeps their metric sums. */
export async function trainingTask(task: TrainingTask): Promise<void> {
  const { group, patterns, from, to } = task.candidates
  const store = storeAt(task.store)
  const market = new StoredMarket(store, task.market)
  const configs = Array.from({ length: to - from }, (_, i) => portfolioAt({ portfolios: [group], patterns }, from + i))
  const layout = layOutBatch(configs)
  const { instruments, barsOverlap } = market
  const kernel = createSweep({ layout, instruments, barsOverlap, rows: task.rows, profile: task.profile })
  const inputs = {
    market,
    signals: layout.signals.map((signal) => task.signals[signal]),
    patterns: layout.patterns.map((pattern) => task.decisions[pattern]),
    rowsPerBlock: task.rowsPerBlock,
  }
  try {
    for (const block of kernelBlocks(inputs, task.rows.first, task.rows.last + 1)) kernel.run(block)
  } finally {
    market.close()
  }
  await publishResults(store, {
    kind: 'training', address: task.address, madeFrom: task.madeFrom,
    members: [task.address], ids: configs.map(({ id }) => id), kernel, ledgers: undefined,
  })
  kernel.release()
}
