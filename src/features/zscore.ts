import { z } from 'zod'
import { defineFeature } from './define-feature.ts'
import type { FeatureInput, FeatureRef } from './feature.ts'
import { momentsMemory, pushMoments } from './moments.ts'
import { referFeature } from './reference.ts'

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
  memory: ({ period }) => ({ moments: momentsMemory(period) }),
  update: (values, { moments }, { bars, params }) => {
    pushMoments(moments, bars, values[0])
    return (values[0] - moments.window[0]) / Math.sqrt(moments.window[1] / params.period)
  },
})

export const zscore = (input: FeatureInput, period: number): FeatureRef => referFeature(zscoreDefinition, [input], { period })
