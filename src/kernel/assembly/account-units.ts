import { hasCarry, hasLots, hasMargins, isLong, kindsAt, marksRoomAt, pricesAt, rows, symbols, symbolsAt, unitsOf } from './block'
import { closeTrades, legsFee, slipped, spreadOf } from './fills'
import { noteFill, records, recordsMarks, tellLater, turnJournal } from './journal'
import { LIMIT_SLACK, addTo, any, both, magnitudeMask, one, opposite, signMask, where } from './lanes'
import {
  CASH, CELL_BYTES, CLOSE_UNIT, DECIDES_UNITS, DRAWDOWN_LIMIT, ENTRY_SLIPPAGE, EVENTFUL, EXIT_SLIPPAGE, FEES, FEE_MINIMUM, FEE_PER_UNIT, FEE_RATE, FILLED, FILLS, FLAGS, HAS_ENDED,
  HAS_GAPS, HEAD_BYTES, LEVERAGE, LISTED, LOT, LOTS_PER_UNIT, MULTIPLIER, OPEN, OPEN_UNIT, ORDER, ORDERS, PAYS_SPREAD, PRICE_BYTES, QUANTITY, ROOM_EQUITY, ROOM_FILLED,
  ROOM_GROSS, ROOM_BYTES, STOPPED_AT, STOP_PEAK, THRESHOLD, TILE_CAREFUL, TILE_TARGETS, TRADE_CASH,
} from './layout'
import { measureRows } from './measure-rows'

/**
 * Rows of a pair that trades fixed quantities of one symbol: what it decides waits for no equity, so its book goes
 * through all of them in registers, faster than side by side with others, and leaves of each what it came to; then the
 * measures are taken, in registers, too. The operations are those of single.ts and mark.ts.
 */

/** Whether each pair from `pairs` on trades fixed quantities of one symbol, most rows of which are plain. */
export function goesAlone(pairs: usize, end: usize, pairBytes: usize): bool {
  if (symbols != 1 || isLong || hasCarry || hasMargins || recordsMarks()) return false
  for (; pairs < end; pairs += pairBytes) {
    const flags = load<i32>(pairs, FLAGS)
    if ((flags & DECIDES_UNITS) == 0 || (flags & HAS_ENDED) != 0 || any(f64x2.ge(v128.load(pairs, STOPPED_AT), both(0)))) return false
  }
  return true
}

/** Whether the row that was not plain has filled what waited at its open. */
export let hasFilled: bool = false

/** Goes through rows from `row` on, whose first lies at `tile`, and gives the first that is not plain. */
export function accountRows(pair: usize, tile: usize, stride: usize, row: i32): i32 {
  hasFilled = false
  const flags = load<i32>(pair, FLAGS)
  if ((flags & HAS_ENDED) != 0 || any(f64x2.ge(v128.load(pair, STOPPED_AT), both(0)))) return row
  const reached = isFree(pair) ? account(pair, tile, stride, row, true) : account(pair, tile, stride, row, false)
  measureRows(pair, marksRoomAt + <usize>row * ROOM_BYTES, row, reached)
  return reached
}

/** Whether both pay nothing at all for an order. */
function isFree(pair: usize): bool {
  const slips = v128.or(v128.or(v128.load(pair, ENTRY_SLIPPAGE), v128.load(pair, EXIT_SLIPPAGE)), v128.load(pair, PAYS_SPREAD))
  const fees = v128.or(v128.or(v128.load(pair, FEE_RATE), v128.load(pair, FEE_PER_UNIT)), v128.load(pair, FEE_MINIMUM))
  return !any(f64x2.ne(v128.or(slips, fees), both(0)))
}

/** `value` less a fee that is 0 where orders are free. */
// @ts-expect-error: decorator
@inline
function less(value: v128, fee: v128, free: bool): v128 {
  return free ? value : f64x2.sub(value, fee)
}

