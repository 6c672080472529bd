import { hasCarry, hasLots, hasMargins, isLong, kindsAt, marksRoomAt, pricesAt, rows, symbols, symbolsAt } from './block'
import { closeTrades, legsFee, slipped, spreadOf } from './fills'
import { noteFill, records, recordsMarks, tellLater, turnJournal } from './journal'
import { LIMIT_SLACK, addTo, any, both, magnitudeMask, one, opposite, signMask, where } from './lanes'
import {
  CASH, CELL_BYTES, CLOSE_UNIT, DECIDES_SIMPLY, DRAWDOWN_LIMIT, ENTRY_SLIPPAGE, EVENTFUL, EXIT_SLIPPAGE, FEES, FEE_MINIMUM, FEE_ON_ENTRY_ONLY, FEE_PER_UNIT, FEE_RATE, FILLED,
  FILLS, FLAGS, HAS_ENDED, HAS_GAPS, HEAD_BYTES, LEVERAGE, LISTED, LOT, LOTS_PER_UNIT, MULTIPLIER, OPEN, OPEN_UNIT, ORDER, ORDERS, PAYS_SPREAD, PRICE_BYTES, QUANTITY,
  ROOM_BYTES, ROOM_EQUITY, ROOM_FILLED, ROOM_GROSS, SEAT_BYTES, SEAT_FROM, SEAT_PAIR, SEAT_ROOM, SEAT_TILE, SIZE, STOPPED_AT, STOP_PEAK, THRESHOLD, TILE, TILE_CAREFUL,
  TILE_HEAD_BYTES, TILE_TARGETS, TRADE_CASH,
} from './layout'
import { measureRows } from './measure-rows'
import { stepSingle } from './single'

/**
 * Pairs that trade one symbol by simple rules, row by row side by side: those that have an order fill it, then all are
 * marked and decide. So no branch depends on who trades, and one pair's latency hides another's. What each row came
 * to is noted, and measured later. The operations are those of single.ts and mark.ts.
 */

/** Whether each pair from `pairs` on trades one symbol by simple rules. */
export function goSideBySide(pairs: usize, end: usize, pairBytes: usize): bool {
  if (symbols != 1 || isLong || hasCarry || hasMargins || recordsMarks()) return false
  for (; pairs < end; pairs += pairBytes) if ((load<i32>(pairs, FLAGS) & DECIDES_SIMPLY) == 0) return false
  return true
}

/** All rows of the block from `first` on, for pairs with the same kind of costs at a time. */
export function accountPairs(pairs: usize, end: usize, pairBytes: usize, first: i32, stride: usize): void {
  for (let from = pairs; from < end; from = pairs) {
    const isCheap = hasPlainCosts(from)
    while (pairs < end && hasPlainCosts(pairs) == isCheap) pairs += pairBytes
    takeSeats(from, pairs, pairBytes, first, stride)
    if (isCheap) walk(first, stride, true)
    else walk(first, stride, false)
  }
}

/** Whether an order of both costs a rate, and a slippage that is the same for either leg. */
function hasPlainCosts(pair: usize): bool {
  const others = v128.or(v128.or(v128.load(pair, PAYS_SPREAD), v128.load(pair, FEE_ON_ENTRY_ONLY)), v128.or(v128.load(pair, FEE_PER_UNIT), v128.load(pair, FEE_MINIMUM)))
  return !any(v128.or(others, f64x2.ne(v128.load(pair, ENTRY_SLIPPAGE), v128.load(pair, EXIT_SLIPPAGE))))
}

/** The pairs that go side by side. */
let seats: usize = 0
let seatsEnd: usize = 0

