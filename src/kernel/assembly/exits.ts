import { barOf } from './bars'
import { isTradable, longCell, symbols, symbolsAt } from './block'
import { orderFee, slipped, spreadOf } from './fills'
import { codes, note, noteAs, noteLong, records } from './journal'
import { addTo, any, both, choose, one, signMask, signOf, some, where } from './lanes'
import {
  BAR_ROW, BAR_UNITS, BEST_PRICE, BY_EXIT, CANCELLATIONS, CANCELLED, CELL_BYTES, CLOSES, ENTRY_PRICE, ENTRY_ROW, EXECUTED, EXIT_REST, EXIT_SLIPPAGE, FEE_ON_ENTRY_ONLY,
  GAP_FILLS_AT_OPEN, HAS_EXITS, HEAD_BYTES, HIGH, KIND_STOP_LOSS, KIND_TAKE_PROFIT, KIND_TRAILING_STOP, LEFT_OVER, LEVEL_PRICE, LISTED, LOCKED_SIDE, LOW, MULTIPLIER, NEEDS_CHANGE,
  OPEN, ORDER, ORDERS, PRICE_BYTES, QUANTITY, STOP_LOSS, SYMBOL_BYTES, TAKE_PROFIT, TILE_TARGETS, TRAILING_STOP, WATCHES_ENTRY_BAR,
} from './layout'
import { volumeLeft } from './legs'
import { bookReduction } from './long-fills'
import { followTo, listTouched, watch, watchLevel, watchLock } from './watch'

/**
 * Stop-loss, take-profit and trailing stop inside the bar, in symbol order: of those positions whose bounds the bar
 * touches. Lists them from `end` on, and gives the list's end.
 */
export function fillExits(pair: usize, prices: usize, row: i32, t: i32, kinds: i32, end: usize): usize {
  const has = v128.load(pair, HAS_EXITS)
  if (!any(has)) return end
  const last = listTouched(pair, row, end)
  for (let at = end; at < last; at += 4) {
    const n = <usize>load<u32>(at)
    const cell = pair + HEAD_BYTES + n * CELL_BYTES
    const entered = f64x2.eq(v128.load(longCell(pair, n), ENTRY_ROW), both(<f64>t))
    const unwatched = v128.andnot(entered, v128.load(pair, WATCHES_ENTRY_BAR))
    const watched = v128.andnot(v128.and(has, f64x2.ne(v128.load(cell, QUANTITY), both(0))), unwatched)
    if (any(watched) && isTradable(kinds, row, n)) exitSymbol(pair, cell, n, prices + n * PRICE_BYTES, row, t, watched)
  }
  return last
}

/**
 * Prices times the side, so that for long and short alike a stop lies below and a target above. A target that the
 * open is beyond comes first, as the open does in time; else the stop comes before the target.
 */
export function exitSymbol(pair: usize, cell: usize, n: usize, prices: usize, row: i32, t: i32, watched: v128): void {
  const long = longCell(pair, n)
  followTo(pair, n, row)
  const bar = barOf(row, n)
  const side = signOf(v128.load(cell, QUANTITY))
  const isLong = f64x2.gt(v128.load(cell, QUANTITY), both(0))
  const open = v128.xor(v128.load64_splat(prices, OPEN), side)
  const high = v128.load64_splat(bar, HIGH)
  const low = v128.load64_splat(bar, LOW)
  const worst = v128.xor(choose(isLong, low, high), side)
  const best = v128.xor(choose(isLong, high, low), side)
  const level = v128.load(long, LEVEL_PRICE)
  const fixed = v128.xor(f64x2.mul(level, f64x2.sub(both(1), v128.xor(v128.load(pair, STOP_LOSS), side))), side)
  const trail = v128.xor(v128.load(pair, TRAILING_STOP), side)
  const trailing = v128.xor(f64x2.mul(v128.load(long, BEST_PRICE), f64x2.sub(both(1), trail)), side)
  const target = v128.xor(f64x2.mul(level, f64x2.add(both(1), v128.xor(v128.load(pair, TAKE_PROFIT), side))), side)
  const trails = f64x2.gt(trailing, fixed)
  const stop = choose(trails, trailing, fixed)
  const stopped = v128.and(f64x2.le(worst, stop), f64x2.lt(open, target))
  const exits = v128.and(watched, v128.or(stopped, f64x2.ge(best, target)))
  if (!any(exits)) return
  const gaps = v128.load(pair, GAP_FILLS_AT_OPEN)
  const stopPrice = choose(v128.and(gaps, f64x2.le(open, stop)), open, stop)
  const targetPrice = choose(v128.and(gaps, f64x2.ge(open, target)), open, target)
  bookExit(pair, cell, n, prices, row, t, exits, stopped, trails, v128.xor(choose(stopped, stopPrice, targetPrice), side))
}

