import type { Command } from 'commander'
import { openLocalPool } from '../pool/local.ts'
import { interruption, prepareExperiment } from '../stages/experiment-run.ts'
import { setUpExperiment, sizeOptions, type ExperimentOptions } from './experiment-setup.ts'
import { watchInterrupts } from './interrupts.ts'
import { commandText } from './invocation.ts'
import { print, printJson } from './output.ts'
import { describePlan, formatPlan } from './plan-text.ts'
import { openProgress } from './progress.ts'
import { openWorkspace } from './workspace.ts'

export function planCommand(command: Command): void {
  sizeOptions(command)
    .option('--allow-large', 'also plan what is beyond the experiment’s limits')
    .addHelpText('after', '\nThe market is read once and stored, since the plan depends on its bars; a run does not read it again.')
    .action(async (file: string, _: unknown, called: Command) => plan(file, called.optsWithGlobals<ExperimentOptions>()))
}

async function plan(file: string, options: ExperimentOptions): Promise<void> {
  const workspace = openWorkspace(options)
  const pool = openLocalPool({ workers: 1, workerFile: workspace.installation.workerFile })
  const interrupts = watchInterrupts(() => void pool.close())
  try {
    const setup = await setUpExperiment(file, options, { workspace, pool, interrupted: interrupts.signal })
    const view = await openProgress({ silent: options.json === true, name: setup.experiment.name })
    const prepared = await prepareExperiment({ ...setup, observer: view }, options).finally(() => view.end())
    const report = describePlan(workspace.store, { experiment: setup.experiment, prepared, driver: 'staged' })
    if (options.json === true) printJson(report)
    else print([...formatPlan(report, { reasons: true }), '', `run it: ${commandText(['run', file], options)}`])
  } catch (error) {
    throw interrupts.signal.aborted ? interruption() : error
  } finally {
    interrupts.stop()
    await pool.close()
  }
}