/** Seats those from `pairs` on that are plain; the others go through the block alone. */
function takeSeats(pairs: usize, end: usize, pairBytes: usize, first: i32, stride: usize): void {
  const roomBytes = <usize>(rows + 1) * ROOM_BYTES
  let room = marksRoomAt
  seats = room + (end - pairs) / pairBytes * roomBytes
  seatsEnd = seats
  for (let pair = pairs; pair < end; pair += pairBytes) {
    const tiles = <usize>load<u32>(pair, TILE) + TILE_HEAD_BYTES
    store<u32>(pair + HEAD_BYTES + CELL_BYTES, 0)
    if (!isPlain(pair)) {
      stepAlone(pair, tiles, first, rows, stride)
      continue
    }
    store<u32>(seatsEnd, <u32>pair, SEAT_PAIR)
    store<u32>(seatsEnd, <u32>tiles, SEAT_TILE)
    store<u32>(seatsEnd, <u32>room, SEAT_ROOM)
    store<i32>(seatsEnd, first, SEAT_FROM)
    v128.store(room + <usize>first * ROOM_BYTES, both(0), ROOM_FILLED)
    seatsEnd += SEAT_BYTES
    room += roomBytes
  }
}

/** Those that have an order: a bit for each seat. */
function waitingNow(): u64 {
  let waiting: u64 = 0
  let bit: u64 = 1
  for (let seat = seats; seat < seatsEnd; seat += SEAT_BYTES) {
    if (load<i32>(load<u32>(seat, SEAT_PAIR), LISTED) != 0) waiting |= bit
    bit <<= 1
  }
  return waiting
}

// @ts-expect-error: decorator
@inline
function walk(row: i32, stride: usize, isCheap: bool): void {
  let waiting = waitingNow()
  for (; row < rows; row++) {
    const prices = pricesAt + <usize>row * PRICE_BYTES
    const noted = <usize>row * ROOM_BYTES
    if ((load<i32>(kindsAt + (<usize>row << 2)) & (EVENTFUL | HAS_GAPS)) != 0) {
      for (let seat = seats; seat < seatsEnd;) if (stepAside(seat, row, stride)) seat += SEAT_BYTES
      waiting = waitingNow()
      continue
    }
    turnJournal(row)
    for (; waiting != 0; waiting &= waiting - 1) fill(seats + <usize>ctz(waiting) * SEAT_BYTES, noted, prices, isCheap)
    // Between them, so that the legs of all, and the orders of all, find room in what one pair's row may need.
    turnJournal(row)
    waiting = closeAll(row, stride)
  }
  for (let seat = seats; seat < seatsEnd; seat += SEAT_BYTES) measureTo(seat, row)
}

/** Marks all and decides for them; a row that is not plain for a pair is left to stepAside. Gives those that have an order then. */
// @ts-expect-error: decorator
@inline
function closeAll(row: i32, stride: usize): u64 {
  const unit = v128.load64_splat(pricesAt + <usize>row * PRICE_BYTES, CLOSE_UNIT)
  const lot = v128.load64_splat(symbolsAt, LOT)
  const lotsPerUnit = v128.load64_splat(symbolsAt, LOTS_PER_UNIT)
  const hasLot = hasLots
  const magnitude = magnitudeMask()
  const zero = both(0)
  const noted = <usize>row * ROOM_BYTES
  const tiles = <usize>row * stride
  let end = seatsEnd
  let bit: u64 = 1
  let waiting: u64 = 0
  for (let seat = seats; seat < end; seat += SEAT_BYTES) {
    const pair = <usize>load<u32>(seat, SEAT_PAIR)
    const tile = <usize>load<u32>(seat, SEAT_TILE) + tiles
    if ((load<i32>(tile, TILE_CAREFUL) | load<i32>(pair, LISTED)) == 0) {
      const held = v128.load(pair + HEAD_BYTES, QUANTITY)
      const value = f64x2.mul(held, unit)
      const equity = f64x2.add(v128.load(pair, CASH), value)
      const peak = v128.load(pair, STOP_PEAK)
      const falls = f64x2.ge(f64x2.sub(peak, equity), f64x2.mul(v128.load(pair, DRAWDOWN_LIMIT), peak))
      if (i64x2.bitmask(v128.andnot(f64x2.gt(equity, zero), falls)) == 3) {
        const room = <usize>load<u32>(seat, SEAT_ROOM) + noted
        v128.store(pair, f64x2.pmax(peak, equity), STOP_PEAK)
        v128.store(room, equity, ROOM_EQUITY)
        v128.store(room, v128.and(value, magnitude), ROOM_GROSS)
        v128.store(room, zero, ROOM_BYTES + ROOM_FILLED)
        const target = f64x2.promote_low_f32x4(v128.load64_zero(tile, TILE_TARGETS))
        let desired = f64x2.div(f64x2.mul(target, f64x2.mul(v128.load(pair, SIZE), equity)), unit)
        // A quantity of −0 leads to the same change as one of 0: it is not stored.
        if (hasLot) desired = f64x2.mul(f64x2.trunc(f64x2.mul(desired, lotsPerUnit)), lot)
        const change = f64x2.sub(desired, held)
        const far = f64x2.gt(f64x2.mul(v128.and(change, magnitude), unit), f64x2.mul(v128.load(pair, THRESHOLD), equity))
        const leaves = v128.or(f64x2.eq(desired, zero), opposite(desired, held))
        const orders = v128.and(v128.or(leaves, far), f64x2.ne(change, zero))
        v128.store(pair + HEAD_BYTES, where(orders, change), ORDER)
        tellLater(pair)
        addTo(pair + ORDERS, one(orders))
        const has = i32(i64x2.bitmask(orders) != 0)
        store<i32>(pair, has, LISTED)
        waiting |= has != 0 ? bit : 0
        bit <<= 1
        continue
      }
    }
    if (stepAside(seat, row, stride)) {
      if (load<i32>(pair, LISTED) != 0) waiting |= bit
      bit <<= 1
    } else {
      end = seatsEnd
      seat -= SEAT_BYTES
    }
    // It may have turned rows of its own.
    turnJournal(row)
  }
  return waiting
}

