import { Worker } from 'node:worker_threads'
import { systemClock } from '../base/clock.ts'
import type { Clock } from '../base/clock.ts'
import type { FromWorker, ToWorker } from './messages.ts'
import { perform } from './perform.ts'
import type { TaskHandlers } from './pool.ts'

/** The two ends of a worker's conversation with its coordinator. */
export interface WorkerChannel {
  tell(message: FromWorker): void
  onTask(listener: (task: ToWorker) => void): void
  /** The coordinator is gone. */
  onGone(listener: () => void): void
}

/**
 * The worker's side of a pool: performs tasks as they come until the coordinator goes. A thrown error is
 * reported and the worker goes on; an uncaught one or an unhandled rejection ends the process, as a bug should.
 */
export function serveTasks(handlers: TaskHandlers, options: { channel?: WorkerChannel; clock?: Clock } = {}): void {
  const { channel = processChannel(), clock = systemClock } = options
  channel.onTask((task) => void perform(task, { handlers, clock, tell: (message) => channel.tell(message), log: logToStderr }))
  channel.onGone(() => process.exit(0))
}

function logToStderr(text: string): void {
  process.stderr.write(text)
}

/** IPC with the process that forked this one, which may die while a task keeps the event loop busy. */
function processChannel(): WorkerChannel {
  if (process.send === undefined) throw new Error('a worker has to be forked by a pool')
  // Ctrl-C in a terminal reaches the workers too; what happens then is for the coordinator to say.
  process.on('SIGINT', () => undefined)
  dieWithParent()
  return {
    tell: (message) => void process.send?.(message),
    onTask: (listener) => void process.on('message', listener),
    onGone: (listener) => void process.once('disconnect', listener),
  }
}

/** A thread that kills this process once its parent is gone: a task in an endless loop never sees `disconnect`. */
function dieWithParent(): void {
  const watch = `setInterval(() => { if (process.ppid !== ${process.ppid}) process.kill(process.pid, 'SIGKILL') }, 500)`
  new Worker(watch, { eval: true, env: {}, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 } }).unref()
}
