import { describe, expect, it } from 'vitest'
import { createSobol, SOBOL_DIMENSIONS } from '../../src/experiment/sobol.ts'

/** A word's bits without the digital shift, which point 0 is. */
function unshifted(seed: number, dimensions: number): (index: number, dimension: number) => number {
  const sobol = createSobol(dimensions, seed)
  const word = (index: number, dimension: number) => sobol(index, dimension) * 2 ** 32
  return (index, dimension) => ((word(index, dimension) ^ word(0, dimension)) >>> 0) / 2 ** 32
}

describe('Sobol’s sequence', () => {
  it('is Joe and Kuo’s: the first points as their program prints them', () => {
    const point = unshifted(7, 5)
    const points = Array.from({ length: 6 }, (_, index) => [0, 1, 2, 3, 4].map((dimension) => point(index, dimension)))
    expect(points).toEqual([
      [0, 0, 0, 0, 0],
      [0.5, 0.5, 0.5, 0.5, 0.5],
      [0.75, 0.25, 0.25, 0.25, 0.75],
      [0.25, 0.75, 0.75, 0.75, 0.25],
      [0.375, 0.375, 0.625, 0.875, 0.375],
      [0.875, 0.875, 0.125, 0.375, 0.875],
    ])
  })

  it('puts 2ᵏ points in a row one into each dyadic interval, in every dimension and for every seed', () => {
    let intervals = 0
    for (const seed of [1, 2, 3]) {
      const sobol = createSobol(SOBOL_DIMENSIONS, seed)
      for (let dimension = 0; dimension < SOBOL_DIMENSIONS; dimension++) {
        for (const [k, first] of [[1, 0], [4, 0], [4, 48], [10, 0], [10, 3 * 1024]]) {
          const size = 2 ** k
          const seen = new Set(Array.from({ length: size }, (_, i) => Math.floor(sobol(first + i, dimension) * size)))
          expect(seen.size).toBe(size)
          intervals += size
        }
      }
    }
    console.log(`sobol: ${intervals} dyadic intervals, ${SOBOL_DIMENSIONS} dimensions, 3 seeds`)
  })

  it('fills squares of the first two dimensions evenly: a (0, 2)-sequence', () => {
    const sobol = createSobol(2, 'x')
    for (const [rows, columns] of [[1, 256], [4, 64], [16, 16], [128, 2]]) {
      const cells = Array.from({ length: 256 }, (_, i) => `${Math.floor(sobol(i, 0) * rows)},${Math.floor(sobol(i, 1) * columns)}`)
      expect(new Set(cells).size).toBe(256)
    }
  })
})
