import { z } from 'zod'
import { definePairFeature } from './define-feature.ts'
import type { FeatureInput, FeatureRef } from './feature.ts'
import { momentsMemory, pushMoments } from './moments.ts'
import { referFeature } from './reference.ts'

/**
 * Pearson's correlation of two symbols' simple returns over their last `period` common returns, −1..1, for
 * every pair. A return spans two rows in which both have a bar. NaN where one of them did not move.
 *
 * With S(x) = Σ (x − mean)², Σ of the products of the deviations is (S(x + y) − S(x) − S(y)) / 2.
 */
export const correlationDefinition = definePairFeature({
  name: 'correlation',
  params: z.object({ period: z.int().min(2) }),
  inputs: ['value'],
  warmup: ({ period }) => period,
  memory: ({ period }) => ({
    previous: 2,
    first: momentsMemory(period),
    second: momentsMemory(period),
    both: momentsMemory(period),
  }),
  update: (values, { previous, first, second, both }, { bars }) => {
    const firstReturn = values[0] / previous[0] - 1
    const secondReturn = values[1] / previous[1] - 1
    previous[0] = values[0]
    previous[1] = values[1]
    if (bars === 1) return NaN
    pushMoments(first, bars - 1, firstReturn)
    pushMoments(second, bars - 1, secondReturn)
    pushMoments(both, bars - 1, firstReturn + secondReturn)
    const norm = Math.sqrt(first.window[1] * second.window[1])
    const products = (both.window[1] - first.window[1] - second.window[1]) / 2
    return norm > 0 ? Math.min(1, Math.max(-1, products / norm)) : NaN
  },
})

export const correlation = (input: FeatureInput, period: number): FeatureRef => referFeature(correlationDefinition, [input], { period })