/** `free`: without costs. */
// @ts-expect-error: decorator
@inline
function account(pair: usize, tile: usize, stride: usize, row: i32, free: bool): i32 {
  const cell = pair + HEAD_BYTES
  const magnitude = magnitudeMask()
  const signs = signMask()
  const zero = both(0)
  const lot = load<f64>(symbolsAt, LOT)
  const hasLot = hasLots && lot != 0
  const multiplier = v128.load64_splat(symbolsAt, MULTIPLIER)
  const units = unitsOf(pair, 0)
  let cash = v128.load(pair, CASH)
  let held = v128.load(cell, QUANTITY)
  let order = v128.load(cell, ORDER)
  let peak = v128.load(pair, STOP_PEAK)
  let ordered = v128.load(pair, ORDERS)
  let listed = load<i32>(pair, LISTED) != 0
  let filled = v128.load(pair, FILLED)
  let prices = pricesAt + <usize>row * PRICE_BYTES
  let room = marksRoomAt + <usize>row * ROOM_BYTES
  for (; row < rows; row++) {
    if ((load<i32>(kindsAt + (<usize>row << 2)) & (EVENTFUL | HAS_GAPS)) != 0 || load<i32>(tile, TILE_CAREFUL) != 0) break
    turnJournal(row)
    if (listed) {
      const sign = v128.and(order, signs)
      const size = v128.and(order, magnitude)
      const against = opposite(held, order)
      const reduced = where(against, f64x2.pmin(size, v128.and(held, magnitude)))
      const increased = f64x2.sub(size, reduced)
      const grows = f64x2.gt(increased, zero)
      const unit = v128.load64_splat(prices, OPEN_UNIT)
      let reducedBy: v128
      let increasedBy: v128
      let fee = zero
      if (free) {
        reducedBy = f64x2.mul(reduced, unit)
        increasedBy = f64x2.mul(increased, unit)
      } else {
        const open = v128.load64_splat(prices, OPEN)
        const spread = spreadOf(pair, prices)
        reducedBy = f64x2.mul(reduced, f64x2.mul(slipped(open, v128.load(pair, EXIT_SLIPPAGE), spread, sign), multiplier))
        increasedBy = f64x2.mul(increased, f64x2.mul(slipped(open, v128.load(pair, ENTRY_SLIPPAGE), spread, sign), multiplier))
        fee = legsFee(pair, reduced, reducedBy, increased, increasedBy)
      }
      const increaseFee = free ? zero : where(grows, fee)
      const reduceFee = free ? zero : v128.andnot(fee, grows)
      const reduceValue = v128.xor(reducedBy, sign)
      const increaseValue = v128.xor(increasedBy, sign)
      const left = f64x2.add(held, v128.or(reduced, sign))
      const equity = f64x2.add(less(f64x2.sub(cash, reduceValue), reduceFee, free), f64x2.mul(left, unit))
      const used = f64x2.mul(v128.and(left, magnitude), unit)
      const needed = f64x2.add(free ? used : f64x2.add(used, increaseFee), increasedBy)
      const allowed = f64x2.mul(f64x2.mul(v128.load(pair, LEVERAGE), equity), both(LIMIT_SLACK))
      if (any(v128.andnot(grows, f64x2.le(needed, allowed)))) break
      let tradeCash = less(f64x2.sub(v128.load(cell, TRADE_CASH), reduceValue), reduceFee, free)
      const closes = v128.and(against, f64x2.eq(left, zero))
      if (any(closes)) {
        closeTrades(pair, tradeCash, closes)
        tradeCash = v128.andnot(tradeCash, closes)
      }
      if (records) noteFill(pair, 0, order, reduced, increased)
      v128.store(cell, less(f64x2.sub(tradeCash, increaseValue), increaseFee, free), TRADE_CASH)
      held = f64x2.add(left, v128.or(increased, sign))
      cash = less(f64x2.sub(cash, f64x2.add(reduceValue, increaseValue)), fee, free)
      filled = f64x2.add(reducedBy, increasedBy)
      order = zero
      listed = false
      if (!free) addTo(pair + FEES, fee)
      addTo(pair + FILLS, f64x2.add(one(f64x2.gt(reduced, zero)), one(grows)))
    }
    const unit = v128.load64_splat(prices, CLOSE_UNIT)
    const value = f64x2.mul(held, unit)
    const equity = f64x2.add(cash, value)
    const falls = f64x2.ge(f64x2.sub(peak, equity), f64x2.mul(v128.load(pair, DRAWDOWN_LIMIT), peak))
    // What ends or stops is left to the row's own functions.
    if (any(v128.or(falls, v128.not(f64x2.gt(equity, zero))))) {
      hasFilled = true
      break
    }
    peak = f64x2.pmax(peak, equity)
    v128.store(room, equity, ROOM_EQUITY)
    v128.store(room, v128.and(value, magnitude), ROOM_GROSS)
    v128.store(room, filled, ROOM_FILLED)
    filled = zero
    const target = f64x2.promote_low_f32x4(v128.load64_zero(tile, TILE_TARGETS))
    let desired = f64x2.mul(target, units)
    if (hasLot) {
      const lots = f64x2.trunc(f64x2.mul(desired, v128.load64_splat(symbolsAt, LOTS_PER_UNIT)))
      desired = f64x2.add(f64x2.mul(lots, f64x2.splat(lot)), zero)
    }
    const change = f64x2.sub(desired, held)
    const far = f64x2.gt(f64x2.mul(v128.and(change, magnitude), unit), f64x2.mul(v128.load(pair, THRESHOLD), equity))
    const leaves = v128.or(f64x2.eq(desired, zero), opposite(desired, held))
    const orders = v128.and(v128.or(leaves, far), f64x2.ne(change, zero))
    order = where(orders, change)
    tellLater(pair)
    ordered = f64x2.add(ordered, one(orders))
    listed = any(orders)
    tile += stride
    prices += PRICE_BYTES
    room += ROOM_BYTES
  }
  v128.store(pair, cash, CASH)
  v128.store(cell, held, QUANTITY)
  v128.store(cell, order, ORDER)
  v128.store(pair, peak, STOP_PEAK)
  v128.store(pair, ordered, ORDERS)
  v128.store(pair, filled, FILLED)
  store<i32>(pair, i32(listed), LISTED)
  store<u32>(cell + CELL_BYTES, 0)
  return row
}
