import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../src/base/clock.ts'
import { findInstallation } from '../src/experiment/installation.ts'
import type { ExperimentInput } from '../src/experiment/schema.ts'
import type { StageTiming } from '../src/stages/observer.ts'
import type { RunRecord } from '../src/stages/run-record.ts'
import { cpuBetween, peakOf, treeOf, watchCpu, watchMemory, type CpuOverTime, type MemoryOverTime } from './process-tree.ts'
import { startProgram } from './program.ts'

/** An experiment run by the command line, as a user runs it: all its processes, from its start to its end. */
export interface CommandRun {
  readonly seconds: number
  /** By stage; of a run with nothing to do there is none. */
  readonly stages: ReadonlyMap<string, StageTiming>
  readonly lockstep: RunRecord['lockstep']
  readonly memory: MemoryOverTime
  readonly cpu: CpuOverTime
  readonly peakMiB: number
}

export interface CommandOptions {
  readonly workers: number
  readonly driver?: 'staged' | 'lockstep'
  readonly signals?: 'stored' | 'fused'
  /** Between two looks at the memory. */
  readonly everyMs?: number
}

/** A folder for experiments and their stores. Everything in it is removed at the end. */
export interface Workplace {
  /** Runs an experiment in the store of that name, which is made where there is none. */
  run(experiment: ExperimentInput, store: string, options: CommandOptions): Promise<CommandRun>
  empty(store: string): void
}

export async function withWorkplace<T>(work: (workplace: Workplace) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  try {
    return await work({
      run: (experiment, store, options) => {
        const file = join(folder, `${experiment.name}.json`)
        writeFileSync(file, JSON.stringify(experiment))
        return runCommand(file, join(folder, store), options)
      },
      empty: (store) => rmSync(join(folder, store), { recursive: true, force: true }),
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function runCommand(file: string, store: string, { workers, driver = 'staged', signals, everyMs = 100 }: CommandOptions): Promise<CommandRun> {
  const wishes = [...(driver === 'lockstep' ? ['--predictions', 'fresh'] : []), ...(signals === undefined ? [] : ['--signals', signals])]
  const started = systemClock.monotonic()
  const program = startProgram({
    file: process.execPath,
    words: [join(findInstallation().root, 'bin/millrace.mjs'), 'run', file, '--store', store, '--json', '--workers', String(workers), '--driver', driver, ...wishes],
  })
  const watch = watchMemory(() => treeOf(program.processId), everyMs)
  const busy = watchCpu(() => treeOf(program.processId), everyMs)
  const said = await program.ended.finally(() => [watch.stop(), busy.stop()])
  const seconds = (systemClock.monotonic() - started) / 1000
  const memory = watch.stop()
  const { timings = [], lockstep } = JSON.parse(said) as Partial<Pick<RunRecord, 'timings' | 'lockstep'>>
  return { seconds, stages: new Map(timings.map((timing) => [timing.stage, timing])), lockstep, memory, cpu: busy.stop(), peakMiB: peakOf(memory) }
}

/** Seconds by the clock of some stages. */
export function stageSeconds({ stages }: CommandRun, ...names: readonly string[]): number {
  return names.reduce((sum, name) => sum + (stages.get(name)?.wallMs ?? 0), 0) / 1000
}

/** CPU seconds that all processes of the run used while some stages were under way. */
export function stageCpuSeconds({ stages, cpu }: CommandRun, ...names: readonly string[]): number {
  return names.reduce((sum, name) => {
    const timing = stages.get(name)
    if (timing === undefined) return sum
    const from = Date.parse(timing.startedAt)
    return sum + cpuBetween(cpu, [from, from + timing.wallMs])
  }, 0)
}

/** Everything between the market, which both drivers read alike, and the metrics. */
export function drivenSeconds(run: CommandRun): number {
  return stageSeconds(run, ...[...run.stages.keys()].filter((stage) => stage !== 'market'))
}
