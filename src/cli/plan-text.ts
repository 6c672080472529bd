import type { ResolvedExperiment } from '../experiment/experiment.ts'
import { portfolioCount } from '../experiment/portfolios.ts'
import { formatSessionDate } from '../domain/timeline.ts'
import { chooseKernels, kernelShares, type KernelChoice } from '../lineup/kernel-choice.ts'
import { planLockstep, type LockstepPlan } from '../stages/core-plan.ts'
import { planSize } from '../stages/experiment-run.ts'
import { REFERENCE_SLOWDOWN, subscriptionsOf } from '../stages/member-load.ts'
import type { PreparedRun } from '../stages/pipeline.ts'
import type { PlannedStage } from '../stages/observer.ts'
import { MarketWindow, StoredMarket } from '../stages/stored-market.ts'
import type { Store } from '../store/store.ts'
import { formatBytes, formatCount, NONE, plural } from './figures.ts'
import { formatTable } from './table.ts'

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
  /** Signals that no portfolio leads to: they are not computed. */
  readonly unread: number
  /** With the one portfolio of every walk-forward. */
  readonly portfolios: number
  readonly walkForwards: readonly PlannedWindows[]
  /** Signals that portfolios make where they read them, and what storing them would take. */
  readonly fused: { readonly signals: number; readonly bytes: number; readonly reason: string } | null
  readonly stages: readonly PlannedStage[]
  readonly memoryBytes: number
  /** What the stages to run add to the store. */
  readonly diskBytes: number
  readonly cores: PlannedCores
  readonly profile: string
  readonly record: 'metrics' | 'all'
  /** Which kernel steps which portfolios, whatever the driver. */
  readonly kernels: KernelChoice
}

/** A walk-forward: in every window all of its candidates are trained. */
export interface PlannedWindows {
  readonly name: string
  readonly candidates: number
  readonly windows: number
}

/** Processes and blocks, each with its reason in words; how stages are cut into tasks stands with the stages. */
export interface PlannedCores {
  /** Of the machine, and what it gives the run. */
  readonly cores: number
  readonly memoryBytes: number
  readonly workers: number
  readonly workersReason: string
  /** Of a staged run that has models. */
  readonly modelThreads?: number
  readonly rowsPerBlock?: number
  readonly rowsPerBlockReason?: string
  /** Of a lockstep run. */
  readonly portfoliosPerBatch?: number
}

export interface PlanOf {
  readonly experiment: ResolvedExperiment
  readonly prepared: PreparedRun
  readonly driver: 'staged' | 'lockstep'
}

export function describePlan(store: Store, of: PlanOf): PlanReport {
  const { experiment, prepared } = of
  const size = planSize(experiment, prepared.walkForwards)
  const lockstep = of.driver === 'lockstep' ? lockstepOf(of) : undefined
  const market = new StoredMarket(store, prepared.market)
  const times = new MarketWindow(market, [])
  const session = (row: number) => formatSessionDate(times.sessionDate(row))
  const warmupBars = market.warmupRows
  try {
    return {
      experiment: experiment.name,
      driver: of.driver,
      market: {
        source: experiment.market.source, bars: prepared.rows, symbols: prepared.instruments.length,
        from: session(Math.min(warmupBars, prepared.rows - 1)), to: session(prepared.rows - 1), warmupBars,
      },
      strategyInstances: Number(size.instances), signals: Number(size.signals), unread: Number(size.signals) - signalsOf(prepared.lineup), portfolios: Number(size.portfolios),
      walkForwards: prepared.walkForwards.map(({ group, windows }) => ({ name: group.name, candidates: group.count, windows: windows.length })),
      fused: of.driver === 'staged' ? fusedOf(prepared) : null,
      stages: prepared.plan,
      memoryBytes: (lockstep ?? prepared.cores).memoryBytes,
      diskBytes: prepared.plan.reduce((sum, stage) => sum + stage.bytes, 0),
      cores: { ...prepared.cores.machine, ...(lockstep === undefined ? stagedCores(prepared) : lockstepCores(lockstep)) },
      profile: experiment.profile.name,
      record: experiment.record,
      kernels: chooseKernels(experiment, market),
    }
  } finally {
    market.close()
  }
}

function fusedOf({ fusion }: PreparedRun): PlanReport['fused'] {
  return fusion === null ? null : { signals: fusion.signals.size, bytes: fusion.bytes, reason: fusion.reason }
}

function signalsOf({ strategies, models, ensembles }: PreparedRun['lineup']): number {
  return strategies.length + models.length + ensembles.length
}

/** What the lockstep driver would run a prepared experiment with. */
export function lockstepOf({ experiment, prepared }: Pick<PlanOf, 'experiment' | 'prepared'>): LockstepPlan {
  return planLockstep(prepared.cores, {
    rows: prepared.rows, symbols: prepared.instruments.length, subscriptions: subscriptionsOf(experiment.portfolios), isRecorded: experiment.record === 'all', kernels: kernelShares(experiment),
    portfolios: portfolioCount(experiment), models: experiment.models.length,
  })
}