/** Closes the position as far as the volume allows; the rest goes at the next open. Targets do not slip. */
function bookExit(pair: usize, cell: usize, n: usize, prices: usize, row: i32, t: i32, exits: v128, stopped: v128, trails: v128, price: v128): void {
  const long = longCell(pair, n)
  const order = v128.load(cell, ORDER)
  const wasListed = any(f64x2.ne(order, both(0)))
  const cancelled = v128.and(exits, f64x2.ne(order, both(0)))
  addTo(pair + CANCELLATIONS, one(cancelled))
  if (records) note(pair, cancelled, CANCELLED + BY_EXIT, n, both(0))
  v128.store(cell, v128.andnot(order, cancelled), ORDER)
  v128.store(cell, v128.andnot(v128.load(cell, CLOSES), cancelled), CLOSES)
  v128.store(long, v128.andnot(v128.load(long, EXIT_REST), cancelled), EXIT_REST)
  const held = v128.load(cell, QUANTITY)
  const side = signOf(held)
  const sign = v128.xor(side, signMask())
  const filled = where(f64x2.eq(v128.load(long, BAR_ROW), both(<f64>t)), v128.load(long, BAR_UNITS))
  const units = where(exits, f64x2.pmin(f64x2.abs(held), volumeLeft(pair, n, row, filled)))
  const spread = spreadOf(pair, prices)
  const filledAt = choose(stopped, slipped(price, v128.load(pair, EXIT_SLIPPAGE), spread, sign), price)
  const size = where(exits, f64x2.mul(units, f64x2.mul(filledAt, v128.load64_splat(symbolsAt + n * SYMBOL_BYTES, MULTIPLIER))))
  const fee = v128.andnot(orderFee(pair, size, units), v128.load(pair, FEE_ON_ENTRY_ONLY))
  const fills = f64x2.gt(units, both(0))
  addTo(pair + ORDERS, one(fills))
  if (records) noteLong(pair, fills, exitOf(EXECUTED, stopped, trails), n, v128.or(units, sign), filledAt, fee)
  const locks = v128.and(fills, v128.load(pair, NEEDS_CHANGE))
  v128.store(long, choose(locks, v128.or(both(1), side), v128.load(long, LOCKED_SIDE)), LOCKED_SIDE)
  watchLock(pair, n)
  bookReduction(pair, cell, n, row, units, v128.xor(size, sign), fee, sign)
  const rest = where(exits, f64x2.sub(both(0), v128.load(cell, QUANTITY)))
  const remains = f64x2.ne(rest, both(0))
  if (records) noteAs(pair, remains, exitOf(LEFT_OVER, stopped, trails), n, rest)
  if (any(remains)) waitForRest(pair, cell, n, rest, remains, wasListed)
}

/** The code of what became of an exit, under the name of what the bar crossed. */
function exitOf(what: i32, stopped: v128, trails: v128): v128 {
  const stop = choose(trails, codes(what + KIND_TRAILING_STOP), codes(what + KIND_STOP_LOSS))
  return choose(stopped, stop, codes(what + KIND_TAKE_PROFIT))
}

function waitForRest(pair: usize, cell: usize, n: usize, rest: v128, remains: v128, wasListed: bool): void {
  const long = longCell(pair, n)
  addTo(pair + CANCELLATIONS, one(remains))
  addTo(pair + ORDERS, one(remains))
  v128.store(cell, choose(remains, rest, v128.load(cell, ORDER)), ORDER)
  v128.store(cell, v128.or(v128.load(cell, CLOSES), remains), CLOSES)
  v128.store(long, v128.or(v128.load(long, EXIT_REST), remains), EXIT_REST)
  if (wasListed) return
  // The decision of this row makes the list anew, in symbol order: until then only its length matters.
  const listed = load<i32>(pair, LISTED)
  store<u32>(pair + HEAD_BYTES + <usize>symbols * CELL_BYTES + (<usize>listed << 2), <u32>n)
  store<i32>(pair, listed + 1, LISTED)
}

/** Fixes the price the next bar's exits of symbol n are measured from at the close of a row, and what it is watched for. */
export function moveLevel(pair: usize, n: usize): void {
  const held = v128.load(pair + HEAD_BYTES + n * CELL_BYTES, QUANTITY)
  watchLevel(pair, n, held, fixLevel(pair, n, held))
}

/** The same after a bound was touched: the best price follows. */
export function moveLevelExactly(pair: usize, n: usize, row: i32): void {
  fixLevel(pair, n, v128.load(pair + HEAD_BYTES + n * CELL_BYTES, QUANTITY))
  followTo(pair, n, row + 1)
  watch(pair, n)
}

// @ts-expect-error: decorator
@inline
function fixLevel(pair: usize, n: usize, held: v128): v128 {
  const long = longCell(pair, n)
  const level = choose(f64x2.ne(held, both(0)), v128.load(long, ENTRY_PRICE), v128.load(long, LEVEL_PRICE))
  v128.store(long, level, LEVEL_PRICE)
  return level
}

/** After an exit, a combined target whose sign differs from the side that was closed allows entries again. */
export function releaseLocks(pair: usize, combined: usize, row: i32, kinds: i32, ended: v128): void {
  for (let n: usize = 0; n < <usize>symbols; n++) {
    if (isTradable(kinds, row, n)) releaseLock(pair, combined, n, ended)
  }
}

// @ts-expect-error: decorator
@inline
export function releaseLock(pair: usize, combined: usize, n: usize, ended: v128): void {
  const side = v128.load(longCell(pair, n), LOCKED_SIDE)
  const target = f64x2.promote_low_f32x4(v128.load64_zero(combined + (n << 3)))
  const leaves = v128.and(f64x2.le(f64x2.mul(target, side), both(0)), f64x2.ne(side, both(0)))
  const releases = v128.andnot(leaves, ended)
  if (some(releases)) unlock(pair, n, side, releases)
}

function unlock(pair: usize, n: usize, side: v128, lanes: v128): void {
  v128.store(longCell(pair, n), v128.andnot(side, lanes), LOCKED_SIDE)
  watchLock(pair, n)
}

/** Where a row's combined targets lie in its tile. */
// @ts-expect-error: decorator
@inline
export function combinedOf(tile: usize, padded: i32): usize {
  return tile + TILE_TARGETS + (<usize>padded << 3)
}
