import { decideCarefully } from './careful'
import { combinedOf, releaseLocks } from './exits'
import { note, records, tellLater } from './journal'
import { growthOf, keepList } from './pair'
import { NAMED, NAMES, ROUGH, twice } from './roughly'
import { decideTimed } from './timed'
import { firstRow, hasLots, heldAt, isLong, isTradable, keepsCombined, lotValuesAt, padded, symbols, symbolsAt, toLots } from './block'
import { addTo, any, both, choose, magnitudeMask, magnitudeMask32, one, opposite, signMask32, where } from './lanes'
import {
  CELL_BYTES, CLOSE_UNIT, DECIDES_SIMPLY, DRAWDOWN_LIMIT, DRAWDOWN_STOPS, ENDED, EQUITY, EVERY_BARS, FLAGS, HAS_ENDED, HAS_GAPS, HAS_STOP, HEAD_BYTES, HELD,
  HOLDS, IS_TIMED, LISTED, OPPOSITE_IGNORED, ORDER, ORDERED_COUNT, ORDERED_UNITS, PLACED, PRICE_BYTES, QUANTITY, RESTS_BETWEEN_EVENTS, RESUME_AFTER_BARS, SIZE, START_MASK, STOPPED_AT,
  STOP_PEAK, SYMBOL_BYTES, THRESHOLD, TILE_CAREFUL, TILE_TARGETS,
} from './layout'

/**
 * Decides at the close of row t. Most rows are simple: every target is known, traded to and within its limits,
 * so a quick look in float32 lists the symbols that may trade, and only those are worked out.
 */
// @ts-expect-error: decorator
@inline
export function decidePair(pair: usize, prices: usize, tile: usize, row: i32, t: i32, kinds: i32): void {
  const simple = isSimple(pair, tile, row, t, kinds)
  if (simple && (load<i32>(pair, FLAGS) & IS_TIMED) != 0) {
    if (decideTimed(pair, prices, tile, row, t, kinds)) return
  } else if (simple) {
    const list = pair + HEAD_BYTES + <usize>symbols * CELL_BYTES
    const end = listChanges(pair, tile, row, list)
    orderListed(pair, prices, tile, list, end, row, kinds)
    return
  } else if (rests(pair, tile, row, kinds)) return
  if (keepsCombined) releaseLocks(pair, combinedOf(tile, padded), row, kinds, f64x2.gt(v128.load(pair, ENDED), both(0)))
  decideCarefully(pair, prices, tile, row, kinds, out, isScheduled(pair, t, kinds))
}

/** Whether no target of the row is an event for a pair that acts at events only. */
// @ts-expect-error: decorator
@inline
export function rests(pair: usize, tile: usize, row: i32, kinds: i32): bool {
  if ((load<i32>(pair, FLAGS) & RESTS_BETWEEN_EVENTS) == 0 || load<i32>(pair, LISTED) != 0 || any(out)) return false
  const ignored = v128.load(pair, OPPOSITE_IGNORED)
  let cell = pair + HEAD_BYTES
  for (let n: usize = 0; n < <usize>symbols; n++) {
    const target = f64x2.promote_low_f32x4(v128.load64_zero(tile + TILE_TARGETS + (n << 3)))
    const held = v128.load(cell, QUANTITY)
    const along = f64x2.gt(f64x2.mul(target, held), both(0))
    const keeps = v128.or(along, v128.and(opposite(target, held), ignored))
    const isSame = v128.or(v128.or(f64x2.eq(target, held), f64x2.ne(target, target)), keeps)
    if (!v128.all_true<i64>(isSame) && isTradable(kinds, row, n)) return false
    cell += CELL_BYTES
  }
  return true
}

/** Lanes that everything goes out of, as `isSimple` found them. */
export let out: v128 = i64x2.splat(0)

/** Whether both trade to known targets now, none of which limits can bind; steps the drawdown stops. */
// @ts-expect-error: decorator
@inline
export function isSimple(pair: usize, tile: usize, row: i32, t: i32, kinds: i32): bool {
  const flags = load<i32>(pair, FLAGS)
  let goesOut = false
  if ((flags & (HAS_STOP | HAS_ENDED)) != 0) {
    const ended = f64x2.gt(v128.load(pair, ENDED), both(0))
    const everything = v128.or(ended, isStopped(pair, t, ended))
    goesOut = any(everything)
    out = everything
  } else out = i64x2.splat(0)
  if (goesOut || (flags & DECIDES_SIMPLY) == 0 || load<i32>(pair, LISTED) != 0) return false
  const careful = load<i32>(tile, TILE_CAREFUL)
  if ((careful & ~2) != 0) return false
  return (careful == 0 && (kinds & HAS_GAPS) == 0) || keepsNothing(pair, tile, row, kinds)
}

