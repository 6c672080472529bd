import { z } from 'zod'
import { defineFeature } from './define-feature.ts'
import type { FeatureInput, FeatureRef } from './feature.ts'
import { referFeature } from './reference.ts'

/**
 * Exponential moving average with weight 2 / (period + 1), seeded with the first value as pandas
 * `ewm(span, adjust=False)` does; NaN until `period` values have been seen. In the unit of its input.
 */
export const emaDefinition = defineFeature({
  name: 'ema',
  params: z.object({ period: z.int().min(1) }),
  inputs: ['value'],
  warmup: ({ period }) => period - 1,
  memory: () => ({ average: 1 }),
  update: (values, { average }, { bars, params }) => {
    if (bars === 1) average[0] = values[0]
    else average[0] += ((values[0] - average[0]) * 2) / (params.period + 1)
    return average[0]
  },
})

export const ema = (input: FeatureInput, period: number): FeatureRef => referFeature(emaDefinition, [input], { period })
