import { appendFileSync } from 'node:fs'
import { systemClock } from '../base/clock.ts'
import type { Clock } from '../base/clock.ts'
import { nextTurn } from '../base/turn.ts'
import type { Pool, Task, TaskOutcome, TaskProgress } from './pool.ts'
import { poolClosed } from './worker-faults.ts'
import { WorkerProcess } from './worker-process.ts'

export interface LocalPoolOptions {
  /** Tasks at a time, each in a process of its own. */
  readonly workers: number
  /** A JavaScript file that calls `serveTasks`. */
  readonly workerFile: string
  /** For tasks that state none. Default ten minutes. */
  readonly timeoutMs?: number
  /** Heap limit of one worker in MiB; V8's own without it. */
  readonly heapMb?: number
  readonly execArgv?: readonly string[]
  /** Added to the few variables a worker gets from this process: no key or token is among those. */
  readonly env?: Readonly<Record<string, string>>
  /** Where what workers print, and the stacks of what tasks throw, is appended. */
  readonly logFile?: string
  readonly clock?: Clock
}

const TIMEOUT_MS = 600_000
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'SystemRoot', 'TZ', 'LANG', 'LC_ALL', 'LD_LIBRARY_PATH']

/**
 * A pool of forked processes, started when first needed and kept warm. Tasks start in the order of `run`;
 * a dead worker is replaced; a task that is `isolated` gets a process that nobody had before and nobody has after it.
 */
export function openLocalPool(options: LocalPoolOptions): Pool {
  if (!Number.isInteger(options.workers) || options.workers < 1) throw new Error(`a pool needs at least one worker, not ${options.workers}`)
  return new LocalPool(options)
}

interface Waiting {
  readonly task: Task
  readonly onProgress: ((progress: TaskProgress) => void) | undefined
  readonly resolve: (outcome: TaskOutcome) => void
  readonly reject: (error: Error) => void
}

class LocalPool implements Pool {
  readonly workers: number
  readonly #options: LocalPoolOptions
  readonly #queue: Waiting[] = []
  readonly #running = new Set<Waiting>()
  readonly #processes = new Set<WorkerProcess>()
  /** The warm process of each slot. */
  readonly #warm: (WorkerProcess | undefined)[]
  readonly #freeSlots: number[]
  #closed = false

  constructor(options: LocalPoolOptions) {
    this.workers = options.workers
    this.#options = options
    this.#warm = Array.from({ length: options.workers }, () => undefined)
    this.#freeSlots = Array.from({ length: options.workers }, (_, slot) => slot).toReversed()
  }

  run(task: Task, onProgress?: (progress: TaskProgress) => void): Promise<TaskOutcome> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(poolClosed())
      this.#queue.push({ task, onProgress, resolve, reject })
      this.#startNext()
    })
  }

  processIds(): readonly number[] {
    return Array.from(this.#processes).filter((worker) => worker.alive).flatMap((worker) => worker.processId ?? [])
  }

  async rest(): Promise<void> {
    const idle = this.#freeSlots.flatMap((slot) => this.#warm[slot] ?? [])
    for (const slot of this.#freeSlots) this.#warm[slot] = undefined
    await Promise.all(idle.map((worker) => this.#end(worker)))
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const waiting of [...this.#queue.splice(0), ...this.#running]) waiting.reject(poolClosed())
    await Promise.all(Array.from(this.#processes, (worker) => worker.kill()))
    this.#processes.clear()
  }

  #startNext(): void {
    while (!this.#closed && this.#queue.length > 0) {
      const slot = this.#freeSlots.pop()
      if (slot === undefined) return
      const waiting = this.#queue.shift() as Waiting
      this.#running.add(waiting)
      void this.#perform(waiting, slot).then(waiting.resolve, waiting.reject).finally(() => {
        this.#running.delete(waiting)
        this.#freeSlots.push(slot)
        this.#startNext()
      })
    }
  }

  async #perform({ task, onProgress, resolve }: Waiting, slot: number): Promise<TaskOutcome> {
    const turn = { task, timeoutMs: task.timeoutMs ?? this.#options.timeoutMs ?? TIMEOUT_MS, worker: slot, onProgress }
    if (task.isolated === true) {
      const worker = this.#start()
      try {
        const outcome = blame(await worker.run(turn), { worker, task, slot })
        // What a process has left behind may be tidied up once it has ended: whoever waits takes it over before.
        resolve(outcome)
        await nextTurn()
        return outcome
      } finally {
        await this.#end(worker)
      }
    }
    const warm = this.#warm[slot]
    if (warm?.alive === true) {
      const outcome = await warm.run(turn)
      if (outcome !== 'unstarted') return this.#keep(warm, slot, outcome)
    }
    if (warm !== undefined) await this.#end(warm)
    if (this.#closed) throw poolClosed()
    const worker = this.#start()
    this.#warm[slot] = worker
    return this.#keep(worker, slot, blame(await worker.run(turn), { worker, task, slot }))
  }

  /** A worker that crashed is not used again, even where its death is not noticed yet. */
  async #keep(worker: WorkerProcess, slot: number, outcome: TaskOutcome): Promise<TaskOutcome> {
    if (outcome.ok || !outcome.crashed) return outcome
    this.#warm[slot] = undefined
    await this.#end(worker)
    return outcome
  }

  #start(): WorkerProcess {
    const { workerFile, heapMb, execArgv = [], env = {}, logFile, clock = systemClock } = this.#options
    const worker = new WorkerProcess({
      workerFile,
      clock,
      execArgv: heapMb === undefined ? execArgv : [`--max-old-space-size=${heapMb}`, ...execArgv],
      env: { ...inheritedEnvironment(), ...env },
      log: (text) => appendLog(logFile, text),
    })
    this.#processes.add(worker)
    return worker
  }

  async #end(worker: WorkerProcess): Promise<void> {
    await worker.kill()
    this.#processes.delete(worker)
  }
}

/** What workers print is told for a person's sake: a disk that takes no more of it must not end the run. */
function appendLog(logFile: string | undefined, text: string): void {
  if (logFile === undefined) return
  try {
    appendFileSync(logFile, text)
  } catch {
    // The fault that stops the log stops whatever else is written, too, and is told there.
  }
}

/** A fresh process that dies before it takes its first task up will do so again: that is the task's outcome. */
function blame(outcome: Awaited<ReturnType<WorkerProcess['run']>>, of: { worker: WorkerProcess; task: Task; slot: number }): TaskOutcome {
  if (outcome !== 'unstarted') return outcome
  return { task: of.task, ok: false, error: of.worker.crash(of.task), crashed: true, usage: { wallMs: 0, cpuMs: 0, worker: of.slot } }
}

function inheritedEnvironment(): Record<string, string> {
  return Object.fromEntries(INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])))
}