/** Whether every symbol that is held can be traded to a known target: then no limit can bind what is kept. */
function keepsNothing(pair: usize, tile: usize, row: i32, kinds: i32): bool {
  let cell = pair + HEAD_BYTES
  for (let n: usize = 0; n < <usize>symbols; n++) {
    const target = f64x2.promote_low_f32x4(v128.load64_zero(tile + TILE_TARGETS + (n << 3)))
    const kept = isTradable(kinds, row, n) ? f64x2.ne(target, target) : i64x2.splat(-1)
    if (any(v128.and(kept, f64x2.ne(v128.load(cell, QUANTITY), both(0))))) return false
    cell += CELL_BYTES
  }
  return true
}

/** Lanes that the drawdown stop keeps out. The peak begins again where trading resumes. */
// @ts-expect-error: decorator
@inline
function isStopped(pair: usize, t: i32, ended: v128): v128 {
  const equity = v128.load(pair, EQUITY)
  const peak = v128.load(pair, STOP_PEAK)
  const stoppedAt = v128.load(pair, STOPPED_AT)
  const falls = f64x2.ge(f64x2.sub(peak, equity), f64x2.mul(v128.load(pair, DRAWDOWN_LIMIT), peak))
  const wasStopped = f64x2.ge(stoppedAt, both(0))
  if (any(v128.or(falls, wasStopped))) return stop(pair, t, ended)
  v128.store(pair, f64x2.pmax(peak, equity), STOP_PEAK)
  return both(0)
}

function stop(pair: usize, t: i32, ended: v128): v128 {
  const equity = v128.load(pair, EQUITY)
  const peak = v128.load(pair, STOP_PEAK)
  const stoppedAt = v128.load(pair, STOPPED_AT)
  const now = both(<f64>t)
  const wasStopped = f64x2.ge(stoppedAt, both(0))
  const waits = f64x2.lt(f64x2.sub(now, stoppedAt), v128.load(pair, RESUME_AFTER_BARS))
  const remains = v128.and(wasStopped, waits)
  const resumes = v128.andnot(wasStopped, remains)
  const rises = f64x2.gt(equity, peak)
  const falls = f64x2.ge(f64x2.sub(peak, equity), f64x2.mul(v128.load(pair, DRAWDOWN_LIMIT), peak))
  const hits = v128.andnot(v128.andnot(falls, v128.or(rises, wasStopped)), ended)
  v128.store(pair, choose(v128.or(resumes, v128.andnot(rises, wasStopped)), equity, peak), STOP_PEAK)
  v128.store(pair, choose(hits, now, choose(resumes, both(-1), stoppedAt)), STOPPED_AT)
  addTo(pair + DRAWDOWN_STOPS, one(hits))
  return v128.or(remains, hits)
}

/** Lanes that trade to their targets in row t: every n rows of the run, at the start of a period, or at events. */
export function isScheduled(pair: usize, t: i32, kinds: i32): v128 {
  const every = v128.load(pair, EVERY_BARS)
  const since = both(<f64>(t - firstRow))
  const counted = f64x2.eq(f64x2.mul(f64x2.floor(f64x2.div(since, every)), every), since)
  const started = i64x2.ne(v128.and(v128.load(pair, START_MASK), i64x2.splat(<i64>kinds)), i64x2.splat(0))
  return v128.or(v128.or(counted, started), v128.load(pair, HOLDS))
}

/**
 * Lists the symbols whose wanted and held values are further apart than the threshold, as float32 can tell, or
 * that leave a position whatever the threshold: two symbols of two portfolios at a time. Gives the list's end.
 */
// @ts-expect-error: decorator
@inline
function listChanges(pair: usize, tile: usize, row: i32, list: usize): usize {
  const equity = v128.load(pair, EQUITY)
  const money = f64x2.mul(v128.load(pair, SIZE), equity)
  const exact = f64x2.mul(v128.load(pair, THRESHOLD), equity)
  const moneys = twice(f32x4.demote_f64x2_zero(money))
  const rough = f64x2.mul(both(ROUGH), f64x2.add(equity, v128.load(pair, HELD)))
  // Where every change counts, so does one that float32 does not see.
  if (!v128.all_true<i64>(f64x2.gt(exact, rough))) return listAll(tile, list)
  const least = twice(f32x4.demote_f64x2_zero(f64x2.sub(exact, rough)))
  if (hasLots) return listBeyond(tile, list, moneys, least, lotValuesAt + <usize>(row * padded) * 8)
  return listBeyond(tile, list, moneys, least, 0)
}

