import { MillraceError } from '../base/errors.ts'
import { DECISION_FIELDS, type DecisionField } from '../domain/risk-decision.ts'
import { createState, type StateLayout, type Step } from '../domain/step.ts'
import { formatTime, type Row } from '../domain/timeline.ts'
import type { FeatureRef } from '../features/feature.ts'
import { buildFeatureGraph } from '../features/graph.ts'
import { parseParams } from '../features/params.ts'
import { toFeatureRef } from '../features/reference.ts'
import { features as builtIn, type FeatureRegistry } from '../features/registry.ts'
import type { DecisionOutput, RiskContext, RiskModelDefinition } from './risk-model.ts'

export interface RiskInstance<P = unknown, L extends StateLayout = StateLayout> {
  readonly definition: RiskModelDefinition<P, L>
  /** As the user wrote them; defaults are filled in. */
  readonly params: unknown
  /** Symbols in panel order. */
  readonly universe: readonly string[]
  readonly registry?: FeatureRegistry
  /** Configuration path named in errors; default the model's name. */
  readonly where?: string
}

/** An instance whose definition, parameters and features have been checked. */
export interface ResolvedRiskModel<P = unknown> {
  readonly params: P
  /** In the order the step reads them; a market panel is one of them, as a ref. */
  readonly features: readonly FeatureRef[]
}

/**
 * Checks everything about a risk model that can be known before a bar is read.
 * @throws MillraceError MODULE_INVALID, CONFIG_UNKNOWN, CONFIG_TYPE or CONFIG_VALUE.
 */
export function resolveRiskModel<P, L extends StateLayout>(instance: RiskInstance<P, L>): ResolvedRiskModel<P> {
  const { definition, universe, registry = builtIn } = instance
  checkDefinition(definition as unknown as RiskModelDefinition)
  const where = instance.where ?? definition.name
  const params = parseParams(definition.params, instance.params, where)
  const problem = definition.check?.(params, universe)
  if (problem !== undefined) throw new MillraceError({ ...problem, where: problem.where ?? where })
  const features = definition.features(params).map(toFeatureRef)
  buildFeatureGraph(features, registry)
  return { params, features }
}

/**
 * A risk model with its parameters, as a step: inputs are the features in order, then the pattern's reference
 * book (N); out is the declared fields in the order of DECISION_FIELDS, decisionWidth(decides, N) long. Every
 * row starts undecided: a field the model does not write is NaN, which the kernel reads as "no increase".
 * Decisions are rounded to float32 at the source; NaN is canonical and −0 becomes 0.
 *
 * @throws MillraceError as resolveRiskModel; from the step STEP_FAILED, naming the model and the bar, when the
 *   model throws or decides something out of range.
 */
export function createRiskStep<P, L extends StateLayout>(
  instance: RiskInstance<P, L>,
): { readonly step: Step; readonly features: readonly FeatureRef[] } {
  const { definition, universe } = instance
  const { params, features } = resolveRiskModel(instance)
  const symbols = universe.length
  const store = createState(definition.state?.(params, symbols) ?? ({} as L), symbols)
  const decision = createOutput(symbols)
  const fields = DECISION_FIELDS.filter((field) => definition.decides.includes(field))
  const featureRows: Float64Array[] = []
  const context: { -readonly [K in keyof RiskContext<P, L>]: RiskContext<P, L>[K] } = {
    params, symbols, universe, state: store.arrays,
    row: { t: 0, closeTime: 0, sessionDate: 0 }, book: new Float64Array(symbols),
  }
  const step: Step = {
    warmup: 0,
    step: (row, inputs, out) => {
      for (let i = 0; i < features.length; i++) featureRows[i] = inputs[i]
      context.row = row
      context.book = inputs[features.length]
      undecide(decision)
      try {
        definition.decide(featureRows, decision, context)
      } catch (error) {
        throw failed(error instanceof Error ? error.message : String(error), { name: definition.name, params, row })
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
  throw failed(`it decided ${field} = ${value}, which has to be ${RANGES[field].text}`, at)
}

function failed(reason: string, at: Moment): MillraceError {
  return new MillraceError({
    code: 'STEP_FAILED',
    message: `risk model ${at.name} failed: ${reason}`,
    where: `${at.name} ${JSON.stringify(at.params)} at the bar of ${formatTime(at.row.closeTime)}`,
    value: at.params,
    hint: 'correct the decide function of the risk model: NaN says that it could not decide',
  })
}

/** A user's module is unknown until looked at. */
function checkDefinition(definition: RiskModelDefinition): void {
  if (typeof definition !== 'object' || definition === null) throw moduleInvalid('default export', 'a definition', definition)
  const { name, params, decides, features, decide, state, check } = definition
  if (typeof name !== 'string' || name === '') throw moduleInvalid('name', 'a text', name)
  if (typeof params?.safeParse !== 'function') throw moduleInvalid('params', 'a zod schema', params)
  if (!Array.isArray(decides) || decides.length === 0 || !decides.every((field) => DECISION_FIELDS.includes(field))) {
    throw moduleInvalid('decides', `a list of ${DECISION_FIELDS.join(', ')}`, decides)
  }
  if (typeof features !== 'function') throw moduleInvalid('features', 'a function of the parameters', features)
  if (typeof decide !== 'function') throw moduleInvalid('decide', 'a function', decide)
  if (state !== undefined && typeof state !== 'function') throw moduleInvalid('state', 'a function of the parameters', state)
  if (check !== undefined && typeof check !== 'function') throw moduleInvalid('check', 'a function', check)
}

function moduleInvalid(member: string, wanted: string, value: unknown): MillraceError {
  return new MillraceError({
    code: 'MODULE_INVALID', message: `a risk model's ${member} has to be ${wanted}`, where: member, value: typeof value,
    hint: 'export default defineRiskModel({ name, params, decides, features, decide })',
  })
}
