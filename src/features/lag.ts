import { z } from 'zod'
import { defineFeature } from './define-feature.ts'
import type { FeatureInput, FeatureRef } from './feature.ts'
import { referFeature } from './reference.ts'
import { pushValue, windowMemory } from './window.ts'

/** The value `bars` of the symbol's own bars ago, in the unit of its input. */
export const lagDefinition = defineFeature({
  name: 'lag',
  params: z.object({ bars: z.int().min(1) }),
  inputs: ['value'],
  warmup: ({ bars }) => bars,
  memory: ({ bars }) => ({ window: windowMemory(bars + 1) }),
  update: (values, { window }, { bars }) => window[pushValue(window, bars, values[0])],
})

export const lag = (input: FeatureInput, bars: number): FeatureRef => referFeature(lagDefinition, [input], { bars })
