import { heldAt, hasLots, isTradable, keepsCombined, listsAt, lotValuesAt, padded, scratchAt, symbols, symbolsAt, toLots, watchCells } from './block'
import { bindsCaps, grossOf } from './careful'
import { combinedOf, releaseLock } from './exits'
import { expired, keepTime } from './holding'
import { codes, noteAs, records } from './journal'
import { LIMIT_SLACK, any, both, choose, every, magnitudeMask, magnitudeMask32, opposite, signMask32, some, where } from './lanes'
import {
  CELL_BYTES, CLOSE_UNIT, EARLY_UNTIL, EQUITY, EXPIRED, HEAD_BYTES, HELD, KIND_MAX_HOLD, KIND_TARGET, ORDER, ORDERED_COUNT, ORDERED_UNITS, OWN_CAP, PARTICIPATION, PLACED, PRICE_BYTES, QUANTITY, SCRATCH_BYTES, SIZE, SYMBOL_BYTES, THRESHOLD, TILE_TARGETS,
  WATCHED_DUE, WATCHED_LOCK, WATCH_BYTES,
} from './layout'
import { keepList, patternOf } from './pair'
import { ROUGH, WORD_SYMBOLS, WORD_VECTORS, addBits, symbolBits, symbolOf, twice } from './roughly'

/**
 * Decisions of a pair that trades to known targets, but holds by time or waits after exits: as in decide.ts a look
 * in float32 tells the symbols in which something may happen, and only those are worked out. False where a
 * position kept for its time might be above a limit: then nothing has been decided.
 */
export function decideTimed(pair: usize, prices: usize, tile: usize, row: i32, t: i32, kinds: i32): bool {
  const keeps = t < load<i32>(pair, EARLY_UNTIL)
  const equity = v128.load(pair, EQUITY)
  const rough = f64x2.mul(both(ROUGH), f64x2.add(equity, v128.load(pair, HELD)))
  const exact = f64x2.mul(v128.load(pair, THRESHOLD), equity)
  const cap = keeps ? capValue(pair) : both(Infinity)
  const moneys = twice(f32x4.demote_f64x2_zero(f64x2.mul(v128.load(pair, SIZE), equity)))
  v128.store(BOUNDS, f32x4.splat(<f32>t), NOW)
  v128.store(BOUNDS, twice(f32x4.demote_f64x2_zero(cap)), MOST)
  // Where every change counts, so does one that float32 does not see.
  const sees = f64x2.gt(exact, rough)
  const least = twice(f32x4.demote_f64x2_zero(choose(sees, f64x2.sub(exact, rough), both(-1))))
  const lots = lotValuesAt + <usize>(row * padded) * 8
  if (!every(sees)) seek(pair, tile, moneys, least, true, hasLots, lots)
  else if (hasLots) seek(pair, tile, moneys, least, false, true, lots)
  else seek(pair, tile, moneys, least, false, false, lots)
  if (!keeps) return orderDue(pair, prices, tile, row, kinds, false)
  return isBelowGross(pair, row) && orderDue(pair, prices, tile, row, kinds, true)
}

/** Σ of what each symbol may change by, as float32 has it, in the lanes [a b a b]. */
let changes: v128 = i64x2.splat(0)

/** What holds for all symbols: in memory, as V8 works out in every turn what finds no register. */
const BOUNDS = memory.data(64, 16)
/** float32, of the look: the row at hand, and what is clearly less than a position may be worth. */
const NOW = 0
const MOST = 16
/** float64, of the orders: full exposure, the least that is traded, and the least that an order may be thought to add to what is held. */
const MONEY = 0
const LEAST = 16
const FLOOR = 32

/** Clearly less than a position may be worth. */
function capValue(pair: usize): v128 {
  if (bindsCaps(patternOf(pair, 0)) || bindsCaps(patternOf(pair, 1))) return both(0)
  return f64x2.mul(f64x2.mul(v128.load(pair, OWN_CAP), v128.load(pair, EQUITY)), both(0.9999))
}

/**
 * Sets a bit for each symbol whose wanted and held values lie further apart than `least`, that leaves a position or may
 * have held it for long enough, that an exit has closed once that forbids nothing any more, or whose position is worth
 * more than the cap. What an exit has closed is not held, or its rest waits. With `exactly`, any change may count.
 */
