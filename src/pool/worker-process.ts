import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import type { Clock } from '../base/clock.ts'
import type { FromWorker, ToWorker } from './messages.ts'
import type { Task, TaskOutcome, TaskProgress } from './pool.ts'
import { crashReport, timeoutReport } from './worker-faults.ts'

export interface WorkerStart {
  /** The bundled worker file, which calls `serveTasks`. */
  readonly workerFile: string
  readonly execArgv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly clock: Clock
  /** Receives everything the worker prints. */
  readonly log: (text: string) => void
}

export interface Turn {
  readonly task: Task
  readonly timeoutMs: number
  readonly worker: number
  readonly onProgress?: (progress: TaskProgress) => void
}

/** `unstarted`: the process died before it took the task up, so the task is not to blame. */
export type TurnOutcome = TaskOutcome | 'unstarted'

/** A process may take this long to start on a busy machine; a task's silence counts from when it has started. */
const START_MS = 60_000
const LAST_WORDS_KEPT = 8192
/** A grandchild may hold the pipes of a dead worker open: no longer than this is waited for its last words. */
const LAST_WORDS_MS = 200

/** One forked process: takes one task at a time; its death is an outcome like any other. */
export class WorkerProcess {
  readonly #child: ChildProcess
  readonly #clock: Clock
  readonly #gone: Promise<void>
  #onGone: () => void = () => undefined
  #alive = true
  #lastWords = ''
  #ending = ''

  constructor(start: WorkerStart) {
    this.#clock = start.clock
    this.#child = fork(start.workerFile, [], {
      serialization: 'advanced',
      execArgv: [...start.execArgv],
      env: { ...start.env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#child.stdout?.on('data', (data: Buffer) => start.log(data.toString()))
    this.#child.stderr?.on('data', (data: Buffer) => {
      start.log(data.toString())
      this.#lastWords = (this.#lastWords + data.toString()).slice(-LAST_WORDS_KEPT)
    })
    this.#gone = this.#watchEnd()
  }

  get alive(): boolean {
    return this.#alive
  }

  get processId(): number | undefined {
    return this.#child.pid
  }

  /** Kills the process and waits for its end. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#gone
  }

  /** Runs one task to its end, be it the process's. Rejects only when the payload can't be sent at all. */
  run({ task, timeoutMs, worker, onProgress }: Turn): Promise<TurnOutcome> {
    const startedAt = this.#clock.monotonic()
    const usage = (cpuMs: number): TaskOutcome['usage'] => ({ wallMs: this.#clock.monotonic() - startedAt, cpuMs, worker })
    let started = false
    let silent = false
    this.#lastWords = ''
    return new Promise((resolve, reject) => {
      const watch = (silenceMs: number): NodeJS.Timeout => setTimeout(() => {
        silent = true
        this.#child.kill('SIGKILL')
      }, silenceMs)
      let watchdog = watch(Math.max(timeoutMs, START_MS))
      const listen = (message: FromWorker): void => {
        if (!started) {
          clearTimeout(watchdog)
          watchdog = watch(timeoutMs)
          started = true
        }
        watchdog.refresh()
        if (message.say === 'started') return
        if (message.say === 'progress') onProgress?.({ task, done: message.done, total: message.total })
        else if (message.say === 'done') end({ task, ok: true, value: message.value, usage: usage(message.cpuMs) })
        else end({ task, ok: false, error: message.error, crashed: false, usage: usage(message.cpuMs) })
      }
      const leave = (): void => {
        clearTimeout(watchdog)
        this.#child.off('message', listen)
        this.#onGone = () => undefined
      }
      const end = (outcome: TurnOutcome): void => {
        leave()
        resolve(outcome)
      }
      this.#onGone = () => {
        if (!started && !silent) return end('unstarted')
        const error = silent ? timeoutReport(task, timeoutMs) : this.crash(task)
        end({ task, ok: false, error, crashed: true, usage: usage(0) })
      }
      this.#child.on('message', listen)
      if (!this.#alive) return this.#onGone()
      const { id, kind, payload } = task
      try {
        this.#child.send({ id, kind, payload } satisfies ToWorker, () => undefined)
      } catch (error) {
        leave()
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    })
  }

  /** How the process ended, as an error of the task it had. */
  crash(task: Task): ReturnType<typeof crashReport> {
    return crashReport(task, { ending: this.#ending, lastWords: this.#lastWords })
  }

  /** Resolves when the process has ended and its pipes are read, so that its last words are known. */
  #watchEnd(): Promise<void> {
    return new Promise((resolve) => {
      const gone = (): void => {
        this.#alive = false
        resolve()
        this.#onGone()
      }
      this.#child.once('exit', (code, signal) => {
        this.#alive = false
        this.#ending = signal === null ? `exit code ${code}` : `signal ${signal}`
        setTimeout(gone, LAST_WORDS_MS).unref()
      })
      this.#child.once('close', gone)
      this.#child.on('error', (error) => {
        this.#lastWords += `${error.message}\n`
        if (this.#child.pid === undefined) gone()
      })
    })
  }
}
