import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { momentsMemory, pushMoments } from '../../src/features/moments.ts'

function createMemory(length: number) {
  const layout = momentsMemory(length)
  return {
    means: new Float64Array(layout.means), squares: new Float64Array(layout.squares),
    head: new Float64Array(layout.head), window: new Float64Array(layout.window),
  }
}

/** Mean and Σ (x − mean)² of every full window. */
function slide(length: number, values: readonly number[]): number[][] {
  const memory = createMemory(length)
  const answers = values.map((value, i) => {
    pushMoments(memory, i + 1, value)
    return [...memory.window]
  })
  return answers.slice(length - 1)
}

test('mean and squares of every window, against two passes over it', () => {
  const [seed, numRuns] = [19, 500]
  const value = fc.double({ min: -1000, max: 1000, noNaN: true })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.array(value, { minLength: 12, maxLength: 60 }), (length, values) => {
      slide(length, values).forEach(([mean, squares], k) => {
        const window = values.slice(k, k + length)
        const expected = window.reduce((sum, x) => sum + x, 0) / length
        const spread = window.reduce((sum, x) => sum + (x - expected) ** 2, 0)
        expect(Math.abs(mean - expected)).toBeLessThan(1e-11)
        expect(Math.abs(squares - spread)).toBeLessThan(1e-14 * 1000 ** 2 * length)
      })
    }),
    { seed, numRuns },
  )
  console.log(`moments: ${numRuns} random lengths and histories, seed ${seed}`)
})

test('equal values deviate by exactly nothing', () => {
  for (const [mean, squares] of slide(20, Array.from({ length: 61 }, () => 33.33))) {
    expect(mean).toBe(33.33)
    expect(squares).toBe(0)
  }
})

test('a small deviation on a large offset is not lost, after a million values either', () => {
  const values = Array.from({ length: 1_000_003 }, (_, i) => 1e9 + (i % 3))
  const answers = slide(3, values)
  expect(answers[answers.length - 1]).toEqual([1e9 + 1, 2])
  expect(answers.every(([mean, squares]) => Math.abs(mean - 1e9 - 1) < 1e-6 && Math.abs(squares - 2) < 1e-6)).toBe(true)
})