// @ts-expect-error: decorator
@inline
function seek(pair: usize, tile: usize, moneys: v128, least: v128, exactly: bool, inLots: bool, lots: usize): void {
  const magnitude = magnitudeMask32()
  const sign = signMask32()
  const zero = f32x4.splat(0)
  let sum = zero
  let targets = tile + TILE_TARGETS
  let combined = keepsCombined ? combinedOf(tile, padded) : targets
  let held = heldAt
  let watches = pair + watchCells
  const last = held + ((<usize>symbols + 1) >> 1 << 4)
  for (let word = listsAt; held < last; word += 8) {
    let bits: u64 = 0
    const start = held
    for (const end = min(last, held + (WORD_VECTORS << 4)); held < end; held += 16) {
      const target = v128.load(targets)
      const has = v128.load(held)
      const wanted = f32x4.mul(target, moneys)
      let change = v128.and(f32x4.sub(wanted, has), magnitude)
      let nothing = zero
      if (inLots) {
        nothing = v128.load(lots)
        change = f32x4.add(change, nothing)
        lots += 16
      }
      sum = f32x4.add(sum, change)
      const isHeld = f32x4.ne(has, zero)
      const leaves = v128.and(f32x4.le(v128.xor(wanted, v128.and(has, sign)), nothing), isHeld)
      let moves = f32x4.gt(change, least)
      if (exactly) moves = v128.and(moves, v128.or(isHeld, f32x4.ne(target, zero)))
      const lock = v128.load(watches, WATCHED_LOCK)
      const opens = f32x4.le(f32x4.mul(v128.load(combined), lock), zero)
      const asks = v128.or(v128.andnot(v128.or(leaves, moves), f32x4.eq(lock, lock)), opens)
      const late = v128.or(f32x4.le(v128.load(watches, WATCHED_DUE), v128.load(BOUNDS, NOW)), f32x4.gt(v128.and(has, magnitude), v128.load(BOUNDS, MOST)))
      bits = addBits(bits, v128.or(asks, late))
      targets += 16
      combined += 16
      watches += WATCH_BYTES
    }
    store<u64>(word, symbolBits(bits, <u64>((held - start) >> 4)))
  }
  changes = sum
}

/** The orders of the symbols that have a bit, exactly; the pair's list is of those that have one. */
// @ts-expect-error: decorator
@inline
function orderDue(pair: usize, prices: usize, tile: usize, row: i32, kinds: i32, keeps: bool): bool {
  const equity = v128.load(pair, EQUITY)
  v128.store(BOUNDS, f64x2.mul(v128.load(pair, SIZE), equity), MONEY)
  v128.store(BOUNDS, f64x2.mul(v128.load(pair, THRESHOLD), equity), LEAST)
  v128.store(BOUNDS, choose(f64x2.lt(v128.load(pair, PARTICIPATION), both(Infinity)), both(0), both(-Infinity)), FLOOR)
  const start = pair + HEAD_BYTES + <usize>symbols * CELL_BYTES
  const magnitude = magnitudeMask()
  const zero = both(0)
  let list = start
  let count = i64x2.splat(0)
  let changing = zero
  let growing = zero
  let units = zero
  let word = listsAt
  for (let first: usize = 0; first < <usize>symbols; first += WORD_SYMBOLS) {
    for (let bits = load<u64>(word); bits != 0; bits &= bits - 1) {
      const n = first + symbolOf(bits)
      if (!isTradable(kinds, row, n)) continue
      if (keepsCombined) releaseLock(pair, combinedOf(tile, padded), n, zero)
      const cell = pair + HEAD_BYTES + n * CELL_BYTES
      const unit = v128.load64_splat(prices + n * PRICE_BYTES, CLOSE_UNIT)
      const target = f64x2.promote_low_f32x4(v128.load64_zero(tile + TILE_TARGETS + (n << 3)))
      const held = v128.load(cell, QUANTITY)
      const quantity = toLots(f64x2.div(f64x2.mul(target, v128.load(BOUNDS, MONEY)), unit), symbolsAt + n * SYMBOL_BYTES)
      const wanted = choose(f64x2.eq(target, target), quantity, held)
      const desired = keepTime(pair, n, row, held, wanted, keeps)
      if (records) v128.store(scratchAt + n * SCRATCH_BYTES, expired, EXPIRED)
      const heldSize = v128.and(held, magnitude)
      if (keeps) {
        // What is kept for its time counts against the limits as it is, not as it was wanted.
        const early = v128.and(v128.and(f64x2.eq(desired, held), f64x2.ne(wanted, held)), f64x2.ne(held, zero))
        if (some(early) && !isBelowCap(pair, f64x2.mul(heldSize, unit), early)) return forget(pair, start, list)
      }
      const change = f64x2.sub(desired, held)
      const size = v128.and(change, magnitude)
      const value = f64x2.mul(size, unit)
      const leaves = v128.or(f64x2.eq(desired, zero), opposite(desired, held))
      const orders = v128.and(v128.or(leaves, f64x2.gt(value, v128.load(BOUNDS, LEAST))), f64x2.ne(change, zero))
      const growth = f64x2.mul(f64x2.sub(v128.and(desired, magnitude), heldSize), unit)
      v128.store(cell, where(orders, change), ORDER)
      count = i64x2.sub(count, orders)
      changing = f64x2.add(changing, where(orders, value))
      growing = f64x2.add(growing, where(orders, f64x2.pmax(growth, v128.load(BOUNDS, FLOOR))))
      units = f64x2.add(units, where(orders, size))
      store<u32>(list, <u32>n)
      list += <usize>i32(some(orders)) << 2
    }
    word += 8
  }
  if (records) noteOrders(pair, start, list)
  const counted = f64x2.convert_low_i32x4_s(v128.shuffle<i32>(count, count, 0, 2, 0, 2))
  v128.store(pair, units, ORDERED_UNITS)
  v128.store(pair, counted, ORDERED_COUNT)
  keepList(pair, list, start, counted, changing, growing)
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
