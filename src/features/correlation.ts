import { z } from 'zod'
import { definePairFeature } from './define-feature.ts'
import type { FeatureInput, FeatureRef } from './feature.ts'
import { referFeature } from './reference.ts'
import { pushValue, squaredDeviations, windowMean, windowMemory } from './window.ts'

/**
 * Pearson's correlation of two symbols' simple returns over their last `period` common returns, −1..1, for
 * every pair. A return spans two rows in which both have a bar. NaN where one of them did not move.
 */
export const correlationDefinition = definePairFeature({
  name: 'correlation',
  params: z.object({ period: z.int().min(2) }),
  inputs: ['value'],
  warmup: ({ period }) => period,
  memory: ({ period }) => ({ previous: 2, first: windowMemory(period), second: windowMemory(period) }),
  update: (values, { previous, first, second }, { bars }) => {
    const firstReturn = values[0] / previous[0] - 1
    const secondReturn = values[1] / previous[1] - 1
    previous.set(values)
    if (bars === 1) return NaN
    const oldest = pushValue(first, bars - 1, firstReturn)
    pushValue(second, bars - 1, secondReturn)
    return pearson(first, second, oldest)
  },
})

export const correlation = (input: FeatureInput, period: number): FeatureRef => referFeature(correlationDefinition, [input], { period })

/** Correlation of two windows that begin at `oldest`, by deviations from their means. */
function pearson(first: Float64Array, second: Float64Array, oldest: number): number {
  const firstMean = windowMean(first, oldest)
  const secondMean = windowMean(second, oldest)
  const end = oldest + first.length / 2
  let products = 0
  for (let i = oldest; i < end; i++) products += (first[i] - firstMean) * (second[i] - secondMean)
  const squares = squaredDeviations(first, oldest, firstMean) * squaredDeviations(second, oldest, secondMean)
  return Math.min(1, Math.max(-1, products / Math.sqrt(squares)))
}
