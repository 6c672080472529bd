import { z } from 'zod'
import { defineFeature } from './define-feature.ts'
import type { FeatureInput, FeatureRef } from './feature.ts'
import { referFeature } from './reference.ts'
import { wilderAverage } from './wilder.ts'

/**
 * Relative strength index, 0..100: 100 × gain / (gain + loss) of Wilder's averages of the rises and falls
 * from bar to bar (J. W. Wilder, 1978). 50 where nothing has moved at all.
 */
export const rsiDefinition = defineFeature({
  name: 'rsi',
  params: z.object({ period: z.int().min(1) }),
  inputs: ['value'],
  warmup: ({ period }) => period,
  memory: () => ({ previous: 1, gain: 1, loss: 1 }),
  update: (values, { previous, gain, loss }, { bars, params }) => {
    const change = values[0] - previous[0]
    previous[0] = values[0]
    if (bars === 1) return NaN
    const step = { count: bars - 1, period: params.period }
    gain[0] = wilderAverage(gain[0], Math.max(change, 0), step)
    loss[0] = wilderAverage(loss[0], Math.max(-change, 0), step)
    const moved = gain[0] + loss[0]
    return moved === 0 ? 50 : (100 * gain[0]) / moved
  },
})

export const rsi = (input: FeatureInput, period: number): FeatureRef => referFeature(rsiDefinition, [input], { period })
