import { computeMetrics, METRIC_FIELDS } from '../domain/metrics.ts'
import type { MetricProfile } from '../domain/profile.ts'
import type { MarketPanels } from '../domain/market-panels.ts'
import type { Row } from '../domain/timeline.ts'
import type { ResolvedExperiment, StrategyInstance } from '../experiment/experiment.ts'
import { portfolioAt } from '../experiment/portfolios.ts'
import type { SweepKernel } from '../kernel/sweep.ts'
import { createSweep, layOutBatch, marketBlock } from '../lineup/batch.ts'
import { createStrategyGroup } from '../lineup/strategy-group.ts'
import { FeatureBlocks } from './feature-blocks.ts'

/** Cells of a signal that features, signals and kernel go through together, so that what one writes the next finds in the cache. */
const CELLS_PER_BLOCK = 256
const LEAST_ROWS = 64

export interface SweepBatch {
  readonly market: MarketPanels
  readonly experiment: Omit<ResolvedExperiment, 'market'>
  /** Portfolios [from, to) of the experiment. */
  readonly from: number
  readonly to: number
  /** A strategy instance by its id. */
  readonly instance: (id: string) => StrategyInstance
}

/**
 * Stages 0, 1 and 4 in one pass over the bars: features, signals and portfolios of a block of rows, then the next
 * block. Nothing is stored, and memory grows neither with the history nor with the number of signals × bars.
 * Gives every portfolio's metrics, `[portfolio][METRIC_FIELDS]`.
 */
export async function sweepBatch(
  { market, experiment, from, to, instance }: SweepBatch, report: (done: number, total: number) => void,
): Promise<Float64Array> {
  const configs = Array.from({ length: to - from }, (_, i) => portfolioAt(experiment, from + i))
  const layout = layOutBatch(configs)
  const universe = market.instruments.map(({ symbol }) => symbol)
  const jobs = layout.signals.map(instance)
  const group = await createStrategyGroup({ jobs, universe })
  const rowsPerBlock = Math.max(LEAST_ROWS, Math.floor(CELLS_PER_BLOCK / universe.length))
  const features = new FeatureBlocks(group.inputs, { market, rowsPerBlock })
  const kernel = createSweep({ layout, market, times: market.timeline, profile: experiment.profile })
  const signals = new Float32Array(rowsPerBlock * jobs.length * universe.length)
  const { closeTimes, sessionDates } = market.timeline
  for (const [first, end] of blocksOf(market, rowsPerBlock)) {
    const rows: Row[] = Array.from({ length: end - first }, (_, r) => ({ t: first + r, closeTime: closeTimes[first + r], sessionDate: sessionDates[first + r] }))
    features.advance(rows)
    group.turnRows(rows, group.inputs.map(({ expression }) => features.rowsOf(expression, rows.length)), signals)
    if (first >= market.warmupRows) kernel.run({ market: marketBlock(market, first, end), signals, signalCount: jobs.length, patterns: [] })
    report(end, closeTimes.length)
  }
  return metricsOf(kernel, { count: configs.length, profile: experiment.profile })
}

/** Consecutive rows [first, end); one block ends with the warm-up, in which no portfolio is stepped. */
function* blocksOf({ timeline, warmupRows }: MarketPanels, rowsPerBlock: number): Generator<readonly [first: number, end: number]> {
  const rows = timeline.closeTimes.length
  for (let first = 0; first < rows; ) {
    const end = Math.min(first < warmupRows ? warmupRows : rows, first + rowsPerBlock)
    yield [first, end]
    first = end
  }
}

function metricsOf(kernel: SweepKernel, of: { count: number; profile: MetricProfile }): Float64Array {
  const metrics = new Float64Array(of.count * METRIC_FIELDS.length)
  for (let p = 0; p < of.count; p++) {
    const computed = computeMetrics(kernel.performance(p), of.profile)
    METRIC_FIELDS.forEach((field, f) => {
      metrics[p * METRIC_FIELDS.length + f] = computed[field]
    })
  }
  return metrics
}
