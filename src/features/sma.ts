import { z } from 'zod'
import { defineFeature } from './define-feature.ts'
import type { FeatureInput, FeatureRef } from './feature.ts'
import { meanMemory, pushMean } from './mean.ts'
import { referFeature } from './reference.ts'

/** Simple moving average: the mean of the last `period` values, in the unit of its input. */
export const smaDefinition = defineFeature({
  name: 'sma',
  params: z.object({ period: z.int().min(1) }),
  inputs: ['value'],
  warmup: ({ period }) => period - 1,
  memory: ({ period }) => meanMemory(period),
  update: (values, memory, { bars }) => pushMean(memory, bars, values[0]),
})

export const sma = (input: FeatureInput, period: number): FeatureRef => referFeature(smaDefinition, [input], { period })
