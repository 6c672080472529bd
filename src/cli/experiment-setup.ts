import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { addressOf } from '../base/hash.ts'
import { systemClock } from '../base/clock.ts'
import { loadExperiment } from '../experiment/load.ts'
import type { MemoryMeter } from '../pool/memory-meter.ts'
import type { Pool } from '../pool/pool.ts'
import { expandPortfolios, type ExperimentRun } from '../stages/experiment-run.ts'
import type { StagedRun } from '../stages/pipeline.ts'
import type { GlobalOptions } from './invocation.ts'
import type { Workspace } from './workspace.ts'

/** Options of the commands that take an experiment. */
export interface ExperimentOptions extends GlobalOptions {
  readonly workers?: number
  readonly batch?: number
  readonly allowLarge?: boolean
}

/** Portfolios stepped together unless told otherwise. */
const PORTFOLIOS_PER_BATCH = 250
/** A task that reports nothing for longer is taken for hung. */
const TASK_TIMEOUT_MS = 600_000

export function workersOf(options: ExperimentOptions): number {
  return options.workers ?? availableParallelism()
}

/** Everything a run needs but what is particular to one command. */
export async function setUpExperiment(
  file: string,
  options: ExperimentOptions,
  of: { readonly workspace: Workspace; readonly pool: Pool; readonly memoryMeter?: MemoryMeter; readonly interrupted: AbortSignal },
): Promise<Omit<ExperimentRun, 'save' | 'observer'> & Pick<StagedRun, 'configs'>> {
  const { store, installation } = of.workspace
  const experiment = await loadExperiment(file, { sources: installation.sources, allowLarge: options.allowLarge })
  const workers = workersOf(options)
  const portfoliosPerBatch = options.batch ?? PORTFOLIOS_PER_BATCH
  return {
    experiment, store,
    configs: expandPortfolios(experiment),
    pool: of.pool,
    memoryMeter: of.memoryMeter,
    interrupted: of.interrupted,
    clock: systemClock,
    sources: installation.sources,
    portfoliosPerBatch,
    modelThreads: workers,
    timeoutMs: TASK_TIMEOUT_MS,
    allowLarge: options.allowLarge,
    experimentFile: resolve(file),
    environment: {
      millrace: installation.version, node: process.version, platform: `${process.platform}-${process.arch}`,
      workers, portfoliosPerBatch, sources: addressOf(installation.sources),
    },
  }
}
