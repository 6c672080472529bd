import { z } from 'zod'
import { defineFeature } from './define-feature.ts'
import type { FeatureRef } from './feature.ts'
import { referFeature } from './reference.ts'
import { wilderAverage } from './wilder.ts'

/**
 * Average true range in price units: Wilder's average of max(high, previous close) − min(low, previous close);
 * the first bar's range is high − low (J. W. Wilder, 1978).
 */
export const atrDefinition = defineFeature({
  name: 'atr',
  params: z.object({ period: z.int().min(1) }),
  inputs: [
    { name: 'high', default: 'high' },
    { name: 'low', default: 'low' },
    { name: 'close', default: 'close' },
  ],
  warmup: ({ period }) => period - 1,
  memory: () => ({ previousClose: 1, average: 1 }),
  update: (values, { previousClose, average }, { bars, params }) => {
    const [high, low, close] = [values[0], values[1], values[2]]
    const before = bars === 1 ? close : previousClose[0]
    const trueRange = bars === 1 ? high - low : Math.max(high, before) - Math.min(low, before)
    previousClose[0] = close
    average[0] = wilderAverage(average[0], trueRange, { count: bars, period: params.period })
    return average[0]
  },
})

export const atr = (period: number): FeatureRef => referFeature(atrDefinition, ['high', 'low', 'close'], { period })
