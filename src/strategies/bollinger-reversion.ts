import { z } from 'zod'
import { zscore } from '../features/zscore.ts'
import { defineStrategy } from './strategy.ts'

/**
 * Buys below the lower band (z < −entry) and sells short above the upper one, and stays until the price is
 * back within `exit` of its mean. Stateful: `held` is the strategy's own memory, one for all portfolios.
 */
export default defineStrategy({
  name: 'bollinger-reversion',
  params: z.object({ window: z.int().min(2), entry: z.number().positive(), exit: z.number().min(0).default(0) }),
  features: ({ window }) => [zscore('close', window)],
  state: () => ({ held: 'N' }),
  signal: ([score], out, { params: { entry, exit }, state: { held } }) => {
    for (let n = 0; n < out.length; n++) {
      if (score[n] < -entry) held[n] = 1
      else if (score[n] > entry) held[n] = -1
      else if ((held[n] > 0 && score[n] > -exit) || (held[n] < 0 && score[n] < exit)) held[n] = 0
      out[n] = held[n]
    }
  },
})