function measureTo(seat: usize, row: i32): void {
  const from = load<i32>(seat, SEAT_FROM)
  measureRows(load<u32>(seat, SEAT_PAIR), <usize>load<u32>(seat, SEAT_ROOM) + <usize>from * ROOM_BYTES, from, row)
}

/**
 * A row that is not plain for a pair. Who has ended or stopped then goes through the rest of the block alone, and
 * the last takes its seat. Whether it has kept its seat.
 */
function stepAside(seat: usize, row: i32, stride: usize): bool {
  measureTo(seat, row)
  const pair = <usize>load<u32>(seat, SEAT_PAIR)
  const tiles = <usize>load<u32>(seat, SEAT_TILE)
  const room = <usize>load<u32>(seat, SEAT_ROOM) + <usize>row * ROOM_BYTES
  v128.store(pair, v128.load(room, ROOM_FILLED), FILLED)
  v128.store(room, both(0), ROOM_BYTES + ROOM_FILLED)
  if (load<i32>(pair, LISTED) == 0) v128.store(pair + HEAD_BYTES, both(0), ORDER)
  stepAlone(pair, tiles, row, row + 1, stride)
  store<i32>(seat, row + 1, SEAT_FROM)
  if (isPlain(pair)) return true
  stepAlone(pair, tiles, row + 1, rows, stride)
  seatsEnd -= SEAT_BYTES
  memory.copy(seat, seatsEnd, SEAT_BYTES)
  return false
}

function stepAlone(pair: usize, tiles: usize, row: i32, end: i32, stride: usize): void {
  for (; row < end; row++) stepSingle(pair, pricesAt + <usize>row * PRICE_BYTES, tiles + <usize>row * stride, row, load<i32>(kindsAt + (<usize>row << 2)))
}

/** Whether nobody of a pair has ended or stopped. */
function isPlain(pair: usize): bool {
  return (load<i32>(pair, FLAGS) & HAS_ENDED) == 0 && !any(f64x2.ge(v128.load(pair, STOPPED_AT), both(0)))
}

