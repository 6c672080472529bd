import { MillraceError } from '../base/errors.ts'
import { sourcePlace } from '../base/source-place.ts'
import { toSignal } from '../domain/signal.ts'
import { createState } from '../domain/step.ts'
import type { StateLayout, Step } from '../domain/step.ts'
import { formatTime } from '../domain/timeline.ts'
import type { Row } from '../domain/timeline.ts'
import { columnsOf } from '../features/define-feature.ts'
import type { FeatureRef, FeatureWidth } from '../features/feature.ts'
import { featureWidth } from '../features/graph.ts'
import { resolveStrategy } from './resolve-strategy.ts'
import type { StrategyInstance } from './resolve-strategy.ts'
import type { SignalContext } from './strategy.ts'

/**
 * The step of one strategy instance: rows of its features in, one signal per symbol out (float32 values in
 * [−1, 1]; NaN = no opinion). A symbol without a value in any symbol-wide or market-wide input has no opinion,
 * unless the strategy accepts missing values; pair inputs are the strategy's own business. Inputs are copied,
 * as other instances read the same rows: a strategy that sorts or overwrites its own disturbs nobody.
 * The step throws MillraceError STEP_FAILED naming strategy, parameters and bar when `signal` throws, or gives
 * back an object (a promise, a list) instead of writing into `out`.
 */
export function createStrategyStep<P, L extends StateLayout>(
  instance: StrategyInstance<P, L>,
): { readonly step: Step; readonly features: readonly FeatureRef[] } {
  const { definition, universe } = instance
  const { params, features, layout, warmup } = resolveStrategy(instance)
  const symbols = universe.length
  const store = createState(layout, symbols)
  const widths = features.map((ref) => featureWidth(ref, instance.registry))
  const own = widths.map((width) => new Float64Array(columnsOf(width, symbols)))
  const context: { -readonly [K in keyof SignalContext<P, L>]: SignalContext<P, L>[K] } = {
    params, symbols, universe, state: store.arrays, row: { t: 0, closeTime: 0, sessionDate: 0 },
  }
  const step: Step = {
    warmup,
    step: (row, inputs, out) => {
      context.row = row
      out.fill(NaN)
      for (let i = 0; i < own.length; i++) own[i].set(inputs[i])
      try {
        refuseAnswer(definition.signal(own, out, context), out)
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

/** `void` promises that nothing is read; a module may still give something back, and mean it. */
function refuseAnswer(answer: unknown, out: Float64Array): void {
  if (typeof answer !== 'object' || answer === null || answer === out) return
  throw new Error(answer instanceof Promise ? 'it is async: a signal is written before it returns' : 'it returns values: they have to be written into `out`')
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
  const turn = `${at.name} ${JSON.stringify(at.params)} at the bar of ${formatTime(at.row.closeTime)}`
  const place = sourcePlace(error)
  return new MillraceError({
    code: 'STEP_FAILED',
    message: `strategy ${at.name} failed: ${reason}`,
    where: place === undefined ? turn : `${place}, ${turn}`,
    value: at.params,
    hint: 'correct the signal function of the strategy, or leave this parameter set out',
  })
}
