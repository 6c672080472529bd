import { barOf, restOf } from './bars'
import { longCell, rows, symbols, watchBarsAt, watchCells } from './block'
import { both, choose, where } from './lanes'
import {
  BEST_PRICE, BEST_ROW, CELL_BYTES, CLOSE, ENTRY_ROW, FLAGS, HEAD_BYTES, HIGH, HIGH_OF_LONG, HIGH_OF_SHORT, LEVEL_PRICE, LOCKED_SIDE, LOW, LOW_OF_LONG, LOW_OF_SHORT, MAX_HOLD_BARS, QUANTITY, REST_HIGH,
  REST_HIGHEST_CLOSE, TRAILS, TRAILS_FROM_HIGH, TRAIL_HIGH, TRAIL_LOW, TRAIL_OF_LONG, TRAIL_OF_SHORT, WATCHED_DUE, WATCHED_HIGH, WATCHED_LOCK, WATCHED_LOW, WATCH_BAR_BYTES, WATCH_BAR_CLOSE, WATCH_BAR_HIGH,
  WATCH_BAR_LOW, WATCH_BYTES,
} from './layout'
import { WORD_SYMBOLS, WORD_VECTORS, addBits, symbolBits, symbolOf } from './roughly'

/**
 * What may happen to what is held, as float32 bounds of two symbols of two portfolios a vector: most rows touch
 * none of them, and cells of which one is touched are looked at exactly. Bounds of trailing stops follow the bars
 * in float32; the best price itself follows when it is asked for.
 */

/** Where symbol n's lanes lie in a vector of watches. */
// @ts-expect-error: decorator
@inline
function watchOf(pair: usize, n: usize): usize {
  return pair + watchCells + (n >> 1) * WATCH_BYTES + ((n & 1) << 3)
}

/** Works out anew what symbol n is watched for, from a best price that has followed every bar. */
export function watch(pair: usize, n: usize): void {
  watchFrom(pair, n, v128.load(longCell(pair, n), BEST_PRICE), i64x2.splat(-1))
}

/** The same of some lanes, whose best price is given; the others' bounds stay as they are. */
export function watchFrom(pair: usize, n: usize, best: v128, lanes: v128): void {
  const long = longCell(pair, n)
  const at = watchOf(pair, n)
  const held = v128.load(pair + HEAD_BYTES + n * CELL_BYTES, QUANTITY)
  const isHeld = f64x2.ne(held, both(0))
  const isLong = f64x2.gt(held, both(0))
  const isShort = f64x2.lt(held, both(0))
  const level = v128.load(long, LEVEL_PRICE)
  const rising = choose(isLong, v128.load(pair, TRAIL_OF_LONG), both(-Infinity))
  const falling = choose(isShort, v128.load(pair, TRAIL_OF_SHORT), both(Infinity))
  const low = f64x2.pmax(f64x2.mul(level, lowOf(pair, isLong)), f64x2.mul(best, rising))
  const high = f64x2.pmin(f64x2.mul(level, highOf(pair, isLong)), f64x2.mul(best, falling))
  const mask = narrowed(lanes)
  put(at + WATCHED_LOW, choose(mask, f32x4.demote_f64x2_zero(choose(isHeld, low, both(-Infinity))), v128.load64_zero(at, WATCHED_LOW)))
  put(at + WATCHED_HIGH, choose(mask, f32x4.demote_f64x2_zero(choose(isHeld, high, both(Infinity))), v128.load64_zero(at, WATCHED_HIGH)))
  put(at + TRAIL_LOW, f32x4.demote_f64x2_zero(rising))
  put(at + TRAIL_HIGH, f32x4.demote_f64x2_zero(falling))
  watchDue(pair, long, at, isHeld)
}

