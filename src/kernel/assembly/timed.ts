import { heldAt, hasLots, isTradable, keepsCombined, longCell, lotValuesAt, padded, scratchAt, symbols, symbolsAt, toLots, watchCells } from './block'
import { bindsCaps, grossOf } from './careful'
import { combinedOf, releaseLock } from './exits'
import { expired, keepTime } from './holding'
import { codes, noteAs, records } from './journal'
import { LIMIT_SLACK, any, both, choose, magnitudeMask, magnitudeMask32, one, opposite, signMask32, where } from './lanes'
import {
  CELL_BYTES, CLOSE_UNIT, EARLY_UNTIL, EQUITY, EXPIRED, HEAD_BYTES, HELD, KIND_MAX_HOLD, KIND_TARGET, ORDER, ORDERED_COUNT, ORDERED_UNITS, OWN_CAP, PLACED, PRICE_BYTES, QUANTITY, SCRATCH_BYTES, SIZE, SYMBOL_BYTES, THRESHOLD, TILE_TARGETS,
  WATCHED_DUE, WATCHED_LOCK, WATCH_BYTES,
} from './layout'
import { growthOf, keepList, patternOf } from './pair'
import { NAMED, NAMES, ROUGH, twice } from './roughly'

/**
 * Decisions of a pair that trades to known targets, but holds by time or waits after exits: as in decide.ts a look
 * in float32 lists the symbols in which something may happen, and only those are worked out. False where a
 * position kept for its time might be above a limit: then nothing has been decided.
 */
export function decideTimed(pair: usize, prices: usize, tile: usize, row: i32, t: i32, kinds: i32): bool {
  const list = pair + HEAD_BYTES + <usize>symbols * CELL_BYTES
  const keeps = t < load<i32>(pair, EARLY_UNTIL)
  const equity = v128.load(pair, EQUITY)
  const rough = f64x2.mul(both(ROUGH), f64x2.add(equity, v128.load(pair, HELD)))
  const exact = f64x2.mul(v128.load(pair, THRESHOLD), equity)
  const cap = keeps ? capValue(pair) : both(Infinity)
  // Where every change counts, so does one that float32 does not see.
  const end = v128.all_true<i64>(f64x2.gt(exact, rough))
    ? listDue(pair, tile, row, t, list, f64x2.sub(exact, rough), cap, false)
    : listDue(pair, tile, row, t, list, choose(f64x2.gt(exact, rough), f64x2.sub(exact, rough), both(-1)), cap, true)
  if (keeps && !isBelowGross(pair, row)) return false
  return orderDue(pair, prices, tile, list, end, row, kinds)
}

/** Σ of what each symbol may change by, as float32 has it, in the lanes [a b a b]. */
let changes: v128 = i64x2.splat(0)

/** The row at hand, and what is clearly less than a position may be worth: in memory, as V8 works out in every turn what finds no register. */
const BOUNDS = memory.data(32, 16)

/** Clearly less than a position may be worth. */
function capValue(pair: usize): v128 {
  if (bindsCaps(patternOf(pair, 0)) || bindsCaps(patternOf(pair, 1))) return both(0)
  return f64x2.mul(f64x2.mul(v128.load(pair, OWN_CAP), v128.load(pair, EQUITY)), both(0.9999))
}

/**
 * Lists the symbols whose wanted and held values lie further apart than `least`, that leave a position or may have
 * held it for long enough, those an exit has closed once that forbids nothing any more, and positions worth more
 * than `cap`. What an exit has closed is not held, or its rest waits. With `exactly`, any change may count.
 */
// @ts-ignore: decorator
@inline
function listDue(pair: usize, tile: usize, row: i32, t: i32, list: usize, leastChange: v128, cap: v128, exactly: bool): usize {
  const moneys = twice(f32x4.demote_f64x2_zero(f64x2.mul(v128.load(pair, SIZE), v128.load(pair, EQUITY))))
  const least = twice(f32x4.demote_f64x2_zero(leastChange))
  v128.store(BOUNDS, f32x4.splat(<f32>t))
  v128.store(BOUNDS, twice(f32x4.demote_f64x2_zero(cap)), 16)
  const magnitude = magnitudeMask32()
  const sign = signMask32()
  const zero = f32x4.splat(0)
  const lots = hasLots ? lotValuesAt + <usize>(row * padded) * 8 : 0
  const beyond = keepsCombined ? <usize>padded << 3 : 0
  let sum = zero
  let watches = pair + watchCells
  let names: u64 = 0
  for (let at: usize = 0, last = (<usize>symbols + 1) >> 1 << 4; at < last; at += 16) {
    const target = v128.load(tile + at, TILE_TARGETS)
    const has = v128.load(heldAt + at)
    const wanted = f32x4.mul(target, moneys)
    let change = v128.and(f32x4.sub(wanted, has), magnitude)
    let nothing = zero
    if (lots != 0) {
      nothing = v128.load(lots + at)
      change = f32x4.add(change, nothing)
    }
    sum = f32x4.add(sum, change)
    const isHeld = f32x4.ne(has, zero)
    const leaves = v128.and(f32x4.le(v128.xor(wanted, v128.and(has, sign)), nothing), isHeld)
    let moves = f32x4.gt(change, least)
    if (exactly) moves = v128.and(moves, v128.or(isHeld, f32x4.ne(target, zero)))
    const lock = v128.load(watches, WATCHED_LOCK)
    const opens = f32x4.le(f32x4.mul(v128.load(tile + at + beyond, TILE_TARGETS), lock), zero)
    const asks = v128.or(v128.andnot(v128.or(leaves, moves), f32x4.eq(lock, lock)), opens)
    const late = v128.or(f32x4.le(v128.load(watches, WATCHED_DUE), v128.load(BOUNDS)), f32x4.gt(v128.and(has, magnitude), v128.load(BOUNDS, 16)))
    const bits = i32x4.bitmask(v128.or(asks, late))
    store<u64>(list, names + load<u64>(NAMED + (<usize>bits << 3)))
    list += load<u32>(NAMES + (<usize>bits << 2))
    names += 0x2_0000_0002
    watches += WATCH_BYTES
  }
  changes = sum
  return list
}

