import { toSignal } from '../domain/signal.ts'
import { createState } from '../domain/step.ts'
import type { StateLayout, Step } from '../domain/step.ts'
import { columnsOf } from '../features/define-feature.ts'
import type { FeatureRef, FeatureWidth } from '../features/feature.ts'
import { featureWidth } from '../features/graph.ts'
import type { ResolvedStep } from '../features/step-definition.ts'
import { PerSymbolStep } from './per-symbol-step.ts'
import { resolveStrategy } from './resolve-strategy.ts'
import type { StrategyInstance } from './resolve-strategy.ts'
import { maskMissing, refuseAnswer, stepFailed } from './signal-call.ts'
import type { SignalContext } from './strategy.ts'

/**
 * The step of one strategy instance: rows of its features in, one signal per symbol out (float32 values in
 * [−1, 1]; NaN = no opinion). A symbol without a value in any symbol-wide or market-wide input has no opinion,
 * unless the strategy accepts missing values; pair inputs are the strategy's own business. Inputs are copied,
 * as other instances read the same rows: a strategy that sorts or overwrites its own disturbs nobody. One that is
 * `trusted` is known to leave them as they are, and to write signals only: the step contract's tests show it of what is built in.
 * The step throws MillraceError STEP_FAILED naming strategy, parameters and bar when `signal` throws, or gives
 * back an object (a promise, a list) instead of writing into `out`.
 */
export function createStrategyStep<P, L extends StateLayout>(
  instance: StrategyInstance<P, L>, { trusted = false }: { readonly trusted?: boolean } = {},
): { readonly step: Step; readonly features: readonly FeatureRef[] } {
  const resolved = resolveStrategy(instance)
  const widths = resolved.features.map((ref) => featureWidth(ref, instance.registry))
  const { definition, universe } = instance
  if (definition.perSymbol === true) {
    return { step: new PerSymbolStep({ definition, resolved, widths, symbols: universe.length, trusted }), features: resolved.features }
  }
  return { step: createRowStep(instance, resolved, { widths, trusted }), features: resolved.features }
}

function createRowStep<P, L extends StateLayout>(
  { definition, universe }: StrategyInstance<P, L>, { params, layout, warmup }: ResolvedStep<P, L>,
  { widths, trusted }: { widths: readonly FeatureWidth[]; trusted: boolean },
): Step {
  const symbols = universe.length
  const acceptsMissing = definition.acceptsMissing === true
  const store = createState(layout, symbols)
  const own = widths.map((width) => new Float64Array(columnsOf(width, symbols)))
  const masks = widths.map((width) => ({ width, symbols }))
  const said = new Float32Array(symbols)
  const context: { -readonly [K in keyof SignalContext<P, L>]: SignalContext<P, L>[K] } = {
    params, symbols, universe, state: store.arrays, row: { t: 0, closeTime: 0, sessionDate: 0 },
  }
  return {
    warmup,
    step: (row, inputs, out) => {
      context.row = row
      said.fill(NaN)
      if (!trusted) for (let i = 0; i < own.length; i++) own[i].set(inputs[i])
      try {
        refuseAnswer(definition.signal(trusted ? inputs : own, said, context), said)
      } catch (error) {
        throw stepFailed(error, { name: definition.name, params, row })
      }
      if (!acceptsMissing) for (let i = 0; i < masks.length; i++) maskMissing(inputs[i], masks[i], said)
      for (let n = 0; n < symbols; n++) out[n] = toSignal(said[n])
    },
    snapshot: store.snapshot,
    restore: store.restore,
  }
}
