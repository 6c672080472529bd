import { computeMetrics, METRIC_FIELDS } from '../domain/metrics.ts'
import type { MetricProfile } from '../domain/profile.ts'
import type { MarketPanels } from '../domain/market-panels.ts'
import type { Row } from '../domain/timeline.ts'
import type { ResolvedExperiment, StrategyInstance } from '../experiment/experiment.ts'
import { portfolioAt } from '../experiment/portfolios.ts'
import type { MarketBlock } from '../kernel/kernel.ts'
import type { SweepKernel } from '../kernel/sweep.ts'
import { barsOverlap } from '../kernel/vector-rules.ts'
import { createSweep, layOutBatch, marketBlock, tradedRows } from '../lineup/batch.ts'
import { createStrategyGroup, type StrategyGroup } from '../lineup/strategy-group.ts'
import { FeatureBlocks } from './feature-blocks.ts'

/** Cells of a signal that signals and kernel go through together, so that what one writes the next finds in the cache. */
const CELLS_PER_BLOCK = 256
const LEAST_ROWS = 64
/** Blocks that some portfolios go through before the next ones, over features computed once: what is theirs stays in the cache. */
const BLOCKS_PER_STRETCH = 4

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
  readonly signalCount: number
  readonly portfolios: number
}

/**
 * Stages 0, 1 and 4 in one pass over the bars: features of a stretch of rows, then signals and portfolios of its
 * blocks, then the next stretch. Nothing is stored, and memory grows neither with the history nor with the number
 * of signals × bars. Gives every portfolio's metrics, `[METRIC_FIELDS][portfolio]`.
 */
export async function sweepBatch(batch: SweepBatch, report: (done: number, total: number) => void): Promise<Float64Array> {
  const { market, experiment, from, to } = batch
  const total = market.timeline.closeTimes.length
  const rowsPerBlock = Math.min(total, Math.max(LEAST_ROWS, Math.floor(CELLS_PER_BLOCK / market.instruments.length)))
  const rowsPerStretch = Math.min(total, rowsPerBlock * BLOCKS_PER_STRETCH)
  const parts: Part[] = []
  for (let first = from; first < to; first += PORTFOLIOS_PER_KERNEL) {
    parts.push(await createPart({ ...batch, from: first, to: Math.min(to, first + PORTFOLIOS_PER_KERNEL) }))
  }
  const features = new FeatureBlocks(parts.flatMap(({ group }) => group.inputs), { market, rows: rowsPerStretch })
  const mostSignals = Math.max(...parts.map(({ signalCount }) => signalCount))
  const signals = new Float32Array(rowsPerBlock * mostSignals * market.instruments.length)
  for (const { rows, blocks } of stretchesOf(market, { rowsPerBlock, rowsPerStretch })) {
    features.advance(rows)
    for (const { group, kernel, signalCount } of parts) {
      for (const block of blocks) {
        group.turnRows(block.rows, features.read(group.inputs, block), signals)
        if (block.market.firstRow >= market.warmupRows) kernel.run({ market: block.market, signals, signalCount, patterns: [] })
      }
    }
    report(rows[0].t + rows.length, total)
  }
  return metricsOf(parts, experiment.profile)
}

/** Consecutive rows, and the blocks they are cut to: [from, to) of them. */
interface Stretch {
  readonly rows: readonly Row[]
  readonly blocks: readonly { readonly from: number; readonly to: number; readonly rows: readonly Row[]; readonly market: MarketBlock }[]
}

/** Several blocks at a time; one block ends with the warm-up, in which no portfolio is stepped. */
function* stretchesOf(market: MarketPanels, { rowsPerBlock, rowsPerStretch }: { readonly rowsPerBlock: number; readonly rowsPerStretch: number }): Generator<Stretch> {
  const { closeTimes, sessionDates } = market.timeline
  const ends = [...blockEnds(market, rowsPerBlock)]
  // Every stretch has the rows of the one before, told anew.
  const told = Array.from({ length: rowsPerStretch }, () => ({ t: 0, closeTime: 0, sessionDate: 0 }))
  for (let start = 0, b = 0; b < ends.length; b += BLOCKS_PER_STRETCH) {
    const cuts = ends.slice(b, b + BLOCKS_PER_STRETCH)
    const first = start
    const rows = told.slice(0, cuts[cuts.length - 1] - first)
    for (let r = 0; r < rows.length; r++) {
      rows[r].t = first + r
      rows[r].closeTime = closeTimes[first + r]
      rows[r].sessionDate = sessionDates[first + r]
    }
    const blocks = cuts.map((end, i) => {
      const [from, to] = [(cuts[i - 1] ?? first) - first, end - first]
      return { from, to, rows: rows.slice(from, to), market: marketBlock(market, first + from, end) }
    })
    yield { rows, blocks }
    start = first + rows.length
  }
}

function* blockEnds({ timeline, warmupRows }: MarketPanels, rowsPerBlock: number): Generator<number> {
  const rows = timeline.closeTimes.length
  for (let end = 0; end < rows; ) {
    end = Math.min(end < warmupRows ? warmupRows : rows, end + rowsPerBlock)
    yield end
  }
}

async function createPart({ market, experiment, from, to, instance }: SweepBatch): Promise<Part> {
  const layout = layOutBatch(Array.from({ length: to - from }, (_, i) => portfolioAt(experiment, from + i)))
  const universe = market.instruments.map(({ symbol }) => symbol)
  const group = await createStrategyGroup({ jobs: layout.signals.map(instance), universe })
  const { instruments, timeline } = market
  const rows = tradedRows({ ...market, rows: timeline.closeTimes.length })
  const kernel = createSweep({ layout, instruments, barsOverlap: barsOverlap(timeline), rows, profile: experiment.profile })
  return { group, kernel, signalCount: layout.signals.length, portfolios: to - from }
}

function metricsOf(parts: readonly Part[], profile: MetricProfile): Float64Array {
  const count = parts.reduce((sum, { portfolios }) => sum + portfolios, 0)
  const metrics = new Float64Array(METRIC_FIELDS.length * count)
  let first = 0
  for (const { kernel, portfolios } of parts) {
    for (let p = 0; p < portfolios; p++) {
      const computed = computeMetrics(kernel.performance(p), profile)
      for (let f = 0; f < METRIC_FIELDS.length; f++) metrics[f * count + first + p] = computed[METRIC_FIELDS[f]]
    }
    kernel.release()
    first += portfolios
  }
  return metrics
}
