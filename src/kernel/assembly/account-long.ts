import { barOf } from './bars'
import { blockRow, hasCarry, hasMargins, isLong, kindsAt, longCell, marksRoomAt, padded, pricesAt, rows, symbols, symbolsAt, toLots, yearsAt } from './block'
import { bindsCaps, grossOf } from './careful'
import { combinedOf, releaseLock } from './exits'
import { closeTrades, orderFee, slipped } from './fills'
import { expired, keepTime } from './holding'
import { note, noteLegs, records, recordsMarks, turnJournal } from './journal'
import { LIMIT_SLACK, addTo, any, both, choose, magnitudeMask, one, opposite, signMask, where } from './lanes'
import {
  BEST_PRICE, BEST_ROW, BORROW_RATE, CASH, CASH_RATE, CELL_BYTES, CLOSE, CLOSES, CLOSE_UNIT, DECIDES_SIMPLY, DRAWDOWN_LIMIT, ENTRY_PRICE, ENTRY_SLIPPAGE, EVENTFUL, EXIT_SLIPPAGE, FEES, FEE_ON_ENTRY_ONLY,
  FILLED, FILLS, FLAGS, HALF_SPREAD, HAS_ENDED, HAS_EXITS, HAS_GAPS, HEAD_BYTES, HIGH, IS_TIMED, KIND_MAX_HOLD, KIND_TARGET, LEVEL_PRICE, LEVERAGE, LISTED, LOAN_RATE, LOW, MULTIPLIER, OPEN, OPEN_UNIT, ORDER,
  ORDERS, OWN_CAP, PAYS_SPREAD, PLACED, PRICE_BYTES, QUANTITY, REJECTS, ROOM_BYTES, ROOM_EQUITY, ROOM_FILLED, ROOM_GROSS, SIZE, STOPPED_AT, STOP_LOSS, STOP_PEAK, TAKE_PROFIT, THRESHOLD,
  TILE_CAREFUL, TILE_TARGETS, TRADE_CASH, TRAILING_STOP, TRAILS, TRAILS_FROM_HIGH, VALUE,
} from './layout'
import { hasVolumeLimit, volumeLeft } from './legs'
import { enter, leave } from './long-fills'
import { measureRows } from './measure-rows'
import { patternOf } from './pair'
import { followTo, watch } from './watch'

/**
 * Rows of a pair that trades one symbol, with exits, times and limited volume: as in account.ts its book goes through
 * all of them in registers. What an exit, a limit or the volume cuts short is left to the functions for any universe.
 */

/** Whether each pair from `pairs` on trades one symbol to known targets, most rows of which are plain. */
export function goesAloneLong(pairs: usize, end: usize, pairBytes: usize): bool {
  if (symbols != 1 || !isLong || hasMargins || recordsMarks()) return false
  for (; pairs < end; pairs += pairBytes) {
    if (!isPlain(pairs) || any(v128.load(pairs, REJECTS)) || bindsCaps(patternOf(pairs, 0)) || bindsCaps(patternOf(pairs, 1))) return false
  }
  return true
}

// @ts-ignore: decorator
@inline
function isPlain(pair: usize): bool {
  return (load<i32>(pair, FLAGS) & (DECIDES_SIMPLY | HAS_ENDED)) == DECIDES_SIMPLY && !any(f64x2.ge(v128.load(pair, STOPPED_AT), both(0)))
}

/** Whether the row that was not plain is over but for its mark and its decision. */
export let hasFilledLong: bool = false

/** Goes through rows from `row` on, whose first lies at `tile`, and gives the first that is not plain. */
export function accountLong(pair: usize, tile: usize, stride: usize, row: i32): i32 {
  hasFilledLong = false
  if (!isPlain(pair) || any(v128.load(pair + HEAD_BYTES, CLOSES))) return row
  followTo(pair, 0, row)
  const reached = account(pair, tile, stride, row)
  if (reached > row || hasFilledLong) watch(pair, 0)
  measureRows(pair, row, reached)
  return reached
}

