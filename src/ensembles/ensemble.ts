import { MillraceError } from '../base/errors.ts'
import { combineSignals } from '../domain/signal.ts'
import type { CombineMethod } from '../domain/signal.ts'
import type { Step } from '../domain/step.ts'

export interface EnsembleInstance {
  readonly method: CombineMethod
  /** One per member, in the order of the step's inputs; > 0, used as float32. */
  readonly weights: readonly number[]
  /** N: the length of every input and of the output. */
  readonly symbols: number
}

/**
 * A signal made from other signals: one N-long row per member in, one out, by the very arithmetic with which
 * a portfolio combines its subscriptions (`combineSignals`). Stateless; as warm as its first member.
 * @throws MillraceError CONFIG_VALUE for no member or a weight that is not a positive number.
 */
export function createEnsembleStep(instance: EnsembleInstance): Step {
  const { method, symbols } = instance
  const weights = checkWeights(instance.weights)
  const signals = new Float32Array(weights.length * symbols)
  const combined = new Float32Array(symbols)
  const indices = Int32Array.from(weights.keys())
  const input = { signals, offset: 0, indices, weights, symbols }
  return {
    warmup: 0,
    step: (_row, inputs, out) => {
      for (let i = 0; i < weights.length; i++) signals.set(inputs[i], i * symbols)
      combineSignals(method, input, combined)
      out.set(combined)
    },
    snapshot: () => new Uint8Array(0),
    restore: (bytes) => {
      if (bytes.byteLength !== 0) throw new Error(`snapshot of ${bytes.byteLength} bytes does not fit a step without state`)
    },
  }
}

function checkWeights(weights: readonly number[]): Float32Array {
  const hint = 'name at least one member; a weight is a number above 0'
  if (weights.length === 0) {
    throw new MillraceError({ code: 'CONFIG_VALUE', message: 'an ensemble needs a member', where: 'members', hint })
  }
  const rounded = Float32Array.from(weights)
  rounded.forEach((weight, i) => {
    if (weight > 0 && weight < Infinity) return
    throw new MillraceError({
      code: 'CONFIG_VALUE', message: 'a weight has to be above 0', where: `members[${i}].weight`, value: weights[i], hint,
    })
  })
  return rounded
}