function stagedCores({ cores: { workers, workersReason, modelThreads, rowsPerBlock, rowsPerBlockReason }, lineup }: PreparedRun) {
  return { workers, workersReason, ...(lineup.models.length > 0 && { modelThreads }), rowsPerBlock, rowsPerBlockReason }
}

function lockstepCores({ workers, workersReason, portfoliosPerBatch }: LockstepPlan) {
  return { workers, workersReason, portfoliosPerBatch }
}

/** Silent where every portfolio is on the fast kernel. */
function formatKernels({ reference }: KernelChoice): string[] {
  return reference.map(({ what, reason, count, first }, i) =>
    `  ${i === 0 ? 'kernel' : '      '}      ${plural(count, what)} on the reference kernel, where each takes some ${REFERENCE_SLOWDOWN} times as long: ${reason} (${first}${count > 1 ? ', …' : ''})`)
}

/** The plan as text; `reasons` says why its sizes are what they are. */
export function formatPlan(plan: PlanReport, { reasons }: { readonly reasons: boolean }): string[] {
  const { market } = plan
  const staged = plan.driver === 'staged'
  return [
    `plan of ${plan.experiment}`,
    `  market      ${market.source}: ${plural(market.bars, 'bar')} of ${plural(market.symbols, 'symbol')}, traded from ${market.from} to ${market.to}${market.warmupBars > 0 ? ` (the first ${formatCount(market.warmupBars)} warm up)` : ''}`,
    `  sweep       ${plural(plan.strategyInstances, 'strategy instance')}, ${plural(plan.signals, 'signal')}${plan.unread > 0 ? ` (${formatCount(plan.unread)} that no portfolio leads to: not computed)` : ''}, ${plural(plan.portfolios, 'portfolio')}`,
    ...plan.walkForwards.map(({ name, candidates, windows }, i) => `  ${i === 0 ? 'windows' : '       '}     ${name}: ${plural(windows, 'window')}, in each ${plural(candidates, 'candidate')} to train`),
    ...formatFused(plan.fused, reasons),
    `  resources   about ${formatBytes(plan.memoryBytes)} of memory${reasons ? `, of ${formatBytes(plan.cores.memoryBytes)} at most` : ''}${staged ? `; ${formatBytes(plan.diskBytes)} of disk` : ''}`,
    `  cores       ${formatCores(plan.cores, reasons)}`,
    `  results     metrics by the profile ${plan.profile}; ${plan.record === 'all' ? 'every order, fill and equity row is recorded' : 'orders are not recorded: a replay makes them again'}`,
    ...formatKernels(plan.kernels),
    ...(staged ? ['', ...formatStages(plan.stages, reasons).map((line) => `  ${line}`)] : ['  driver      lockstep: bar by bar, every step waits for the slowest']),
  ]
}

function formatFused(fused: PlanReport['fused'], reasons: boolean): string[] {
  if (fused === null) return []
  const { signals, bytes, reason } = fused
  return [`  fused       stages 1 and 4: ${plural(signals, 'signal')} made where portfolios read them, not stored (${formatBytes(bytes)})${reasons ? `: ${reason}` : ''}`]
}

function formatCores(of: PlannedCores, reasons: boolean): string {
  const why = (reason: string | undefined): string => (reasons && reason !== undefined ? ` (${reason})` : '')
  return [
    `${plural(of.workers, 'worker')}${why(of.workersReason)}`,
    ...(of.portfoliosPerBatch === undefined ? [] : [`batches of ${plural(of.portfoliosPerBatch, 'portfolio')}`]),
    ...(of.rowsPerBlock === undefined ? [] : [`blocks of ${plural(of.rowsPerBlock, 'row')}${why(of.rowsPerBlockReason)}`]),
    ...(reasons && of.modelThreads !== undefined ? [`${plural(of.modelThreads, 'thread')} for a model`] : []),
  ].join(', ')
}

function formatStages(stages: readonly PlannedStage[], reasons: boolean): string[] {
  const right = { align: 'right' } as const
  const names = ['in all', 'stored', 'to run', 'tasks', 'of at most', 'workers', 'disk']
  const columns = [{ name: 'stage' }, ...names.map((name) => ({ name, ...right })), ...(reasons ? [{ name: 'why' }] : [])]
  return formatTable(columns, stages.map((stage) => {
    const missing = stage.total - stage.cached
    const sizes = [formatCount(stage.tasks), formatCount(stage.membersPerTask), formatCount(stage.workers), formatBytes(stage.bytes)]
    const counts = [stage.total, stage.cached, missing].map(formatCount)
    return [stage.stage, ...counts, ...(missing === 0 ? sizes.map(() => NONE) : sizes), ...(reasons ? [stage.reason] : [])]
  }))
}
