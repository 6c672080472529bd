import { z } from 'zod'
import { lag } from '../features/lag.ts'
import { zscore } from '../features/zscore.ts'
import { defineStrategy } from './strategy.ts'

/**
 * Bollinger reversion as events, for portfolios that trade `hold`: an opinion only beyond a band (enter) and
 * in the bar that comes back within `exit` of the mean (close), none in between. The portfolio's position is
 * the memory, so a refused entry or a stopped position counts. Missing values compare false: no event.
 */
export default defineStrategy({
  name: 'bollinger-events',
  params: z.object({ window: z.int().min(2), entry: z.number().positive(), exit: z.number().min(0).default(0) }),
  features: ({ window }) => [zscore('close', window), lag(zscore('close', window), 1)],
  acceptsMissing: true,
  perSymbol: true,
  signal: ([score, before], out, { params: { entry, exit } }) => {
    for (let n = 0; n < out.length; n++) {
      if (score[n] < -entry) out[n] = 1
      else if (score[n] > entry) out[n] = -1
      else if (before[n] <= -exit && score[n] > -exit) out[n] = 0
      else if (before[n] >= exit && score[n] < exit) out[n] = 0
    }
  },
})
