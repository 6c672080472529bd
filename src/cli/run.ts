import { Option, type Command } from 'commander'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { withSignals } from '../analysis/fused-signals.ts'
import { findSameRun, openRun, portfolioOf, type OpenedRun } from '../analysis/opened-run.ts'
import { firstFilledOrder, walkForwardOf } from '../analysis/replay.ts'
import { systemClock } from '../base/clock.ts'
import { openLocalPool } from '../pool/local.ts'
import { startMemoryMeter } from '../pool/memory-meter.ts'
import { interruption, prepareExperiment, runPrepared, type ExperimentRun } from '../stages/experiment-run.ts'
import type { PreparedRun } from '../stages/pipeline.ts'
import { fingerprintOf } from '../stages/run-artefacts.ts'
import type { RunRecord } from '../stages/run-record.ts'
import { lockRuns } from '../store/run-lock.ts'
import type { Store } from '../store/store.ts'
import { EXIT } from './exit-codes.ts'
import { mostWorkers, setUpExperiment, sizeOptions, type ExperimentOptions } from './experiment-setup.ts'
import { plural } from './figures.ts'
import { watchInterrupts } from './interrupts.ts'
import { commandText } from './invocation.ts'
import { print, printJson, tell } from './output.ts'
import { describePlan, formatPlan, lockstepOf } from './plan-text.ts'
import { openProgress } from './progress.ts'
import { formatSummary, nextCommands, type FinishedRun } from './run-summary.ts'
import { openWorkspace, soundRecord, type Workspace } from './workspace.ts'

interface RunOptions extends ExperimentOptions {
  readonly driver: 'staged' | 'lockstep'
  readonly predictions?: 'stored' | 'fresh'
  readonly record?: 'metrics' | 'all'
  readonly quiet?: boolean
}

/**
 * A young part of the heap that is small: most of it dies all the same, and the rest of the heap may grow by as much before
 * it is collected. And no threads of V8's own: there is a worker for every core, so to compile and to collect garbage beside one
 * takes the core from another.
 */
const WORKER_FLAGS = ['--max-semi-space-size=2', '--single-threaded']
/** Portfolios in the final summary. */
const BEST_SHOWN = 10

export function runCommand(command: Command): void {
  sizeOptions(command)
    .addOption(new Option('--driver <driver>', 'stage by stage, or bar by bar all together').choices(['staged', 'lockstep']).default('staged'))
    .addOption(new Option('--record <what>', 'keep metrics, or every order, fill and equity row (default: as the experiment says)').choices(['metrics', 'all']))
    .addOption(new Option('--predictions <which>', 'lockstep: predictions stored by a staged run, or fresh ones').choices(['stored', 'fresh']))
    .option('--allow-large', 'run a plan beyond the experiment’s limits')
    .option('--quiet', 'no plan and no progress, only the summary')
    .action(async (file: string, _: unknown, called: Command) => start(file, called.optsWithGlobals<RunOptions>()))
}

async function start(file: string, options: RunOptions): Promise<void> {
  const workspace = openWorkspace(options)
  const { store, installation } = workspace
  const logFile = logOf(store)
  const pool = openLocalPool({ workers: mostWorkers(options), workerFile: installation.workerFile, logFile, execArgv: WORKER_FLAGS })
  const interrupts = watchInterrupts(() => void pool.close())
  const processes = new Set([process.pid])
  const meter = startMemoryMeter(() => [...processes, ...pool.processIds()], systemClock)
  let lock: ReturnType<typeof lockRuns> | undefined
  try {
    const setup = await setUpExperiment(file, options, { workspace, pool, memoryMeter: meter, interrupted: interrupts.signal })
    lock = lockRuns(store.root, { clock: systemClock })
    rmSync(logFile, { force: true })
    noteKilledRuns(workspace)
    const onHired = (ids: readonly number[]) => {
      for (const id of ids) processes.add(id)
    }
    await carryOut({ ...setup, experiment: { ...setup.experiment, record: options.record ?? setup.experiment.record } }, { workspace, options, onHired })
  } catch (error) {
    throw interrupts.signal.aborted ? interruption() : error
  } finally {
    interrupts.stop()
    meter.stop()
    await pool.close()
    lock?.release()
  }
}

/** What workers print, and the stacks of what steps throw, of the latest run. */
function logOf(store: Pick<Store, 'root'>): string {
  return join(store.root, 'workers.log')
}

/** The lock is ours, so a run that says it is running was killed. */
function noteKilledRuns({ runs }: Workspace): void {
  for (const id of runs.ids()) {
    const record = soundRecord(runs, id)
    if (record === undefined) continue
    if (record.status !== 'running') return
    runs.save(id, { ...record, status: 'interrupted' })
  }
}

