/** What a look in float32 needs to list the symbols that may trade, two symbols of two portfolios at a time. */

/** How far float32 values of up to the equity and what is held may lie from the exact ones, with room to spare. */
export const ROUGH: f64 = 1e-6

/**
 * Which of two symbols the four bits of two portfolios name, by those bits: their offsets, packed to the front,
 * and then by the same bits how many they are.
 */
export const NAMED = memory.data<u64>([0, 0, 0, 0, 1, 0x1_0000_0000, 0x1_0000_0000, 0x1_0000_0000, 1, 0x1_0000_0000, 0x1_0000_0000, 0x1_0000_0000, 1, 0x1_0000_0000, 0x1_0000_0000, 0x1_0000_0000], 16)
export const NAMES = memory.data<u32>([0, 4, 4, 4, 4, 8, 8, 8, 4, 8, 8, 8, 4, 8, 8, 8], 16)

/** Vectors of two symbols whose bits fill a word, and how many symbols that are. */
export const WORD_VECTORS: usize = 16
export const WORD_SYMBOLS: usize = 32

/** Puts the bits of a vector's lanes behind those of the vectors before it. */
// @ts-expect-error: decorator
@inline
export function addBits(word: u64, mask: v128): u64 {
  return (word >> 4) | (<u64>i32x4.bitmask(mask) << 60)
}

/** Of the bits of so many vectors one for each symbol, whichever portfolio it was of: `symbolOf` tells the first. */
// @ts-expect-error: decorator
@inline
export function symbolBits(word: u64, vectors: u64): u64 {
  const bits = word >> (64 - (vectors << 2))
  return (bits | (bits >> 1)) & 0x5555_5555_5555_5555
}

// @ts-expect-error: decorator
@inline
export function symbolOf(bits: u64): usize {
  return <usize>ctz(bits) >> 1
}

/** [a b · ·] becomes [a b a b]. */
// @ts-expect-error: decorator
@inline
export function twice(value: v128): v128 {
  return v128.shuffle<i32>(value, value, 0, 1, 0, 1)
}
