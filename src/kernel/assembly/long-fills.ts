import { barOf, barsBefore } from './bars'
import { isTradable, longCell, scratchAt, symbols, symbolsAt, toLots } from './block'
import { closeTrades, orderFee, slipped } from './fills'
import { LIMIT_SLACK, addTo, any, both, choose, one, opposite, signOf, where } from './lanes'
import {
  ACTIONS_SIZE, ACTIONS_VALUE, BAR_UNITS, BEST_PRICE, CANCELLATIONS, CASH, CELL_BYTES, CLOSES, CUT, ENTRY_BAR, ENTRY_PRICE, ENTRY_ROW,
  ENTRY_SLIPPAGE, EXIT_BAR, EXIT_REST, EXIT_SLIPPAGE, FEES, FEE_ON_ENTRY_ONLY, FILLED, FILLS, HALF_SPREAD, HEAD_BYTES, INCREASE,
  INCREASED_FEES, INCREASED_SIZE, INCREASED_VALUE, LEVERAGE, LEVEL_PRICE, LISTED, MARGIN, MULTIPLIER, OPEN, OPEN_UNIT, ORDER, ORDERS,
  PARTICIPATION, PAYS_SPREAD, PRICE_BYTES, QUANTITY, REDUCE, REDUCED_FEES, SCRATCH_BYTES, SYMBOL_BYTES, TRADE_CASH, VOLUME,
} from './layout'

/**
 * Fills at the open for portfolios with longer cells: legs are planned within the bar's volume, buying power is
 * shared out, then booked with entry prices and levels. Cash flows stay apart until the exits are done.
 */
export function fillLong(pair: usize, prices: usize, row: i32, t: i32, kinds: i32): void {
  if (load<i32>(pair, LISTED) == 0) return
  planLegs(pair, row, kinds)
  shareBuyingPower(pair, prices)
  bookLegs(pair, prices, row, t, kinds)
}

/** Units the volume of symbol n still allows in the row, in whole lots. */
export function volumeLeft(pair: usize, n: usize, row: i32, filled: v128): v128 {
  const share = v128.load(pair, PARTICIPATION)
  const allowed = f64x2.sub(f64x2.mul(share, v128.load64_splat(barOf(row, n), VOLUME)), filled)
  const left = where(f64x2.gt(allowed, both(0)), toLots(allowed, symbolsAt + n * SYMBOL_BYTES))
  return choose(f64x2.eq(share, both(Infinity)), both(Infinity), left)
}

/** Sizes of both legs of every order that can fill. A reduction that volume cuts leaves no way through zero. */
function planLegs(pair: usize, row: i32, kinds: i32): void {
  let cell = pair + HEAD_BYTES
  let scratch = scratchAt
  for (let n: usize = 0; n < <usize>symbols; n++) {
    let reduced = both(0)
    let increased = both(0)
    let cut = both(0)
    const order = v128.load(cell, ORDER)
    if (any(order) && isTradable(kinds, row, n)) {
      const held = v128.load(cell, QUANTITY)
      const left = volumeLeft(pair, n, row, both(0))
      const wanted = where(opposite(held, order), f64x2.pmin(f64x2.abs(order), f64x2.abs(held)))
      const stops = f64x2.gt(wanted, left)
      reduced = choose(stops, left, wanted)
      increased = v128.andnot(f64x2.sub(f64x2.abs(order), wanted), stops)
      cut = stops
    }
    v128.store(scratch, increased, INCREASE)
    v128.store(scratch, reduced, REDUCE)
    v128.store(scratch, cut, CUT)
    cell += CELL_BYTES
    scratch += SCRATCH_BYTES
  }
  limited = f64x2.lt(v128.load(pair, PARTICIPATION), both(Infinity))
  planRow = row
}

/** Lanes in which volume limits what fills, and the row that is planned. */
let limited: v128 = i64x2.splat(0)
let planRow: i32 = 0

