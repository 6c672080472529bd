import { barOf, barsBefore } from './bars'
import { isTradable, leapsAt, longCell, scratchAt, symbols, symbolsAt } from './block'
import { planFitting, scaleToFit, sizeIncreases } from './buying-power'
import { clearlyFits, closeTrades, legsFee, slipped, spreadOf } from './fills'
import { noteLegs, records } from './journal'
import { addTo, any, both, choose, every, magnitudeMask, one, opposite, signMask, some, where } from './lanes'
import {
  ACTIONS_SIZE, ACTIONS_VALUE, BAR_ROW, BAR_UNITS, BEST_PRICE, BEST_ROW, CANCELLATIONS, CASH, CELL_BYTES, CLOSES, CUT, EARLY_UNTIL, ENTRY_BAR, ENTRY_PRICE, ENTRY_ROW,
  ENTRY_SLIPPAGE, EXIT_BAR, EXIT_REST, EXIT_SLIPPAGE, FEES, FILLED, FILLS, HEAD_BYTES, INCREASE, INCREASED_FEES, INCREASED_SIZE, INCREASED_VALUE, LEVEL_PRICE, LISTED, LOT,
  MIN_HOLD_BARS, MULTIPLIER, OPEN, ORDER, ORDERS, PARTICIPATION, PRICE_BYTES, QUANTITY, REDUCE, REDUCED_FEES, SCRATCH_BYTES, SYMBOL_BYTES, TRADE_CASH, VOLUME,
} from './layout'
import { planLegs } from './legs'
import { watchFrom } from './watch'

/**
 * Fills at the open for portfolios with longer cells: what volume and buying power leave of every order is booked
 * with entry prices and levels. Cash flows stay apart until the exits are done. Lists from `grown` on the positions
 * that were added to, whose levels move at the close, and gives the list's end.
 */
export function fillLong(pair: usize, prices: usize, grown: usize, row: i32, t: i32, kinds: i32): usize {
  if (load<i32>(pair, LISTED) == 0) return grown
  const fits = clearlyFits(pair, leapsAt + (<usize>row << 3))
  if (!fits) {
    const end = planLegs(pair, prices, grown, row, kinds)
    sizeIncreases(pair, grown, end, row)
    scaleToFit(pair, grown, end)
  }
  let list = pair + HEAD_BYTES + <usize>symbols * CELL_BYTES
  const start = list
  let waiting = list
  for (const end = list + (<usize>load<i32>(pair, LISTED) << 2); list < end; list += 4) {
    const n = <usize>load<u32>(list)
    const cell = pair + HEAD_BYTES + n * CELL_BYTES
    const order = v128.load(cell, ORDER)
    if (any(order) && isTradable(kinds, row, n)) {
      const growing = bookLegs(pair, cell, prices + n * PRICE_BYTES, n, row, t, order, fits)
      store<u32>(grown, <u32>n)
      grown += <usize>i32(some(growing)) << 2
    }
    store<u32>(waiting, <u32>n)
    waiting += <usize>i32((load<u64>(cell, ORDER) | load<u64>(cell, ORDER + 8)) != 0) << 2
  }
  store<i32>(pair, <i32>((waiting - start) >> 2), LISTED)
  return grown
}

/** Whether the bar's volume lets orders of a size in symbol n be, whatever its lot. */
// @ts-expect-error: decorator
@inline
function isAmple(pair: usize, n: usize, row: i32, size: v128): bool {
  const allowed = f64x2.mul(v128.load(pair, PARTICIPATION), v128.load64_splat(barOf(row, n), VOLUME))
  return every(f64x2.le(size, f64x2.sub(allowed, v128.load64_splat(symbolsAt + n * SYMBOL_BYTES, LOT))))
}

