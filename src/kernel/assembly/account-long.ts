import { barOf } from './bars'
import { barCountsAt, blockRow, facedBarsAt, hasCarry, hasMargins, isLong, kindsAt, longCell, marksRoomAt, pricesAt, rows, symbols, symbolsAt, toLots, yearsAt } from './block'
import { bindsCaps, grossOf } from './careful'
import { combinedOf, exitSymbol, releaseLock } from './exits'
import { closeTrades, legsFee, slipped, spreadOf } from './fills'
import { expired, keepTime } from './holding'
import { note, noteLegs, records, recordsMarks, turnJournal } from './journal'
import { LIMIT_SLACK, addTo, any, both, choose, every, magnitudeMask, one, opposite, signMask, some, where } from './lanes'
import {
  ACTIONS_SIZE, ACTIONS_VALUE, BAR_ROW, BAR_UNITS, BEST_PRICE, BORROW_RATE, CASH, CASH_RATE, CELL_BYTES, CLOSES, CLOSE_UNIT, DECIDES_SIMPLY, ENTRY_PRICE, ENTRY_ROW,
  ENTRY_SLIPPAGE, EVENTFUL, EXIT_SLIPPAGE, FACED_BAR_BYTES, FACED_BAR_CLOSES, FACED_BAR_EXTREMES, FACED_BAR_TOUCHES, FEES, FILLED, FILLS, FLAGS, HAS_ENDED, HAS_EXITS, HAS_GAPS,
  HEAD_BYTES, INCREASED_FEES, INCREASED_SIZE, INCREASED_VALUE, IS_TIMED, IS_WATCHED, KIND_MAX_HOLD, KIND_TARGET, LEVEL_PRICE, LEVERAGE, LISTED, LOAN_RATE, LOCKED_SIDE, MULTIPLIER,
  OPEN, OPEN_UNIT, ORDER, ORDERS, OWN_CAP, PLACED, PRICE_BYTES, QUANTITY, REDUCED_FEES, REJECTS, ROOM_BYTES, ROOM_EQUITY, ROOM_FILLED, ROOM_GROSS, SIZE, STOPPED_AT, STOP_PEAK,
  THRESHOLD, TILE_CAREFUL, TILE_TARGETS, TRADE_CASH, TRAILS_FROM_HIGH, VALUE, VOLUME, WATCHES_ENTRY_BAR,
} from './layout'
import { hasVolumeLimit } from './legs'
import { enter, leave, settleFlows } from './long-fills'
import { DUE, FLOOR, IS_FLAT, LEAST, LOCK, LOOKOUT, SHUT_UNTIL, SLACK, TRAIL_FACTOR, YOUNG_UNTIL, beginLookout, boundFrom, mayLackVolume, moveBounds, nearest, trailFrom, watchExits, watchTimes } from './lookout'
import { measureRows } from './measure-rows'
import { patternOf } from './pair'
import { followTo, narrowed, watchBounds } from './watch'

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

// @ts-expect-error: decorator
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
  measureRows(pair, marksRoomAt + <usize>row * ROOM_BYTES, row, reached)
  return reached
}

/** Whether what lanes keep for its time lies clearly within the limits on what is held. */
function keepsWithin(pair: usize, row: i32, value: v128, equity: v128, lanes: v128): bool {
  const gross = f64x2.replace_lane(both(grossOf(pair, 0, row)), 1, grossOf(pair, 1, row))
  const limit = f64x2.mul(f64x2.pmin(v128.load(pair, OWN_CAP), gross), equity)
  return !some(v128.and(lanes, f64x2.gt(value, limit)))
}

/**
 * Books the exits of a bar that touches a bound, after what was filled at its open: the flows of that wait in their
 * slots. The next bar's exits are measured from what the position has cost, and watched for anew.
 */
