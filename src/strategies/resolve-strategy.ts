import type { StateLayout } from '../domain/step.ts'
import { featureWidth } from '../features/graph.ts'
import { moduleInvalid, resolveStep } from '../features/step-definition.ts'
import type { ResolvedStep, StepInstance } from '../features/step-definition.ts'
import type { StrategyDefinition } from './strategy.ts'

export type StrategyInstance<P = unknown, L extends StateLayout = StateLayout> = StepInstance<StrategyDefinition<P, L>>

const STRATEGY = { noun: 'strategy', work: 'signal', hint: 'export default defineStrategy({ name, params, features, signal })' }

/**
 * Checks everything about a strategy instance that can be known before a bar is read.
 * @throws MillraceError MODULE_INVALID, CONFIG_UNKNOWN, CONFIG_TYPE or CONFIG_VALUE.
 */
export function resolveStrategy<P, L extends StateLayout>(instance: StrategyInstance<P, L>): ResolvedStep<P, L> {
  const resolved = resolveStep(instance, STRATEGY)
  if (instance.definition.perSymbol !== true) return resolved
  const pair = resolved.features.find((ref) => featureWidth(ref, instance.registry) === 'pair')
  const remembers = Object.keys(resolved.layout)
  if (pair === undefined && remembers.length === 0) return resolved
  throw moduleInvalid(STRATEGY, {
    member: 'perSymbol', wanted: 'left out where there is state, or a pair feature is read',
    value: pair === undefined ? remembers.join(', ') : pair.expression, where: instance.where,
  })
}
