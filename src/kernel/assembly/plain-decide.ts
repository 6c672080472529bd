import { firstRow, hasLots, heldAt, lotValuesAt, padded, scratchAt, symbols, symbolsAt, toLots } from './block'
import { LIMIT_SLACK, addTo, any, both, choose, magnitudeMask, magnitudeMask32, one, opposite, signMask32, where } from './lanes'
import {
  CELL_BYTES, CHANGING, CLOSE_UNIT, DESIRED, DRAWDOWN_LIMIT, DRAWDOWN_STOPS, ENDED, EQUITY, EVERY_BARS, EXPOSURE_RULES, FORCED, HEAD_BYTES,
  GROSS, HELD, LISTED, ORDER, ORDERS, OWN_CAP, PATTERN, PATTERN_CAP, PATTERN_GROSS, PATTERN_VETO, PATTERN_VETOES, PRICE_BYTES, QUANTITY, RESUME_AFTER_BARS,
  SCRATCH_BYTES, SIZE, STOPPED_AT, STOP_PEAK, SYMBOL_BYTES, THRESHOLD, TILE_CAREFUL, TILE_TARGETS, VETOED_COUNT, WANTED,
} from './layout'

/**
 * Decides at the close of row t. Most rows are simple: every target is known, traded to and within its limits,
 * so a quick look in float32 lists the symbols that may trade, and only those are worked out.
 */
// @ts-ignore: decorator
@inline
export function decidePair(pair: usize, prices: usize, tile: usize, row: i32, t: i32): void {
  const ended = f64x2.gt(v128.load(pair, ENDED), both(0))
  const out = v128.or(ended, isStopped(pair, t, ended))
  const acts = isScheduled(pair, t)
  const list = pair + HEAD_BYTES + <usize>symbols * CELL_BYTES
  const within = f64x2.le(v128.load(pair, SIZE), both(1))
  if (v128.all_true<i64>(v128.andnot(v128.and(acts, within), out)) && load<i32>(tile, TILE_CAREFUL) == 0 && !hasVetoes(pair, row)) {
    const end = listChanges(pair, tile, row, list)
    orderListed(pair, prices, tile, list, end)
  } else {
    decideCarefully(pair, prices, tile, row, list, out, acts)
  }
}

