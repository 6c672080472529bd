import { z } from 'zod'
import { definePairFeature } from './define-feature.ts'
import type { FeatureInput, FeatureRef } from './feature.ts'
import { referFeature } from './reference.ts'

/** Logarithm of the ratio of two symbols' values, log(first / second), for every pair; without unit. */
export const spreadDefinition = definePairFeature({
  name: 'spread',
  params: z.object({}),
  inputs: ['value'],
  warmup: () => 0,
  update: (values) => Math.log(values[0] / values[1]),
})

export const spread = (input: FeatureInput): FeatureRef => referFeature(spreadDefinition, [input], {})
