import { setFlagsFromString } from 'node:v8'
import { serveTasks } from '../pool/worker.ts'
import { taskHandlers } from '../stages/handlers.ts'

/** In percent of what was in use when old garbage was collected last: by itself a heap grows to four times that. */
setFlagsFromString('--heap-growing-percent=100')

/** Entry of a pool's worker process. */
serveTasks({
  ...taskHandlers,
  sweep: async (payload, report) => (await import('../sweep/sweep-task.ts')).sweepTask(payload, report),
})
