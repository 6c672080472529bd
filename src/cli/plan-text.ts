import type { ResolvedExperiment } from '../experiment/experiment.ts'
import { estimatePlan } from '../experiment/size.ts'
import { formatSessionDate } from '../domain/timeline.ts'
import { chooseKernels, type KernelChoice } from '../lineup/kernel-choice.ts'
import { planSize } from '../stages/experiment-run.ts'
import type { PreparedRun } from '../stages/pipeline.ts'
import type { PlannedStage } from '../stages/observer.ts'
import type { Store } from '../store/store.ts'
import { formatBytes, formatCount, NONE, plural } from './figures.ts'
import { formatTable } from './table.ts'

const MIB = 2 ** 20
/** Of the market artefact's timeline: close, open, session. */
const COLUMNS = 3
const SESSION_COLUMN = 2
/** What a process of Millrace occupies before it holds any data. */
const PROCESS_BYTES = 90 * MIB
/** What a worker holds of a batch that records everything, before it is stored. */
const RECORDED_BYTES = 800 * MIB

/** What a run is going to do, as one plain document. */
export interface PlanReport {
  readonly experiment: string
  readonly driver: 'staged' | 'lockstep'
  readonly market: {
    readonly source: string
    readonly bars: number
    readonly symbols: number
    /** Sessions of the first traded bar and of the last. */
    readonly from: string
    readonly to: string
    readonly warmupBars: number
  }
  readonly strategyInstances: number
  readonly signals: number
  readonly portfolios: number
  readonly stages: readonly PlannedStage[]
  readonly memoryBytes: number
  /** What the stages to run add to the store. */
  readonly diskBytes: number
  readonly workers: number
  readonly portfoliosPerBatch: number
  readonly profile: string
  readonly record: 'metrics' | 'all'
  /** Which kernel steps which portfolios; lockstep has but the reference. */
  readonly kernels: KernelChoice | null
}

export interface PlanOf {
  readonly experiment: ResolvedExperiment
  readonly prepared: PreparedRun
  readonly driver: 'staged' | 'lockstep'
  readonly workers: number
  readonly portfoliosPerBatch: number
}

export function describePlan(store: Store, of: PlanOf): PlanReport {
  const { experiment, prepared } = of
  const size = planSize(experiment)
  const { memoryMiB } = estimatePlan(size, { rows: prepared.rows, symbols: prepared.instruments.length })
  const warmupBars = Number(store.meta(prepared.market)?.facts.warmupRows ?? 0)
  const timeline = store.panel(prepared.market, 'timeline')
  const session = (row: number) => formatSessionDate(timeline.read(row, row + 1)[SESSION_COLUMN])
  try {
    return {
      experiment: experiment.name,
      driver: of.driver,
      market: {
        source: experiment.market.source, bars: prepared.rows, symbols: prepared.instruments.length,
        from: session(Math.min(warmupBars, prepared.rows - 1)), to: session(prepared.rows - 1), warmupBars,
      },
      strategyInstances: Number(size.instances), signals: Number(size.signals), portfolios: Number(size.portfolios),
      stages: prepared.plan,
      memoryBytes: memoryMiB * MIB + (of.workers + 1) * PROCESS_BYTES + (experiment.record === 'all' ? of.workers * RECORDED_BYTES : 0),
      diskBytes: prepared.plan.reduce((sum, stage) => sum + stage.bytes, 0),
      workers: of.workers,
      portfoliosPerBatch: of.portfoliosPerBatch,
      profile: experiment.profile.name,
      record: experiment.record,
      kernels: of.driver === 'staged' ? chooseKernels(experiment, timesOf(timeline.read(0, prepared.rows))) : null,
    }
  } finally {
    timeline.close()
  }
}

function timesOf(timeline: Float32Array | Float64Array): { openTimes: Float64Array; closeTimes: Float64Array } {
  const rows = timeline.length / COLUMNS
  return {
    closeTimes: Float64Array.from({ length: rows }, (_, row) => timeline[row * COLUMNS]),
    openTimes: Float64Array.from({ length: rows }, (_, row) => timeline[row * COLUMNS + 1]),
  }
}

/** Silent where every portfolio is on the fast kernel. */
function formatKernels(kernels: KernelChoice | null): string[] {
  return (kernels?.reference ?? []).map(({ reason, portfolios, first }, i) =>
    `  ${i === 0 ? 'kernel' : '      '}      ${plural(portfolios, 'portfolio')} on the reference kernel, some 10 times slower: ${reason} (${first}${portfolios > 1 ? ', …' : ''})`)
}

export function formatPlan(plan: PlanReport): string[] {
  const { market } = plan
  const rows = plan.stages.map((stage) => {
    const missing = stage.total - stage.cached
    return [stage.stage, formatCount(stage.total), formatCount(stage.cached), formatCount(missing), missing === 0 ? NONE : formatCount(stage.tasks), missing === 0 ? NONE : formatBytes(stage.bytes)]
  })
  const right = { align: 'right' } as const
  const columns = [{ name: 'stage' }, ...['in all', 'stored', 'to run', 'tasks', 'disk'].map((name) => ({ name, ...right }))]
  const staged = plan.driver === 'staged'
  return [
    `plan of ${plan.experiment}`,
    `  market      ${market.source}: ${plural(market.bars, 'bar')} of ${plural(market.symbols, 'symbol')}, traded from ${market.from} to ${market.to}${market.warmupBars > 0 ? ` (the first ${formatCount(market.warmupBars)} warm up)` : ''}`,
    `  sweep       ${plural(plan.strategyInstances, 'strategy instance')}, ${plural(plan.signals, 'signal')}, ${plural(plan.portfolios, 'portfolio')}`,
    `  resources   about ${formatBytes(plan.memoryBytes)} of memory${staged ? ` and ${formatBytes(plan.diskBytes)} of disk` : ''}; ${plural(plan.workers, 'worker')}, batches of ${plural(plan.portfoliosPerBatch, 'portfolio')}`,
    `  results     metrics by the profile ${plan.profile}; ${plan.record === 'all' ? 'every order, fill and equity row is recorded' : 'orders are not recorded: a replay makes them again'}`,
    ...formatKernels(plan.kernels),
    ...(staged ? ['', ...formatTable(columns, rows).map((line) => `  ${line}`)] : ['  driver      lockstep: bar by bar, every step waits for the slowest']),
  ]
}
