import { barsUpTo } from './bars'
import { longCell } from './block'
import { both, choose, opposite } from './lanes'
import { COOLDOWN_BARS, ENTRY_BAR, EXIT_BAR, LOCKED_SIDE, MAX_HOLD_BARS, MIN_HOLD_BARS } from './layout'

/** Lanes whose position had been held for long enough, as `keepTime` found them. */
export let expired: v128 = i64x2.splat(0)

/** Re-entry, cooldown, and the least and the most closes a position of symbol n is held: what is then desired. */
// @ts-ignore: decorator
@inline
export function keepTime(pair: usize, n: usize, row: i32, held: v128, wanted: v128): v128 {
  const long = longCell(pair, n)
  const zero = both(0)
  const bars = barsUpTo(row, n)
  const isHeld = f64x2.ne(held, zero)
  const heldBars = f64x2.sub(bars, v128.load(long, ENTRY_BAR))
  const flips = opposite(held, wanted)
  const keepsSide = v128.and(f64x2.ne(wanted, zero), v128.not(flips))
  const expires = v128.and(v128.and(isHeld, keepsSide), f64x2.ge(heldBars, v128.load(pair, MAX_HOLD_BARS)))
  const locked = v128.andnot(f64x2.ne(v128.load(long, LOCKED_SIDE), zero), isHeld)
  let desired = v128.andnot(wanted, locked)
  const enters = v128.and(f64x2.ne(desired, zero), v128.or(v128.not(isHeld), flips))
  const sinceExit = v128.andnot(f64x2.sub(bars, v128.load(long, EXIT_BAR)), isHeld)
  desired = v128.andnot(desired, v128.and(enters, f64x2.lt(sinceExit, v128.load(pair, COOLDOWN_BARS))))
  const reduces = choose(f64x2.gt(held, zero), f64x2.lt(desired, held), f64x2.gt(desired, held))
  const early = v128.and(v128.and(isHeld, reduces), f64x2.lt(heldBars, v128.load(pair, MIN_HOLD_BARS)))
  desired = choose(early, held, desired)
  expired = expires
  return v128.andnot(desired, expires)
}
