import { z } from 'zod'
import { defineFeature } from './define-feature.ts'
import type { FeatureInput, FeatureRef } from './feature.ts'
import { momentsMemory, pushMoments } from './moments.ts'
import { referFeature } from './reference.ts'

/**
 * Sample standard deviation (divisor period − 1) of the last `period` simple returns, x[t] / x[t−1] − 1:
 * a fraction per bar, not annualised.
 */
export const volatilityDefinition = defineFeature({
  name: 'volatility',
  params: z.object({ period: z.int().min(2) }),
  inputs: ['value'],
  warmup: ({ period }) => period,
  memory: ({ period }) => ({ previous: 1, moments: momentsMemory(period) }),
  update: (values, { previous, moments }, { bars, params }) => {
    const change = values[0] / previous[0] - 1
    previous[0] = values[0]
    if (bars === 1) return NaN
    pushMoments(moments, bars - 1, change)
    return Math.sqrt(moments.window[1] / (params.period - 1))
  },
})

export const volatility = (input: FeatureInput, period: number): FeatureRef => referFeature(volatilityDefinition, [input], { period })
