import { firstRow, padded, scratchAt, symbols, symbolsAt } from './block'
import { LIMIT_SLACK } from './fills'
import { addTo, any, both, choose, one, toLots, where } from './lanes'
import {
  CAPPED_COUNT, CELL_BYTES, CLOSE_UNIT, DESIRED, DRAWDOWN_LIMIT, DRAWDOWN_STOPS, ENDED, EQUITY, EVERY_BARS, EXPOSURE_RULES, FORCED,
  GROSS_LIMITED_BARS, HAS_ORDERS, HEAD_BYTES, LOT, ORDER, ORDERS, OWN_CAP, PATTERN, PATTERN_CAP, PATTERN_VETO, PRICE_BYTES,
  QUANTITY, RESUME_AFTER_BARS, SCALED_BARS, SCRATCH_BYTES, SIGNAL_COUNT, SIZE, STOPPED_AT, STOP_PEAK, SYMBOL_BYTES, THRESHOLD,
  TILE_CAPPED, TILE_CUT, TILE_GROSS, TILE_SCALED, TILE_SIGNALS, TILE_TARGETS, VETOED_COUNT,
} from './layout'

/** Decides at the close of row t: quantities from the tile's targets, limits on what is held, orders. */
export function decidePair(pair: usize, prices: usize, tile: usize, row: i32, t: i32): void {
  const ended = f64x2.gt(v128.load(pair, ENDED), both(0))
  const out = v128.or(ended, isStopped(pair, t, ended))
  countExposure(pair, tile, ended)
  if (v128.all_true<i64>(out)) desireNothing()
  else {
    desireQuantities(pair, prices, tile, row, out, isScheduled(pair, t))
    limitGross(pair, prices, tile, out)
  }
  placeOrders(pair, prices)
}

/** Lanes that the drawdown stop keeps out. The peak begins again where trading resumes. */
function isStopped(pair: usize, t: i32, ended: v128): v128 {
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

function countExposure(pair: usize, tile: usize, ended: v128): void {
  addTo(pair + SIGNAL_COUNT, v128.andnot(v128.load(tile, TILE_SIGNALS), ended))
  addTo(pair + CAPPED_COUNT, v128.andnot(v128.load(tile, TILE_CAPPED), ended))
  addTo(pair + SCALED_BARS, v128.andnot(v128.load(tile, TILE_SCALED), ended))
  addTo(pair + GROSS_LIMITED_BARS, v128.andnot(v128.load(tile, TILE_CUT), ended))
}

/** Lanes that trade to their targets in row t: every n rows of the run. */
function isScheduled(pair: usize, t: i32): v128 {
  const since = both(<f64>(t - firstRow))
  const every = v128.load(pair, EVERY_BARS)
  const times = f64x2.floor(f64x2.div(since, every))
  return f64x2.eq(f64x2.mul(times, every), since)
}

function desireNothing(): void {
  let scratch = scratchAt
  for (let n = 0; n < symbols; n++) {
    v128.store(scratch, both(0), DESIRED)
    v128.store(scratch, both(0), FORCED)
    scratch += SCRATCH_BYTES
  }
}

// @ts-ignore: decorator
@inline
function patternOf(pair: usize, lane: usize): usize {
  return load<u32>(load<u32>(pair + (lane << 2), EXPOSURE_RULES), PATTERN)
}

/** The two portfolios' values of a pattern field for symbol n, `none` where a portfolio has no pattern. */
// @ts-ignore: decorator
@inline
function decided(pair: usize, field: usize, cell: usize, none: v128): v128 {
  const first = patternOf(pair, 0)
  const second = patternOf(pair, 1)
  let value = none
  if (first != 0) value = f64x2.replace_lane(value, 0, load<f32>(load<u32>(first + field) + cell))
  if (second != 0) value = f64x2.replace_lane(value, 1, load<f32>(load<u32>(second + field) + cell))
  return value
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
    const lot = load<f64>(symbol, LOT)
    const moves = v128.and(f64x2.eq(target, target), acts)
    let desired = choose(moves, toLots(f64x2.div(f64x2.mul(target, money), unit), lot), held)
    let cap = ownCap
    if (hasPattern) {
      cap = f64x2.pmin(decided(pair, PATTERN_CAP, at, both(f64.POSITIVE_INFINITY)), ownCap)
      const forbidden = f64x2.ne(decided(pair, PATTERN_VETO, at, both(0)), both(0))
      const flips = f64x2.lt(f64x2.mul(sign(desired), sign(held)), both(0))
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
      const kept = toLots(choose(f64x2.gt(desired, both(0)), allowed, f64x2.neg(allowed)), lot)
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

/** −1, 0 or 1. */
// @ts-ignore: decorator
@inline
function sign(value: v128): v128 {
  return f64x2.sub(one(f64x2.gt(value, both(0))), one(f64x2.lt(value, both(0))))
}

/** Lanes in which a cut brings the position toward zero. */
// @ts-ignore: decorator
@inline
function reduces(held: v128, desired: v128): v128 {
  const long = v128.and(f64x2.lt(desired, held), f64x2.ge(desired, both(0)))
  const short = v128.and(f64x2.gt(desired, held), f64x2.le(desired, both(0)))
  return choose(f64x2.gt(held, both(0)), long, short)
}

/** Σ|desired value| above gross × equity: every desired quantity × one factor, to lots. */
function limitGross(pair: usize, prices: usize, tile: usize, out: v128): void {
  const gross = v128.load(tile, TILE_GROSS)
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
    const kept = f64x2.add(toLots(f64x2.mul(desired, factor), load<f64>(symbol, LOT)), both(0))
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
function placeOrders(pair: usize, prices: usize): void {
  const least = f64x2.mul(v128.load(pair, THRESHOLD), v128.load(pair, EQUITY))
  let cell = pair + HEAD_BYTES
  let scratch = scratchAt
  let count = both(0)
  for (let n = 0; n < symbols; n++) {
    const held = v128.load(cell, QUANTITY)
    const desired = v128.load(scratch, DESIRED)
    const change = f64x2.sub(desired, held)
    const toZero = f64x2.eq(desired, both(0))
    const throughZero = f64x2.lt(f64x2.mul(sign(desired), sign(held)), both(0))
    const value = f64x2.mul(f64x2.abs(change), v128.load64_splat(prices, CLOSE_UNIT))
    const passes = v128.or(v128.or(toZero, throughZero), v128.or(v128.load(scratch, FORCED), f64x2.gt(value, least)))
    const orders = v128.and(passes, f64x2.ne(change, both(0)))
    v128.store(cell, where(orders, change), ORDER)
    count = f64x2.add(count, one(orders))
    cell += CELL_BYTES
    scratch += SCRATCH_BYTES
    prices += PRICE_BYTES
  }
  addTo(pair + ORDERS, count)
  store<i32>(pair, any(count) ? 1 : 0, HAS_ORDERS)
}