/** The same from bounds, and factors of trailing stops, that are known: those of lows, then those of highs, as the bar's faces have them. */
export function watchBounds(pair: usize, n: usize, bounds: v128, factors: v128): void {
  const at = watchOf(pair, n)
  put(at + WATCHED_LOW, bounds)
  put(at + WATCHED_HIGH, f32x4.neg(v128.shuffle<i64>(bounds, bounds, 1, 1)))
  put(at + TRAIL_LOW, factors)
  put(at + TRAIL_HIGH, v128.shuffle<i64>(factors, factors, 1, 1))
  watchDue(pair, longCell(pair, n), at, f64x2.ne(v128.load(pair + HEAD_BYTES + n * CELL_BYTES, QUANTITY), both(0)))
  watchLock(pair, n)
}

// @ts-expect-error: decorator
@inline
function watchDue(pair: usize, long: usize, at: usize, isHeld: v128): void {
  const due = f64x2.add(v128.load(long, ENTRY_ROW), f64x2.sub(v128.load(pair, MAX_HOLD_BARS), both(1)))
  put(at + WATCHED_DUE, f32x4.demote_f64x2_zero(choose(isHeld, due, both(Infinity))))
}

/** What a level is multiplied by for the low of a side, and for its high. */
// @ts-expect-error: decorator
@inline
function lowOf(pair: usize, isLong: v128): v128 {
  return choose(isLong, v128.load(pair, LOW_OF_LONG), v128.load(pair, LOW_OF_SHORT))
}

// @ts-expect-error: decorator
@inline
function highOf(pair: usize, isLong: v128): v128 {
  return choose(isLong, v128.load(pair, HIGH_OF_LONG), v128.load(pair, HIGH_OF_SHORT))
}

/**
 * Moves the bounds of symbol n with its level. That of a stop stays where the old one is nearer: it may be that of a
 * trailing stop.
 */
// @ts-expect-error: decorator
@inline
export function watchLevel(pair: usize, n: usize, held: v128, level: v128): void {
  const at = watchOf(pair, n)
  const isHeld = f64x2.ne(held, both(0))
  const isLong = f64x2.gt(held, both(0))
  const low = f32x4.demote_f64x2_zero(choose(isHeld, f64x2.mul(level, lowOf(pair, isLong)), both(-Infinity)))
  const high = f32x4.demote_f64x2_zero(choose(isHeld, f64x2.mul(level, highOf(pair, isLong)), both(Infinity)))
  const rises = narrowed(isLong)
  put(at + WATCHED_LOW, choose(rises, f32x4.pmax(low, v128.load64_zero(at, WATCHED_LOW)), low))
  put(at + WATCHED_HIGH, choose(rises, high, f32x4.pmin(high, v128.load64_zero(at, WATCHED_HIGH))))
}

/** Masks of two float64 lanes for float32, twice. */
// @ts-expect-error: decorator
@inline
export function narrowed(mask: v128): v128 {
  return v128.shuffle<i32>(mask, mask, 0, 2, 0, 2)
}

/** Notes the side of symbol n that exits have closed, or none. */
export function watchLock(pair: usize, n: usize): void {
  const side = v128.load(longCell(pair, n), LOCKED_SIDE)
  put(watchOf(pair, n) + WATCHED_LOCK, f32x4.demote_f64x2_zero(v128.or(side, where(f64x2.eq(side, both(0)), both(NaN)))))
}

// @ts-expect-error: decorator
@inline
function put(at: usize, value: v128): void {
  v128.store64_lane(at, value, 0)
}

/**
 * Lists the symbols whose bar touches a bound; gives the list's end. Trailing bounds then follow the bar for the
 * next one: from its extremes where one of the two trails from those, which is the nearer bound for the other.
 */
export function listTouched(pair: usize, row: i32, list: usize): usize {
  const vectors = <usize>(symbols + 1) >> 1
  const bars = watchBarsAt + <usize>row * vectors * WATCH_BAR_BYTES
  if ((load<i32>(pair, FLAGS) & TRAILS) == 0) return touched(pair, bars, vectors, list, 0, 0, false)
  if (v128.any_true(v128.load(pair, TRAILS_FROM_HIGH))) return touched(pair, bars, vectors, list, WATCH_BAR_HIGH, WATCH_BAR_LOW, true)
  return touched(pair, bars, vectors, list, WATCH_BAR_CLOSE, WATCH_BAR_CLOSE, true)
}

