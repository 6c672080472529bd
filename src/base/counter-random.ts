import { createRandom } from './random.ts'

/** Random numbers by number instead of in a row: any of them at once, the same ones in any order. */
export interface CounterRandom {
  /** Uniform in [0, 1) with 53 random bits; number `index` (uint32) of stream `stream` (uint32). */
  uniform(index: number, stream: number): number
}

const ROUNDS = 10
const MULTIPLIER = 0xd256d193
const MULTIPLIER_LOW = MULTIPLIER & 0xffff
const MULTIPLIER_HIGH = MULTIPLIER >>> 16
const WEYL = 0x9e3779b9

/** Upper 32 bits of MULTIPLIER × value, by halves of 16 bits. */
function highProduct(value: number): number {
  const low = value & 0xffff
  const high = value >>> 16
  const middle = MULTIPLIER_HIGH * low + ((MULTIPLIER_LOW * low) >>> 16)
  const carried = MULTIPLIER_LOW * high + (middle & 0xffff)
  return (MULTIPLIER_HIGH * high + (middle >>> 16) + (carried >>> 16)) >>> 0
}

/** Philox 2×32-10 into `out`: J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). */
export function philox(counter: { readonly left: number; readonly right: number }, key: number, out: Uint32Array): void {
  let { left, right } = counter
  let weyl = key
  for (let round = 0; round < ROUNDS; round++) {
    const high = highProduct(left)
    const low = Math.imul(MULTIPLIER, left)
    left = (high ^ weyl ^ right) >>> 0
    right = low >>> 0
    weyl = (weyl + WEYL) >>> 0
  }
  out[0] = left
  out[1] = right
}

export function createCounterRandom(seed: number | string): CounterRandom {
  const key = createRandom(seed).integer(0x1_0000_0000)
  const words = new Uint32Array(2)
  return {
    uniform: (index, stream) => {
      philox({ left: index >>> 0, right: stream >>> 0 }, key, words)
      return ((words[0] >>> 5) * 0x4000000 + (words[1] >>> 6)) / 0x20000000000000
    },
  }
}
