/** Small words for two float64 lanes. Masks have all bits of a lane set, or none. */

/** Relative slack of every limit, because signals are float32. */
export const LIMIT_SLACK: f64 = 1.0 + 1e-6

// @ts-expect-error: decorator
@inline
export function both(value: f64): v128 {
  return f64x2.splat(value)
}

// @ts-expect-error: decorator
@inline
export function choose(mask: v128, yes: v128, no: v128): v128 {
  return v128.bitselect(yes, no, mask)
}

/** `value` where the mask is set, else 0. */
// @ts-expect-error: decorator
@inline
export function where(mask: v128, value: v128): v128 {
  return v128.and(value, mask)
}

/** 1 where the mask is set, else 0. */
// @ts-expect-error: decorator
@inline
export function one(mask: v128): v128 {
  return v128.and(f64x2.splat(1), mask)
}

// @ts-expect-error: decorator
@inline
export function any(mask: v128): bool {
  return v128.any_true(mask)
}

/** The same of a mask, which V8 tells from its signs in fewer steps; and whether all of its lanes are set. */
// @ts-expect-error: decorator
@inline
export function some(mask: v128): bool {
  return i64x2.bitmask(mask) != 0
}

// @ts-expect-error: decorator
@inline
export function every(mask: v128): bool {
  return i64x2.bitmask(mask) == 3
}

// @ts-expect-error: decorator
@inline
export function addTo(address: usize, value: v128): void {
  v128.store(address, f64x2.add(v128.load(address), value))
}

/**
 * Bit masks of float64 and float32 lanes. They are loaded before a loop rather than written where they are used:
 * V8 builds a constant anew in every turn (its own `abs` does too), a loaded one stays in its register.
 */
const MASKS = memory.data<u64>([
  0x7fff_ffff_ffff_ffff, 0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, 0x8000_0000_0000_0000,
  0x7fff_ffff_7fff_ffff, 0x7fff_ffff_7fff_ffff, 0x8000_0000_8000_0000, 0x8000_0000_8000_0000,
  0x3f80_0000_3f80_0000, 0x3f80_0000_3f80_0000, 0xbf80_0000_bf80_0000, 0xbf80_0000_bf80_0000,
], 16)

// @ts-expect-error: decorator
@inline
export function magnitudeMask(): v128 {
  return v128.load(MASKS)
}

// @ts-expect-error: decorator
@inline
export function signMask(): v128 {
  return v128.load(MASKS, 16)
}

// @ts-expect-error: decorator
@inline
export function magnitudeMask32(): v128 {
  return v128.load(MASKS, 32)
}

// @ts-expect-error: decorator
@inline
export function signMask32(): v128 {
  return v128.load(MASKS, 48)
}

/** 1 and −1, four float32 each. */
// @ts-expect-error: decorator
@inline
export function ones(): v128 {
  return v128.load(MASKS, 64)
}

// @ts-expect-error: decorator
@inline
export function minusOnes(): v128 {
  return v128.load(MASKS, 80)
}

/** The sign bits of a value. */
// @ts-expect-error: decorator
@inline
export function signOf(value: v128): v128 {
  return v128.and(value, signMask())
}

/** Whether the signs differ and neither is 0. */
// @ts-expect-error: decorator
@inline
export function opposite(a: v128, b: v128): v128 {
  return f64x2.lt(f64x2.mul(a, b), f64x2.splat(0))
}

/** Σ of four counts. */
// @ts-expect-error: decorator
@inline
export function lanesOf(counts: v128): i32 {
  return i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1) + i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3)
}

/** The canonical order of a gross sum: even pairs first. */
// @ts-expect-error: decorator
@inline
export function sumOf(sums: v128): f32 {
  return (f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 1)) + (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3))
}

/** A size cut to a cap, with the sign of the exposure. */
// @ts-expect-error: decorator
@inline
export function cutToCap(exposure: v128, size: v128, sign: v128): v128 {
  return v128.or(size, v128.and(exposure, sign))
}
