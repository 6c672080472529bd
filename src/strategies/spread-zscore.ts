import { z } from 'zod'
import { pairIndex } from '../domain/market-panels.ts'
import { spread } from '../features/spread.ts'
import { zscore } from '../features/zscore.ts'
import { nearestHint } from '../features/params.ts'
import { defineStrategy } from './strategy.ts'

/**
 * Trades two symbols against each other when the logarithm of their price ratio is `entry` deviations from
 * its mean, until it is back within `exit`: long the cheap one, short the dear one. No opinion on others.
 */
export default defineStrategy({
  name: 'spread-zscore',
  params: z.object({
    first: z.string(),
    second: z.string(),
    window: z.int().min(2),
    entry: z.number().positive(),
    exit: z.number().min(0).default(0),
  }),
  check: ({ first, second }, universe) => {
    const unknown = [first, second].find((symbol) => !universe.includes(symbol))
    if (unknown !== undefined) {
      const hint = nearestHint(unknown, universe)
      return { code: 'CONFIG_VALUE', message: `"${unknown}" is not in the universe`, value: unknown, hint }
    }
    if (first !== second) return undefined
    return { code: 'CONFIG_VALUE', message: 'a pair has two symbols', value: first, hint: 'name two different symbols' }
  },
  features: ({ window }) => [zscore(spread('close'), window)],
  state: () => ({ held: 1 }),
  signal: ([scores], out, { params: { first, second, entry, exit }, universe, symbols, state: { held } }) => {
    const [a, b] = [universe.indexOf(first), universe.indexOf(second)]
    const score = a < b ? scores[pairIndex(a, b, symbols)] : -scores[pairIndex(b, a, symbols)]
    if (Number.isNaN(score)) return
    if (score < -entry) held[0] = 1
    else if (score > entry) held[0] = -1
    else if ((held[0] > 0 && score > -exit) || (held[0] < 0 && score < exit)) held[0] = 0
    out[a] = held[0]
    out[b] = -held[0]
  },
})
