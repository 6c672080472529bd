import { barsBefore } from './bars'
import { isTradable, leapsAt, longCell, scratchAt, symbols, symbolsAt } from './block'
import { planFitting, scaleToFit, sizeIncreases } from './buying-power'
import { clearlyFits, closeTrades, orderFee, slipped } from './fills'
import { noteLegs, records } from './journal'
import { addTo, any, both, choose, magnitudeMask, one, opposite, signMask, where } from './lanes'
import {
  ACTIONS_SIZE, ACTIONS_VALUE, BAR_UNITS, BEST_PRICE, BEST_ROW, CANCELLATIONS, CASH, CELL_BYTES, CLOSES, CUT, EARLY_UNTIL, ENTRY_BAR, ENTRY_PRICE, ENTRY_ROW, ENTRY_SLIPPAGE,
  EXIT_BAR, EXIT_REST, EXIT_SLIPPAGE, FEES, FEE_ON_ENTRY_ONLY, FILLED, FILLS, HALF_SPREAD, HEAD_BYTES, INCREASE, INCREASED_FEES, INCREASED_SIZE, INCREASED_VALUE,
  LEVEL_PRICE, LISTED, MIN_HOLD_BARS, MULTIPLIER, OPEN, ORDER, ORDERS, PAYS_SPREAD, PRICE_BYTES, QUANTITY, REDUCE, REDUCED_FEES, SCRATCH_BYTES, SYMBOL_BYTES, TRADE_CASH,
} from './layout'
import { planLegs } from './legs'
import { beginTrail, watchOn } from './watch'

/**
 * Fills at the open for portfolios with longer cells: what volume and buying power leave of every order is booked
 * with entry prices and levels. Cash flows stay apart until the exits are done. Lists from `filled` on what was
 * booked, and gives the list's end.
 */
export function fillLong(pair: usize, prices: usize, filled: usize, row: i32, t: i32, kinds: i32): usize {
  if (load<i32>(pair, LISTED) == 0) return filled
  const fits = clearlyFits(pair, leapsAt + (<usize>row << 3))
  if (!fits) {
    const end = planLegs(pair, prices, filled, row, kinds)
    sizeIncreases(pair, filled, end, row)
    scaleToFit(pair, filled, end)
  }
  let list = pair + HEAD_BYTES + <usize>symbols * CELL_BYTES
  const start = list
  let waiting = list
  for (const end = list + (<usize>load<i32>(pair, LISTED) << 2); list < end; list += 4) {
    const n = <usize>load<u32>(list)
    const cell = pair + HEAD_BYTES + n * CELL_BYTES
    const order = v128.load(cell, ORDER)
    if (any(order) && isTradable(kinds, row, n)) {
      if (fits) planFitting(pair, n, row, v128.load(cell, QUANTITY), order)
      bookLegs(pair, cell, prices + n * PRICE_BYTES, n, row, t, order)
      store<u32>(filled, <u32>n)
      filled += 4
    }
    store<u32>(waiting, <u32>n)
    waiting += <usize>i32(any(v128.load(cell, ORDER))) << 2
  }
  store<i32>(pair, <i32>((waiting - start) >> 2), LISTED)
  return filled
}

