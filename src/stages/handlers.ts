import type { TaskHandlers } from '../pool/pool.ts'
import { ensembleTask } from './ensemble-task.ts'
import { featureTask } from './feature-task.ts'
import { marketTask } from './market-task.ts'
import { modelTask } from './model-task.ts'
import { portfolioTask } from './portfolio-task.ts'
import { riskTask } from './risk-task.ts'
import { strategyTask } from './strategy-task.ts'

/** Every task a worker can run, by kind. */
export const taskHandlers: TaskHandlers = {
  market: marketTask,
  features: featureTask,
  strategies: strategyTask,
  models: modelTask,
  ensembles: ensembleTask,
  risk: riskTask,
  portfolios: portfolioTask,
}
