import { longCell, scratchAt, symbolsAt, toLots } from './block'
import { shareOf } from './fills'
import { note, noteCut, records } from './journal'
import { LIMIT_SLACK, any, both, choose, signOf, where } from './lanes'
import {
  ALL_IN, BELOW_LOT, CELL_BYTES, CUT, CUT_OFF, HEAD_BYTES, INCREASE, INCREASE_UNIT, INVESTED_SHARE, LEVERAGE, LIMITED_BY_VOLUME, MARGIN, ORDER, ORDER_TARGET,
  PRICE_FACTOR, QUANTITY, REDUCE, REFUSED, REJECTS, SCALED, SCRATCH_BYTES, SIZE, SYMBOL_BYTES,
} from './layout'
import { equityAfter, hasVolumeLimit, planSizes, plannedFee, reductionFee, usedAfter, volumeLeft } from './legs'

/** Equity as the sizing of the increasing legs leaves it. */
let equity: v128 = i64x2.splat(0)

// @ts-expect-error: decorator
@inline
function scratchOf(at: usize): usize {
  return scratchAt + <usize>load<u32>(at) * SCRATCH_BYTES
}

/** Sizes the increasing legs that are to take what there is, then cuts all of them to the bar's volume. */
export function sizeIncreases(pair: usize, planned: usize, end: usize, row: i32): void {
  equity = equityAfter
  if (any(v128.load(pair, ALL_IN))) sizeAllIn(pair, planned, end)
  limitIncreases(pair, planned, end, row)
}

/** target × size × equity × (1 − buffer) ÷ (price × M × (1 + fee)), less what is still held on that side. */
function sizeAllIn(pair: usize, planned: usize, end: usize): void {
  let bearing = equity
  for (let at = planned; at < end; at += 4) {
    const scratch = scratchOf(at)
    const flips = v128.and(f64x2.ne(v128.load(scratch, INCREASE), both(0)), f64x2.ne(v128.load(scratch, REDUCE), both(0)))
    bearing = f64x2.sub(bearing, where(flips, reductionFee(pair, scratch)))
  }
  const money = f64x2.mul(f64x2.mul(v128.load(pair, SIZE), bearing), v128.load(pair, INVESTED_SHARE))
  for (let at = planned; at < end; at += 4) {
    const n = <usize>load<u32>(at)
    const scratch = scratchOf(at)
    const increase = v128.load(scratch, INCREASE)
    const isOpen = f64x2.eq(increase, both(Infinity))
    if (!any(isOpen)) continue
    const cell = pair + HEAD_BYTES + n * CELL_BYTES
    const sign = signOf(v128.load(cell, ORDER))
    const reduced = v128.load(scratch, REDUCE)
    const held = f64x2.add(v128.load(cell, QUANTITY), v128.or(reduced, sign))
    const unit = f64x2.mul(v128.load(scratch, INCREASE_UNIT), v128.load(pair, PRICE_FACTOR))
    const wanted = f64x2.div(f64x2.mul(v128.load(longCell(pair, n), ORDER_TARGET), money), unit)
    const missing = v128.xor(f64x2.sub(toLots(wanted, symbolsAt + n * SYMBOL_BYTES), held), sign)
    const grows = f64x2.gt(missing, both(0))
    const fails = v128.andnot(isOpen, grows)
    const reduces = f64x2.ne(reduced, both(0))
    if (records) {
      const lacks = f64x2.sub(wanted, held)
      const misses = f64x2.gt(v128.xor(lacks, sign), both(0))
      note(pair, v128.andnot(fails, reduces), CUT_OFF + BELOW_LOT, n, where(misses, lacks))
    }
    v128.store(scratch, choose(isOpen, where(grows, missing), increase), INCREASE)
    v128.store(scratch, v128.or(v128.load(scratch, CUT), v128.andnot(fails, reduces)), CUT)
    equity = f64x2.sub(equity, where(v128.and(fails, reduces), reductionFee(pair, scratch)))
  }
}

/** What the volume allows of the increasing legs. An order left with its reducing leg alone pays that leg's fee, which equity did not bear yet. */
function limitIncreases(pair: usize, planned: usize, end: usize, row: i32): void {
  if (!hasVolumeLimit(pair)) return
  let fees = both(0)
  for (let at = planned; at < end; at += 4) {
    const lost = limitIncrease(pair, <usize>load<u32>(at), row)
    fees = f64x2.add(fees, where(lost, reductionFee(pair, scratchOf(at))))
  }
  equity = f64x2.sub(equity, fees)
}

/** The same of symbol n; gives the lanes in which nothing is left of the increasing leg. */
// @ts-expect-error: decorator
@inline
function limitIncrease(pair: usize, n: usize, row: i32): v128 {
  const scratch = scratchAt + n * SCRATCH_BYTES
  const allowed = f64x2.pmax(both(0), f64x2.sub(volumeLeft(pair, n, row, both(0)), v128.load(scratch, REDUCE)))
  const wanted = v128.load(scratch, INCREASE)
  const stops = f64x2.gt(wanted, allowed)
  const kept = choose(stops, allowed, wanted)
  if (records) noteKept(pair, n, kept, CUT_OFF + LIMITED_BY_VOLUME)
  v128.store(scratch, kept, INCREASE)
  v128.store(scratch, v128.or(v128.load(scratch, CUT), stops), CUT)
  return v128.and(stops, f64x2.eq(allowed, both(0)))
}

