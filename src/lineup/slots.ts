/** Names of the rows that travel between roles. One spelling, used by every role and by the coordinator. */
export const RAW_MARKET = [
  'open', 'high', 'low', 'close', 'volume', 'split', 'dividend', 'adjustment', 'splitProduct',
] as const
export const OPTIONAL_MARKET = ['halfSpread', 'delisting'] as const

export type MarketSlot = (typeof RAW_MARKET)[number] | (typeof OPTIONAL_MARKET)[number]

export const marketSlot = (panel: MarketSlot): string => `market:${panel}`
/** A feature by expression, or a market input as features see it (`close`, `raw.close`). */
export const featureSlot = (expression: string): string => `feature:${expression}`
export const signalSlot = (signal: string): string => `signal:${signal}`
/** Carries stored predictions to a model's role. */
export const storedSlot = (model: string): string => `stored:${model}`
export const predictionSlot = (model: string): string => `prediction:${model}`
export const decisionSlot = (of: { pattern: string; model: string }): string => `decision:${of.pattern}/${of.model}`
