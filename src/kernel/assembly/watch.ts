import { longCell, symbols, watchBarsAt, watchCells } from './block'
import { both, choose, where } from './lanes'
import {
  BEST_PRICE, CELL_BYTES, ENTRY_ROW, HAS_EXITS, HEAD_BYTES, LEVEL_PRICE, LOCKED_SIDE, MAX_HOLD_BARS, QUANTITY, STOP_LOSS, TAKE_PROFIT, TRAILING_STOP,
  WATCHED_DUE, WATCHED_HIGH, WATCHED_LOCK, WATCHED_LOW, WATCH_BAR_BYTES, WATCH_BYTES,
} from './layout'
import { NAMED, NAMES } from './roughly'

/**
 * What may happen to what is held, as float32 bounds of two symbols of two portfolios a vector: most rows touch
 * none of them, and cells of which one is touched are looked at exactly.
 */

/** Bounds lie this far on the side of looking once too often. */
const ROOM: f64 = 2.5e-7

/** Where symbol n's lanes lie in a vector of watches. */
// @ts-ignore: decorator
@inline
export function watchOf(pair: usize, n: usize): usize {
  return pair + watchCells + (n >> 1) * WATCH_BYTES + ((n & 1) << 3)
}

/** Works out anew what symbol n is watched for: its exits, a new best price, the end of its time. */
export function watch(pair: usize, n: usize): void {
  const long = longCell(pair, n)
  const held = v128.load(pair + HEAD_BYTES + n * CELL_BYTES, QUANTITY)
  const sign = v128.and(held, i64x2.splat(0x8000_0000_0000_0000))
  const isHeld = f64x2.ne(held, both(0))
  const isLong = f64x2.gt(held, both(0))
  const exits = v128.and(isHeld, v128.load(pair, HAS_EXITS))
  const level = v128.load(long, LEVEL_PRICE)
  const best = v128.load(long, BEST_PRICE)
  const trailing = v128.load(pair, TRAILING_STOP)
  const trails = f64x2.lt(trailing, both(Infinity))
  const stop = f64x2.mul(level, f64x2.sub(both(1), v128.xor(v128.load(pair, STOP_LOSS), sign)))
  const trail = f64x2.mul(best, f64x2.sub(both(1), v128.xor(trailing, sign)))
  const target = f64x2.mul(level, f64x2.add(both(1), v128.xor(v128.load(pair, TAKE_PROFIT), sign)))
  const high = choose(isLong, f64x2.pmin(target, choose(trails, best, both(Infinity))), f64x2.pmin(stop, trail))
  const low = choose(isLong, f64x2.pmax(stop, trail), f64x2.pmax(target, choose(trails, best, both(-Infinity))))
  const due = f64x2.add(v128.load(long, ENTRY_ROW), f64x2.sub(v128.load(pair, MAX_HOLD_BARS), both(1)))
  const at = watchOf(pair, n)
  put(at + WATCHED_LOW, f64x2.mul(choose(exits, low, both(-Infinity)), both(1 + ROOM)))
  put(at + WATCHED_HIGH, f64x2.mul(choose(exits, high, both(Infinity)), both(1 - ROOM)))
  put(at + WATCHED_DUE, choose(isHeld, due, both(Infinity)))
}

export function watchAll(pair: usize): void {
  for (let n: usize = 0; n < <usize>symbols; n++) watch(pair, n)
}

/** Notes the side of symbol n that exits have closed, or none. */
export function watchLock(pair: usize, n: usize): void {
  const side = v128.load(longCell(pair, n), LOCKED_SIDE)
  put(watchOf(pair, n) + WATCHED_LOCK, v128.or(side, where(f64x2.eq(side, both(0)), both(NaN))))
}

// @ts-ignore: decorator
@inline
function put(at: usize, value: v128): void {
  v128.store64_lane(at, f32x4.demote_f64x2_zero(value), 0)
}

/** Lists the symbols whose bar touches a bound; gives the list's end. */
export function listTouched(pair: usize, row: i32, list: usize): usize {
  let watches = pair + watchCells
  const vectors = <usize>(symbols + 1) >> 1
  let bar = watchBarsAt + <usize>row * vectors * WATCH_BAR_BYTES
  let names: u64 = 0
  for (const end = watches + vectors * WATCH_BYTES; watches < end; watches += WATCH_BYTES) {
    const falls = f32x4.le(v128.load(bar), v128.load(watches, WATCHED_LOW))
    const rises = f32x4.ge(v128.load(bar, 16), v128.load(watches, WATCHED_HIGH))
    const bits = i32x4.bitmask(v128.or(falls, rises))
    store<u64>(list, names + load<u64>(NAMED + (<usize>bits << 3)))
    list += load<u32>(NAMES + (<usize>bits << 2))
    names += 0x2_0000_0002
    bar += WATCH_BAR_BYTES
  }
  return list
}
