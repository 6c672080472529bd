import { barsBefore } from './bars'
import { leapsAt, longCell, scratchAt, symbols } from './block'
import { limitIncreases, scaleToFit, sizeIncreases } from './buying-power'
import { clearlyFits, closeTrades } from './fills'
import { noteLegs, records } from './journal'
import { addTo, any, both, choose, one, signOf, where } from './lanes'
import {
  ACTIONS_SIZE, ACTIONS_VALUE, BAR_UNITS, BEST_PRICE, CANCELLATIONS, CASH, CELL_BYTES, CLOSES, CUT, EARLY_UNTIL, ENTRY_BAR, ENTRY_PRICE, ENTRY_ROW,
  EXIT_BAR, EXIT_REST, FEES, FILLED, FILLS, HAS_EXITS, HEAD_BYTES, INCREASE, INCREASED_FEES, INCREASED_SIZE, INCREASED_VALUE, INCREASE_PRICE,
  INCREASE_UNIT, LEVEL_PRICE, LISTED, MIN_HOLD_BARS, ORDER, ORDERS, QUANTITY, REDUCE, REDUCED_FEES, REDUCE_UNIT, SCRATCH_BYTES, TRADE_CASH,
} from './layout'
import { planLegs, planListed, plannedFee } from './legs'
import { watch } from './watch'

/**
 * Fills at the open for portfolios with longer cells: legs are planned within the bar's volume, buying power is
 * shared out, then booked with entry prices and levels. Cash flows stay apart until the exits are done. Lists from
 * `planned` on what was booked, and gives the list's end.
 */
export function fillLong(pair: usize, prices: usize, planned: usize, row: i32, t: i32, kinds: i32): usize {
  if (load<i32>(pair, LISTED) == 0) return planned
  let end = planned
  if (clearlyFits(pair, leapsAt + (<usize>row << 3))) {
    end = planListed(pair, prices, planned, row, kinds)
    limitIncreases(pair, planned, end, row)
  } else {
    end = planLegs(pair, prices, planned, row, kinds)
    sizeIncreases(pair, planned, end, row)
    scaleToFit(pair, planned, end)
  }
  const watches = any(v128.load(pair, HAS_EXITS))
  for (let at = planned; at < end; at += 4) {
    const n = <usize>load<u32>(at)
    bookLegs(pair, n, row, t)
    if (watches) watch(pair, n)
  }
  listWaiting(pair)
  return end
}

/** Books the planned legs of symbol n. What a volume limit left of an exit waits for the next open. */
function bookLegs(pair: usize, n: usize, row: i32, t: i32): void {
  const cell = pair + HEAD_BYTES + n * CELL_BYTES
  const scratch = scratchAt + n * SCRATCH_BYTES
  const order = v128.load(cell, ORDER)
  const sign = signOf(order)
  const reduced = v128.load(scratch, REDUCE)
  const increased = v128.load(scratch, INCREASE)
  const fee = plannedFee(pair, scratch)
  const grows = f64x2.gt(increased, both(0))
  const reducedBy = f64x2.mul(reduced, v128.load(scratch, REDUCE_UNIT))
  const increasedBy = f64x2.mul(increased, v128.load(scratch, INCREASE_UNIT))
  if (records) noteLegs(pair, n, sign, reduced, increased)
  bookReduction(pair, cell, n, row, reduced, v128.xor(reducedBy, sign), v128.andnot(fee, grows), sign)
  bookIncrease(pair, cell, n, row, t, increased, v128.load(scratch, INCREASE_PRICE), v128.xor(increasedBy, sign), where(grows, fee), sign)
  v128.store(longCell(pair, n), f64x2.add(reduced, increased), BAR_UNITS)
  closeSlots(pair, cell, n, v128.load(scratch, CUT), f64x2.sub(order, v128.or(reduced, sign)))
}

/** Keeps of the list what still has an order. */
function listWaiting(pair: usize): void {
  let list = pair + HEAD_BYTES + <usize>symbols * CELL_BYTES
  const end = list + (<usize>load<i32>(pair, LISTED) << 2)
  const start = list
  let waiting = list
  for (; list < end; list += 4) {
    const n = load<u32>(list)
    store<u32>(waiting, n)
    waiting += <usize>i32(any(f64x2.ne(v128.load(pair + HEAD_BYTES + n * CELL_BYTES, ORDER), both(0)))) << 2
  }
  store<i32>(pair, <i32>((waiting - start) >> 2), LISTED)
}

