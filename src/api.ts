/** What a user's own modules import from 'millrace'. */
export { z } from 'zod'
export { MillraceError, type ErrorCode, type Problem } from './base/errors.ts'
export { pairCount, pairIndex, type MarketInput } from './domain/market-panels.ts'
export type { Row } from './domain/timeline.ts'
export type { SelectPortfolio, TrainedPortfolio, TrainingTable } from './domain/walk-forward.ts'
export { defineExperiment, type ExperimentInput } from './experiment/schema.ts'
export { atr } from './features/atr.ts'
export { averageCorrelation } from './features/average-correlation.ts'
export { calendar } from './features/calendar.ts'
export { correlation } from './features/correlation.ts'
export { cross } from './features/cross.ts'
export { ema } from './features/ema.ts'
export { parseFeature } from './features/expression.ts'
export type { FeatureInput, FeatureRef, StepInput } from './features/feature.ts'
export { lag } from './features/lag.ts'
export { momentum } from './features/momentum.ts'
export { rsi } from './features/rsi.ts'
export { sma } from './features/sma.ts'
export { spread } from './features/spread.ts'
export { volatility } from './features/volatility.ts'
export { zscore } from './features/zscore.ts'
import type { Backtester, BacktesterOptions } from './sweep/backtester.ts'

export type { Backtester, BacktesterOptions, SweepInput, SweepResult } from './sweep/backtester.ts'
export { defineRiskModel, type DecisionOutput, type RiskContext, type RiskModelDefinition } from './risk/risk-model.ts'
export { defineStrategy, type SignalContext, type StrategyDefinition } from './strategies/strategy.ts'

/**
 * Opens warm worker processes that sweep experiments in memory: bars in, figures of every portfolio out.
 * @param options `workers`: processes, default one per core
 * @throws MillraceError USAGE for a number of workers that cannot be
 */
export async function openBacktester(options?: BacktesterOptions): Promise<Backtester> {
  // Strategies import this module in every worker, and need none of it.
  return (await import('./sweep/backtester.ts')).openBacktester(options)
}
