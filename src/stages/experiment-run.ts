import { MillraceError, toErrorReport } from '../base/errors.ts'
import { asConstant } from '../base/hash.ts'
import { toMachineFault } from '../base/machine-fault.ts'
import type { PortfolioConfig } from '../domain/portfolio.ts'
import type { ResolvedExperiment } from '../experiment/experiment.ts'
import { portfolioAt, portfolioCount } from '../experiment/portfolios.ts'
import { strategyInstanceCount } from '../experiment/signals.ts'
import { checkPlanSize, type PlanSize } from '../experiment/size.ts'
import { checkAgainstUniverse } from '../experiment/universe.ts'
import type { Address } from '../store/store.ts'
import { checkMemory } from './core-plan.ts'
import { publishMetrics } from './metrics-ledger.ts'
import type { StageObserver, StageTiming } from './observer.ts'
import { prepareRun, runStages, type PreparedRun, type StagedOutcome, type StagedRun } from './pipeline.ts'
import { describeArtefacts, fingerprintOf } from './run-artefacts.ts'
import type { Environment, RunRecord } from './run-record.ts'
import { Places } from './stage-work.ts'
import type { CutWalkForward } from './walk-forward-work.ts'

/** A staged run with somewhere to write down how it goes. */
export interface ExperimentRun extends Omit<StagedRun, 'observer'> {
  readonly experimentFile: string
  readonly environment: Environment
  readonly observer: StageObserver
  /** Lets the plan be beyond the experiment's limits. */
  readonly allowLarge?: boolean
  /** Called whenever the record has changed: at the start, after every stage, at the end. */
  readonly save: (record: RunRecord) => void
}

/** How often damaged artefacts are made again before the run gives up: a disk that damages them all is past help. */
const REPAIRS = 20

/** Every configuration of an experiment, in its order. */
export function expandPortfolios(experiment: ResolvedExperiment): PortfolioConfig[] {
  return Array.from({ length: portfolioCount(experiment) }, (_, index) => portfolioAt(experiment, index))
}

/** What an experiment multiplies to, with the windows that a market leaves its walk-forwards. */
export function planSize(experiment: ResolvedExperiment, walkForwards: readonly CutWalkForward[]): PlanSize {
  const instances = BigInt(strategyInstanceCount(experiment))
  return {
    instances, signals: instances + BigInt(experiment.models.length + experiment.ensembles.length),
    portfolios: BigInt(portfolioCount(experiment) + experiment.walkForwards.length),
    candidates: BigInt(portfolioCount({ portfolios: experiment.walkForwards })),
    trainings: walkForwards.reduce((sum, { group, windows }) => sum + BigInt(group.count) * BigInt(windows.length), 0n),
    record: experiment.record,
  }
}

/**
 * Reads the market and plans every stage, refusing what the market shows to be wrong. Nothing is recorded yet.
 * @throws MillraceError those of the market's source, CONFIG_VALUE for symbols it has not, PLAN_TOO_LARGE
 */
export function prepareExperiment(run: StagedRun, options: { readonly allowLarge?: boolean } = {}): Promise<PreparedRun> {
  return repairing(run, async () => {
    const prepared = await prepareRun(run, ({ rows, lineup, fusion, walkForwards }) => {
      checkAgainstUniverse(run.experiment, lineup.universe, run.locate)
      const size = planSize(run.experiment, walkForwards)
      checkPlanSize({ ...size, signals: size.signals - BigInt(fusion?.signals.size ?? 0) }, {
        limits: run.experiment.limits,
        allowLarge: options.allowLarge ?? false,
        overruledBy: '--allow-large',
        market: { rows, symbols: lineup.universe.length },
      })
    })
    checkMemory(prepared.cores, { allowLarge: options.allowLarge ?? false })
    return prepared
  })
}

/** Runs an experiment staged, from market to metrics; as `prepareExperiment` and then `runPrepared`. */
export async function runExperiment(of: ExperimentRun): Promise<RunRecord> {
  return runPrepared(of, await prepareExperiment(of, of))
}

/**
 * Runs a prepared experiment staged, keeping its record up to date.
 * @throws MillraceError after the record says `failed` or `interrupted`
 */
