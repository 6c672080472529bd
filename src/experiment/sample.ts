import { createCounterRandom, philox } from '../base/counter-random.ts'
import { createPermutation } from '../base/permutation.ts'
import { leastValuesIn, roundValue, type OpenRange } from './grid.ts'
import { createSobol } from './sobol.ts'

export const SAMPLE_METHODS = ['random', 'latin-hypercube', 'sobol'] as const

/** How combinations are drawn from axes instead of taking all of them. */
export interface Sample {
  readonly method: (typeof SAMPLE_METHODS)[number]
  readonly count: number
  readonly seed: number | string
}

/** What is drawn from: a number of listed values, or a range. */
export type Dimension = number | OpenRange

/** Combination → its place in every dimension: a position among listed values, the value itself in a range. */
export type Draws = (ordinal: number) => number[]

/** Combinations that these dimensions have; undefined when a range in them is continuous. */
export function spaceSize(dimensions: readonly Dimension[]): bigint | undefined {
  let size = 1n
  for (const dimension of dimensions) {
    const length = lengthOf(dimension)
    if (length === undefined) return undefined
    size *= BigInt(length)
  }
  return size
}

/** Combinations that these dimensions have at least: between two numbers are only so many of 12 digits. */
export function leastSpaceSize(dimensions: readonly Dimension[]): number {
  return dimensions.reduce<number>((size, dimension) => size * (lengthOf(dimension) ?? leastValuesIn(dimension as OpenRange)), 1)
}

/**
 * The combinations of a sample, by number and no two alike; nothing is kept per combination but what had to be
 * replaced. A combination drawn before gives way to the next one in grid order that is free (in a space too large
 * to be numbered, to another random one). So with `random` and `sobol` a larger count begins with the smaller one's.
 *
 * * `random`: independent and uniform.
 * * `latin-hypercube`: every dimension is cut into `count` strata, each is drawn from once, at a random place in it:
 *   M. D. McKay, R. J. Beckman and W. J. Conover, Technometrics 21 (1979).
 * * `sobol`: see {@link createSobol}.
 */
export function createDraws(dimensions: readonly Dimension[], sample: Sample): Draws {
  const point = createPoint(dimensions.length, sample)
  const draw: Draws = (ordinal) => dimensions.map((dimension, d) => placeAt(dimension, point(ordinal, d)))
  const size = spaceSize(dimensions)
  const numbered = size !== undefined && size <= BigInt(Number.MAX_SAFE_INTEGER)
  if (numbered) return replaceInOrder(draw, { sample, lengths: dimensions.map((dimension) => lengthOf(dimension) ?? 1), dimensions })
  return replaceAtRandom(draw, { sample, dimensions })
}

function lengthOf(dimension: Dimension): number | undefined {
  if (typeof dimension === 'number') return dimension
  return dimension.integer === true ? dimension.to - dimension.from + 1 : undefined
}

/** Coordinate of a point in [0, 1), by number and dimension. */
function createPoint(dimensions: number, { method, count, seed }: Sample): (ordinal: number, dimension: number) => number {
  if (method === 'sobol') return createSobol(dimensions, seed)
  const random = createCounterRandom(`${seed}/${method}`)
  if (method === 'random') return (ordinal, dimension) => random.uniform(ordinal, dimension)
  const strata = Array.from({ length: dimensions }, (_, d) => createPermutation(count, `${seed}/strata ${d}`))
  return (ordinal, dimension) => (strata[dimension](ordinal) + random.uniform(ordinal, dimension)) / count
}

/** Every listed or whole value has an equal share of [0, 1), or by `log` its share of the logarithms. */
function placeAt(dimension: Dimension, u: number): number {
  if (typeof dimension === 'number') return Math.min(dimension - 1, Math.floor(u * dimension))
  const { from, to, integer = false, log = false } = dimension
  const end = integer ? to + 1 : to
  const value = log ? from * Math.exp(u * Math.log(end / from)) : from + u * (end - from)
  return integer ? Math.max(from, Math.min(to, Math.floor(value))) : roundValue(value)
}

