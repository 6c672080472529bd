import type { ZodType } from 'zod'
import type { Problem } from '../base/errors.ts'
import type { DecisionField } from '../domain/risk-decision.ts'
import type { State, StateLayout } from '../domain/step.ts'
import type { Row } from '../domain/timeline.ts'
import type { StepInput } from '../features/feature.ts'

/** Scratch for one row of decisions: only the declared fields are read. */
export interface DecisionOutput {
  scale: number
  gross: number
  readonly weights: Float64Array
  readonly cap: Float64Array
  readonly veto: Float64Array
}

export interface RiskContext<P, L extends StateLayout> {
  readonly params: P
  readonly symbols: number
  readonly universe: readonly string[]
  readonly row: Row
  readonly state: State<L>
  /**
   * The pattern's reference book: exposure per symbol (combined signals × 1/N, float32), never a portfolio's
   * own positions. NaN = no opinion.
   */
  readonly book: Float64Array
}

/**
 * A risk model: features and a reference book → decisions. Decides in every row; NaN = could not decide,
 * which the kernel reads as "no increase".
 */
export interface RiskModelDefinition<P = unknown, L extends StateLayout = StateLayout> {
  readonly name: string
  readonly params: ZodType<P>
  readonly decides: readonly DecisionField[]
  /** What is wrong with these parameters for this universe, if anything; where left out, the model's path is named. */
  check?(params: P, universe: readonly string[]): Problem | undefined
  features(params: P): readonly StepInput[]
  state?(params: P, symbols: number): L
  decide(inputs: readonly Float64Array[], out: DecisionOutput, context: RiskContext<P, L>): void
}

export function defineRiskModel<P, L extends StateLayout = StateLayout>(
  definition: RiskModelDefinition<P, L>,
): RiskModelDefinition<P, L> {
  return definition
}
