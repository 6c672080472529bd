import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { meanMemory, pushMean } from '../../src/features/mean.ts'
import { momentsMemory, pushMoments } from '../../src/features/moments.ts'

test('the mean of every window is that of the moments, bit for bit', () => {
  const [seed, numRuns] = [20, 500]
  const value = fc.double({ min: -1e6, max: 1e6, noNaN: true })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.array(value, { minLength: 12, maxLength: 60 }), (length, values) => {
      const layout = momentsMemory(length)
      const moments = {
        means: new Float64Array(layout.means), squares: new Float64Array(layout.squares),
        head: new Float64Array(layout.head), window: new Float64Array(layout.window),
      }
      const memory = { tails: new Float64Array(meanMemory(length).tails), head: new Float64Array(meanMemory(length).head) }
      values.forEach((next, i) => {
        pushMoments(moments, i + 1, next)
        const mean = pushMean(memory, i + 1, next)
        if (i + 1 >= length) expect(mean).toBe(moments.window[0])
      })
    }),
    { seed, numRuns },
  )
  console.log(`means: ${numRuns} random lengths and histories, seed ${seed}`)
})
