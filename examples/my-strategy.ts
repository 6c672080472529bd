import { atr, defineStrategy, ema, z } from 'millrace'

/**
 * A channel breakout: buys when the close is more than `width` average true ranges above its exponential
 * mean, and holds until the close is back below the mean. `held` is the strategy's own memory: the framework
 * keeps it, resets it and stores it with a snapshot.
 */
export default defineStrategy({
  name: 'channel-breakout',
  params: z.object({ period: z.int().min(2), width: z.number().positive() }),
  features: ({ period }) => ['close', ema('close', period), atr(period)],
  state: () => ({ held: 'N' }),
  signal: ([close, mean, range], out, { params: { width }, state: { held } }) => {
    for (let n = 0; n < out.length; n++) {
      if (close[n] > mean[n] + width * range[n]) held[n] = 1
      else if (close[n] < mean[n]) held[n] = 0
      out[n] = held[n]
    }
  },
})