/** Lanes that the drawdown stop keeps out. The peak begins again where trading resumes. */
// @ts-ignore: decorator
@inline
function isStopped(pair: usize, t: i32, ended: v128): v128 {
  const equity = v128.load(pair, EQUITY)
  const peak = v128.load(pair, STOP_PEAK)
  const stoppedAt = v128.load(pair, STOPPED_AT)
  const rises = f64x2.gt(equity, peak)
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

/** Lanes that trade to their targets in row t: every n rows of the run. */
// @ts-ignore: decorator
@inline
function isScheduled(pair: usize, t: i32): v128 {
  const every = v128.load(pair, EVERY_BARS)
  const always = f64x2.eq(every, both(1))
  if (v128.all_true<i64>(always)) return always
  const since = both(<f64>(t - firstRow))
  const times = f64x2.floor(f64x2.div(since, every))
  return f64x2.eq(f64x2.mul(times, every), since)
}

// @ts-ignore: decorator
@inline
function patternOf(pair: usize, lane: usize): usize {
  return load<u32>(load<u32>(pair + (lane << 2), EXPOSURE_RULES), PATTERN)
}

// @ts-ignore: decorator
@inline
function hasVetoes(pair: usize, row: i32): bool {
  const a = patternOf(pair, 0)
  const b = patternOf(pair, 1)
  const at = <usize>row << 2
  return (a != 0 && load<i32>(load<u32>(a, PATTERN_VETOES) + at) != 0) || (b != 0 && load<i32>(load<u32>(b, PATTERN_VETOES) + at) != 0)
}

/** How far float32 values of up to the equity and what is held may lie from the exact ones, with room to spare. */
const ROUGH: f64 = 1e-6

/**
 * Which of two symbols the four bits of two portfolios name, by those bits: their offsets, packed to the front,
 * and then by the same bits how many they are.
 */
const NAMED = memory.data<u64>([0, 0, 0, 0, 1, 0x1_0000_0000, 0x1_0000_0000, 0x1_0000_0000, 1, 0x1_0000_0000, 0x1_0000_0000, 0x1_0000_0000, 1, 0x1_0000_0000, 0x1_0000_0000, 0x1_0000_0000], 16)
const NAMES = memory.data<u32>([0, 4, 4, 4, 4, 8, 8, 8, 4, 8, 8, 8, 4, 8, 8, 8], 16)

/**
 * Lists the symbols whose wanted and held values are further apart than the threshold, as float32 can tell, or
 * that leave a position whatever the threshold: two symbols of two portfolios at a time. Gives the list's end.
 */
// @ts-ignore: decorator
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

// @ts-ignore: decorator
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

/** [a b · ·] becomes [a b a b]. */
// @ts-ignore: decorator
@inline
function twice(value: v128): v128 {
  return v128.shuffle<i32>(value, value, 0, 1, 0, 1)
}

/** The orders of the listed symbols, exactly; the list keeps those that have one. */
// @ts-ignore: decorator
@inline
function orderListed(pair: usize, prices: usize, tile: usize, list: usize, end: usize): void {
  const equity = v128.load(pair, EQUITY)
  const money = f64x2.mul(v128.load(pair, SIZE), equity)
  const least = f64x2.mul(v128.load(pair, THRESHOLD), equity)
  const start = list
  let count = both(0)
  let changing = both(0)
  let growing = both(0)
  const magnitude = magnitudeMask()
  for (let at = list; at < end; at += 4) {
    const n = <usize>load<u32>(at)
    const cell = pair + HEAD_BYTES + n * CELL_BYTES
    const unit = v128.load64_splat(prices + n * PRICE_BYTES, CLOSE_UNIT)
    const target = f64x2.promote_low_f32x4(v128.load64_zero(tile + TILE_TARGETS + (n << 3)))
    const held = v128.load(cell, QUANTITY)
    const desired = toLots(f64x2.div(f64x2.mul(target, money), unit), symbolsAt + n * SYMBOL_BYTES)
    const change = f64x2.sub(desired, held)
    const value = f64x2.mul(v128.and(change, magnitude), unit)
    const leaves = v128.or(f64x2.eq(desired, both(0)), opposite(desired, held))
    const orders = v128.and(v128.or(leaves, f64x2.gt(value, least)), f64x2.ne(change, both(0)))
    const growth = f64x2.mul(f64x2.sub(v128.and(desired, magnitude), v128.and(held, magnitude)), unit)
    v128.store(cell, where(orders, change), ORDER)
    count = f64x2.add(count, one(orders))
    changing = f64x2.add(changing, where(orders, value))
    growing = f64x2.add(growing, where(orders, growth))
    store<u32>(list, <u32>n)
    list += <usize>i32(any(orders)) << 2
  }
  keepList(pair, list, start, count, changing, growing)
}

// @ts-ignore: decorator
@inline
function keepList(pair: usize, end: usize, start: usize, count: v128, changing: v128, growing: v128): void {
  addTo(pair + ORDERS, count)
  store<i32>(pair, <i32>((end - start) >> 2), LISTED)
  v128.store(pair, changing, CHANGING)
  v128.store(pair, f64x2.add(v128.load(pair, HELD), growing), WANTED)
}

/** The two portfolios' values of a pattern field for symbol n, `none` where a portfolio has no pattern. */
// @ts-ignore: decorator
@inline
function decided(pair: usize, field: usize, at: usize, none: v128): v128 {
  const first = patternOf(pair, 0)
  const second = patternOf(pair, 1)
  let value = none
  if (first != 0) value = f64x2.replace_lane(value, 0, load<f32>(load<u32>(first + field) + at))
  if (second != 0) value = f64x2.replace_lane(value, 1, load<f32>(load<u32>(second + field) + at))
  return value
}

/** Every symbol, with unknown targets, schedules, vetoes, and limits on what is held. */
function decideCarefully(pair: usize, prices: usize, tile: usize, row: i32, list: usize, out: v128, acts: v128): void {
  if (v128.all_true<i64>(out)) desireNothing()
  else {
    desireQuantities(pair, prices, tile, row, out, acts)
    limitGross(pair, prices, row, out)
  }
  placeOrders(pair, prices, list)
}

function desireNothing(): void {
  let scratch = scratchAt
  for (let n = 0; n < symbols; n++) {
    v128.store(scratch, both(0), DESIRED)
    v128.store(scratch, both(0), FORCED)
    scratch += SCRATCH_BYTES
  }
}

/** Target × size × equity / unit to lots, then the veto, then the cap: symbol by symbol. */
function desireQuantities(pair: usize, prices: usize, tile: usize, row: i32, out: v128, acts: v128): void {
  const equity = v128.load(pair, EQUITY)
  const money = f64x2.mul(v128.load(pair, SIZE), equity)
  const ownCap = v128.load(pair, OWN_CAP)
  const hasPattern = patternOf(pair, 0) != 0 || patternOf(pair, 1) != 0
  let at = <usize>(row * padded) << 2
  let targets = tile + TILE_TARGETS
  let cell = pair + HEAD_BYTES
  let scratch = scratchAt
  let symbol = symbolsAt
  let vetoed = both(0)
  for (let n = 0; n < symbols; n++) {
    const held = v128.load(cell, QUANTITY)
    const target = f64x2.promote_low_f32x4(v128.load64_zero(targets))
    const unit = v128.load64_splat(prices, CLOSE_UNIT)
    const moves = v128.and(f64x2.eq(target, target), acts)
    let desired = choose(moves, toLots(f64x2.div(f64x2.mul(target, money), unit), symbol), held)
    let cap = ownCap
    if (hasPattern) {
      cap = f64x2.pmin(decided(pair, PATTERN_CAP, at, both(f64.POSITIVE_INFINITY)), ownCap)
      const forbidden = f64x2.ne(decided(pair, PATTERN_VETO, at, both(0)), both(0))
      const flips = opposite(desired, held)
      const grows = v128.or(flips, f64x2.gt(f64x2.abs(desired), f64x2.abs(held)))
      const stays = v128.andnot(v128.and(forbidden, grows), out)
      desired = choose(stays, v128.andnot(held, flips), desired)
      vetoed = f64x2.add(vetoed, one(stays))
    }
    const limit = f64x2.mul(cap, equity)
    const exceeds = f64x2.gt(f64x2.mul(f64x2.abs(desired), unit), f64x2.mul(limit, both(LIMIT_SLACK)))
    let forced = both(0)
    if (any(exceeds)) {
      const allowed = f64x2.div(limit, unit)
      const kept = toLots(choose(f64x2.gt(desired, both(0)), allowed, f64x2.neg(allowed)), symbol)
      desired = choose(exceeds, f64x2.add(kept, both(0)), desired)
      forced = v128.and(exceeds, reduces(held, desired))
    }
    v128.store(scratch, v128.andnot(desired, out), DESIRED)
    v128.store(scratch, forced, FORCED)
    at += 4
    targets += 8
    prices += PRICE_BYTES
    cell += CELL_BYTES
    scratch += SCRATCH_BYTES
    symbol += SYMBOL_BYTES
  }
  addTo(pair + VETOED_COUNT, vetoed)
}

/** Lanes in which a cut brings the position toward zero. */
// @ts-ignore: decorator
@inline
function reduces(held: v128, desired: v128): v128 {
  const long = v128.and(f64x2.lt(desired, held), f64x2.ge(desired, both(0)))
  const short = v128.and(f64x2.gt(desired, held), f64x2.le(desired, both(0)))
  return choose(f64x2.gt(held, both(0)), long, short)
}

/** The smaller of a portfolio's gross limit and its pattern's in a row. */
function grossOf(pair: usize, lane: usize, row: i32): f64 {
  const own = load<f32>(load<u32>(pair + (lane << 2), EXPOSURE_RULES), GROSS)
  const pattern = patternOf(pair, lane)
  if (pattern == 0) return own
  const decided = load<f32>(load<u32>(pattern, PATTERN_GROSS) + (<usize>row << 2))
  return decided < own ? decided : own
}

/** Σ|desired value| above gross × equity: every desired quantity × one factor, to lots. */
function limitGross(pair: usize, prices: usize, row: i32, out: v128): void {
  const gross = f64x2.replace_lane(both(grossOf(pair, 0, row)), 1, grossOf(pair, 1, row))
  const limited = v128.andnot(f64x2.lt(gross, both(f64.POSITIVE_INFINITY)), out)
  if (!any(limited)) return
  const allowed = f64x2.mul(gross, v128.load(pair, EQUITY))
  let total = both(0)
  let scratch = scratchAt
  for (let n = 0; n < symbols; n++) {
    total = f64x2.add(total, f64x2.mul(f64x2.abs(v128.load(scratch, DESIRED)), v128.load64_splat(prices, CLOSE_UNIT)))
    scratch += SCRATCH_BYTES
    prices += PRICE_BYTES
  }
  const exceeds = v128.and(limited, f64x2.gt(total, f64x2.mul(allowed, both(LIMIT_SLACK))))
  if (any(exceeds)) cutAll(pair, exceeds, f64x2.max(both(0), f64x2.div(allowed, total)))
}

function cutAll(pair: usize, lanes: v128, factor: v128): void {
  let cell = pair + HEAD_BYTES
  let scratch = scratchAt
  let symbol = symbolsAt
  for (let n = 0; n < symbols; n++) {
    const desired = v128.load(scratch, DESIRED)
    const cut = v128.and(lanes, f64x2.ne(desired, both(0)))
    const kept = f64x2.add(toLots(f64x2.mul(desired, factor), symbol), both(0))
    const after = choose(cut, kept, desired)
    const forced = v128.and(cut, reduces(v128.load(cell, QUANTITY), after))
    v128.store(scratch, after, DESIRED)
    v128.store(scratch, v128.or(v128.load(scratch, FORCED), forced), FORCED)
    cell += CELL_BYTES
    scratch += SCRATCH_BYTES
    symbol += SYMBOL_BYTES
  }
}

/** One order per symbol whose desired quantity differs: more than the threshold, to or through zero, or forced. */
function placeOrders(pair: usize, prices: usize, list: usize): void {
  const least = f64x2.mul(v128.load(pair, THRESHOLD), v128.load(pair, EQUITY))
  const start = list
  let cell = pair + HEAD_BYTES
  let scratch = scratchAt
  let count = both(0)
  let changing = both(0)
  let growing = both(0)
  for (let n = 0; n < symbols; n++) {
    const held = v128.load(cell, QUANTITY)
    const desired = v128.load(scratch, DESIRED)
    const unit = v128.load64_splat(prices, CLOSE_UNIT)
    const change = f64x2.sub(desired, held)
    const value = f64x2.mul(f64x2.abs(change), unit)
    const leaves = v128.or(f64x2.eq(desired, both(0)), opposite(desired, held))
    const passes = v128.or(v128.or(leaves, v128.load(scratch, FORCED)), f64x2.gt(value, least))
    const orders = v128.and(passes, f64x2.ne(change, both(0)))
    v128.store(cell, where(orders, change), ORDER)
    count = f64x2.add(count, one(orders))
    changing = f64x2.add(changing, where(orders, value))
    growing = f64x2.add(growing, where(orders, f64x2.mul(f64x2.sub(f64x2.abs(desired), f64x2.abs(held)), unit)))
    store<u32>(list, n)
    list += <usize>i32(any(orders)) << 2
    cell += CELL_BYTES
    scratch += SCRATCH_BYTES
    prices += PRICE_BYTES
  }
  keepList(pair, list, start, count, changing, growing)
}
