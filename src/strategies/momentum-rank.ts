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
    const ranked = ascending(score)
    // The small addition lets 100 × 0.29, which is 28.999…, be 29.
    const chosen = ranked.length < 2 ? 0 : Math.max(1, Math.floor(ranked.length * fraction + 1e-9))
    out.fill(0)
    if (chosen === 0) return
    const top = ranked[ranked.length - chosen]
    let equals = ranked.lastIndexOf(top) + 1 - (ranked.length - chosen)
    for (let n = 0; n < score.length; n++) if (score[n] > top || (score[n] === top && equals-- > 0)) out[n] = 1
    if (!short) return
    const bottom = ranked[chosen - 1]
    equals = chosen - ranked.indexOf(bottom)
    for (let n = score.length - 1; n >= 0; n--) if (score[n] < bottom || (score[n] === bottom && equals-- > 0)) out[n] = -1
  },
})

/** Reused: a sweep ranks millions of rows. */
let scratch = new Float64Array(0)

/** The scores there are, the lowest first. */
function ascending(score: Float64Array): Float64Array {
  if (scratch.length !== score.length) scratch = new Float64Array(score.length)
  let found = 0
  for (const value of score) if (!Number.isNaN(value)) scratch[found++] = value
  return (found === scratch.length ? scratch : scratch.subarray(0, found)).toSorted()
}
