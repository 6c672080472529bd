import { longCell, symbolsAt } from './block'
import { both, choose, magnitudeMask } from './lanes'
import {
  COOLDOWN_BARS, DRAWDOWN_LIMIT, ENTRY_BAR, EXIT_BAR, HIGH_OF_LONG, HIGH_OF_SHORT, LOCKED_SIDE, LOT, LOW_OF_LONG, LOW_OF_SHORT, MAX_HOLD_BARS, MIN_HOLD_BARS, PARTICIPATION, THRESHOLD, TRAIL_OF_LONG, TRAIL_OF_SHORT,
} from './layout'

/**
 * What a pair that trades one symbol looks out for: bounds that tell of most rows that nothing can happen in them.
 * They err on the side of looking once too often. They lie in memory, as V8 spills what finds no register anyhow.
 */
export const LOOKOUT = memory.data(208, 16)

/** Float32: the price at or below which an exit may fill, of both, then that at or above which, with the sign turned; but for the trailing stop. */
export const BOUND = 0
/** What that is of the price that exits are measured from; and what the trailing stop is of the best price. */
const BOUND_FACTOR = 16
export const TRAIL_FACTOR = 32
/** Share of the highest equity at or below which a drawdown stop may hit, or nothing be left. */
export const FLOOR = 48
/** Units by which rounding may move what is wanted; Infinity where nothing is held, else 0. */
export const SLACK = 64
export const IS_FLAT = 80
/** Of equity: what a change must come to at least. Of a bar's volume: what an order may fill at least. */
export const LEAST = 96
const SHARE = 112
/** Side an exit has closed; NaN = none. */
export const LOCK = 128
/** Bars the symbol must have closed for an entry. */
export const SHUT_UNTIL = 144
/** Bars with which a position is no longer kept whatever limits say, and with which it may have been held for long enough. */
export const YOUNG_UNTIL = 160
export const DUE = 176

/** What float64 sums may be off by, with a lot of room to spare. */
const ROUGH: f64 = 1e-8

/** What does not change within a block, and everything else. */
export function beginLookout(pair: usize, held: v128, level: v128): void {
  v128.store(LOOKOUT, f64x2.add(f64x2.pmax(both(0), f64x2.sub(both(1), v128.load(pair, DRAWDOWN_LIMIT))), both(ROUGH)), FLOOR)
  v128.store(LOOKOUT, f64x2.mul(v128.load(pair, THRESHOLD), both(1 - ROUGH)), LEAST)
  v128.store(LOOKOUT, f64x2.mul(v128.load(pair, PARTICIPATION), both(1 - ROUGH)), SHARE)
  watchExits(pair, held)
  watchTimes(pair, held)
  moveBounds(held, level)
}

/** Exits of what is held from now on. */
export function watchExits(pair: usize, held: v128): void {
  const isUp = f64x2.gt(held, both(0))
  const isDown = f64x2.lt(held, both(0))
  const under = choose(isUp, v128.load(pair, LOW_OF_LONG), choose(isDown, v128.load(pair, LOW_OF_SHORT), both(-Infinity)))
  const over = choose(isUp, v128.load(pair, HIGH_OF_LONG), choose(isDown, v128.load(pair, HIGH_OF_SHORT), both(Infinity)))
  const rising = choose(isUp, v128.load(pair, TRAIL_OF_LONG), both(-Infinity))
  const falling = choose(isDown, v128.load(pair, TRAIL_OF_SHORT), both(Infinity))
  v128.store(LOOKOUT, paired(under, over), BOUND_FACTOR)
  v128.store(LOOKOUT, paired(rising, falling), TRAIL_FACTOR)
}

/** Times and the lock of what is held from now on. */
export function watchTimes(pair: usize, held: v128): void {
  const long = longCell(pair, 0)
  const isHeld = f64x2.ne(held, both(0))
  const side = v128.load(long, LOCKED_SIDE)
  const isFree = f64x2.eq(side, both(0))
  const cooled = f64x2.add(v128.load(long, EXIT_BAR), v128.load(pair, COOLDOWN_BARS))
  const entered = v128.load(long, ENTRY_BAR)
  v128.store(LOOKOUT, choose(isFree, both(NaN), side), LOCK)
  v128.store(LOOKOUT, choose(isHeld, both(-Infinity), choose(isFree, cooled, both(Infinity))), SHUT_UNTIL)
  v128.store(LOOKOUT, choose(isHeld, f64x2.add(entered, v128.load(pair, MIN_HOLD_BARS)), both(-Infinity)), YOUNG_UNTIL)
  v128.store(LOOKOUT, choose(isHeld, f64x2.add(entered, v128.load(pair, MAX_HOLD_BARS)), both(Infinity)), DUE)
}

/** Bounds of so many units whose exits are measured from a price. */
// @ts-expect-error: decorator
@inline
export function moveBounds(held: v128, level: v128): void {
  v128.store(LOOKOUT, boundFrom(level), BOUND)
  v128.store(LOOKOUT, f64x2.add(leastLot(), f64x2.mul(v128.and(held, magnitudeMask()), both(ROUGH))), SLACK)
  v128.store(LOOKOUT, v128.and(f64x2.eq(held, both(0)), both(Infinity)), IS_FLAT)
}

/** Where exits may fill whose trailing stop lies there. */
// @ts-expect-error: decorator
@inline
export function nearest(trail: v128): v128 {
  return f32x4.pmax(v128.load(LOOKOUT, BOUND), trail)
}

/** Where exits may fill that are measured from a price. */
// @ts-expect-error: decorator
@inline
export function boundFrom(level: v128): v128 {
  return f32x4.mul(faced(level), v128.load(LOOKOUT, BOUND_FACTOR))
}

/** Where trailing stops lie at a best price. */
// @ts-expect-error: decorator
@inline
export function trailFrom(best: v128): v128 {
  return f32x4.mul(faced(best), v128.load(LOOKOUT, TRAIL_FACTOR))
}

/** Lanes whose order may be above what the bar's volume allows. */
// @ts-expect-error: decorator
@inline
export function mayLackVolume(size: v128, volume: v128): v128 {
  return v128.not(f64x2.le(f64x2.add(size, leastLot()), f64x2.mul(v128.load(LOOKOUT, SHARE), volume)))
}

// @ts-expect-error: decorator
@inline
function leastLot(): v128 {
  return both(load<f64>(symbolsAt, LOT) * (1 + 1e-6))
}

/** Two prices, then two with the sign turned, in float32. */
// @ts-expect-error: decorator
@inline
function faced(price: v128): v128 {
  const narrow = f32x4.demote_f64x2_zero(price)
  return v128.shuffle<i32>(narrow, f32x4.neg(narrow), 0, 1, 4, 5)
}

// @ts-expect-error: decorator
@inline
function paired(first: v128, second: v128): v128 {
  return v128.shuffle<i32>(f32x4.demote_f64x2_zero(first), f32x4.demote_f64x2_zero(second), 0, 1, 4, 5)
}
