import { z } from 'zod'
import { defineFeature } from './define-feature.ts'
import type { FeatureInput, FeatureRef } from './feature.ts'
import { referFeature } from './reference.ts'

/**
 * +1 in the bar where the first input comes to stand above the second, having last stood below it; −1 the
 * other way; else 0. Being equal is on neither side: touching and turning back is no cross.
 */
export const crossDefinition = defineFeature({
  name: 'cross',
  params: z.object({}),
  inputs: ['first', 'second'],
  warmup: () => 1,
  memory: () => ({ side: 1 }),
  update: (values, { side }) => {
    const now = Math.sign(values[0] - values[1])
    const before = side[0]
    if (now !== 0) side[0] = now
    return now * before === -1 ? now : 0
  },
})

export const cross = (first: FeatureInput, second: FeatureInput): FeatureRef => referFeature(crossDefinition, [first, second], {})
