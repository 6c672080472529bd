import { computeMetrics, METRIC_FIELDS } from '../domain/metrics.ts'
import type { MetricProfile } from '../domain/profile.ts'
import type { MarketPanels } from '../domain/market-panels.ts'
import type { Row } from '../domain/timeline.ts'
import type { ResolvedExperiment, StrategyInstance } from '../experiment/experiment.ts'
import { portfolioAt } from '../experiment/portfolios.ts'
import type { SweepKernel } from '../kernel/sweep.ts'
import { createSweep, layOutBatch, marketBlock } from '../lineup/batch.ts'
import { createStrategyGroup, type StrategyGroup } from '../lineup/strategy-group.ts'
import { FeatureBlocks } from './feature-blocks.ts'

/** Cells of a signal that features, signals and kernel go through together, so that what one writes the next finds in the cache. */
const CELLS_PER_BLOCK = 128
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

/** Portfolios that one kernel steps: their signals and records of a block stay in a core's own cache. */
const PORTFOLIOS_PER_KERNEL = 500

/** Some portfolios with the instances they subscribe to. */
interface Part {
  readonly group: StrategyGroup
  readonly kernel: SweepKernel
  readonly signals: Float32Array
  readonly signalCount: number
  readonly portfolios: number
}

/**
 * Stages 0, 1 and 4 in one pass over the bars: features, signals and portfolios of a block of rows, then the next
 * block. Nothing is stored, and memory grows neither with the history nor with the number of signals × bars.
 * Gives every portfolio's metrics, `[portfolio][METRIC_FIELDS]`.
 */
export async function sweepBatch(batch: SweepBatch, report: (done: number, total: number) => void): Promise<Float64Array> {
  const { market, experiment, from, to } = batch
  const rowsPerBlock = Math.max(LEAST_ROWS, Math.floor(CELLS_PER_BLOCK / market.instruments.length))
  const parts: Part[] = []
  for (let first = from; first < to; first += PORTFOLIOS_PER_KERNEL) {
    parts.push(await createPart({ ...batch, from: first, to: Math.min(to, first + PORTFOLIOS_PER_KERNEL) }, rowsPerBlock))
  }
  const features = new FeatureBlocks(parts.flatMap(({ group }) => group.inputs), { market, rowsPerBlock })
  const { closeTimes, sessionDates } = market.timeline
  for (const [first, end] of blocksOf(market, rowsPerBlock)) {
    const rows: Row[] = Array.from({ length: end - first }, (_, r) => ({ t: first + r, closeTime: closeTimes[first + r], sessionDate: sessionDates[first + r] }))
    features.advance(rows)
    const block = marketBlock(market, first, end)
    for (const { group, kernel, signals, signalCount } of parts) {
      group.turnRows(rows, group.inputs.map(({ expression }) => features.rowsOf(expression, rows.length)), signals)
      if (first >= market.warmupRows) kernel.run({ market: block, signals, signalCount, patterns: [] })
    }
    report(end, closeTimes.length)
  }
  return metricsOf(parts, experiment.profile)
}

async function createPart({ market, experiment, from, to, instance }: SweepBatch, rowsPerBlock: number): Promise<Part> {
  const layout = layOutBatch(Array.from({ length: to - from }, (_, i) => portfolioAt(experiment, from + i)))
  const universe = market.instruments.map(({ symbol }) => symbol)
  const group = await createStrategyGroup({ jobs: layout.signals.map(instance), universe })
  const kernel = createSweep({ layout, market, times: market.timeline, profile: experiment.profile })
  const signalCount = layout.signals.length
  return { group, kernel, signals: new Float32Array(rowsPerBlock * signalCount * universe.length), signalCount, portfolios: to - from }
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

function metricsOf(parts: readonly Part[], profile: MetricProfile): Float64Array {
  const metrics = new Float64Array(parts.reduce((count, { portfolios }) => count + portfolios, 0) * METRIC_FIELDS.length)
  let at = 0
  for (const { kernel, portfolios } of parts) {
    for (let p = 0; p < portfolios; p++) {
      const computed = computeMetrics(kernel.performance(p), profile)
      for (const field of METRIC_FIELDS) metrics[at++] = computed[field]
    }
  }
  return metrics
}