function fillTouched(pair: usize, prices: usize, row: i32): void {
  const cell = pair + HEAD_BYTES
  const long = longCell(pair, 0)
  const entered = f64x2.eq(v128.load(long, ENTRY_ROW), both(<f64>(blockRow + row)))
  const unwatched = v128.andnot(entered, v128.load(pair, WATCHES_ENTRY_BAR))
  const has = v128.and(v128.load(pair, HAS_EXITS), f64x2.ne(v128.load(cell, QUANTITY), both(0)))
  const watched = v128.andnot(has, unwatched)
  if (some(watched)) exitSymbol(pair, cell, 0, prices, row, blockRow + row, watched)
  settleFlows(pair)
  const held = v128.load(cell, QUANTITY)
  const level = choose(f64x2.ne(held, both(0)), v128.load(long, ENTRY_PRICE), v128.load(long, LEVEL_PRICE))
  v128.store(long, level, LEVEL_PRICE)
  watchExits(pair, held)
  watchTimes(pair, held)
  moveBounds(held, level)
  // An exit's rest waits: the row's own functions go on.
  if (load<i32>(pair, LISTED) != 0) v128.store(LOOKOUT, both(Infinity), FLOOR)
}

/** Whether the bar lies at or beyond a bound. */
// @ts-expect-error: decorator
@inline
function touches(faced: usize, bound: v128): bool {
  return i32x4.bitmask(f32x4.le(v128.load(faced, FACED_BAR_TOUCHES), bound)) != 0
}

/** Places of the targets of one symbol. */
const PADDED: i32 = 4

/** Whether a row is left to its own functions. */
// @ts-expect-error: decorator
@inline
function isCareful(tile: usize, row: i32): bool {
  return ((load<i32>(kindsAt + (<usize>row << 2)) & (EVENTFUL | HAS_GAPS)) | load<i32>(tile, TILE_CAREFUL)) != 0
}

/** Cash with the interest of a row. */
// @ts-expect-error: decorator
@inline
function carried(pair: usize, row: i32, cash: v128, value: v128): v128 {
  if (!hasCarry) return cash
  const years = v128.load64_splat(yearsAt + (<usize>row << 3))
  const short = f64x2.pmax(both(0), v128.xor(value, signMask()))
  const rate = choose(f64x2.lt(cash, both(0)), v128.load(pair, LOAN_RATE), v128.load(pair, CASH_RATE))
  const interest = f64x2.mul(f64x2.mul(cash, rate), years)
  return f64x2.sub(f64x2.add(cash, interest), f64x2.mul(f64x2.mul(short, v128.load(pair, BORROW_RATE)), years))
}

/** What is wanted of the symbol at a row's close, in account currency. */
// @ts-expect-error: decorator
@inline
function worthOf(pair: usize, tile: usize, equity: v128): v128 {
  return f64x2.mul(f64x2.promote_low_f32x4(v128.load64_zero(tile, TILE_TARGETS)), f64x2.mul(v128.load(pair, SIZE), equity))
}

/** Lanes in which no drawdown stop can hit, and something is left. */
// @ts-expect-error: decorator
@inline
function standing(pair: usize, equity: v128): v128 {
  return f64x2.gt(equity, f64x2.mul(v128.load(pair, STOP_PEAK), v128.load(LOOKOUT, FLOOR)))
}

/** Lanes for which nothing can follow from a row's close. */
// @ts-expect-error: decorator
@inline
function resting(pair: usize, tile: usize, row: i32, unit: v128, value: v128, equity: v128, isTimed: bool): v128 {
  const change = f64x2.add(v128.and(f64x2.sub(worthOf(pair, tile, equity), value), magnitudeMask()), f64x2.mul(v128.load(LOOKOUT, SLACK), unit))
  // What leaves a position changes by what it is worth.
  const least = f64x2.pmin(f64x2.mul(v128.load(LOOKOUT, LEAST), equity), f64x2.add(v128.and(value, magnitudeMask()), v128.load(LOOKOUT, IS_FLAT)))
  let asks = f64x2.gt(change, least)
  if (isTimed) {
    const bars = v128.load64_splat(barCountsAt + (<usize>(row + 1) << 3))
    const combined = f64x2.promote_low_f32x4(v128.load64_zero(combinedOf(tile, PADDED)))
    const opens = f64x2.le(f64x2.mul(combined, v128.load(LOOKOUT, LOCK)), both(0))
    const ages = v128.or(f64x2.gt(v128.load(LOOKOUT, YOUNG_UNTIL), bars), f64x2.le(v128.load(LOOKOUT, DUE), bars))
    asks = v128.or(v128.or(v128.andnot(asks, f64x2.gt(v128.load(LOOKOUT, SHUT_UNTIL), bars)), opens), ages)
  }
  return v128.andnot(standing(pair, equity), asks)
}

