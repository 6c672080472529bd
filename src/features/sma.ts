import { z } from 'zod'
import { defineFeature } from './define-feature.ts'
import type { FeatureInput, FeatureRef } from './feature.ts'
import { momentsMemory, pushMoments } from './moments.ts'
import { referFeature } from './reference.ts'

/** Simple moving average: the mean of the last `period` values, in the unit of its input. */
export const smaDefinition = defineFeature({
  name: 'sma',
  params: z.object({ period: z.int().min(1) }),
  inputs: ['value'],
  warmup: ({ period }) => period - 1,
  memory: ({ period }) => ({ moments: momentsMemory(period) }),
  update: (values, { moments }, { bars }) => {
    pushMoments(moments, bars, values[0])
    return moments.window[0]
  },
})

export const sma = (input: FeatureInput, period: number): FeatureRef => referFeature(smaDefinition, [input], { period })