/** Books the legs of symbol n's order, and gives the lanes whose position it adds to. */
// @ts-expect-error: decorator
@inline
function bookLegs(pair: usize, cell: usize, prices: usize, n: usize, row: i32, t: i32, order: v128, fits: bool): v128 {
  const long = longCell(pair, n)
  const zero = both(0)
  const magnitude = magnitudeMask()
  const sign = v128.and(order, signMask())
  const size = v128.and(order, magnitude)
  const held = v128.load(cell, QUANTITY)
  let reduced = where(opposite(held, order), f64x2.pmin(size, v128.and(held, magnitude)))
  let increased = f64x2.sub(size, reduced)
  let cut = zero
  if (!fits || !isAmple(pair, n, row, size)) {
    const scratch = scratchAt + n * SCRATCH_BYTES
    if (fits) planFitting(pair, n, row, held, order)
    reduced = v128.load(scratch, REDUCE)
    increased = v128.load(scratch, INCREASE)
    cut = v128.load(scratch, CUT)
  }
  const open = v128.load64_splat(prices, OPEN)
  const spread = spreadOf(pair, prices)
  const multiplier = v128.load64_splat(symbolsAt + n * SYMBOL_BYTES, MULTIPLIER)
  const price = slipped(open, v128.load(pair, ENTRY_SLIPPAGE), spread, sign)
  const reducedBy = f64x2.mul(reduced, f64x2.mul(slipped(open, v128.load(pair, EXIT_SLIPPAGE), spread, sign), multiplier))
  const increasedBy = f64x2.mul(increased, f64x2.mul(price, multiplier))
  const fee = legsFee(pair, reduced, reducedBy, increased, increasedBy)
  const reduces = f64x2.gt(reduced, zero)
  const grows = f64x2.gt(increased, zero)
  if (records) noteLegs(pair, n, sign, reduced, increased)
  const reduceFee = v128.andnot(fee, grows)
  const increaseFee = where(grows, fee)
  const reduceValue = v128.xor(reducedBy, sign)
  const increaseValue = v128.xor(increasedBy, sign)
  addTo(pair + ACTIONS_VALUE, reduceValue)
  addTo(pair + ACTIONS_SIZE, reducedBy)
  addTo(pair + REDUCED_FEES, reduceFee)
  addTo(pair + INCREASED_VALUE, increaseValue)
  addTo(pair + INCREASED_SIZE, increasedBy)
  addTo(pair + INCREASED_FEES, increaseFee)
  addTo(pair + FILLS, f64x2.add(one(reduces), one(grows)))
  // To zero, and from there to what it is then: the price of a position is the average of what it was made of.
  const left = f64x2.add(held, v128.or(reduced, sign))
  const after = f64x2.add(left, v128.or(increased, sign))
  const isFlat = f64x2.eq(left, zero)
  const entry = v128.load(long, ENTRY_PRICE)
  const cost = f64x2.add(f64x2.mul(entry, v128.and(left, magnitude)), f64x2.mul(price, increased))
  const average = choose(isFlat, price, f64x2.div(cost, v128.and(after, magnitude)))
  v128.store(long, choose(grows, average, v128.andnot(entry, isFlat)), ENTRY_PRICE)
  v128.store(long, f64x2.add(reduced, increased), BAR_UNITS)
  v128.store(long, both(<f64>t), BAR_ROW)
  v128.store(cell, after, QUANTITY)
  let tradeCash = f64x2.sub(f64x2.sub(v128.load(cell, TRADE_CASH), reduceValue), reduceFee)
  const closes = v128.and(reduces, isFlat)
  const enters = v128.and(grows, isFlat)
  if (some(v128.or(closes, enters))) tradeCash = turn(pair, n, row, t, tradeCash, closes, enters, price)
  v128.store(cell, f64x2.sub(f64x2.sub(tradeCash, increaseValue), increaseFee), TRADE_CASH)
  const wasRest = v128.load(long, EXIT_REST)
  v128.store(cell, zero, ORDER)
  v128.store(cell, zero, CLOSES)
  v128.store(long, zero, EXIT_REST)
  if (some(cut)) keepRest(pair, cell, long, cut, wasRest, f64x2.sub(order, v128.or(reduced, sign)))
  return v128.andnot(grows, isFlat)
}

/** Trades of some lanes are over, and those of others begin. Gives the cash of what is still open. */
function turn(pair: usize, n: usize, row: i32, t: i32, tradeCash: v128, closes: v128, enters: v128, price: v128): v128 {
  const long = longCell(pair, n)
  closeTrades(pair, tradeCash, closes)
  noteExit(long, n, row, closes)
  if (some(enters)) enter(pair, n, row, t, price, enters)
  watchFrom(pair, n, v128.load(long, BEST_PRICE), v128.or(closes, enters))
  return v128.andnot(tradeCash, closes)
}

/** The rest of an exit that ran out of volume goes back into the slots of its symbol. */
function keepRest(pair: usize, cell: usize, long: usize, cut: v128, wasRest: v128, rest: v128): void {
  const again = v128.and(cut, wasRest)
  v128.store(cell, where(again, rest), ORDER)
  v128.store(cell, again, CLOSES)
  v128.store(long, again, EXIT_REST)
  addTo(pair + CANCELLATIONS, one(cut))
  addTo(pair + ORDERS, one(again))
}

