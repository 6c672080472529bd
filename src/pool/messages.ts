import type { ErrorReport } from '../base/errors.ts'
import type { Task } from './pool.ts'

/** What the coordinator says to a worker: one task at a time. */
export type ToWorker = Pick<Task, 'id' | 'kind' | 'payload'>

/** What a worker answers: `started` at once, progress now and then, and in the end `done` or `failed`. */
export type FromWorker =
  | { readonly say: 'started' }
  | { readonly say: 'progress'; readonly done: number; readonly total: number }
  | { readonly say: 'done'; readonly value: unknown; readonly cpuMs: number }
  | { readonly say: 'failed'; readonly error: ErrorReport; readonly cpuMs: number }