/** Σ margin × |quantity| ≤ leverage × equity, or every increasing leg × one factor, to lots; first volume limits them. */
function shareBuyingPower(pair: usize, prices: usize): void {
  let spent = both(0)
  let paid = both(0)
  let evenValue = both(0)
  let oddValue = both(0)
  let evenUsed = both(0)
  let oddUsed = both(0)
  let needed = both(0)
  let fees = both(0)
  let lateFees = both(0)
  const entryOnly = v128.load(pair, FEE_ON_ENTRY_ONLY)
  let cell = pair + HEAD_BYTES
  let symbol = symbolsAt
  let scratch = scratchAt
  for (let n: usize = 0; n < <usize>symbols; n++) {
    const unit = v128.load64_splat(prices, OPEN_UNIT)
    const margin = load<f64>(symbol, MARGIN)
    const isMargined = margin == margin
    const reduced = v128.load(scratch, REDUCE)
    let increased = v128.load(scratch, INCREASE)
    const sign = signOf(v128.load(cell, ORDER))
    if (any(v128.or(reduced, increased))) {
      const open = v128.load64_splat(prices, OPEN)
      const multiplier = v128.load64_splat(symbol, MULTIPLIER)
      const spread = f64x2.mul(v128.load64_splat(prices, HALF_SPREAD), v128.load(pair, PAYS_SPREAD))
      const reduceUnit = f64x2.mul(slipped(open, v128.load(pair, EXIT_SLIPPAGE), spread, sign), multiplier)
      const increaseUnit = f64x2.mul(slipped(open, v128.load(pair, ENTRY_SLIPPAGE), spread, sign), multiplier)
      const counted = v128.andnot(reduced, entryOnly)
      const reducedFee = orderFee(pair, f64x2.mul(counted, reduceUnit), counted)
      spent = f64x2.add(spent, v128.xor(f64x2.mul(reduced, reduceUnit), sign))
      paid = f64x2.add(paid, where(f64x2.eq(increased, both(0)), reducedFee))
      if (any(limited)) {
        const wanted = f64x2.ne(increased, both(0))
        increased = limitIncrease(pair, scratch, n, reduced, increased)
        lateFees = f64x2.add(lateFees, where(v128.and(wanted, f64x2.eq(increased, both(0))), reducedFee))
      }
      const notional = f64x2.add(f64x2.mul(counted, reduceUnit), f64x2.mul(increased, increaseUnit))
      const grows = f64x2.ne(increased, both(0))
      needed = f64x2.add(needed, f64x2.mul(increased, isMargined ? both(margin) : increaseUnit))
      fees = f64x2.add(fees, where(grows, orderFee(pair, notional, f64x2.add(counted, increased))))
    }
    const quantity = f64x2.add(v128.load(cell, QUANTITY), v128.or(reduced, sign))
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
  const used = f64x2.add(evenUsed, oddUsed)
  const now = f64x2.sub(v128.load(pair, CASH), v128.load(pair, ACTIONS_VALUE))
  const equity = f64x2.sub(f64x2.add(f64x2.sub(f64x2.sub(now, spent), paid), f64x2.add(evenValue, oddValue)), lateFees)
  const allowed = f64x2.mul(v128.load(pair, LEVERAGE), equity)
  const fits = f64x2.le(f64x2.add(f64x2.add(used, fees), needed), f64x2.mul(allowed, both(LIMIT_SLACK)))
  const cuts = v128.andnot(f64x2.gt(needed, both(0)), fits)
  if (!any(cuts)) return
  const left = f64x2.sub(f64x2.sub(allowed, used), fees)
  cutIncreases(cuts, f64x2.max(both(0), f64x2.min(both(1), f64x2.div(left, needed))))
}

function limitIncrease(pair: usize, scratch: usize, n: usize, reduced: v128, increased: v128): v128 {
  const allowed = f64x2.pmax(both(0), f64x2.sub(volumeLeft(pair, n, planRow, both(0)), reduced))
  const stops = f64x2.gt(increased, allowed)
  const kept = choose(stops, allowed, increased)
  v128.store(scratch, kept, INCREASE)
  v128.store(scratch, v128.or(v128.load(scratch, CUT), stops), CUT)
  return kept
}

function cutIncreases(lanes: v128, factor: v128): void {
  let scratch = scratchAt
  for (let n: usize = 0; n < <usize>symbols; n++) {
    const wanted = v128.load(scratch, INCREASE)
    const kept = toLots(f64x2.mul(wanted, factor), symbolsAt + n * SYMBOL_BYTES)
    const cut = v128.and(v128.and(lanes, f64x2.ne(wanted, both(0))), f64x2.ne(kept, wanted))
    v128.store(scratch, choose(cut, kept, wanted), INCREASE)
    v128.store(scratch, v128.or(v128.load(scratch, CUT), cut), CUT)
    scratch += SCRATCH_BYTES
  }
}

/** Books the planned legs in symbol order. What a volume limit left of an exit waits for the next open. */
function bookLegs(pair: usize, prices: usize, row: i32, t: i32, kinds: i32): void {
  const entryOnly = v128.load(pair, FEE_ON_ENTRY_ONLY)
  let list = pair + HEAD_BYTES + <usize>symbols * CELL_BYTES
  const end = list + (<usize>load<i32>(pair, LISTED) << 2)
  const start = list
  let waiting = list
  for (; list < end; list += 4) {
    const n = <usize>load<u32>(list)
    const cell = pair + HEAD_BYTES + n * CELL_BYTES
    if (isTradable(kinds, row, n)) {
      const scratch = scratchAt + n * SCRATCH_BYTES
      const price = prices + n * PRICE_BYTES
      const spread = f64x2.mul(v128.load64_splat(price, HALF_SPREAD), v128.load(pair, PAYS_SPREAD))
      const multiplier = v128.load64_splat(symbolsAt + n * SYMBOL_BYTES, MULTIPLIER)
      const open = v128.load64_splat(price, OPEN)
      const order = v128.load(cell, ORDER)
      const sign = signOf(order)
      const reduced = v128.load(scratch, REDUCE)
      const increased = v128.load(scratch, INCREASE)
      const increasePrice = slipped(open, v128.load(pair, ENTRY_SLIPPAGE), spread, sign)
      const reducedBy = f64x2.mul(reduced, f64x2.mul(slipped(open, v128.load(pair, EXIT_SLIPPAGE), spread, sign), multiplier))
      const increasedBy = f64x2.mul(increased, f64x2.mul(increasePrice, multiplier))
      const notional = f64x2.add(v128.andnot(reducedBy, entryOnly), increasedBy)
      const fee = orderFee(pair, notional, f64x2.add(v128.andnot(reduced, entryOnly), increased))
      const grows = f64x2.gt(increased, both(0))
      bookReduction(pair, cell, n, row, reduced, v128.xor(reducedBy, sign), v128.andnot(fee, grows), sign)
      bookIncrease(pair, cell, n, row, t, increased, increasePrice, v128.xor(increasedBy, sign), where(grows, fee), sign)
      v128.store(longCell(pair, n), f64x2.add(reduced, increased), BAR_UNITS)
      closeSlots(pair, cell, n, v128.load(scratch, CUT), f64x2.sub(order, v128.or(reduced, sign)))
    }
    store<u32>(waiting, <u32>n)
    waiting += <usize>i32(any(f64x2.ne(v128.load(cell, ORDER), both(0)))) << 2
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
  v128.store(long, choose(enters, price, v128.load(long, LEVEL_PRICE)), LEVEL_PRICE)
  v128.store(long, choose(enters, price, v128.load(long, BEST_PRICE)), BEST_PRICE)
  v128.store(long, choose(enters, both(<f64>t), v128.load(long, ENTRY_ROW)), ENTRY_ROW)
  v128.store(long, choose(enters, barsBefore(row, n), v128.load(long, ENTRY_BAR)), ENTRY_BAR)
}

/** Takes the bar's flows out of cash, and begins anew. */
export function settleFlows(pair: usize): void {
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