/** Empties the slots of symbol n; the rest of an exit that ran out of volume goes back into its own. */
function closeSlots(pair: usize, cell: usize, n: usize, cut: v128, rest: v128): void {
  const long = longCell(pair, n)
  const again = v128.and(cut, v128.load(long, EXIT_REST))
  addTo(pair + CANCELLATIONS, one(cut))
  addTo(pair + ORDERS, one(again))
  v128.store(cell, where(again, rest), ORDER)
  v128.store(cell, again, CLOSES)
  v128.store(long, again, EXIT_REST)
}

/** One reducing leg: cash flows, the open trade, and what a position closed with it leaves behind. */
export function bookReduction(pair: usize, cell: usize, n: usize, row: i32, reduced: v128, value: v128, fee: v128, sign: v128): void {
  const fills = f64x2.gt(reduced, both(0))
  const held = v128.load(cell, QUANTITY)
  const left = f64x2.add(held, v128.or(reduced, sign))
  addTo(pair + ACTIONS_VALUE, value)
  addTo(pair + ACTIONS_SIZE, f64x2.abs(value))
  addTo(pair + REDUCED_FEES, fee)
  addTo(pair + FILLS, one(fills))
  v128.store(cell, left, QUANTITY)
  const tradeCash = f64x2.sub(f64x2.sub(v128.load(cell, TRADE_CASH), value), fee)
  const closes = v128.and(fills, f64x2.eq(left, both(0)))
  closeTrades(pair, tradeCash, closes)
  v128.store(cell, v128.andnot(tradeCash, closes), TRADE_CASH)
  leave(pair, n, row, closes)
}

/** What a position that is closed before the row's close leaves in its longer cell. */
export function leave(pair: usize, n: usize, row: i32, lanes: v128): void {
  const long = longCell(pair, n)
  v128.store(long, v128.andnot(v128.load(long, ENTRY_PRICE), lanes), ENTRY_PRICE)
  v128.store(long, choose(lanes, barsBefore(row, n), v128.load(long, EXIT_BAR)), EXIT_BAR)
}

function bookIncrease(
  pair: usize, cell: usize, n: usize, row: i32, t: i32, increased: v128, price: v128, value: v128, fee: v128, sign: v128,
): void {
  const fills = f64x2.gt(increased, both(0))
  if (!any(fills)) return
  const long = longCell(pair, n)
  const held = v128.load(cell, QUANTITY)
  const after = f64x2.add(held, v128.or(increased, sign))
  addTo(pair + INCREASED_VALUE, value)
  addTo(pair + INCREASED_SIZE, f64x2.abs(value))
  addTo(pair + INCREASED_FEES, fee)
  addTo(pair + FILLS, one(fills))
  v128.store(cell, choose(fills, after, held), QUANTITY)
  v128.store(cell, f64x2.sub(f64x2.sub(v128.load(cell, TRADE_CASH), value), fee), TRADE_CASH)
  const entry = v128.load(long, ENTRY_PRICE)
  const enters = v128.and(fills, f64x2.eq(held, both(0)))
  const cost = f64x2.add(f64x2.mul(entry, f64x2.abs(held)), f64x2.mul(price, increased))
  const average = choose(enters, price, f64x2.div(cost, f64x2.abs(after)))
  v128.store(long, choose(fills, average, entry), ENTRY_PRICE)
  if (any(enters)) keepEarly(pair, t)
  v128.store(long, choose(enters, price, v128.load(long, LEVEL_PRICE)), LEVEL_PRICE)
  v128.store(long, choose(enters, price, v128.load(long, BEST_PRICE)), BEST_PRICE)
  v128.store(long, choose(enters, both(<f64>t), v128.load(long, ENTRY_ROW)), ENTRY_ROW)
  v128.store(long, choose(enters, barsBefore(row, n), v128.load(long, ENTRY_BAR)), ENTRY_BAR)
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