/** The orders of the listed symbols, exactly; the list keeps those that have one. */
// @ts-ignore: decorator
@inline
function orderDue(pair: usize, prices: usize, tile: usize, list: usize, end: usize, row: i32, kinds: i32): bool {
  const equity = v128.load(pair, EQUITY)
  const money = f64x2.mul(v128.load(pair, SIZE), equity)
  const least = f64x2.mul(v128.load(pair, THRESHOLD), equity)
  const start = list
  const magnitude = magnitudeMask()
  let count = both(0)
  let changing = both(0)
  let growing = both(0)
  let units = both(0)
  for (let at = list; at < end; at += 4) {
    const n = <usize>load<u32>(at)
    if (!isTradable(kinds, row, n)) continue
    if (keepsCombined) releaseLock(pair, combinedOf(tile, padded), n, both(0))
    const cell = pair + HEAD_BYTES + n * CELL_BYTES
    const unit = v128.load64_splat(prices + n * PRICE_BYTES, CLOSE_UNIT)
    const target = f64x2.promote_low_f32x4(v128.load64_zero(tile + TILE_TARGETS + (n << 3)))
    const held = v128.load(cell, QUANTITY)
    const quantity = toLots(f64x2.div(f64x2.mul(target, money), unit), symbolsAt + n * SYMBOL_BYTES)
    const wanted = choose(f64x2.eq(target, target), quantity, held)
    const desired = keepTime(pair, n, row, held, wanted)
    if (records) v128.store(scratchAt + n * SCRATCH_BYTES, expired, EXPIRED)
    // What is kept for its time counts against the limits as it is, not as it was wanted.
    const early = v128.and(v128.and(f64x2.eq(desired, held), f64x2.ne(wanted, held)), f64x2.ne(held, both(0)))
    if (any(early) && !isBelowCap(pair, f64x2.mul(v128.and(held, magnitude), unit), early)) return forget(pair, start, list)
    const change = f64x2.sub(desired, held)
    const size = v128.and(change, magnitude)
    const value = f64x2.mul(size, unit)
    const leaves = v128.or(f64x2.eq(desired, both(0)), opposite(desired, held))
    const orders = v128.and(v128.or(leaves, f64x2.gt(value, least)), f64x2.ne(change, both(0)))
    const growth = f64x2.mul(f64x2.sub(v128.and(desired, magnitude), v128.and(held, magnitude)), unit)
    v128.store(cell, where(orders, change), ORDER)
    count = f64x2.add(count, one(orders))
    changing = f64x2.add(changing, where(orders, value))
    growing = f64x2.add(growing, where(orders, growthOf(pair, growth)))
    units = f64x2.add(units, where(orders, size))
    store<u32>(list, <u32>n)
    list += <usize>i32(any(orders)) << 2
  }
  if (records) noteOrders(pair, start, list)
  v128.store(pair, units, ORDERED_UNITS)
  v128.store(pair, count, ORDERED_COUNT)
  keepList(pair, list, start, count, changing, growing)
  return true
}

/** Records the orders of a list. */
function noteOrders(pair: usize, list: usize, end: usize): void {
  for (; list < end; list += 4) {
    const n = <usize>load<u32>(list)
    const cell = pair + HEAD_BYTES + n * CELL_BYTES
    const order = v128.load(cell, ORDER)
    const expires = v128.load(scratchAt + n * SCRATCH_BYTES, EXPIRED)
    noteAs(pair, f64x2.ne(order, both(0)), choose(expires, codes(PLACED + KIND_MAX_HOLD), codes(PLACED + KIND_TARGET)), n, order)
  }
}

function isBelowCap(pair: usize, value: v128, lanes: v128): bool {
  if (bindsCaps(patternOf(pair, 0)) || bindsCaps(patternOf(pair, 1))) return false
  const limit = f64x2.mul(v128.load(pair, OWN_CAP), v128.load(pair, EQUITY))
  return !any(v128.and(lanes, f64x2.gt(value, f64x2.mul(limit, both(LIMIT_SLACK)))))
}

/** Whether all that is held, and all it may change by, comes to less than the gross limit, however sums are rounded. */
function isBelowGross(pair: usize, row: i32): bool {
  const gross = f64x2.replace_lane(both(grossOf(pair, 0, row)), 1, grossOf(pair, 1, row))
  const changed = f64x2.promote_low_f32x4(f32x4.add(changes, v128.shuffle<i64>(changes, changes, 1, 0)))
  const total = f64x2.mul(f64x2.add(v128.load(pair, HELD), changed), both(1.0001))
  const below = f64x2.lt(total, f64x2.mul(gross, v128.load(pair, EQUITY)))
  return v128.all_true<i64>(v128.or(below, f64x2.eq(gross, both(Infinity))))
}

/** Takes the orders of a list back. */
function forget(pair: usize, list: usize, end: usize): bool {
  for (; list < end; list += 4) v128.store(pair + HEAD_BYTES + <usize>load<u32>(list) * CELL_BYTES, both(0), ORDER)
  return false
}