interface Around {
  readonly workspace: Workspace
  readonly options: RunOptions
  readonly onHired: (processIds: readonly number[]) => void
}

type Setup = Awaited<ReturnType<typeof setUpExperiment>>

async function carryOut(setup: Setup, { workspace, options, onHired }: Around): Promise<void> {
  const { store, runs, installation } = workspace
  const { driver } = options
  const silent = options.json === true || options.quiet === true
  const view = await openProgress({ silent, name: setup.experiment.name })
  try {
    const lockstep = driver === 'lockstep' ? await import('../analysis/lockstep-run.ts') : undefined
    lockstep?.refuseWalkForwards(setup.experiment)
    const prepared = await prepareExperiment({ ...setup, observer: view }, options)
    await view.settled()
    const predictions = lockstep?.choosePredictions(store, prepared, options.predictions)
    const same = findSameRun(workspace, fingerprintOf({ experiment: setup.experiment, driver, predictions }, prepared))
    if (same !== undefined && (driver === 'lockstep' || isAllStored(prepared))) {
      reportUnchanged(same, options)
      return
    }
    if (!silent) tell([...formatPlan(describePlan(store, { ...setup, prepared, driver }), { reasons: false }), ''])
    let id: string | undefined
    const save: ExperimentRun['save'] = (record) => {
      if (id === undefined) id = runs.begin(record)
      else runs.save(id, record)
    }
    const recorded = { ...setup, observer: view, save }
    const record = lockstep === undefined || predictions === undefined
      ? await runPrepared(recorded, prepared)
      : await lockstep.runRecordedInLockstep({ ...recorded, predictions, ...lockstepOf({ ...setup, prepared }), workerFile: installation.lockstepWorkerFile, onHired }, prepared)
    await view.end()
    await report(openRun(workspace, id ?? ''), { record, sources: setup.sources }, options)
  } finally {
    await view.end()
  }
}

function isAllStored(prepared: PreparedRun): boolean {
  return prepared.plan.every((stage) => stage.cached === stage.total)
}

/** A run again with nothing changed does nothing, and says where the results are. */
function reportUnchanged(same: OpenedRun, options: RunOptions): void {
  if (options.json === true) {
    printJson({ run: same.id, unchanged: true, status: same.record.status, finishedAt: same.record.finishedAt })
    return
  }
  const portfolios = same.experiment.portfolios.reduce((count, group) => count + group.count, same.experiment.walkForwards.length)
  print([
    `nothing to do: run ${same.id} has the results of ${same.record.name} as it is now (${plural(portfolios, 'portfolio')})`,
    '',
    'next',
    `  ${commandText(['top', same.id], options)}`,
  ])
}

async function report(run: OpenedRun, { record, sources }: Pick<Setup, 'sources'> & { readonly record: RunRecord }, options: RunOptions): Promise<void> {
  // A run with nothing to do does without DuckDB, which takes longer to load than all the rest.
  const { rankPortfolios } = await import('../analysis/leaders.ts')
  const leaders = await rankPortfolios(run, { by: 'sharpe', count: BEST_SHOWN })
  const logFile = logOf(run.store)
  const finished: FinishedRun = { id: run.id, record, leaders, workersLog: existsSync(logFile) ? logFile : undefined, order: await orderOfBest(run, leaders.rows[0]?.portfolio, sources) }
  process.exitCode = record.failures.length > 0 ? EXIT.partial : EXIT.success
  if (options.json === true) {
    const { status, driver, plan, timings, failures, lockstep, startedAt, finishedAt, environment } = record
    printJson({
      run: run.id, unchanged: false, name: record.name, status, driver, startedAt, finishedAt,
      plan, timings, failures, lockstep, environment,
      portfolios: leaders.total, idle: leaders.idle, by: 'sharpe', best: leaders.rows, next: nextCommands(finished, options),
    })
  } else print(formatSummary(finished, options))
}

/** A lockstep run may have stored too little to step a portfolio again. */
async function orderOfBest(run: OpenedRun, portfolio: unknown, sources: Setup['sources']): Promise<string | undefined> {
  const stored = run.record.driver === 'staged' || run.experiment.strategies.length === 0 || Object.keys(run.artefacts.signals).length > 0
  if (typeof portfolio !== 'string' || !stored || walkForwardOf(run, portfolio) !== undefined) return undefined
  return firstFilledOrder(await withSignals(run, portfolioOf(run, portfolio), sources), portfolio)
}