export async function runPrepared(of: ExperimentRun, prepared: PreparedRun): Promise<RunRecord> {
  const places = new Places()
  const fingerprint = fingerprintOf({ experiment: of.experiment, driver: 'staged' }, prepared)
  const { workers, modelThreads, rowsPerBlock } = prepared.cores
  const reached = () => [prepared.market, ...places.artefacts()]
  const { record, note, observer } = startRecord(of, { driver: 'staged', fingerprint, plan: prepared.plan, sizes: { workers, modelThreads, rowsPerBlock, ...(prepared.fusion !== null && { signals: 'fused' }) } }, reached)
  const run: StagedRun = { ...of, observer }
  try {
    const { plan, outcome, metrics } = await runRepairing(run, prepared, places)
    note({
      status: outcome.failures.length > 0 ? 'partial' : 'finished',
      failures: outcome.failures,
      artefacts: describeArtefacts(of.store, plan, { places: outcome.places, metrics }),
      reached: undefined,
    })
    return record()
  } catch (error) {
    throw noteEnd(of, error, (change) => note({ ...change, reached: reached() }))
  }
}

/** A record that is saved with every change; its observer notes every stage's timing and what is stored by then. */
export function startRecord(
  of: Pick<ExperimentRun, 'experiment' | 'experimentFile' | 'environment' | 'clock' | 'save' | 'observer'>,
  start: Pick<RunRecord, 'driver' | 'fingerprint' | 'plan' | 'sizes'>,
  reached: () => readonly Address[],
): { record(): RunRecord; note(change: Partial<RunRecord>): void; observer: StageObserver } {
  const now = () => new Date(of.clock.now()).toISOString()
  let record: RunRecord = {
    name: of.experiment.name,
    status: 'running',
    experimentFile: of.experimentFile,
    // Saved again with every change: written down once.
    experiment: asConstant(of.experiment),
    startedAt: now(),
    timings: [],
    failures: [],
    environment: of.environment,
    ...start,
  }
  const note = (change: Partial<RunRecord>) => {
    record = { ...record, ...change }
    if (record.status !== 'running') record = { ...record, finishedAt: now() }
    of.save(record)
  }
  note({})
  const timings: StageTiming[] = []
  const observer: StageObserver = {
    ...of.observer,
    stageFinished: (stage, timing) => {
      timings.push(timing)
      of.observer.stageFinished?.(stage, timing)
      note({ timings: [...timings], reached: reached() })
    },
  }
  return { record: () => record, note, observer }
}

/** Notes how a run ended that did not finish; gives what to throw. */
export function noteEnd(of: Pick<ExperimentRun, 'interrupted'>, error: unknown, note: (change: Partial<RunRecord>) => void): unknown {
  const interrupted = of.interrupted.aborted
  const told = interrupted ? interruption() : toMachineFault(error)
  note({ status: interrupted ? 'interrupted' : 'failed', error: toErrorReport(told) })
  return told
}

/** What an interrupted run ends with. */
export function interruption(): MillraceError {
  return new MillraceError({
    code: 'INTERRUPTED',
    message: 'the run was interrupted; everything finished so far is kept',
    hint: 'the same command goes on where it stopped',
  })
}

async function runRepairing(
  run: StagedRun,
  prepared: PreparedRun,
  places: Places,
): Promise<{ plan: PreparedRun; outcome: StagedOutcome; metrics: Address }> {
  let plan: PreparedRun | undefined = prepared
  return repairing(run, async () => {
    const current = plan ?? (await prepareRun(run))
    plan = undefined
    places.clear()
    const outcome = await runStages(run, current, places)
    // Metrics are worked out here: what the workers' heaps have grown to is more than that takes.
    await run.pool.rest()
    const metrics = await publishMetrics(run.store, { ...run, driver: 'staged', portfolios: current.portfolios, walkForwards: current.walkForwards, places })
    return { plan: current, outcome, metrics }
  })
}

/** What a damaged artefact held is made again: whoever found the damage has set it aside, so others miss it. */
async function repairing<T>(run: StagedRun, attempt: () => Promise<T>): Promise<T> {
  for (let repairs = 0; ; repairs++) {
    try {
      return await attempt()
    } catch (error) {
      const damaged = damagedArtefact(error)
      if (damaged === undefined || repairs >= REPAIRS || run.interrupted.aborted) throw error
      run.store.quarantine(damaged, (error as MillraceError).message)
    }
  }
}

function damagedArtefact(error: unknown): Address | undefined {
  if (!(error instanceof MillraceError) || !(error.code === 'ARTEFACT_CORRUPT' || error.code === 'ARTEFACT_MISSING')) return undefined
  return typeof error.value === 'string' ? error.value : undefined
}
