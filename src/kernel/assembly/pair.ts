import { isLong } from './block'
import { addTo } from './lanes'
import { CHANGING, EXPOSURE_RULES, HELD, LISTED, ORDERS, PARTICIPATION, PATTERN, WANTED } from './layout'

/** Address of the decisions of a portfolio's pattern; 0 = none. */
// @ts-expect-error: decorator
@inline
export function patternOf(pair: usize, lane: usize): usize {
  return load<u32>(load<u32>(pair + (lane << 2), EXPOSURE_RULES), PATTERN)
}

/** What an order may add to what is held: a reduction that volume may cut short takes nothing off. */
// @ts-expect-error: decorator
@inline
export function growthOf(pair: usize, growth: v128): v128 {
  if (!isLong) return growth
  const isLimited = f64x2.lt(v128.load(pair, PARTICIPATION), f64x2.splat(Infinity))
  return v128.andnot(growth, v128.and(isLimited, f64x2.lt(growth, f64x2.splat(0))))
}

/** Notes what was decided: how many orders, the list from `start` to `end`, and what they come to. */
// @ts-expect-error: decorator
@inline
export function keepList(pair: usize, end: usize, start: usize, count: v128, changing: v128, growing: v128): void {
  addTo(pair + ORDERS, count)
  store<i32>(pair, <i32>((end - start) >> 2), LISTED)
  v128.store(pair, changing, CHANGING)
  v128.store(pair, f64x2.add(v128.load(pair, HELD), growing), WANTED)
}