/** Leaves what a row has come to. */
// @ts-expect-error: decorator
@inline
function leaveRow(pair: usize, room: usize, equity: v128, value: v128): void {
  v128.store(pair, f64x2.pmax(v128.load(pair, STOP_PEAK), equity), STOP_PEAK)
  v128.store(room, equity, ROOM_EQUITY)
  v128.store(room, v128.and(value, magnitudeMask()), ROOM_GROSS)
}

/** Trailing stops behind the bar, for the next one. */
// @ts-expect-error: decorator
@inline
function trailed(trail: v128, followed: usize): v128 {
  return f32x4.pmax(trail, f32x4.mul(v128.load(followed), v128.load(LOOKOUT, TRAIL_FACTOR)))
}

function account(pair: usize, tile: usize, stride: usize, row: i32): i32 {
  const cell = pair + HEAD_BYTES
  const long = longCell(pair, 0)
  const magnitude = magnitudeMask()
  const signs = signMask()
  const zero = both(0)
  const isLimited = hasVolumeLimit(pair)
  const flags = load<i32>(pair, FLAGS)
  const isWatched = (flags & IS_WATCHED) != 0
  const isTimed = (flags & IS_TIMED) != 0
  let cash = v128.load(pair, CASH)
  let held = v128.load(cell, QUANTITY)
  let value = v128.load(pair, VALUE)
  beginLookout(pair, held, v128.load(long, LEVEL_PRICE))
  let trail = trailFrom(v128.load(long, BEST_PRICE))
  let listed = load<i32>(pair, LISTED) != 0
  let prices = pricesAt + <usize>row * PRICE_BYTES
  let faced = facedBarsAt + <usize>row * FACED_BAR_BYTES
  let followed = faced + (any(v128.load(pair, TRAILS_FROM_HIGH)) ? FACED_BAR_EXTREMES : FACED_BAR_CLOSES)
  let room = marksRoomAt + <usize>row * ROOM_BYTES
  let isTouched = false
  let now = cash
  while (row < rows) {
    if (!isTouched) {
      if (isCareful(tile, row)) break
      turnJournal(row)
      now = carried(pair, row, cash, value)
      v128.store(room, zero, ROOM_FILLED)
    }
    if (listed) {
      const order = v128.load(cell, ORDER)
      const sign = v128.and(order, signs)
      const size = v128.and(order, magnitude)
      if (isLimited && some(mayLackVolume(size, v128.load64_splat(barOf(row, 0), VOLUME)))) break
      const against = opposite(held, order)
      const reduced = where(against, f64x2.pmin(size, v128.and(held, magnitude)))
      const increased = f64x2.sub(size, reduced)
      const grows = f64x2.gt(increased, zero)
      const open = v128.load64_splat(prices, OPEN)
      const spread = spreadOf(pair, prices)
      const multiplier = v128.load64_splat(symbolsAt, MULTIPLIER)
      const entryPrice = slipped(open, v128.load(pair, ENTRY_SLIPPAGE), spread, sign)
      const reducedBy = f64x2.mul(reduced, f64x2.mul(slipped(open, v128.load(pair, EXIT_SLIPPAGE), spread, sign), multiplier))
      const increasedBy = f64x2.mul(increased, f64x2.mul(entryPrice, multiplier))
      const fee = legsFee(pair, reduced, reducedBy, increased, increasedBy)
      const increaseFee = where(grows, fee)
      const reduceFee = v128.andnot(fee, grows)
      const reduceValue = v128.xor(reducedBy, sign)
      const increaseValue = v128.xor(increasedBy, sign)
      const left = f64x2.add(held, v128.or(reduced, sign))
      const unit = v128.load64_splat(prices, OPEN_UNIT)
      const equity = f64x2.add(f64x2.sub(f64x2.sub(now, reduceValue), reduceFee), f64x2.mul(left, unit))
      const needed = f64x2.add(f64x2.add(f64x2.mul(v128.and(left, magnitude), unit), increaseFee), increasedBy)
      const allowed = f64x2.mul(f64x2.mul(v128.load(pair, LEVERAGE), equity), both(LIMIT_SLACK))
      if (some(v128.andnot(grows, f64x2.le(needed, allowed)))) break
      if (records) noteLegs(pair, 0, sign, reduced, increased)
      let tradeCash = f64x2.sub(f64x2.sub(v128.load(cell, TRADE_CASH), reduceValue), reduceFee)
      held = f64x2.add(left, v128.or(increased, sign))
      v128.store(cell, held, QUANTITY)
      v128.store(cell, zero, ORDER)
      listed = false
      const isFlat = f64x2.eq(left, zero)
      const closes = v128.and(against, isFlat)
      const enters = v128.and(grows, isFlat)
      const turns = v128.or(closes, enters)
      if (some(turns)) {
        closeTrades(pair, tradeCash, closes)
        tradeCash = v128.andnot(tradeCash, closes)
        leave(pair, 0, row, closes)
        enter(pair, 0, row, blockRow + row, entryPrice, enters)
        watchExits(pair, held)
        watchTimes(pair, held)
        trail = choose(narrowed(turns), trailFrom(entryPrice), trail)
      }
      v128.store(cell, f64x2.sub(f64x2.sub(tradeCash, increaseValue), increaseFee), TRADE_CASH)
      const entry = v128.load(long, ENTRY_PRICE)
      const cost = f64x2.add(f64x2.mul(entry, v128.and(left, magnitude)), f64x2.mul(entryPrice, increased))
      const average = choose(grows, choose(isFlat, entryPrice, f64x2.div(cost, v128.and(held, magnitude))), entry)
      v128.store(long, average, ENTRY_PRICE)
      addTo(pair + FILLS, f64x2.add(one(f64x2.gt(reduced, zero)), one(grows)))
      // An entry is watched from its own price on, an increase from the next bar on.
      const level = v128.load(long, LEVEL_PRICE)
      isTouched = isWatched && touches(faced, f32x4.pmax(boundFrom(level), trail))
      if (isTouched) {
        v128.store(long, f64x2.add(reduced, increased), BAR_UNITS)
        v128.store(long, both(<f64>(blockRow + row)), BAR_ROW)
        v128.store(pair, reduceValue, ACTIONS_VALUE)
        v128.store(pair, reducedBy, ACTIONS_SIZE)
        v128.store(pair, reduceFee, REDUCED_FEES)
        v128.store(pair, increaseValue, INCREASED_VALUE)
        v128.store(pair, increasedBy, INCREASED_SIZE)
        v128.store(pair, increaseFee, INCREASED_FEES)
      } else {
        const next = choose(f64x2.ne(held, zero), average, level)
        v128.store(long, next, LEVEL_PRICE)
        moveBounds(held, next)
        now = f64x2.sub(f64x2.sub(now, f64x2.add(reduceValue, increaseValue)), f64x2.add(reduceFee, increaseFee))
        v128.store(room, f64x2.add(reducedBy, increasedBy), ROOM_FILLED)
        addTo(pair + FEES, f64x2.add(reduceFee, increaseFee))
      }
    } else if (isWatched && !isTouched) isTouched = touches(faced, nearest(trail))
    if (isTouched) {
      isTouched = false
      v128.store(pair, now, CASH)
      store<i32>(pair, 0, LISTED)
      fillTouched(pair, prices, row)
      now = v128.load(pair, CASH)
      held = v128.load(cell, QUANTITY)
      v128.store(room, v128.load(pair, FILLED), ROOM_FILLED)
      v128.store(pair, zero, FILLED)
      trail = trailFrom(v128.load(long, BEST_PRICE))
      listed = load<i32>(pair, LISTED) != 0
    }
    cash = now
    if (isWatched) trail = trailed(trail, followed)
    let unit = v128.load64_splat(prices, CLOSE_UNIT)
    value = f64x2.mul(held, unit)
    let equity = f64x2.add(cash, value)
    let rests = every(resting(pair, tile, row, unit, value, equity, isTimed))
    // Most rows: nothing waits, nothing is touched, nothing follows. In a loop of their own, without calls, the book stays in registers.
    while (rests) {
      leaveRow(pair, room, equity, value)
      row++
      tile += stride
      prices += PRICE_BYTES
      faced += FACED_BAR_BYTES
      followed += FACED_BAR_BYTES
      room += ROOM_BYTES
      if (records || row == rows || isCareful(tile, row)) break
      now = carried(pair, row, cash, value)
      v128.store(room, zero, ROOM_FILLED)
      if (isWatched && touches(faced, nearest(trail))) {
        isTouched = true
        break
      }
      cash = now
      if (isWatched) trail = trailed(trail, followed)
      unit = v128.load64_splat(prices, CLOSE_UNIT)
      value = f64x2.mul(held, unit)
      equity = f64x2.add(cash, value)
      rests = every(resting(pair, tile, row, unit, value, equity, isTimed))
    }
    if (rests) continue
    // What may end or stop is left to the row's own functions.
    if (!every(standing(pair, equity))) {
      hasFilledLong = true
      break
    }
    const target = f64x2.promote_low_f32x4(v128.load64_zero(tile, TILE_TARGETS))
    const worth = worthOf(pair, tile, equity)
    const quantity = toLots(f64x2.div(worth, unit), symbolsAt)
    const wanted = choose(f64x2.eq(target, target), quantity, held)
    let desired = wanted
    if (isTimed) {
      if (any(v128.load(long, LOCKED_SIDE))) {
        releaseLock(pair, combinedOf(tile, PADDED), 0, zero)
        watchTimes(pair, held)
      }
      desired = keepTime(pair, 0, row, held, wanted)
      const kept = v128.and(v128.and(f64x2.eq(desired, held), f64x2.ne(wanted, held)), f64x2.ne(held, zero))
      if (some(kept) && !keepsWithin(pair, row, v128.and(value, magnitude), equity, kept)) {
        hasFilledLong = true
        break
      }
    }
    const change = f64x2.sub(desired, held)
    const far = f64x2.gt(f64x2.mul(v128.and(change, magnitude), unit), f64x2.mul(v128.load(pair, THRESHOLD), equity))
    const leaves = v128.or(f64x2.eq(desired, zero), opposite(desired, held))
    const orders = v128.and(v128.or(leaves, far), f64x2.ne(change, zero))
    v128.store(cell, where(orders, change), ORDER)
    if (records) {
      const expires = isTimed ? expired : zero
      note(pair, v128.andnot(orders, expires), PLACED + KIND_TARGET, 0, change)
      note(pair, v128.and(orders, expires), PLACED + KIND_MAX_HOLD, 0, change)
    }
    addTo(pair + ORDERS, one(orders))
    listed = some(orders)
    leaveRow(pair, room, equity, value)
    row++
    tile += stride
    prices += PRICE_BYTES
    faced += FACED_BAR_BYTES
    followed += FACED_BAR_BYTES
    room += ROOM_BYTES
  }
  if (hasFilledLong) v128.store(pair, v128.load(room, ROOM_FILLED), FILLED)
  v128.store(pair, cash, CASH)
  v128.store(cell, held, QUANTITY)
  v128.store(pair, value, VALUE)
  store<i32>(pair, i32(listed), LISTED)
  store<u32>(cell + CELL_BYTES, 0)
  watchBounds(pair, 0, nearest(trail), v128.load(LOOKOUT, TRAIL_FACTOR))
  return row
}
