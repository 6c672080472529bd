import type { TaskHandlers } from '../pool/pool.ts'

/** Every task a worker can run, by kind. A task's code is loaded when the first of its kind comes. */
export const taskHandlers: TaskHandlers = {
  market: async (payload) => (await import('./market-task.ts')).marketTask(payload),
  features: async (payload, report) => (await import('./feature-task.ts')).featureTask(payload, report),
  strategies: async (payload, report) => (await import('./strategy-task.ts')).strategyTask(payload, report),
  'model-check': async (payload) => (await import('./model-check-task.ts')).modelCheckTask(payload),
  models: async (payload, report) => (await import('./model-task.ts')).modelTask(payload, report),
  ensembles: async (payload) => (await import('./ensemble-task.ts')).ensembleTask(payload),
  risk: async (payload) => (await import('./risk-task.ts')).riskTask(payload),
  portfolios: async (payload, report) => (await import('./portfolio-task.ts')).portfolioTask(payload, report),
  training: async (payload) => (await import('./training-task.ts')).trainingTask(payload),
  'walk-forward': async (payload, report) => (await import('./walk-forward-task.ts')).walkForwardTask(payload, report),
}
