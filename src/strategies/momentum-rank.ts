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
    const count = rank(score)
    // The small addition lets 100 × 0.29, which is 28.999…, be 29.
    const chosen = count < 2 ? 0 : Math.max(1, Math.floor(count * fraction + 1e-9))
    out.fill(0)
    if (chosen === 0) return
    const top = ranked[count - chosen]
    let equals = 0
    for (let i = count - chosen; i < count && ranked[i] === top; i++) equals++
    for (let n = 0; n < score.length; n++) if (score[n] > top || (score[n] === top && equals-- > 0)) out[n] = 1
    if (!short) return
    const bottom = ranked[chosen - 1]
    equals = 0
    for (let i = chosen - 1; i >= 0 && ranked[i] === bottom; i--) equals++
    for (let n = score.length - 1; n >= 0; n--) if (score[n] < bottom || (score[n] === bottom && equals-- > 0)) out[n] = -1
  },
})

/** Reused: a sweep ranks millions of rows. */
let ranked = new Float64Array(0)
/** So few are sorted here sooner than they are handed over to be. */
const FEW = 32

/** Puts the scores there are into `ranked`, the lowest first, and tells how many they are. */
function rank(score: Float64Array): number {
  if (ranked.length < score.length) ranked = new Float64Array(score.length)
  let count = 0
  for (let n = 0; n < score.length; n++) {
    const value = score[n]
    if (value !== value) continue
    let place = count++
    if (score.length <= FEW) for (; place > 0 && ranked[place - 1] > value; place--) ranked[place] = ranked[place - 1]
    ranked[place] = value
  }
  if (score.length > FEW) ranked.subarray(0, count).sort()
  return count
}
