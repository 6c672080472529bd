import { serveTasks } from '../pool/worker.ts'
import { taskHandlers } from '../stages/handlers.ts'

/** Entry of a pool's worker process. */
serveTasks(taskHandlers)