/** Fills what waits in a pair, unless buying power cuts it: then it goes on waiting. */
// @ts-expect-error: decorator
@inline
function fill(seat: usize, noted: usize, prices: usize, isCheap: bool): void {
  const pair = <usize>load<u32>(seat, SEAT_PAIR)
  const cell = pair + HEAD_BYTES
  const magnitude = magnitudeMask()
  const zero = both(0)
  const order = v128.load(cell, ORDER)
  const held = v128.load(cell, QUANTITY)
  const cash = v128.load(pair, CASH)
  const unit = v128.load64_splat(prices, OPEN_UNIT)
  const sign = v128.and(order, signMask())
  const size = v128.and(order, magnitude)
  const against = opposite(held, order)
  const reduced = where(against, f64x2.pmin(size, v128.and(held, magnitude)))
  const increased = f64x2.sub(size, reduced)
  const grows = f64x2.gt(increased, zero)
  const reducedBy = f64x2.mul(reduced, legUnit(pair, prices, EXIT_SLIPPAGE, sign, isCheap))
  const increasedBy = f64x2.mul(increased, legUnit(pair, prices, ENTRY_SLIPPAGE, sign, isCheap))
  const filled = f64x2.add(reducedBy, increasedBy)
  const fee = feeOf(pair, isCheap, filled, reduced, reducedBy, increased, increasedBy)
  const increaseFee = where(grows, fee)
  const reduceFee = v128.andnot(fee, grows)
  const reduceValue = v128.xor(reducedBy, sign)
  const increaseValue = v128.xor(increasedBy, sign)
  const left = f64x2.add(held, v128.or(reduced, sign))
  const equity = f64x2.add(f64x2.sub(f64x2.sub(cash, reduceValue), reduceFee), f64x2.mul(left, unit))
  const needed = f64x2.add(f64x2.add(f64x2.mul(v128.and(left, magnitude), unit), increaseFee), increasedBy)
  const allowed = f64x2.mul(f64x2.mul(v128.load(pair, LEVERAGE), equity), both(LIMIT_SLACK))
  if (i64x2.bitmask(v128.andnot(grows, f64x2.le(needed, allowed))) != 0) return
  let tradeCash = f64x2.sub(f64x2.sub(v128.load(cell, TRADE_CASH), reduceValue), reduceFee)
  const closes = v128.and(against, f64x2.eq(left, zero))
  if (i64x2.bitmask(closes) != 0) {
    closeTrades(pair, tradeCash, closes)
    tradeCash = v128.andnot(tradeCash, closes)
  }
  if (records) noteFill(pair, 0, order, reduced, increased)
  v128.store(cell, f64x2.sub(f64x2.sub(tradeCash, increaseValue), increaseFee), TRADE_CASH)
  v128.store(cell, f64x2.add(left, v128.or(increased, sign)), QUANTITY)
  v128.store(pair, f64x2.sub(f64x2.sub(cash, f64x2.add(reduceValue, increaseValue)), fee), CASH)
  v128.store(load<u32>(seat, SEAT_ROOM) + noted, filled, ROOM_FILLED)
  store<i32>(pair, 0, LISTED)
  addTo(pair + FEES, fee)
  addTo(pair + FILLS, f64x2.add(one(f64x2.gt(reduced, zero)), one(grows)))
}

/** Price × M of a leg. */
// @ts-expect-error: decorator
@inline
function legUnit(pair: usize, prices: usize, slippage: usize, sign: v128, isCheap: bool): v128 {
  const open = v128.load64_splat(prices, OPEN)
  const multiplier = v128.load64_splat(symbolsAt, MULTIPLIER)
  if (isCheap) return f64x2.mul(f64x2.mul(open, f64x2.add(both(1), v128.xor(v128.load(pair, EXIT_SLIPPAGE), sign))), multiplier)
  const spread = spreadOf(pair, prices)
  return f64x2.mul(slipped(open, v128.load(pair + slippage), spread, sign), multiplier)
}

/** What an order pays: of its legs' units and values. */
// @ts-expect-error: decorator
@inline
function feeOf(pair: usize, isCheap: bool, filled: v128, reduced: v128, reducedBy: v128, increased: v128, increasedBy: v128): v128 {
  if (isCheap) return f64x2.mul(v128.load(pair, FEE_RATE), filled)
  return legsFee(pair, reduced, reducedBy, increased, increasedBy)
}