/** Books the planned legs of symbol n. What a volume limit left of an exit waits for the next open. */
// @ts-ignore: decorator
@inline
function bookLegs(pair: usize, cell: usize, prices: usize, n: usize, row: i32, t: i32, order: v128): void {
  const scratch = scratchAt + n * SCRATCH_BYTES
  const sign = v128.and(order, signMask())
  const reduced = v128.load(scratch, REDUCE)
  const increased = v128.load(scratch, INCREASE)
  const open = v128.load64_splat(prices, OPEN)
  const spread = f64x2.mul(v128.load64_splat(prices, HALF_SPREAD), v128.load(pair, PAYS_SPREAD))
  const multiplier = v128.load64_splat(symbolsAt + n * SYMBOL_BYTES, MULTIPLIER)
  const entryPrice = slipped(open, v128.load(pair, ENTRY_SLIPPAGE), spread, sign)
  const reducedBy = f64x2.mul(reduced, f64x2.mul(slipped(open, v128.load(pair, EXIT_SLIPPAGE), spread, sign), multiplier))
  const increasedBy = f64x2.mul(increased, f64x2.mul(entryPrice, multiplier))
  const entryOnly = v128.load(pair, FEE_ON_ENTRY_ONLY)
  const notional = f64x2.add(v128.andnot(reducedBy, entryOnly), increasedBy)
  const fee = orderFee(pair, notional, f64x2.add(v128.andnot(reduced, entryOnly), increased))
  const grows = f64x2.gt(increased, both(0))
  const increaseFee = where(grows, fee)
  const reduceFee = v128.andnot(fee, grows)
  if (records) noteLegs(pair, n, sign, reduced, increased)
  bookReduction(pair, cell, n, row, reduced, v128.xor(reducedBy, sign), reduceFee, sign)
  const increaseValue = v128.xor(increasedBy, sign)
  addTo(pair + INCREASED_VALUE, increaseValue)
  addTo(pair + INCREASED_SIZE, increasedBy)
  addTo(pair + INCREASED_FEES, increaseFee)
  addTo(pair + FILLS, one(grows))
  v128.store(cell, f64x2.sub(f64x2.sub(v128.load(cell, TRADE_CASH), increaseValue), increaseFee), TRADE_CASH)
  growPosition(pair, cell, n, row, t, increased, entryPrice, sign)
  v128.store(longCell(pair, n), f64x2.add(reduced, increased), BAR_UNITS)
  closeSlots(pair, cell, n, v128.load(scratch, CUT), f64x2.sub(order, v128.or(reduced, sign)))
}

/** Empties the slots of symbol n; the rest of an exit that ran out of volume goes back into its own. */
// @ts-ignore: decorator
@inline
function closeSlots(pair: usize, cell: usize, n: usize, cut: v128, rest: v128): void {
  const long = longCell(pair, n)
  const again = v128.and(cut, v128.load(long, EXIT_REST))
  v128.store(cell, where(again, rest), ORDER)
  v128.store(cell, again, CLOSES)
  v128.store(long, again, EXIT_REST)
  if (!any(cut)) return
  addTo(pair + CANCELLATIONS, one(cut))
  addTo(pair + ORDERS, one(again))
}

/** One reducing leg: cash flows, the open trade, and what a position closed with it leaves behind. */
// @ts-ignore: decorator
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
  v128.store(long, choose(lanes, barsBefore(row, n), v128.load(long, EXIT_BAR)), EXIT_BAR)
}

/** Adds an increasing leg to the position: its price is the average of what it was made of. */
// @ts-ignore: decorator
@inline
function growPosition(pair: usize, cell: usize, n: usize, row: i32, t: i32, increased: v128, price: v128, sign: v128): void {
  const magnitude = magnitudeMask()
  const long = longCell(pair, n)
  const held = v128.load(cell, QUANTITY)
  const after = f64x2.add(held, v128.or(increased, sign))
  const grows = f64x2.gt(increased, both(0))
  v128.store(cell, choose(grows, after, held), QUANTITY)
  const entry = v128.load(long, ENTRY_PRICE)
  const isFlat = f64x2.eq(held, both(0))
  const cost = f64x2.add(f64x2.mul(entry, v128.and(held, magnitude)), f64x2.mul(price, increased))
  const average = choose(isFlat, price, f64x2.div(cost, v128.and(after, magnitude)))
  v128.store(long, choose(grows, average, entry), ENTRY_PRICE)
  const enters = v128.and(grows, isFlat)
  if (any(enters)) enter(pair, n, row, t, price, enters)
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
  beginTrail(pair, n, price, v128.load(pair + HEAD_BYTES + n * CELL_BYTES, QUANTITY), lanes)
  watchOn(pair, n)
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
