/** Small words for two float64 lanes. Masks have all bits of a lane set, or none. */

// @ts-ignore: decorator
@inline
export function both(value: f64): v128 {
  return f64x2.splat(value)
}

// @ts-ignore: decorator
@inline
export function choose(mask: v128, yes: v128, no: v128): v128 {
  return v128.bitselect(yes, no, mask)
}

/** `value` where the mask is set, else 0. */
// @ts-ignore: decorator
@inline
export function where(mask: v128, value: v128): v128 {
  return v128.and(value, mask)
}

/** 1 where the mask is set, else 0. */
// @ts-ignore: decorator
@inline
export function one(mask: v128): v128 {
  return v128.and(f64x2.splat(1), mask)
}

// @ts-ignore: decorator
@inline
export function any(mask: v128): bool {
  return v128.any_true(mask)
}

// @ts-ignore: decorator
@inline
export function addTo(address: usize, value: v128): void {
  v128.store(address, f64x2.add(v128.load(address), value))
}

/** Takes back what division loses when a quantity is a whole number of lots. */
const LOT_SLACK: f64 = 1.0 + 1e-12

/** Units rounded toward zero to whole lots; a lot of 0 is fractional. */
// @ts-ignore: decorator
@inline
export function toLots(quantity: v128, lot: f64): v128 {
  if (lot == 0) return quantity
  const lots = f64x2.trunc(f64x2.mul(f64x2.div(quantity, f64x2.splat(lot)), f64x2.splat(LOT_SLACK)))
  return f64x2.add(f64x2.mul(lots, f64x2.splat(lot)), f64x2.splat(0))
}
