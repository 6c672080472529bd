import { barOf } from './bars'
import { isTradable, scratchAt, symbols, symbolsAt, toLots } from './block'
import { orderFee, slipped, spreadOf } from './fills'
import { note, records } from './journal'
import { any, both, choose, magnitudeMask, opposite, signOf, where } from './lanes'
import {
  ACTIONS_VALUE, CASH, CELL_BYTES, CUT, CUT_OFF, ENTRY_SLIPPAGE, EXIT_SLIPPAGE, FEE_ON_ENTRY_ONLY, HEAD_BYTES, INCREASE, INCREASE_UNIT, LIMITED_BY_VOLUME, MARGIN, MULTIPLIER,
  OPEN, OPEN_UNIT, ORDER, PARTICIPATION, PRICE_BYTES, QUANTITY, REDUCE, REDUCE_UNIT, SCRATCH_BYTES, SYMBOL_BYTES, VOLUME,
} from './layout'

/** Units the volume of symbol n still allows in the row, in whole lots. */
export function volumeLeft(pair: usize, n: usize, row: i32, filled: v128): v128 {
  const share = v128.load(pair, PARTICIPATION)
  const allowed = f64x2.sub(f64x2.mul(share, v128.load64_splat(barOf(row, n), VOLUME)), filled)
  const left = where(f64x2.gt(allowed, both(0)), toLots(allowed, symbolsAt + n * SYMBOL_BYTES))
  return choose(f64x2.eq(share, both(Infinity)), both(Infinity), left)
}

/** Whether the bar's volume limits what one of the two may fill. */
// @ts-expect-error: decorator
@inline
export function hasVolumeLimit(pair: usize): bool {
  return any(f64x2.lt(v128.load(pair, PARTICIPATION), both(Infinity)))
}

/** Fee of a planned order's reducing leg alone. */
// @ts-expect-error: decorator
@inline
export function reductionFee(pair: usize, scratch: usize): v128 {
  const counted = v128.andnot(v128.load(scratch, REDUCE), v128.load(pair, FEE_ON_ENTRY_ONLY))
  return orderFee(pair, f64x2.mul(counted, v128.load(scratch, REDUCE_UNIT)), counted)
}

/** Fee of a planned order as its legs stand. */
// @ts-expect-error: decorator
@inline
export function plannedFee(pair: usize, scratch: usize): v128 {
  const counted = v128.andnot(v128.load(scratch, REDUCE), v128.load(pair, FEE_ON_ENTRY_ONLY))
  const increased = v128.load(scratch, INCREASE)
  const notional = f64x2.add(f64x2.mul(counted, v128.load(scratch, REDUCE_UNIT)), f64x2.mul(increased, v128.load(scratch, INCREASE_UNIT)))
  return orderFee(pair, notional, f64x2.add(counted, increased))
}

/** Of the book after the reducing legs: equity, and the margin its positions need. */
export let equityAfter: v128 = i64x2.splat(0)
export let usedAfter: v128 = i64x2.splat(0)

/** Sizes and prices of the legs of every order that can fill, and the book after the reducing ones. Gives the end of their list. */
export function planLegs(pair: usize, prices: usize, planned: usize, row: i32, kinds: i32): usize {
  let spent = both(0)
  let paid = both(0)
  let evenValue = both(0)
  let oddValue = both(0)
  let evenUsed = both(0)
  let oddUsed = both(0)
  let cell = pair + HEAD_BYTES
  let symbol = symbolsAt
  let scratch = scratchAt
  for (let n: usize = 0; n < <usize>symbols; n++) {
    const unit = v128.load64_splat(prices, OPEN_UNIT)
    const margin = load<f64>(symbol, MARGIN)
    const isMargined = margin == margin
    const order = v128.load(cell, ORDER)
    let quantity = v128.load(cell, QUANTITY)
    if (any(order) && isTradable(kinds, row, n)) {
      const sign = signOf(order)
      planOrder(pair, prices, n, row, quantity, order)
      const reduced = v128.load(scratch, REDUCE)
      spent = f64x2.add(spent, v128.xor(f64x2.mul(reduced, v128.load(scratch, REDUCE_UNIT)), sign))
      paid = f64x2.add(paid, where(f64x2.eq(v128.load(scratch, INCREASE), both(0)), reductionFee(pair, scratch)))
      quantity = f64x2.add(quantity, v128.or(reduced, sign))
      store<u32>(planned, <u32>n)
      planned += 4
    }
    const value = f64x2.mul(quantity, unit)
    const used = f64x2.mul(f64x2.abs(quantity), isMargined ? both(margin) : unit)
    if ((n & 1) == 0) {
      evenValue = f64x2.add(evenValue, value)
      evenUsed = f64x2.add(evenUsed, used)
    } else {
      oddValue = f64x2.add(oddValue, value)
      oddUsed = f64x2.add(oddUsed, used)
    }
    cell += CELL_BYTES
    symbol += SYMBOL_BYTES
    scratch += SCRATCH_BYTES
    prices += PRICE_BYTES
  }
  const now = f64x2.sub(v128.load(pair, CASH), v128.load(pair, ACTIONS_VALUE))
  equityAfter = f64x2.add(f64x2.sub(f64x2.sub(now, spent), paid), f64x2.add(evenValue, oddValue))
  usedAfter = f64x2.add(evenUsed, oddUsed)
  return planned
}

/** Sizes and prices of the legs of an order, as far as they are known before buying power is shared out. */
// @ts-expect-error: decorator
@inline
function planOrder(pair: usize, prices: usize, n: usize, row: i32, held: v128, order: v128): void {
  const scratch = scratchAt + n * SCRATCH_BYTES
  const sign = signOf(order)
  const open = v128.load64_splat(prices, OPEN)
  const spread = spreadOf(pair, prices)
  const multiplier = v128.load64_splat(symbolsAt + n * SYMBOL_BYTES, MULTIPLIER)
  v128.store(scratch, f64x2.mul(slipped(open, v128.load(pair, EXIT_SLIPPAGE), spread, sign), multiplier), REDUCE_UNIT)
  v128.store(scratch, f64x2.mul(slipped(open, v128.load(pair, ENTRY_SLIPPAGE), spread, sign), multiplier), INCREASE_UNIT)
  planSizes(pair, n, row, held, order)
}

/** To zero first, then from zero. A reduction that volume cuts leaves no way through zero. */
// @ts-expect-error: decorator
@inline
export function planSizes(pair: usize, n: usize, row: i32, held: v128, order: v128): void {
  const scratch = scratchAt + n * SCRATCH_BYTES
  const magnitude = magnitudeMask()
  const size = v128.and(order, magnitude)
  const wanted = where(opposite(held, order), f64x2.pmin(size, v128.and(held, magnitude)))
  const through = f64x2.sub(size, wanted)
  if (!hasVolumeLimit(pair)) {
    v128.store(scratch, wanted, REDUCE)
    v128.store(scratch, through, INCREASE)
    v128.store(scratch, both(0), CUT)
    return
  }
  const left = volumeLeft(pair, n, row, both(0))
  const stops = f64x2.gt(wanted, left)
  v128.store(scratch, choose(stops, left, wanted), REDUCE)
  v128.store(scratch, v128.andnot(through, stops), INCREASE)
  v128.store(scratch, stops, CUT)
  if (!records) return
  const rest = f64x2.add(f64x2.sub(wanted, left), where(f64x2.lt(size, both(Infinity)), through))
  note(pair, stops, CUT_OFF + LIMITED_BY_VOLUME, n, v128.xor(rest, signOf(order)))
}
