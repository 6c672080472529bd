import limits from './limits.ts'
import minimumVariance from './minimum-variance.ts'
import type { RiskModelDefinition } from './risk-model.ts'
import varLimit from './var-limit.ts'

/** A risk model and the file it is written in. */
export interface RegisteredRiskModel {
  readonly definition: RiskModelDefinition
  /** Path under src/ (or absolute, for a user's own), from which the code's hash is taken. */
  readonly source: string
}

/** Risk models by name. A user's own is one more entry: `{ ...riskModels, [name]: { definition, source } }`. */
export type RiskModelRegistry = Readonly<Record<string, RegisteredRiskModel>>

export const riskModels: RiskModelRegistry = {
  limits: { definition: limits, source: 'risk/limits.ts' },
  'minimum-variance': { definition: minimumVariance, source: 'risk/minimum-variance.ts' },
  'var-limit': { definition: varLimit, source: 'risk/var-limit.ts' },
}
