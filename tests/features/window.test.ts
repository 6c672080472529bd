import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { pushValue, squaredDeviations, windowMean, windowMemory } from '../../src/features/window.ts'
import { wilderAverage } from '../../src/features/wilder.ts'

test('a window holds the last values, oldest first, wherever the ring stands', () => {
  const [seed, numRuns] = [7, 300]
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 9, maxLength: 40 }), (length, values) => {
      const window = new Float64Array(windowMemory(length))
      let oldest = 0
      values.forEach((value, i) => { oldest = pushValue(window, i + 1, value) })
      const last = values.slice(-length)
      expect([...window.subarray(oldest, oldest + length)]).toEqual(last)
      const mean = last.reduce((sum, value) => sum + value, 0) / length
      expect(windowMean(window, oldest)).toBeCloseTo(mean, 5)
      const squares = last.reduce((sum, value) => sum + (value - mean) ** 2, 0)
      expect(Math.abs(squaredDeviations(window, oldest, mean) - squares)).toBeLessThanOrEqual(1e-12 * squares)
    }),
    { seed, numRuns },
  )
  console.log(`windows: ${numRuns} random lengths and histories, seed ${seed}`)
})

test('equal values deviate by exactly nothing, large offsets lose nothing', () => {
  const window = new Float64Array(windowMemory(20))
  for (let i = 1; i <= 37; i++) pushValue(window, i, 33.33)
  const mean = windowMean(window, pushValue(window, 38, 33.33))
  expect(mean).toBe(33.33)
  expect(squaredDeviations(window, 18, mean)).toBe(0)
  const far = new Float64Array(windowMemory(3))
  pushValue(far, 1, 1e9 + 1)
  pushValue(far, 2, 1e9 + 2)
  const oldest = pushValue(far, 3, 1e9 + 3)
  expect(windowMean(far, oldest)).toBe(1e9 + 2)
  expect(squaredDeviations(far, oldest, 1e9 + 2)).toBe(2)
})

test("Wilder's average is the plain mean of the first values, then smooths", () => {
  let average = 0
  const averages = [2, 4, 9, 1].map((value, i) => (average = wilderAverage(average, value, { count: i + 1, period: 3 })))
  expect(averages).toEqual([2, 3, 5, 5 - 4 / 3])
})
