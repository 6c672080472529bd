import { MillraceError } from '../base/errors.ts'
import { toSignal } from '../domain/signal.ts'
import { createState } from '../domain/step.ts'
import type { StateLayout, Step } from '../domain/step.ts'
import { formatTime } from '../domain/timeline.ts'
import type { Row } from '../domain/timeline.ts'
import type { FeatureRef, FeatureWidth } from '../features/feature.ts'
import { buildFeatureGraph, featureWidth } from '../features/graph.ts'
import { parseParams } from '../features/params.ts'
import { toFeatureRef } from '../features/reference.ts'
import type { FeatureRegistry } from '../features/registry.ts'
import type { SignalContext, StrategyDefinition } from './strategy.ts'

export interface StrategyInstance<P = unknown, L extends StateLayout = StateLayout> {
  readonly definition: StrategyDefinition<P, L>
  /** One point of the grid, as the user wrote it; defaults are filled in. */
  readonly params: unknown
  /** Symbols in panel order. */
  readonly universe: readonly string[]
  readonly registry?: FeatureRegistry
  /** Configuration path named in errors; default the strategy's name. */
  readonly where?: string
}

/** An instance whose definition, parameters and features have been checked. */
export interface ResolvedStrategy<P = unknown> {
  readonly params: P
  /** In the order the step reads them; a market panel is one of them, as a ref. */
  readonly features: readonly FeatureRef[]
  /** Bars of a symbol before its first opinion. */
  readonly warmup: number
}

/**
 * Checks everything about an instance that can be known before a bar is read.
 * @throws MillraceError MODULE_INVALID, CONFIG_UNKNOWN, CONFIG_TYPE or CONFIG_VALUE.
 */
export function resolveStrategy<P, L extends StateLayout>(instance: StrategyInstance<P, L>): ResolvedStrategy<P> {
  const { definition, universe } = instance
  checkDefinition(definition)
  const where = instance.where ?? definition.name
  const params = parseParams(definition.params, instance.params, where)
  const problem = definition.check?.(params, universe)
  if (problem !== undefined) throw new MillraceError({ ...problem, where: problem.where ?? where })
  const features = definition.features(params).map(toFeatureRef)
  const nodes = buildFeatureGraph(features, instance.registry)
  return { params, features, warmup: Math.max(0, ...nodes.map((node) => node.warmup)) }
}

/**
 * The step of one strategy instance: rows of its features in, one signal per symbol out (float32 values in
 * [−1, 1]; NaN = no opinion). A symbol without a value in any symbol-wide or market-wide input has no opinion,
 * unless the strategy accepts missing values; pair inputs are the strategy's own business.
 * The step throws MillraceError STEP_FAILED naming strategy, parameters and bar when `signal` throws.
 */
export function createStrategyStep<P, L extends StateLayout>(
  instance: StrategyInstance<P, L>,
): { readonly step: Step; readonly features: readonly FeatureRef[] } {
  const { definition, universe } = instance
  const { params, features, warmup } = resolveStrategy(instance)
  const symbols = universe.length
  const store = createState(definition.state?.(params) ?? ({} as L), symbols)
  const widths = features.map((ref) => featureWidth(ref, instance.registry))
  const context: { -readonly [K in keyof SignalContext<P, L>]: SignalContext<P, L>[K] } = {
    params, symbols, universe, state: store.arrays, row: { t: 0, closeTime: 0, sessionDate: 0 },
  }
  const step: Step = {
    warmup,
    step: (row, inputs, out) => {
      context.row = row
      out.fill(NaN)
      try {
        definition.signal(inputs, out, context)
      } catch (error) {
        throw stepFailed(error, { name: definition.name, params, row })
      }
      if (definition.acceptsMissing !== true) maskMissing(inputs, widths, out)
      for (let n = 0; n < symbols; n++) out[n] = toSignal(out[n])
    },
    snapshot: store.snapshot,
    restore: store.restore,
  }
  return { step, features }
}

function maskMissing(inputs: readonly Float64Array[], widths: readonly FeatureWidth[], out: Float64Array): void {
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i]
    if (widths[i] === 'pair') continue
    if (widths[i] === 'market') {
      if (input[0] !== input[0]) out.fill(NaN)
      continue
    }
    for (let n = 0; n < out.length; n++) if (input[n] !== input[n]) out[n] = NaN
  }
}

function stepFailed(error: unknown, at: { name: string; params: unknown; row: Row }): MillraceError {
  const reason = error instanceof Error ? error.message : String(error)
  return new MillraceError({
    code: 'STEP_FAILED',
    message: `strategy ${at.name} failed: ${reason}`,
    where: `${at.name} ${JSON.stringify(at.params)} at the bar of ${formatTime(at.row.closeTime)}`,
    value: at.params,
    hint: 'correct the signal function of the strategy, or leave this parameter set out',
  })
}

/** A user's module is unknown until looked at. */
function checkDefinition(definition: StrategyDefinition): void {
  if (typeof definition !== 'object' || definition === null) throw moduleInvalid('default export', 'a definition', definition)
  const { name, params, features, signal, state, check } = definition
  if (typeof name !== 'string' || name === '') throw moduleInvalid('name', 'a text', name)
  if (typeof params?.safeParse !== 'function') throw moduleInvalid('params', 'a zod schema', params)
  if (typeof features !== 'function') throw moduleInvalid('features', 'a function of the parameters', features)
  if (typeof signal !== 'function') throw moduleInvalid('signal', 'a function', signal)
  if (state !== undefined && typeof state !== 'function') throw moduleInvalid('state', 'a function of the parameters', state)
  if (check !== undefined && typeof check !== 'function') throw moduleInvalid('check', 'a function', check)
}

function moduleInvalid(member: string, wanted: string, value: unknown): MillraceError {
  return new MillraceError({
    code: 'MODULE_INVALID', message: `a strategy's ${member} has to be ${wanted}`, where: member, value: typeof value,
    hint: 'export default defineStrategy({ name, params, features, signal })',
  })
}
