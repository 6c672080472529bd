import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/base/random.ts'
import type { Random } from '../../src/base/random.ts'

const DRAWS = 200_000
const SEED = 'sanity'

function draw(next: (random: Random) => number): Float64Array {
  const random = createRandom(SEED)
  return Float64Array.from({ length: DRAWS }, () => next(random))
}

function moment(values: Float64Array, power: number): number {
  return values.reduce((sum, value) => sum + value ** power, 0) / values.length
}

/** χ² of counts against equal expectation. */
function chiSquare(counts: readonly number[]): number {
  const expected = DRAWS / counts.length
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

/**
 * sfc32 as published (C. Doty-Humphrey, PractRand 0.94, RNG/sfc.h), over unsigned 64-bit integers: a second
 * way to the same words.
 */
function publishedSfc32(state: { a: bigint; b: bigint; c: bigint; counter: bigint }): () => bigint {
  const word = (value: bigint) => BigInt.asUintN(32, value)
  let { a, b, c, counter } = state
  return () => {
    const sum = word(a + b + counter)
    counter = word(counter + 1n)
    a = b ^ (b >> 9n)
    b = word(c + (c << 3n))
    c = word(word((c << 21n) | (c >> 11n)) + sum)
    return sum
  }
}

/** FNV-1a with a finaliser, as random.ts spreads its label. */
function spread(text: string, start: bigint): bigint {
  const word = (value: bigint) => BigInt.asUintN(32, value)
  let hash = start
  for (const character of text) hash = word((hash ^ BigInt(character.charCodeAt(0))) * 0x01000193n)
  hash = word((hash ^ (hash >> 16n)) * 0x85ebca6bn)
  return hash ^ (hash >> 13n)
}

describe('createRandom', () => {
  it('is sfc32, word for word', () => {
    const seeds = ['', '0', '42', 'sanity/child']
    for (const seed of seeds) {
      const words = publishedSfc32({ a: spread(seed, 0x811c9dc5n), b: spread(seed, 0x9e3779b9n), c: spread(seed, 0x243f6a88n), counter: 1n })
      for (let i = 0; i < 15; i++) words()
      const random = createRandom(seed)
      for (let i = 0; i < 1_000; i++) {
        const expected = (Number(words() >> 5n) * 2 ** 26 + Number(words() >> 6n)) / 2 ** 53
        expect(random.uniform()).toBe(expected)
      }
    }
  })

  it('gives the same stream for the same seed, another for another', () => {
    const take = (seed: number | string) => Array.from({ length: 8 }, createRandom(seed).uniform)
    expect(take(7)).toEqual(take('7'))
    expect(take(7)).not.toEqual(take(8))
  })

  it('forks streams that depend on the label alone, not on what was drawn before', () => {
    const parent = createRandom(1)
    const early = parent.fork('prices').uniform()
    parent.uniform()
    expect(parent.fork('prices').uniform()).toBe(early)
    expect(parent.fork('volumes').uniform()).not.toBe(early)
  })

  it('has unrelated forks', () => {
    const a = createRandom(1).fork('a')
    const b = createRandom(1).fork('b')
    let product = 0
    for (let i = 0; i < DRAWS; i++) product += a.normal() * b.normal()
    expect(Math.abs(product / Math.sqrt(DRAWS))).toBeLessThan(4)
  })

  it('is uniform in [0, 1)', () => {
    const values = draw((random) => random.uniform())
    expect(Math.min(...values.subarray(0, 50_000))).toBeGreaterThanOrEqual(0)
    expect(values.every((value) => value < 1)).toBe(true)
    const counts = Array<number>(100).fill(0)
    for (const value of values) counts[Math.floor(value * 100)]++
    expect(chiSquare(counts)).toBeLessThan(148.2) // χ²(99), p = 0.001
    expect(chiSquare(counts)).toBeGreaterThan(60)
  })

  it('draws integers evenly, also where the bound divides nothing', () => {
    const counts = Array<number>(7).fill(0)
    for (const value of draw((random) => random.integer(7))) counts[value]++
    expect(chiSquare(counts)).toBeLessThan(22.5) // χ²(6), p = 0.001
  })

  it('draws normals with the moments of a standard normal', () => {
    const values = draw((random) => random.normal())
    const error = (variance: number) => 4 * Math.sqrt(variance / DRAWS)
    expect(Math.abs(moment(values, 1))).toBeLessThan(error(1))
    expect(Math.abs(moment(values, 2) - 1)).toBeLessThan(error(2))
    expect(Math.abs(moment(values, 3))).toBeLessThan(error(15))
    expect(Math.abs(moment(values, 4) - 3)).toBeLessThan(error(96))
  })

  it('stays below any bound', () => {
    const runs = 500
    const seed = 91
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 2 ** 31 }), (start, bound) => {
        const value = createRandom(start).integer(bound)
        expect(Number.isInteger(value) && value >= 0 && value < bound).toBe(true)
      }),
      { seed, numRuns: runs },
    )
    console.log(`integers below a bound: ${runs} random seeds and bounds, seed ${seed}`)
  })
})
