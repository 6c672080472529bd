import { bookActions, bookCarry, settleActions } from './actions'
import { blockRow, hasCarry, hasMargins, symbolsAt, toLots } from './block'
import { decideCarefully } from './careful'
import { isScheduled, isSimple, out, rests } from './decide'
import { closeTrades, fillPair, legsFee, slipped, spreadOf } from './fills'
import { noteFill, records, tellLater, tellOrders, turnJournal } from './journal'
import { LIMIT_SLACK, addTo, any, both, magnitudeMask, one, opposite, signMask, where } from './lanes'
import {
  CASH, CELL_BYTES, CLOSE_UNIT, ENTRY_SLIPPAGE, EQUITY, EXIT_SLIPPAGE, FEES, FILLED, FILLS, HAS_ACTIONS, HAS_GAPS, HEAD_BYTES, LEVERAGE, LISTED, MULTIPLIER, OPEN, OPEN_UNIT,
  ORDER, ORDERS, QUANTITY, SIZE, THRESHOLD, TILE_TARGETS, TRADE_CASH,
} from './layout'
import { measure } from './mark'

/**
 * The rows of a universe of one symbol, without lists and loops: what lies in the only cell goes from step to
 * step in registers. Rows that are not simple are left to the functions for any universe.
 */

/** A row of a pair. */
export function stepSingle(pair: usize, prices: usize, tile: usize, row: i32, kinds: i32): void {
  const acts = (kinds & HAS_ACTIONS) != 0
  turnJournal(row)
  if ((kinds & (HAS_GAPS | HAS_ACTIONS)) != 0) tellOrders(pair)
  if (hasCarry) bookCarry(pair, row)
  if (acts) bookActions(pair, row)
  fillSingle(pair, prices, row, kinds)
  if (acts) settleActions(pair)
  closeSingle(pair, prices, tile, row, kinds)
}

// @ts-expect-error: decorator
@inline
export function closeSingle(pair: usize, prices: usize, tile: usize, row: i32, kinds: i32): void {
  const t = blockRow + row
  markSingle(pair, prices, t, kinds)
  decideSingle(pair, prices, tile, row, t, kinds)
}

/** Fills the order that waits, if buying power lets all of it through; else the general way. */
// @ts-expect-error: decorator
@inline
function fillSingle(pair: usize, prices: usize, row: i32, kinds: i32): void {
  if (load<i32>(pair, LISTED) == 0) return
  if (hasMargins || (kinds & (HAS_GAPS | HAS_ACTIONS)) != 0 || !fillWhole(pair, prices)) fillPair(pair, prices, row, kinds)
}

