import { serveTasks } from '../pool/worker.ts'
import { taskHandlers } from '../stages/handlers.ts'

/** Entry of a pool's worker process. */
serveTasks({
  ...taskHandlers,
  sweep: async (payload, report) => (await import('../sweep/sweep-task.ts')).sweepTask(payload, report),
})
