import { z } from 'zod'
import { momentum } from '../features/momentum.ts'
import { defineStrategy } from './strategy.ts'

/**
 * Ranks the symbols by their momentum in every bar: long the top `fraction` (at least one of two), short the
 * bottom one if `short`, the rest flat. Of equals the earlier symbol of the universe ranks higher.
 */
export default defineStrategy({
  name: 'momentum-rank',
  params: z.object({
    window: z.int().min(1),
    fraction: z.number().positive().max(0.5),
    short: z.boolean().default(false),
  }),
  features: ({ window }) => [momentum('close', window)],
  signal: ([score], out, { params: { fraction, short } }) => {
    const ranked = Array.from(score.keys()).filter((n) => !Number.isNaN(score[n]))
    ranked.sort((a, b) => score[b] - score[a] || a - b)
    // The small addition lets 100 × 0.29, which is 28.999…, be 29.
    const chosen = ranked.length < 2 ? 0 : Math.max(1, Math.floor(ranked.length * fraction + 1e-9))
    out.fill(0)
    for (const n of ranked.slice(0, chosen)) out[n] = 1
    if (short) for (const n of ranked.slice(ranked.length - chosen)) out[n] = -1
  },
})
