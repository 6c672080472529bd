import { describe, expect, it } from 'vitest'
import { createCounterRandom, philox } from '../../src/base/counter-random.ts'

describe('counter random', () => {
  it('is Philox 2×32-10: the known answers of Random123', () => {
    const words = new Uint32Array(2)
    const answer = (left: number, right: number, key: number) => {
      philox({ left, right }, key, words)
      return [...words]
    }
    expect(answer(0, 0, 0)).toEqual([0xff1dae59, 0x6cd10df2])
    expect(answer(0xffffffff, 0xffffffff, 0xffffffff)).toEqual([0x2c3f628b, 0xab4fd7ad])
    expect(answer(0x243f6a88, 0x85a308d3, 0x13198a2e)).toEqual([0xdd7ce038, 0xf62a4c12])
  })

  it('gives the same number for the same index, stream and seed, in any order, and others for others', () => {
    const one = createCounterRandom('seed')
    const backwards = Array.from({ length: 100 }, (_, i) => one.uniform(99 - i, 3)).toReversed()
    const again = createCounterRandom('seed')
    expect(backwards).toEqual(Array.from({ length: 100 }, (_, i) => again.uniform(i, 3)))
    expect(new Set([...backwards, ...Array.from({ length: 100 }, (_, i) => one.uniform(i, 4)), createCounterRandom('other').uniform(0, 3)]).size).toBe(201)
  })

  it('is uniform: the share of each tenth, and no correlation of neighbours or streams', () => {
    const random = createCounterRandom(1)
    const count = 100_000
    const tenths = new Float64Array(10)
    let [neighbours, streams] = [0, 0]
    for (let i = 0; i < count; i++) {
      const value = random.uniform(i, 0)
      tenths[Math.floor(value * 10)]++
      neighbours += (value - 0.5) * (random.uniform(i + 1, 0) - 0.5)
      streams += (value - 0.5) * (random.uniform(i, 1) - 0.5)
    }
    // Chi square of 9 degrees of freedom: 27.9 is passed once in a thousand.
    expect(tenths.reduce((sum, seen) => sum + (seen - count / 10) ** 2 / (count / 10), 0)).toBeLessThan(27.9)
    for (const sum of [neighbours, streams]) expect(Math.abs((sum / count) * 12 * Math.sqrt(count))).toBeLessThan(3.3)
  })
})