// @ts-expect-error: decorator
@inline
function touched(pair: usize, bar: usize, vectors: usize, list: usize, up: usize, down: usize, trails: bool): usize {
  let watches = pair + watchCells
  const last = watches + vectors * WATCH_BYTES
  for (let first: usize = 0; watches < last; first += WORD_SYMBOLS) {
    let bits: u64 = 0
    let count: u64 = 0
    for (const end = min(last, watches + WORD_VECTORS * WATCH_BYTES); watches < end; watches += WATCH_BYTES) {
      const low = v128.load(watches, WATCHED_LOW)
      const high = v128.load(watches, WATCHED_HIGH)
      const falls = f32x4.le(v128.load(bar, WATCH_BAR_LOW), low)
      const rises = f32x4.ge(v128.load(bar, WATCH_BAR_HIGH), high)
      bits = addBits(bits, v128.or(falls, rises))
      if (trails) {
        v128.store(watches, f32x4.pmax(low, f32x4.mul(v128.load(bar + up), v128.load(watches, TRAIL_LOW))), WATCHED_LOW)
        v128.store(watches, f32x4.pmin(high, f32x4.mul(v128.load(bar + down), v128.load(watches, TRAIL_HIGH))), WATCHED_HIGH)
      }
      bar += WATCH_BAR_BYTES
      count++
    }
    for (bits = symbolBits(bits, count); bits != 0; bits &= bits - 1) {
      store<u32>(list, <u32>(first + symbolOf(bits)))
      list += 4
    }
  }
  return list
}

/** Has the best prices of symbol n follow the block's bars before a row. */
export function followTo(pair: usize, n: usize, row: i32): void {
  if ((load<i32>(pair, FLAGS) & TRAILS) == 0) return
  const long = longCell(pair, n)
  const held = v128.load(pair + HEAD_BYTES + n * CELL_BYTES, QUANTITY)
  const from = choose(f64x2.ne(held, both(0)), v128.load(long, BEST_ROW), both(<f64>row))
  const fromHigh = v128.load(pair, TRAILS_FROM_HIGH)
  const best = v128.load(long, BEST_PRICE)
  let highest = best
  let lowest = best
  for (let at = <i32>min(f64x2.extract_lane(from, 0), f64x2.extract_lane(from, 1)); at < row; at++) {
    const bar = barOf(at, n)
    const close = v128.load64_splat(bar, CLOSE)
    // What a lane has followed already is NaN to it.
    const known = f64x2.lt(both(<f64>at), from)
    highest = f64x2.pmax(highest, v128.or(choose(fromHigh, v128.load64_splat(bar, HIGH), close), known))
    lowest = f64x2.pmin(lowest, v128.or(choose(fromHigh, v128.load64_splat(bar, LOW), close), known))
  }
  v128.store(long, choose(f64x2.gt(held, both(0)), highest, lowest), BEST_PRICE)
  v128.store(long, f64x2.pmax(from, both(<f64>row)), BEST_ROW)
}

/** Has every best price of a pair follow the block's bars to their end. */
export function followBlock(pair: usize): void {
  for (let n: usize = 0; n < <usize>symbols; n++) {
    for (let lane: usize = 0; lane < 16; lane += 8) {
      const long = longCell(pair, n) + lane
      const held = load<f64>(pair + HEAD_BYTES + n * CELL_BYTES + lane, QUANTITY)
      const row = <i32>load<f64>(long, BEST_ROW)
      store<f64>(long, 0, BEST_ROW)
      if (held == 0 || row >= rows) continue
      const from = load<i64>(pair + lane, TRAILS_FROM_HIGH) != 0 ? REST_HIGH : REST_HIGHEST_CLOSE
      const price = load<f64>(restOf(row, n) + from + (held > 0 ? 0 : 8))
      const best = load<f64>(long, BEST_PRICE)
      if (held > 0 ? price > best : price < best) store<f64>(long, price, BEST_PRICE)
    }
  }
}