/** A price that far below a level for a long position, above it for a short one. */
// @ts-ignore: decorator
@inline
function beyond(level: v128, share: v128, sign: v128): v128 {
  return f64x2.mul(level, f64x2.sub(both(1), v128.xor(share, sign)))
}

/** Lanes whose exit the bar reaches. */
// @ts-ignore: decorator
@inline
function reaches(bar: usize, held: v128, stop: v128, trail: v128, target: v128): v128 {
  const isUp = f64x2.gt(held, both(0))
  const low = choose(isUp, f64x2.pmax(stop, trail), target)
  const high = choose(isUp, target, f64x2.pmin(stop, trail))
  const touches = v128.or(f64x2.le(v128.load64_splat(bar, LOW), low), f64x2.ge(v128.load64_splat(bar, HIGH), high))
  return v128.and(touches, f64x2.ne(held, both(0)))
}

/** Whether what lanes keep for its time lies clearly within the limits on what is held. */
function keepsWithin(pair: usize, row: i32, value: v128, equity: v128, lanes: v128): bool {
  const gross = f64x2.replace_lane(both(grossOf(pair, 0, row)), 1, grossOf(pair, 1, row))
  const limit = f64x2.mul(f64x2.pmin(v128.load(pair, OWN_CAP), gross), equity)
  return !any(v128.and(lanes, f64x2.gt(value, limit)))
}

