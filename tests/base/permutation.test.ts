import { describe, expect, it } from 'vitest'
import { createPermutation } from '../../src/base/permutation.ts'

describe('permutation', () => {
  it('takes every size onto itself, each place once', () => {
    for (let size = 1; size <= 600; size++) {
      const permute = createPermutation(size, size)
      const places = Array.from({ length: size }, (_, index) => permute(index)).toSorted((a, b) => a - b)
      expect(places).toEqual(Array.from({ length: size }, (_, index) => index))
    }
    const permute = createPermutation(100_003, 'large')
    expect(new Set(Array.from({ length: 100_003 }, (_, index) => permute(index))).size).toBe(100_003)
  })

  it('is decided by its seed, and every place is as likely as any other', () => {
    const order = (seed: number) => Array.from({ length: 50 }, (_, index) => createPermutation(50, seed)(index))
    expect(order(1)).toEqual(order(1))
    expect(order(1)).not.toEqual(order(2))
    for (const size of [2, 3, 5, 8]) {
      const seeds = 4_000
      const seen = Array.from({ length: size }, () => new Float64Array(size))
      for (let seed = 0; seed < seeds; seed++) {
        const permute = createPermutation(size, seed)
        for (let index = 0; index < size; index++) seen[index][permute(index)]++
      }
      // Within five standard deviations of seeds ÷ size.
      for (const places of seen) for (const count of places) expect(Math.abs(count - seeds / size)).toBeLessThan(5 * Math.sqrt(seeds / size))
    }
  })
})