/** The legs of symbol n's order where buying power suffices whatever the book is worth after: volume alone can limit them. */
// @ts-expect-error: decorator
@inline
export function planFitting(pair: usize, n: usize, row: i32, held: v128, order: v128): void {
  planSizes(pair, n, row, held, order)
  if (hasVolumeLimit(pair)) limitIncrease(pair, n, row)
}

/** Margin of the increasing leg of a planned order in symbol n. */
// @ts-expect-error: decorator
@inline
function marginNeeded(scratch: usize, n: usize): v128 {
  const margin = load<f64>(symbolsAt + n * SYMBOL_BYTES, MARGIN)
  return f64x2.mul(v128.load(scratch, INCREASE), margin == margin ? both(margin) : v128.load(scratch, INCREASE_UNIT))
}

/** Σ margin × |quantity| ≤ leverage × equity: every increasing leg × one factor, to lots, or refused where it does not fit. */
export function scaleToFit(pair: usize, planned: usize, end: usize): void {
  const rejects = v128.load(pair, REJECTS)
  if (any(rejects)) rejectWhatDoesNotFit(pair, planned, end, rejects)
  let needed = both(0)
  let fees = both(0)
  for (let at = planned; at < end; at += 4) {
    const scratch = scratchOf(at)
    const grows = f64x2.ne(v128.load(scratch, INCREASE), both(0))
    needed = f64x2.add(needed, marginNeeded(scratch, <usize>load<u32>(at)))
    fees = f64x2.add(fees, where(grows, plannedFee(pair, scratch)))
  }
  const allowed = f64x2.mul(v128.load(pair, LEVERAGE), equity)
  const fits = f64x2.le(f64x2.add(f64x2.add(usedAfter, fees), needed), f64x2.mul(allowed, both(LIMIT_SLACK)))
  const cuts = v128.andnot(v128.andnot(f64x2.gt(needed, both(0)), fits), rejects)
  if (!any(cuts)) return
  const factor = shareOf(allowed, usedAfter, fees, needed)
  for (let at = planned; at < end; at += 4) {
    const scratch = scratchOf(at)
    const wanted = v128.load(scratch, INCREASE)
    const kept = toLots(f64x2.mul(wanted, factor), symbolsAt + <usize>load<u32>(at) * SYMBOL_BYTES)
    const lanes = v128.and(v128.and(cuts, f64x2.ne(wanted, both(0))), f64x2.ne(kept, wanted))
    if (records) noteKept(pair, <usize>load<u32>(at), choose(lanes, kept, wanted), CUT_OFF + SCALED)
    keepOf(scratch, lanes, kept)
  }
}

/** In symbol order; the reducing leg of what is refused still pays its fee. */
function rejectWhatDoesNotFit(pair: usize, planned: usize, end: usize, rejects: v128): void {
  let taken = usedAfter
  for (let at = planned; at < end; at += 4) {
    const scratch = scratchOf(at)
    const grows = v128.and(rejects, f64x2.ne(v128.load(scratch, INCREASE), both(0)))
    const after = f64x2.add(taken, f64x2.add(marginNeeded(scratch, <usize>load<u32>(at)), plannedFee(pair, scratch)))
    const allowed = f64x2.mul(f64x2.mul(v128.load(pair, LEVERAGE), equity), both(LIMIT_SLACK))
    const fits = f64x2.le(after, allowed)
    taken = choose(v128.and(grows, fits), after, taken)
    const refused = v128.andnot(grows, fits)
    if (records) noteKept(pair, <usize>load<u32>(at), v128.andnot(v128.load(scratch, INCREASE), refused), CUT_OFF + REFUSED)
    keepOf(scratch, refused, both(0))
    equity = f64x2.sub(equity, where(refused, reductionFee(pair, scratch)))
  }
}

/** Records that of symbol n's increasing leg only `kept` units will be left. */
function noteKept(pair: usize, n: usize, kept: v128, why: i32): void {
  const sign = signOf(v128.load(pair + HEAD_BYTES + n * CELL_BYTES, ORDER))
  noteCut(pair, n, sign, v128.load(scratchAt + n * SCRATCH_BYTES, INCREASE), kept, why)
}

/** Cuts the increasing leg of some lanes to `kept` units. */
// @ts-expect-error: decorator
@inline
function keepOf(scratch: usize, lanes: v128, kept: v128): void {
  v128.store(scratch, choose(lanes, kept, v128.load(scratch, INCREASE)), INCREASE)
  v128.store(scratch, v128.or(v128.load(scratch, CUT), lanes), CUT)
}
