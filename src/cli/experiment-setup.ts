import { availableParallelism, totalmem } from 'node:os'
import { resolve } from 'node:path'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { addressOf } from '../base/hash.ts'
import { systemClock } from '../base/clock.ts'
import { loadLocated } from '../experiment/load.ts'
import type { MemoryMeter } from '../pool/memory-meter.ts'
import type { Pool } from '../pool/pool.ts'
import { LEAST_BLOCK_ROWS, MOST_BLOCK_ROWS } from '../stages/block-rows.ts'
import type { Machine, Overrides } from '../stages/core-plan.ts'
import type { ExperimentRun } from '../stages/experiment-run.ts'
import type { GlobalOptions } from './invocation.ts'
import { positiveCount } from './option-values.ts'
import type { Workspace } from './workspace.ts'

/** Options of the commands that take an experiment. */
export interface ExperimentOptions extends GlobalOptions {
  readonly workers?: number
  readonly batch?: number
  readonly blockRows?: number
  readonly signals?: 'stored' | 'fused'
  /** MiB */
  readonly memory?: number
  readonly allowLarge?: boolean
}

/** Of the machine's memory, what a run leaves to others and to the page cache. */
const LEFT_TO_OTHERS = 1 / 4
const MIB = 2 ** 20
/** A task that reports nothing for longer is taken for hung. */
const TASK_TIMEOUT_MS = 600_000

/** The options that decide sizes, for every command that plans. */
export function sizeOptions(command: Command): Command {
  return command
    .option('--workers <count>', 'worker processes (default: by cores, memory and work)', positiveCount)
    .option('--batch <count>', 'portfolios stepped together (default: by work and memory)', positiveCount)
    .option('--block-rows <count>', 'rows that are read at once for a batch, 16 to 256 (default: what a core’s cache holds)', blockRowCount)
    .addOption(new Option('--signals <how>', 'store strategies’ signals, or make them where portfolios read them (default: fused where they would take more than a GiB)').choices(['stored', 'fused']))
    .option('--memory <mib>', 'MiB that all processes may occupy together (default: three quarters of the machine’s)', positiveCount)
}

function blockRowCount(text: string): number {
  const count = positiveCount(text)
  if (count < LEAST_BLOCK_ROWS || count > MOST_BLOCK_ROWS) throw new InvalidArgumentError(`It must be from ${LEAST_BLOCK_ROWS} to ${MOST_BLOCK_ROWS}.`)
  return count
}

/** This machine, or what of it a container or the user allows. */
export function machineOf(options: ExperimentOptions): Machine {
  const constrained = process.constrainedMemory()
  const whole = constrained > 0 ? Math.min(totalmem(), constrained) : totalmem()
  return { cores: availableParallelism(), memoryBytes: options.memory === undefined ? whole * (1 - LEFT_TO_OTHERS) : options.memory * MIB }
}

export function overridesOf({ workers, batch, blockRows, signals }: ExperimentOptions): Overrides {
  return {
    ...(workers !== undefined && { workers }),
    ...(batch !== undefined && { portfoliosPerBatch: batch }),
    ...(blockRows !== undefined && { rowsPerBlock: blockRows }),
    ...(signals !== undefined && { signals }),
  }
}

/** Most processes that a plan may have. */
export function mostWorkers(options: ExperimentOptions): number {
  return options.workers ?? availableParallelism()
}

/** Everything a run needs but what is particular to one command. */
export async function setUpExperiment(
  file: string,
  options: ExperimentOptions,
  of: { readonly workspace: Workspace; readonly pool: Pool; readonly memoryMeter?: MemoryMeter; readonly interrupted: AbortSignal },
): Promise<Omit<ExperimentRun, 'save' | 'observer'>> {
  const { store, installation } = of.workspace
  const { experiment, locate } = await loadLocated(file, { sources: installation.sources, allowLarge: options.allowLarge })
  const machine = machineOf(options)
  return {
    experiment, locate, store,
    pool: of.pool,
    memoryMeter: of.memoryMeter,
    interrupted: of.interrupted,
    clock: systemClock,
    sources: installation.sources,
    machine,
    overrides: overridesOf(options),
    timeoutMs: TASK_TIMEOUT_MS,
    allowLarge: options.allowLarge,
    experimentFile: resolve(file),
    environment: {
      millrace: installation.version, node: process.version, platform: `${process.platform}-${process.arch}`,
      ...machine, sources: addressOf(installation.sources),
    },
  }
}