// @ts-expect-error: decorator
@inline
function listBeyond(tile: usize, list: usize, moneys: v128, least: v128, lotValues: usize): usize {
  const magnitude = magnitudeMask32()
  const sign = signMask32()
  const zero = f32x4.splat(0)
  let targets = tile + TILE_TARGETS
  let held = heldAt
  let names: u64 = 0
  for (const end = held + ((<usize>symbols + 1) >> 1 << 4); held < end; held += 16) {
    const wanted = f32x4.mul(v128.load(targets), moneys)
    const has = v128.load(held)
    let change = v128.and(f32x4.sub(wanted, has), magnitude)
    let nothing = zero
    if (lotValues != 0) {
      nothing = v128.load(lotValues)
      change = f32x4.add(change, nothing)
      lotValues += 16
    }
    const leaves = v128.and(f32x4.le(v128.xor(wanted, v128.and(has, sign)), nothing), f32x4.ne(has, zero))
    const bits = i32x4.bitmask(v128.or(f32x4.gt(change, least), leaves))
    store<u64>(list, names + load<u64>(NAMED + (<usize>bits << 3)))
    list += load<u32>(NAMES + (<usize>bits << 2))
    names += 0x2_0000_0002
    targets += 16
  }
  return list
}

/** Every symbol that is wanted or held by one of the two. */
function listAll(tile: usize, list: usize): usize {
  const zero = f32x4.splat(0)
  let targets = tile + TILE_TARGETS
  let held = heldAt
  for (let n = 0; n < symbols; n += 2) {
    const bits = i32x4.bitmask(v128.or(f32x4.ne(v128.load(targets), zero), f32x4.ne(v128.load(held), zero)))
    store<u32>(list, n)
    list += <usize>i32((bits & 3) != 0) << 2
    store<u32>(list, n + 1)
    list += <usize>i32(bits > 3) << 2
    targets += 16
    held += 16
  }
  return list
}

/** The orders of the listed symbols, exactly; the list keeps those that have one. */
// @ts-expect-error: decorator
@inline
function orderListed(pair: usize, prices: usize, tile: usize, list: usize, end: usize, row: i32, kinds: i32): void {
  const equity = v128.load(pair, EQUITY)
  const money = f64x2.mul(v128.load(pair, SIZE), equity)
  const least = f64x2.mul(v128.load(pair, THRESHOLD), equity)
  const start = list
  let count = both(0)
  let changing = both(0)
  let growing = both(0)
  let units = both(0)
  const magnitude = magnitudeMask()
  for (let at = list; at < end; at += 4) {
    const n = <usize>load<u32>(at)
    if (!isTradable(kinds, row, n)) continue
    const cell = pair + HEAD_BYTES + n * CELL_BYTES
    const unit = v128.load64_splat(prices + n * PRICE_BYTES, CLOSE_UNIT)
    const target = f64x2.promote_low_f32x4(v128.load64_zero(tile + TILE_TARGETS + (n << 3)))
    const held = v128.load(cell, QUANTITY)
    const desired = toLots(f64x2.div(f64x2.mul(target, money), unit), symbolsAt + n * SYMBOL_BYTES)
    const change = f64x2.sub(desired, held)
    const size = v128.and(change, magnitude)
    const value = f64x2.mul(size, unit)
    const leaves = v128.or(f64x2.eq(desired, both(0)), opposite(desired, held))
    const orders = v128.and(v128.or(leaves, f64x2.gt(value, least)), f64x2.ne(change, both(0)))
    const growth = f64x2.mul(f64x2.sub(v128.and(desired, magnitude), v128.and(held, magnitude)), unit)
    v128.store(cell, where(orders, change), ORDER)
    if (records && isLong) note(pair, orders, PLACED, n, change)
    count = f64x2.add(count, one(orders))
    changing = f64x2.add(changing, where(orders, value))
    growing = f64x2.add(growing, where(orders, growthOf(pair, growth)))
    if (isLong) units = f64x2.add(units, where(orders, size))
    store<u32>(list, <u32>n)
    list += <usize>i32(any(orders)) << 2
  }
  tellLater(pair)
  if (isLong) {
    v128.store(pair, units, ORDERED_UNITS)
    v128.store(pair, count, ORDERED_COUNT)
  }
  keepList(pair, list, start, count, changing, growing)
}