/** One reducing leg: cash flows, the open trade, and what a position closed with it leaves behind. */
// @ts-expect-error: decorator
@inline
export function bookReduction(pair: usize, cell: usize, n: usize, row: i32, reduced: v128, value: v128, fee: v128, sign: v128): void {
  const fills = f64x2.gt(reduced, both(0))
  const left = f64x2.add(v128.load(cell, QUANTITY), v128.or(reduced, sign))
  addTo(pair + ACTIONS_VALUE, value)
  addTo(pair + ACTIONS_SIZE, v128.and(value, magnitudeMask()))
  addTo(pair + REDUCED_FEES, fee)
  addTo(pair + FILLS, one(fills))
  v128.store(cell, left, QUANTITY)
  const tradeCash = f64x2.sub(f64x2.sub(v128.load(cell, TRADE_CASH), value), fee)
  v128.store(cell, tradeCash, TRADE_CASH)
  const closes = v128.and(fills, f64x2.eq(left, both(0)))
  if (any(closes)) close(pair, cell, n, row, tradeCash, closes)
}

/** Some lanes' trade is over. */
function close(pair: usize, cell: usize, n: usize, row: i32, tradeCash: v128, lanes: v128): void {
  closeTrades(pair, tradeCash, lanes)
  v128.store(cell, v128.andnot(tradeCash, lanes), TRADE_CASH)
  leave(pair, n, row, lanes)
}

/** What a position that is closed before the row's close leaves in its longer cell. */
export function leave(pair: usize, n: usize, row: i32, lanes: v128): void {
  const long = longCell(pair, n)
  v128.store(long, v128.andnot(v128.load(long, ENTRY_PRICE), lanes), ENTRY_PRICE)
  noteExit(long, n, row, lanes)
}

// @ts-expect-error: decorator
@inline
function noteExit(long: usize, n: usize, row: i32, lanes: v128): void {
  v128.store(long, choose(lanes, barsBefore(row, n), v128.load(long, EXIT_BAR)), EXIT_BAR)
}

/** What lanes that were flat begin with. */
export function enter(pair: usize, n: usize, row: i32, t: i32, price: v128, lanes: v128): void {
  const long = longCell(pair, n)
  v128.store(long, choose(lanes, price, v128.load(long, LEVEL_PRICE)), LEVEL_PRICE)
  v128.store(long, choose(lanes, both(<f64>t), v128.load(long, ENTRY_ROW)), ENTRY_ROW)
  v128.store(long, choose(lanes, barsBefore(row, n), v128.load(long, ENTRY_BAR)), ENTRY_BAR)
  v128.store(long, choose(lanes, price, v128.load(long, BEST_PRICE)), BEST_PRICE)
  v128.store(long, choose(lanes, both(<f64>row), v128.load(long, BEST_ROW)), BEST_ROW)
  keepEarly(pair, t)
}

/** Remembers how long a position entered in row t may be too young to be reduced; a row without its bar is none of them. */
export function keepEarly(pair: usize, t: i32): void {
  const least = v128.load(pair, MIN_HOLD_BARS)
  const bars = i32x4.trunc_sat_f64x2_s_zero(least)
  const most = max(i32x4.extract_lane(bars, 0), i32x4.extract_lane(bars, 1))
  if (most > 0) store<i32>(pair, max(load<i32>(pair, EARLY_UNTIL), t + min(most, 0x3fff_ffff)), EARLY_UNTIL)
}

/** Takes the bar's flows out of cash, and begins anew. */
export function settleFlows(pair: usize): void {
  if (!any(v128.or(v128.load(pair, ACTIONS_SIZE), v128.load(pair, INCREASED_SIZE)))) return
  const fees = f64x2.add(v128.load(pair, REDUCED_FEES), v128.load(pair, INCREASED_FEES))
  const value = f64x2.add(v128.load(pair, ACTIONS_VALUE), v128.load(pair, INCREASED_VALUE))
  v128.store(pair, f64x2.sub(f64x2.sub(v128.load(pair, CASH), value), fees), CASH)
  v128.store(pair, f64x2.add(v128.load(pair, ACTIONS_SIZE), v128.load(pair, INCREASED_SIZE)), FILLED)
  addTo(pair + FEES, fees)
  v128.store(pair, both(0), ACTIONS_VALUE)
  v128.store(pair, both(0), ACTIONS_SIZE)
  v128.store(pair, both(0), REDUCED_FEES)
  v128.store(pair, both(0), INCREASED_VALUE)
  v128.store(pair, both(0), INCREASED_SIZE)
  v128.store(pair, both(0), INCREASED_FEES)
}
