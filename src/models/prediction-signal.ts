import { toSignal } from '../domain/signal.ts'
import { roundPrediction, type PredictionToSignal } from './model.ts'

/**
 * Turns one row of predictions into signals (both N long): float32 in [−1, 1], NaN where there is no
 * prediction. Predictions are rounded to 2⁻¹² first, so a stored one and a fresh one give the same signal.
 * A rank needs company: a lone prediction is 0.
 */
export function predictionsToSignals(mapping: PredictionToSignal, predictions: Float64Array, out: Float64Array): void {
  for (let n = 0; n < predictions.length; n++) out[n] = roundPrediction(predictions[n])
  if (mapping.kind === 'rank') {
    rank(out)
    return
  }
  for (let n = 0; n < out.length; n++) {
    const prediction = out[n]
    if (mapping.kind === 'scale') out[n] = toSignal(prediction * mapping.scale)
    else out[n] = toSignal(Math.abs(prediction) <= mapping.threshold ? 0 : Math.sign(prediction))
  }
}

/** Replaces values by their rank, mapped linearly to [−1, 1]; equal values share their mean rank. */
function rank(values: Float64Array): void {
  const original = values.slice()
  const order = Array.from(original.keys())
    .filter((n) => original[n] === original[n])
    .toSorted((a, b) => original[a] - original[b])
  values.fill(NaN)
  for (let first = 0; first < order.length; ) {
    let end = first + 1
    while (end < order.length && original[order[end]] === original[order[first]]) end++
    const meanRank = (first + end - 1) / 2
    const signal = order.length === 1 ? 0 : (2 * meanRank) / (order.length - 1) - 1
    for (let k = first; k < end; k++) values[order[k]] = toSignal(signal)
    first = end
  }
}
