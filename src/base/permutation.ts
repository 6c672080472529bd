import { createRandom } from './random.ts'

const ROUNDS = 8

/**
 * A seeded permutation of 0 … size − 1 (size ≤ 2³¹) that holds nothing but its keys: index → its place. A Feistel
 * network on the next even number of bits, walked until it lands inside: J. Black and P. Rogaway, "Ciphers with
 * arbitrary finite domains" (CT-RSA 2002). Its round function is the finaliser of MurmurHash3 (A. Appleby).
 */
export function createPermutation(size: number, seed: number | string): (index: number) => number {
  const halfBits = Math.max(1, Math.ceil(Math.ceil(Math.log2(Math.max(2, size))) / 2))
  const mask = 2 ** halfBits - 1
  const random = createRandom(seed)
  const keys = Uint32Array.from({ length: ROUNDS }, () => random.integer(0x1_0000_0000))
  return (index) => {
    let value = index
    do {
      let left = value >>> halfBits
      let right = value & mask
      for (const key of keys) {
        const next = left ^ (scatter(right ^ key) & mask)
        left = right
        right = next
      }
      value = left * (mask + 1) + right
    } while (value >= size)
    return value
  }
}

function scatter(value: number): number {
  let mixed = value ^ (value >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
