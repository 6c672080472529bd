import { systemClock } from '../base/clock.ts'
import type { Clock } from '../base/clock.ts'
import { perform } from './perform.ts'
import type { Pool, Task, TaskHandlers, TaskOutcome, TaskProgress } from './pool.ts'
import { poolClosed } from './worker-faults.ts'

/**
 * A pool without processes: tasks run here, one after the other. For tests and `--workers 0`. What a task
 * throws is an outcome as ever, but a crash, an endless loop or a lack of memory takes this process with it.
 */
export function openInlinePool(handlers: TaskHandlers, options: { clock?: Clock } = {}): Pool {
  const { clock = systemClock } = options
  let latest: Promise<unknown> = Promise.resolve()
  let closed = false

  const runNow = (task: Task, onProgress?: (progress: TaskProgress) => void): Promise<TaskOutcome> =>
    new Promise((resolve, reject) => {
      if (closed) return reject(poolClosed())
      const startedAt = clock.monotonic()
      const usage = (cpuMs: number): TaskOutcome['usage'] => ({ wallMs: clock.monotonic() - startedAt, cpuMs, worker: 0 })
      void perform({ id: task.id, kind: task.kind, payload: structuredClone(task.payload) }, {
        handlers,
        clock,
        log: () => undefined,
        tell(message) {
          if (message.say === 'progress') onProgress?.({ task, done: message.done, total: message.total })
          if (message.say === 'done') resolve({ task, ok: true, value: structuredClone(message.value), usage: usage(message.cpuMs) })
          if (message.say === 'failed') resolve({ task, ok: false, error: message.error, crashed: false, usage: usage(message.cpuMs) })
        },
      })
    })

  return {
    workers: 1,
    run(task, onProgress) {
      const outcome = latest.then(() => runNow(task, onProgress))
      latest = outcome.catch(() => undefined)
      return outcome
    },
    processIds: () => [process.pid],
    rest: () => Promise.resolve(),
    async close() {
      closed = true
      await latest
    },
  }
}
