import { barsUpTo } from './bars'
import { longCell } from './block'
import { both, choose, signOf } from './lanes'
import { COOLDOWN_BARS, ENTRY_BAR, EXIT_BAR, LOCKED_SIDE, MAX_HOLD_BARS, MIN_HOLD_BARS } from './layout'

/** Lanes whose position had been held for long enough, as `keepTime` found them. */
export let expired: v128 = i64x2.splat(0)

/** Re-entry, cooldown, and the least and the most closes a position of symbol n is held: what is then desired. */
// @ts-expect-error: decorator
@inline
export function keepTime(pair: usize, n: usize, row: i32, held: v128, wanted: v128, keeps: bool = true): v128 {
  const long = longCell(pair, n)
  const zero = both(0)
  const bars = barsUpTo(row, n)
  const isHeld = f64x2.ne(held, zero)
  const heldBars = f64x2.sub(bars, v128.load(long, ENTRY_BAR))
  const along = f64x2.mul(held, wanted)
  const expires = v128.and(f64x2.gt(along, zero), f64x2.ge(heldBars, v128.load(pair, MAX_HOLD_BARS)))
  const isLocked = v128.andnot(f64x2.ne(v128.load(long, LOCKED_SIDE), zero), isHeld)
  // A side that is left in this row has been left for no bar.
  const sinceExit = v128.andnot(f64x2.sub(bars, v128.load(long, EXIT_BAR)), isHeld)
  const remains = v128.andnot(isHeld, f64x2.lt(along, zero))
  const cools = v128.andnot(f64x2.lt(sinceExit, v128.load(pair, COOLDOWN_BARS)), remains)
  let desired = v128.andnot(wanted, v128.or(isLocked, cools))
  expired = expires
  if (keeps) {
    const sign = signOf(held)
    const reduces = f64x2.lt(v128.xor(desired, sign), v128.xor(held, sign))
    const early = v128.and(v128.and(isHeld, reduces), f64x2.lt(heldBars, v128.load(pair, MIN_HOLD_BARS)))
    desired = choose(early, held, desired)
  }
  return v128.andnot(desired, expires)
}
