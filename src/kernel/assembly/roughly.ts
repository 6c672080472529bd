/** What a look in float32 needs to list the symbols that may trade, two symbols of two portfolios at a time. */

/** How far float32 values of up to the equity and what is held may lie from the exact ones, with room to spare. */
export const ROUGH: f64 = 1e-6

/**
 * Which of two symbols the four bits of two portfolios name, by those bits: their offsets, packed to the front,
 * and then by the same bits how many they are.
 */
export const NAMED = memory.data<u64>([0, 0, 0, 0, 1, 0x1_0000_0000, 0x1_0000_0000, 0x1_0000_0000, 1, 0x1_0000_0000, 0x1_0000_0000, 0x1_0000_0000, 1, 0x1_0000_0000, 0x1_0000_0000, 0x1_0000_0000], 16)
export const NAMES = memory.data<u32>([0, 4, 4, 4, 4, 8, 8, 8, 4, 8, 8, 8, 4, 8, 8, 8], 16)

/** [a b · ·] becomes [a b a b]. */
// @ts-ignore: decorator
@inline
export function twice(value: v128): v128 {
  return v128.shuffle<i32>(value, value, 0, 1, 0, 1)
}