interface Numbered {
  readonly sample: Sample
  readonly lengths: readonly number[]
  readonly dimensions: readonly Dimension[]
}

/** A combination's number in grid order is its name; a taken one leads to the next that is free. */
function replaceInOrder(draw: Draws, { sample, lengths, dimensions }: Numbered): Draws {
  const size = lengths.reduce((product, length) => product * length, 1)
  const first = (d: number): number => firstOf(dimensions[d])
  const numberOf = (places: readonly number[]): number => places.reduce((number, place, d) => number * lengths[d] + (place - first(d)), 0)
  const placesOf = (number: number): number[] => {
    let rest = number
    return lengths.map((_, d) => {
      const behind = lengths.slice(d + 1).reduce((product, other) => product * other, 1)
      const place = Math.floor(rest / behind)
      rest -= place * behind
      return place + first(d)
    })
  }
  const replaced = new Map<number, number>()
  if (hasTwins(sample.count, (ordinal) => numberOf(draw(ordinal)))) {
    const next = new Map<number, number>()
    for (let ordinal = 0; ordinal < sample.count; ordinal++) {
      const wanted = numberOf(draw(ordinal))
      const free = freeFrom(wanted, next, size)
      if (free !== wanted) replaced.set(ordinal, free)
      next.set(free, (free + 1) % size)
    }
  }
  return (ordinal) => {
    const other = replaced.get(ordinal)
    return other === undefined ? draw(ordinal) : placesOf(other)
  }
}

function firstOf(dimension: Dimension): number {
  return typeof dimension === 'number' ? 0 : dimension.from
}

/** Follows taken numbers to the first free one; what it passed leads there at once the next time. */
function freeFrom(wanted: number, next: Map<number, number>, size: number): number {
  if (next.size >= size) throw new Error('more combinations are drawn than there are')
  let free = wanted
  for (let hop = next.get(free); hop !== undefined; hop = next.get(free)) free = hop
  for (let at = wanted; at !== free;) {
    const hop = next.get(at) ?? free
    next.set(at, free)
    at = hop
  }
  return free
}

/** In a space that cannot be numbered a combination's name is a hash; two alike are taken for one. */
function replaceAtRandom(draw: Draws, of: { readonly sample: Sample; readonly dimensions: readonly Dimension[] }): Draws {
  const { sample, dimensions } = of
  const replaced = new Map<number, number[]>()
  if (hasTwins(sample.count, (ordinal) => hashOf(draw(ordinal)))) {
    const random = createCounterRandom(`${sample.seed}/again`)
    const taken = new Set<number>()
    for (let ordinal = 0; ordinal < sample.count; ordinal++) {
      let places = draw(ordinal)
      for (let attempt = 0; taken.has(hashOf(places)); attempt++) {
        places = dimensions.map((dimension, d) => placeAt(dimension, random.uniform(ordinal, attempt * dimensions.length + d)))
        replaced.set(ordinal, places)
      }
      taken.add(hashOf(places))
    }
  }
  return (ordinal) => replaced.get(ordinal) ?? draw(ordinal)
}

const scratch = new Float64Array(1)
const words = new Uint32Array(scratch.buffer)
const state = new Uint32Array(2)

/** 53 bits of a combination's places. */
function hashOf(places: readonly number[]): number {
  state.fill(0)
  for (const [d, place] of places.entries()) {
    scratch[0] = place
    philox({ left: (state[0] ^ words[0]) >>> 0, right: (state[1] ^ words[1]) >>> 0 }, d, state)
  }
  return state[0] * 0x200000 + (state[1] >>> 11)
}

/** Whether two ordinals have one name. */
function hasTwins(count: number, nameOf: (ordinal: number) => number): boolean {
  const sorted = new Float64Array(count)
  for (let ordinal = 0; ordinal < count; ordinal++) sorted[ordinal] = nameOf(ordinal)
  sorted.sort()
  return sorted.some((name, at) => at > 0 && name === sorted[at - 1])
}