/** Whether the order fitted, and was booked. */
// @ts-expect-error: decorator
@inline
function fillWhole(pair: usize, prices: usize): bool {
  const cell = pair + HEAD_BYTES
  const magnitude = magnitudeMask()
  const held = v128.load(cell, QUANTITY)
  const order = v128.load(cell, ORDER)
  const sign = v128.and(order, signMask())
  const size = v128.and(order, magnitude)
  const against = opposite(held, order)
  const reduced = where(against, f64x2.pmin(size, v128.and(held, magnitude)))
  const increased = f64x2.sub(size, reduced)
  const open = v128.load64_splat(prices, OPEN)
  const multiplier = v128.load64_splat(symbolsAt, MULTIPLIER)
  const spread = spreadOf(pair, prices)
  const reducedBy = f64x2.mul(reduced, f64x2.mul(slipped(open, v128.load(pair, EXIT_SLIPPAGE), spread, sign), multiplier))
  const increasedBy = f64x2.mul(increased, f64x2.mul(slipped(open, v128.load(pair, ENTRY_SLIPPAGE), spread, sign), multiplier))
  const fee = legsFee(pair, reduced, reducedBy, increased, increasedBy)
  const grows = f64x2.gt(increased, both(0))
  const increaseFee = where(grows, fee)
  const reduceFee = v128.andnot(fee, grows)
  const reduceValue = v128.xor(reducedBy, sign)
  const increaseValue = v128.xor(increasedBy, sign)
  const left = f64x2.add(held, v128.or(reduced, sign))
  const cash = v128.load(pair, CASH)
  const unit = v128.load64_splat(prices, OPEN_UNIT)
  const equity = f64x2.add(f64x2.sub(f64x2.sub(cash, reduceValue), reduceFee), f64x2.mul(left, unit))
  const needed = f64x2.add(f64x2.add(f64x2.mul(v128.and(left, magnitude), unit), increaseFee), increasedBy)
  const allowed = f64x2.mul(f64x2.mul(v128.load(pair, LEVERAGE), equity), both(LIMIT_SLACK))
  if (any(v128.andnot(grows, f64x2.le(needed, allowed)))) return false
  let tradeCash = f64x2.sub(f64x2.sub(v128.load(cell, TRADE_CASH), reduceValue), reduceFee)
  const closes = v128.and(against, f64x2.eq(left, both(0)))
  if (any(closes)) {
    closeTrades(pair, tradeCash, closes)
    tradeCash = v128.andnot(tradeCash, closes)
  }
  if (records) noteFill(pair, 0, order, reduced, increased)
  v128.store(cell, f64x2.add(left, v128.or(increased, sign)), QUANTITY)
  v128.store(cell, f64x2.sub(f64x2.sub(tradeCash, increaseValue), increaseFee), TRADE_CASH)
  v128.store(cell, both(0), ORDER)
  store<i32>(pair, 0, LISTED)
  v128.store(pair, f64x2.sub(f64x2.sub(cash, f64x2.add(reduceValue, increaseValue)), fee), CASH)
  v128.store(pair, f64x2.add(reducedBy, increasedBy), FILLED)
  addTo(pair + FEES, fee)
  addTo(pair + FILLS, f64x2.add(one(f64x2.gt(reduced, both(0))), one(grows)))
  return true
}

// @ts-expect-error: decorator
@inline
function markSingle(pair: usize, prices: usize, t: i32, kinds: i32): void {
  const value = f64x2.mul(v128.load(pair + HEAD_BYTES, QUANTITY), v128.load64_splat(prices, CLOSE_UNIT))
  measure(pair, value, v128.and(value, magnitudeMask()), t, kinds)
}

// @ts-expect-error: decorator
@inline
function decideSingle(pair: usize, prices: usize, tile: usize, row: i32, t: i32, kinds: i32): void {
  if (!isSimple(pair, tile, row, t, kinds)) {
    if (!rests(pair, tile, row, kinds)) decideCarefully(pair, prices, tile, row, kinds, out, isScheduled(pair, t, kinds))
    return
  }
  if ((kinds & HAS_GAPS) != 0) return
  const cell = pair + HEAD_BYTES
  const equity = v128.load(pair, EQUITY)
  const unit = v128.load64_splat(prices, CLOSE_UNIT)
  const target = f64x2.promote_low_f32x4(v128.load64_zero(tile, TILE_TARGETS))
  const held = v128.load(cell, QUANTITY)
  const desired = toLots(f64x2.div(f64x2.mul(target, f64x2.mul(v128.load(pair, SIZE), equity)), unit), symbolsAt)
  const change = f64x2.sub(desired, held)
  const value = f64x2.mul(v128.and(change, magnitudeMask()), unit)
  const leaves = v128.or(f64x2.eq(desired, both(0)), opposite(desired, held))
  const far = f64x2.gt(value, f64x2.mul(v128.load(pair, THRESHOLD), equity))
  const orders = v128.and(v128.or(leaves, far), f64x2.ne(change, both(0)))
  v128.store(cell, where(orders, change), ORDER)
  tellLater(pair)
  addTo(pair + ORDERS, one(orders))
  store<i32>(pair, i32(any(orders)), LISTED)
  store<u32>(cell + CELL_BYTES, 0)
}
