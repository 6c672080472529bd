import { DECISION_FIELDS } from '../domain/risk-decision.ts'
import type { StateLayout } from '../domain/step.ts'
import { moduleInvalid, resolveStep } from '../features/step-definition.ts'
import type { ResolvedStep, StepInstance } from '../features/step-definition.ts'
import type { RiskModelDefinition } from './risk-model.ts'

export type RiskInstance<P = unknown, L extends StateLayout = StateLayout> = StepInstance<RiskModelDefinition<P, L>>

const RISK_MODEL = { noun: 'risk model', work: 'decide', hint: 'export default defineRiskModel({ name, params, decides, features, decide })' }

/**
 * Checks everything about a risk model that can be known before a bar is read.
 * @throws MillraceError MODULE_INVALID, CONFIG_UNKNOWN, CONFIG_TYPE or CONFIG_VALUE.
 */
export function resolveRiskModel<P, L extends StateLayout>(instance: RiskInstance<P, L>): ResolvedStep<P, L> {
  const resolved = resolveStep(instance, RISK_MODEL)
  const { definition: { decides }, where } = instance
  if (!Array.isArray(decides) || decides.length === 0 || !decides.every((field) => DECISION_FIELDS.includes(field))) {
    throw moduleInvalid(RISK_MODEL, { member: 'decides', wanted: `a list of ${DECISION_FIELDS.join(', ')}`, value: decides, where })
  }
  return resolved
}
