import { z } from 'zod'
import { defineFeature } from './define-feature.ts'
import type { FeatureInput, FeatureRef } from './feature.ts'
import { referFeature } from './reference.ts'
import { pushValue, windowMean, windowMemory } from './window.ts'

/** Simple moving average: the mean of the last `period` values, in the unit of its input. */
export const smaDefinition = defineFeature({
  name: 'sma',
  params: z.object({ period: z.int().min(1) }),
  inputs: ['value'],
  warmup: ({ period }) => period - 1,
  memory: ({ period }) => ({ window: windowMemory(period) }),
  update: (values, { window }, { bars }) => windowMean(window, pushValue(window, bars, values[0])),
})

export const sma = (input: FeatureInput, period: number): FeatureRef => referFeature(smaDefinition, [input], { period })
