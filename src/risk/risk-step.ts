import { MillraceError } from '../base/errors.ts'
import { sourcePlace } from '../base/source-place.ts'
import { DECISION_FIELDS, type DecisionField } from '../domain/risk-decision.ts'
import { createState, type StateLayout, type Step } from '../domain/step.ts'
import { formatTime, type Row } from '../domain/timeline.ts'
import { columnsOf } from '../features/define-feature.ts'
import type { FeatureRef } from '../features/feature.ts'
import { featureWidth } from '../features/graph.ts'
import { resolveRiskModel, type RiskInstance } from './resolve-risk-model.ts'
import type { DecisionOutput, RiskContext } from './risk-model.ts'

/**
 * A risk model with its parameters, as a step: inputs are the features in order, then the pattern's reference
 * book (N); out is the declared fields in the order of DECISION_FIELDS, decisionWidth(decides, N) long. Every
 * row starts undecided: a field the model does not write is NaN, which the kernel reads as "no increase".
 * Decisions are rounded to float32 at the source; NaN is canonical and −0 becomes 0. Inputs are copied, as
 * others read the same rows.
 *
 * @throws MillraceError as resolveRiskModel; from the step STEP_FAILED, naming the model and the bar, when the
 *   model throws or decides something out of range.
 */
export function createRiskStep<P, L extends StateLayout>(
  instance: RiskInstance<P, L>,
): { readonly step: Step; readonly features: readonly FeatureRef[] } {
  const { definition, universe } = instance
  const { params, features, layout } = resolveRiskModel(instance)
  const symbols = universe.length
  const store = createState(layout, symbols)
  const decision = createOutput(symbols)
  const fields = DECISION_FIELDS.filter((field) => definition.decides.includes(field))
  const widths = features.map((ref) => featureWidth(ref, instance.registry))
  const featureRows = widths.map((width) => new Float64Array(columnsOf(width, symbols)))
  const book = new Float64Array(symbols)
  const context: { -readonly [K in keyof RiskContext<P, L>]: RiskContext<P, L>[K] } = {
    params, symbols, universe, state: store.arrays,
    row: { t: 0, closeTime: 0, sessionDate: 0 }, book,
  }
  const step: Step = {
    warmup: 0,
    step: (row, inputs, out) => {
      for (let i = 0; i < features.length; i++) featureRows[i].set(inputs[i])
      context.row = row
      book.set(inputs[features.length])
      undecide(decision)
      try {
        definition.decide(featureRows, decision, context)
      } catch (error) {
        throw failed(error, { name: definition.name, params, row })
      }
      let offset = 0
      for (const field of fields) {
        offset = writeField(field, decision, { out, offset }, { name: definition.name, params, row })
      }
    },
    snapshot: store.snapshot,
    restore: store.restore,
  }
  return { step, features }
}

function createOutput(symbols: number): DecisionOutput {
  return {
    scale: NaN,
    gross: NaN,
    weights: new Float64Array(symbols),
    cap: new Float64Array(symbols),
    veto: new Float64Array(symbols),
  }
}

function undecide(decision: DecisionOutput): void {
  decision.scale = NaN
  decision.gross = NaN
  decision.weights.fill(NaN)
  decision.cap.fill(NaN)
  decision.veto.fill(NaN)
}

/** What a field may hold besides NaN. */
const RANGES: Readonly<Record<DecisionField, { readonly text: string; holds(value: number): boolean }>> = {
  scale: { text: 'between 0 and 1', holds: (value) => value >= 0 && value <= 1 },
  gross: { text: '0 or more', holds: (value) => value >= 0 },
  weights: { text: 'finite', holds: (value) => Number.isFinite(value) },
  cap: { text: '0 or more', holds: (value) => value >= 0 },
  veto: { text: '0 or 1', holds: (value) => value === 0 || value === 1 },
}

interface Moment {
  readonly name: string
  readonly params: unknown
  readonly row: Row
}

/** @returns the offset after the field. */
function writeField(
  field: DecisionField, decision: DecisionOutput, to: { out: Float64Array; offset: number }, at: Moment,
): number {
  const values = decision[field]
  if (typeof values === 'number') {
    to.out[to.offset] = toDecision(field, values, at)
    return to.offset + 1
  }
  for (let n = 0; n < values.length; n++) to.out[to.offset + n] = toDecision(field, values[n], at)
  return to.offset + values.length
}

function toDecision(field: DecisionField, value: number, at: Moment): number {
  if (value !== value) return NaN
  const rounded = Math.fround(value)
  if (RANGES[field].holds(rounded)) return rounded === 0 ? 0 : rounded
  throw failed(new Error(`it decided ${field} = ${value}, which has to be ${RANGES[field].text}`), at)
}

function failed(error: unknown, at: Moment): MillraceError {
  const reason = error instanceof Error ? error.message : String(error)
  const turn = `${at.name} ${JSON.stringify(at.params)} at the bar of ${formatTime(at.row.closeTime)}`
  const place = sourcePlace(error)
  return new MillraceError({
    code: 'STEP_FAILED',
    message: `risk model ${at.name} failed: ${reason}`,
    where: place === undefined ? turn : `${place}, ${turn}`,
    value: at.params,
    hint: 'correct the decide function of the risk model: NaN says that it could not decide',
  })
}
