import { z } from 'zod'
import { defineFeature } from './define-feature.ts'
import type { FeatureInput, FeatureRef } from './feature.ts'
import { referFeature } from './reference.ts'
import { pushValue, windowMemory } from './window.ts'

/** Rate of change: x[t] / x[t − period] − 1, a fraction. */
export const momentumDefinition = defineFeature({
  name: 'momentum',
  params: z.object({ period: z.int().min(1) }),
  inputs: ['value'],
  warmup: ({ period }) => period,
  memory: ({ period }) => ({ window: windowMemory(period + 1) }),
  update: (values, { window }, { bars }) => values[0] / window[pushValue(window, bars, values[0])] - 1,
})

export const momentum = (input: FeatureInput, period: number): FeatureRef => referFeature(momentumDefinition, [input], { period })
