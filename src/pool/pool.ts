import type { ErrorReport } from '../base/errors.ts'

/**
 * The contract of a pool of worker processes. A task is a kind and a structured-cloneable payload that
 * carries artefact addresses, not data. Worker count and completion order never change a result.
 */
export interface Task {
  readonly id: string
  readonly kind: string
  readonly payload: unknown
  /** Silence longer than this kills the worker: WORKER_TIMEOUT. */
  readonly timeoutMs?: number
  /** Run in a fresh process that ends with the task (models). */
  readonly isolated?: boolean
}

export type TaskOutcome =
  | { readonly task: Task; readonly ok: true; readonly value: unknown; readonly usage: TaskUsage }
  /** `crashed`: the process died, hung or ran out of memory; otherwise the task threw. */
  | { readonly task: Task; readonly ok: false; readonly error: ErrorReport; readonly crashed: boolean; readonly usage: TaskUsage }

export interface TaskUsage {
  readonly wallMs: number
  readonly cpuMs: number
  readonly worker: number
}

export interface TaskProgress {
  readonly task: Task
  /** Units of work done so far and in all (rows, portfolios …). */
  readonly done: number
  readonly total: number
}

export interface Pool {
  readonly workers: number
  /**
   * Never rejects for a failed task; rejects only when the pool itself is closed or broken. A process that is ended after
   * its task is so only once what follows from the outcome has been done, as far as that waits for nothing.
   */
  run(task: Task, onProgress?: (progress: TaskProgress) => void): Promise<TaskOutcome>
  /** Process ids of the live workers, for memory accounting. */
  processIds(): readonly number[]
  /** Ends processes that have nothing to do, for their memory's sake; others start when tasks come. */
  rest(): Promise<void>
  close(): Promise<void>
}

/** What a worker runs for a task kind. Handlers are pure functions from artefacts to artefacts. */
export type TaskHandler = (payload: never, report: (done: number, total: number) => void) => Promise<unknown>
export type TaskHandlers = Readonly<Record<string, TaskHandler>>
