import type { StateLayout } from '../domain/step.ts'
import { resolveStep } from '../features/step-definition.ts'
import type { ResolvedStep, StepInstance } from '../features/step-definition.ts'
import type { StrategyDefinition } from './strategy.ts'

export type StrategyInstance<P = unknown, L extends StateLayout = StateLayout> = StepInstance<StrategyDefinition<P, L>>

const STRATEGY = { noun: 'strategy', work: 'signal', hint: 'export default defineStrategy({ name, params, features, signal })' }

/**
 * Checks everything about a strategy instance that can be known before a bar is read.
 * @throws MillraceError MODULE_INVALID, CONFIG_UNKNOWN, CONFIG_TYPE or CONFIG_VALUE.
 */
export function resolveStrategy<P, L extends StateLayout>(instance: StrategyInstance<P, L>): ResolvedStep<P, L> {
  return resolveStep(instance, STRATEGY)
}
