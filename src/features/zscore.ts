import { z } from 'zod'
import { defineFeature } from './define-feature.ts'
import type { FeatureInput, FeatureRef } from './feature.ts'
import { referFeature } from './reference.ts'
import { pushValue, squaredDeviations, windowMean, windowMemory } from './window.ts'

/**
 * (x − mean) / standard deviation over the last `period` values, this one included, without unit. The
 * deviation is the population's (divisor period), as in Bollinger bands: ±2 is on the usual bands
 * (J. Bollinger, Bollinger on Bollinger Bands, 2001). NaN where all values are equal.
 */
export const zscoreDefinition = defineFeature({
  name: 'zscore',
  params: z.object({ period: z.int().min(2) }),
  inputs: ['value'],
  warmup: ({ period }) => period - 1,
  memory: ({ period }) => ({ window: windowMemory(period) }),
  update: (values, { window }, { bars, params }) => {
    const oldest = pushValue(window, bars, values[0])
    const mean = windowMean(window, oldest)
    return (values[0] - mean) / Math.sqrt(squaredDeviations(window, oldest, mean) / params.period)
  },
})

export const zscore = (input: FeatureInput, period: number): FeatureRef => referFeature(zscoreDefinition, [input], { period })
