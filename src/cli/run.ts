import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { addressOf } from '../base/hash.ts'
import { systemClock } from '../base/clock.ts'
import { loadExperiment } from '../experiment/load.ts'
import { openLocalPool } from '../pool/local.ts'
import { startMemoryMeter } from '../pool/memory-meter.ts'
import { lockRuns } from '../store/run-lock.ts'
import { openRuns } from '../store/manifests.ts'
import { runExperiment } from '../stages/experiment-run.ts'
import type { RunRecord } from '../stages/run-record.ts'
import { EXIT } from './exit-codes.ts'
import { openWorkspace } from './workspace.ts'

interface RunOptions {
  readonly store?: string
  readonly json?: boolean
  readonly workers?: number
  readonly batch?: number
  readonly allowLarge?: boolean
}

export function runCommand(program: Command): void {
  program
    .command('run')
    .argument('<experiment>', 'experiment file (YAML or TypeScript)')
    .description('run an experiment: what is stored already is not made again')
    .option('--workers <count>', 'worker processes', Number)
    .option('--batch <count>', 'portfolios stepped together', Number)
    .option('--allow-large', 'run a plan beyond the limits')
    .action(async (file: string, _: unknown, command: Command) => run(file, command.optsWithGlobals<RunOptions>()))
}

async function run(file: string, options: RunOptions): Promise<void> {
  const { store, installation } = openWorkspace(options)
  const experiment = await loadExperiment(file, { sources: installation.sources, allowLarge: options.allowLarge })
  const workers = options.workers ?? availableParallelism()
  const lock = lockRuns(store.root, { clock: systemClock })
  const pool = openLocalPool({ workers, workerFile: installation.workerFile })
  const meter = startMemoryMeter(() => [process.pid, ...pool.processIds()])
  const interrupt = new AbortController()
  process.once('SIGINT', () => interrupt.abort())
  const runs = openRuns<RunRecord>(store.root, { clock: systemClock })
  let id: string | undefined
  try {
    const record = await runExperiment({
      experiment, store, pool,
      clock: systemClock,
      sources: installation.sources,
      portfoliosPerBatch: options.batch ?? 250,
      modelThreads: workers,
      timeoutMs: 600_000,
      memoryMeter: meter,
      interrupted: interrupt.signal,
      experimentFile: resolve(file),
      environment: {
        millrace: installation.version, node: process.version, platform: `${process.platform}-${process.arch}`,
        workers, portfoliosPerBatch: options.batch ?? 250, sources: addressOf(installation.sources),
      },
      observer: {
        stageFinished: (_, timing) => process.stderr.write(`${timing.stage}: ${timing.made} made, ${timing.cached} cached, ${(timing.wallMs / 1000).toFixed(1)} s, ${(timing.peakMemoryBytes / 2 ** 20).toFixed(0)} MiB\n`),
        failed: (failure) => process.stderr.write(`failed: ${failure.stage} ${failure.label}: ${failure.error.problems[0].message}\n`),
      },
      save: (next) => {
        if (id === undefined) id = runs.begin(next)
        else runs.save(id, next)
      },
    })
    process.exitCode = record.failures.length > 0 ? EXIT.partial : EXIT.success
    process.stdout.write(`run ${id} ${record.status}\n`)
  } finally {
    meter.stop()
    await pool.close()
    lock.release()
  }
}
