import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { wilderAverage } from '../../src/features/wilder.ts'
import { pushValue, windowMemory } from '../../src/features/window.ts'

test('a window holds the last values, oldest first, wherever the ring stands', () => {
  const [seed, numRuns] = [7, 300]
  const histories = fc.array(fc.double({ noNaN: true }), { minLength: 9, maxLength: 40 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), histories, (length, values) => {
      const window = new Float64Array(windowMemory(length))
      let oldest = 0
      values.forEach((value, i) => {
        oldest = pushValue(window, i + 1, value)
      })
      expect([...window.subarray(oldest, oldest + length)]).toEqual(values.slice(-length))
    }),
    { seed, numRuns },
  )
  console.log(`windows: ${numRuns} random lengths and histories, seed ${seed}`)
})

test("Wilder's average is the plain mean of the first values, then smooths", () => {
  let average = 0
  const averages = [2, 4, 9, 1].map((value, i) => (average = wilderAverage(average, value, { count: i + 1, period: 3 })))
  expect(averages).toEqual([2, 3, 5, 5 - 4 / 3])
})