function account(pair: usize, tile: usize, stride: usize, row: i32): i32 {
  const cell = pair + HEAD_BYTES
  const long = longCell(pair, 0)
  const magnitude = magnitudeMask()
  const signs = signMask()
  const zero = both(0)
  const isLimited = hasVolumeLimit(pair)
  const hasExits = v128.load(pair, HAS_EXITS)
  const exits = any(hasExits)
  const flags = load<i32>(pair, FLAGS)
  const trails = (flags & TRAILS) != 0
  const isTimed = (flags & IS_TIMED) != 0
  let cash = v128.load(pair, CASH)
  let held = v128.load(cell, QUANTITY)
  let order = v128.load(cell, ORDER)
  let value = v128.load(pair, VALUE)
  let best = v128.load(long, BEST_PRICE)
  let level = v128.load(long, LEVEL_PRICE)
  let stop = beyond(level, v128.load(pair, STOP_LOSS), v128.and(held, signs))
  let limit = beyond(level, v128.xor(v128.load(pair, TAKE_PROFIT), signs), v128.and(held, signs))
  let peak = v128.load(pair, STOP_PEAK)
  let ordered = v128.load(pair, ORDERS)
  let listed = load<i32>(pair, LISTED) != 0
  let filled = v128.load(pair, FILLED)
  let prices = pricesAt + <usize>row * PRICE_BYTES
  let room = marksRoomAt + <usize>row * ROOM_BYTES
  for (; row < rows; row++) {
    if ((load<i32>(kindsAt + (<usize>row << 2)) & (EVENTFUL | HAS_GAPS)) != 0 || load<i32>(tile, TILE_CAREFUL) != 0) break
    turnJournal(row)
    const bar = barOf(row, 0)
    let now = cash
    if (hasCarry) {
      const years = v128.load64_splat(yearsAt + (<usize>row << 3))
      const short = f64x2.mul(f64x2.sub(v128.and(value, magnitude), value), both(0.5))
      const rate = choose(f64x2.lt(cash, zero), v128.load(pair, LOAN_RATE), v128.load(pair, CASH_RATE))
      const interest = f64x2.mul(f64x2.mul(cash, rate), years)
      now = f64x2.sub(f64x2.add(cash, interest), f64x2.mul(f64x2.mul(short, v128.load(pair, BORROW_RATE)), years))
    }
    if (listed) {
      const sign = v128.and(order, signs)
      const size = v128.and(order, magnitude)
      const against = opposite(held, order)
      const reduced = where(against, f64x2.pmin(size, v128.and(held, magnitude)))
      const increased = f64x2.sub(size, reduced)
      if (isLimited) {
        const most = volumeLeft(pair, 0, row, zero)
        const room = f64x2.pmax(zero, f64x2.sub(most, reduced))
        if (any(v128.or(f64x2.gt(reduced, most), f64x2.gt(increased, room)))) break
      }
      const grows = f64x2.gt(increased, zero)
      const open = v128.load64_splat(prices, OPEN)
      const spread = f64x2.mul(v128.load64_splat(prices, HALF_SPREAD), v128.load(pair, PAYS_SPREAD))
      const multiplier = v128.load64_splat(symbolsAt, MULTIPLIER)
      const entryOnly = v128.load(pair, FEE_ON_ENTRY_ONLY)
      const entryPrice = slipped(open, v128.load(pair, ENTRY_SLIPPAGE), spread, sign)
      const reducedBy = f64x2.mul(reduced, f64x2.mul(slipped(open, v128.load(pair, EXIT_SLIPPAGE), spread, sign), multiplier))
      const increasedBy = f64x2.mul(increased, f64x2.mul(entryPrice, multiplier))
      const notional = f64x2.add(v128.andnot(reducedBy, entryOnly), increasedBy)
      const fee = orderFee(pair, notional, f64x2.add(v128.andnot(reduced, entryOnly), increased))
      const increaseFee = where(grows, fee)
      const reduceFee = v128.andnot(fee, grows)
      const reduceValue = v128.xor(reducedBy, sign)
      const increaseValue = v128.xor(increasedBy, sign)
      const left = f64x2.add(held, v128.or(reduced, sign))
      const unit = v128.load64_splat(prices, OPEN_UNIT)
      const equity = f64x2.add(f64x2.sub(f64x2.sub(now, reduceValue), reduceFee), f64x2.mul(left, unit))
      const needed = f64x2.add(f64x2.add(f64x2.mul(v128.and(left, magnitude), unit), increaseFee), increasedBy)
      const allowed = f64x2.mul(f64x2.mul(v128.load(pair, LEVERAGE), equity), both(LIMIT_SLACK))
      if (any(v128.andnot(grows, f64x2.le(needed, allowed)))) break
      const after = f64x2.add(left, v128.or(increased, sign))
      const isFlat = f64x2.eq(left, zero)
      const enters = v128.and(grows, isFlat)
      if (exits) {
        // An entry is watched from its own price on.
        const way = v128.and(after, signs)
        const from = choose(enters, entryPrice, level)
        const first = choose(enters, entryPrice, best)
        const target = beyond(from, v128.xor(v128.load(pair, TAKE_PROFIT), signs), way)
        const touched = reaches(bar, after, beyond(from, v128.load(pair, STOP_LOSS), way), beyond(first, v128.load(pair, TRAILING_STOP), way), target)
        if (any(v128.and(touched, hasExits))) break
        best = first
      }
      let tradeCash = f64x2.sub(f64x2.sub(v128.load(cell, TRADE_CASH), reduceValue), reduceFee)
      const closes = v128.and(against, isFlat)
      if (any(closes)) {
        closeTrades(pair, tradeCash, closes)
        tradeCash = v128.andnot(tradeCash, closes)
        leave(pair, 0, row, closes)
      }
      if (records) noteLegs(pair, 0, sign, reduced, increased)
      v128.store(cell, f64x2.sub(f64x2.sub(tradeCash, increaseValue), increaseFee), TRADE_CASH)
      held = after
      v128.store(cell, held, QUANTITY)
      const entry = v128.load(long, ENTRY_PRICE)
      const cost = f64x2.add(f64x2.mul(entry, v128.and(left, magnitude)), f64x2.mul(entryPrice, increased))
      const average = choose(grows, choose(isFlat, entryPrice, f64x2.div(cost, v128.and(after, magnitude))), entry)
      v128.store(long, average, ENTRY_PRICE)
      if (any(enters)) enter(pair, 0, row, blockRow + row, entryPrice, enters)
      level = choose(f64x2.ne(held, zero), average, level)
      stop = beyond(level, v128.load(pair, STOP_LOSS), v128.and(held, signs))
      limit = beyond(level, v128.xor(v128.load(pair, TAKE_PROFIT), signs), v128.and(held, signs))
      now = f64x2.sub(f64x2.sub(now, f64x2.add(reduceValue, increaseValue)), f64x2.add(reduceFee, increaseFee))
      filled = f64x2.add(reducedBy, increasedBy)
      order = zero
      listed = false
      addTo(pair + FEES, f64x2.add(reduceFee, increaseFee))
      addTo(pair + FILLS, f64x2.add(one(f64x2.gt(reduced, zero)), one(grows)))
    } else if (exits) {
      const trail = beyond(best, v128.load(pair, TRAILING_STOP), v128.and(held, signs))
      if (any(v128.and(reaches(bar, held, stop, trail, limit), hasExits))) break
    }
    cash = now
    const unit = v128.load64_splat(prices, CLOSE_UNIT)
    value = f64x2.mul(held, unit)
    const equity = f64x2.add(cash, value)
    if (trails) {
      const isUp = f64x2.gt(held, zero)
      const extreme = choose(isUp, v128.load64_splat(bar, HIGH), v128.load64_splat(bar, LOW))
      const price = choose(v128.load(pair, TRAILS_FROM_HIGH), extreme, v128.load64_splat(bar, CLOSE))
      best = choose(isUp, f64x2.pmax(best, price), f64x2.pmin(best, price))
    }
    const falls = f64x2.ge(f64x2.sub(peak, equity), f64x2.mul(v128.load(pair, DRAWDOWN_LIMIT), peak))
    // What ends or stops is left to the row's own functions.
    if (any(v128.or(falls, v128.not(f64x2.gt(equity, zero))))) {
      hasFilledLong = true
      break
    }
    const target = f64x2.promote_low_f32x4(v128.load64_zero(tile, TILE_TARGETS))
    const quantity = toLots(f64x2.div(f64x2.mul(target, f64x2.mul(v128.load(pair, SIZE), equity)), unit), symbolsAt)
    const wanted = choose(f64x2.eq(target, target), quantity, held)
    let desired = wanted
    if (isTimed) {
      releaseLock(pair, combinedOf(tile, padded), 0, zero)
      desired = keepTime(pair, 0, row, held, wanted)
      const kept = v128.and(v128.and(f64x2.eq(desired, held), f64x2.ne(wanted, held)), f64x2.ne(held, zero))
      if (any(kept) && !keepsWithin(pair, row, v128.and(value, magnitude), equity, kept)) {
        hasFilledLong = true
        break
      }
    }
    peak = f64x2.pmax(peak, equity)
    v128.store(room, equity, ROOM_EQUITY)
    v128.store(room, v128.and(value, magnitude), ROOM_GROSS)
    v128.store(room, filled, ROOM_FILLED)
    filled = zero
    const change = f64x2.sub(desired, held)
    const far = f64x2.gt(f64x2.mul(v128.and(change, magnitude), unit), f64x2.mul(v128.load(pair, THRESHOLD), equity))
    const leaves = v128.or(f64x2.eq(desired, zero), opposite(desired, held))
    const orders = v128.and(v128.or(leaves, far), f64x2.ne(change, zero))
    order = where(orders, change)
    if (records) {
      const expires = isTimed ? expired : zero
      note(pair, v128.andnot(orders, expires), PLACED + KIND_TARGET, 0, change)
      note(pair, v128.and(orders, expires), PLACED + KIND_MAX_HOLD, 0, change)
    }
    ordered = f64x2.add(ordered, one(orders))
    listed = any(orders)
    tile += stride
    prices += PRICE_BYTES
    room += ROOM_BYTES
  }
  v128.store(pair, cash, CASH)
  v128.store(cell, held, QUANTITY)
  v128.store(cell, order, ORDER)
  v128.store(pair, value, VALUE)
  v128.store(long, best, BEST_PRICE)
  v128.store(long, level, LEVEL_PRICE)
  v128.store(long, both(<f64>(hasFilledLong ? row + 1 : row)), BEST_ROW)
  v128.store(pair, peak, STOP_PEAK)
  v128.store(pair, ordered, ORDERS)
  v128.store(pair, filled, FILLED)
  store<i32>(pair, i32(listed), LISTED)
  store<u32>(cell + CELL_BYTES, 0)
  return row
}
