import { scratchAt, symbols, symbolsAt } from './block'
import { addTo, any, both, choose, one, toLots, where } from './lanes'
import {
  CANCELLATIONS, CASH, CELL_BYTES, ENTRY_DOWN, ENTRY_PRICE, ENTRY_UP, EXIT_DOWN, EXIT_UP, FEES, FEE_MINIMUM, FEE_ON_ENTRY_ONLY,
  FEE_PER_UNIT, FEE_RATE, FILLED_VALUE, FILLS, GROSS_LOSS, GROSS_PROFIT, HEAD_BYTES, INCREASE, LEVERAGE, LOT, MARGIN,
  MULTIPLIER, OPEN, OPEN_UNIT, ORDER, PRICE_BYTES, QUANTITY, REDUCE, SCRATCH_BYTES, SYMBOL_BYTES, TRADES, TRADE_CASH, WINNING_TRADES,
} from './layout'

/** Relative slack of every limit, because signals are float32. */
export const LIMIT_SLACK: f64 = 1.0 + 1e-6

/** Fills what waits at the open of a row: legs planned, buying power shared out, reductions booked, then increases. */
export function fillPair(pair: usize, prices: usize): void {
  let reduces = both(0)
  let increases = both(0)
  let cell = pair + HEAD_BYTES
  let scratch = scratchAt
  for (let n = 0; n < symbols; n++) {
    const held = v128.load(cell, QUANTITY)
    const order = v128.load(cell, ORDER)
    const opposite = v128.or(
      v128.and(f64x2.gt(held, both(0)), f64x2.lt(order, both(0))),
      v128.and(f64x2.lt(held, both(0)), f64x2.gt(order, both(0))),
    )
    const within = f64x2.le(f64x2.abs(order), f64x2.abs(held))
    const reduce = where(opposite, choose(within, order, f64x2.neg(held)))
    const increase = choose(opposite, where(v128.not(within), f64x2.add(order, held)), order)
    v128.store(scratch, reduce, REDUCE)
    v128.store(scratch, increase, INCREASE)
    reduces = v128.or(reduces, f64x2.ne(reduce, both(0)))
    increases = v128.or(increases, f64x2.ne(increase, both(0)))
    cell += CELL_BYTES
    scratch += SCRATCH_BYTES
  }
  if (any(increases)) shareBuyingPower(pair, prices)
  if (any(reduces)) bookReductions(pair, prices)
  if (any(increases)) bookIncreases(pair, prices)
}

// @ts-ignore: decorator
@inline
function reducePrice(pair: usize, order: v128, prices: usize): v128 {
  const buys = f64x2.gt(order, both(0))
  return f64x2.mul(v128.load64_splat(prices, OPEN), choose(buys, v128.load(pair, EXIT_UP), v128.load(pair, EXIT_DOWN)))
}

// @ts-ignore: decorator
@inline
function increasePrice(pair: usize, order: v128, prices: usize): v128 {
  const buys = f64x2.gt(order, both(0))
  return f64x2.mul(v128.load64_splat(prices, OPEN), choose(buys, v128.load(pair, ENTRY_UP), v128.load(pair, ENTRY_DOWN)))
}

/** max(minimum, rate × notional + per unit × |quantity|), once per order that fills anything. */
function orderFee(pair: usize, reduce: v128, reduceUnit: v128, increase: v128, increaseUnit: v128): v128 {
  const entryOnly = v128.load(pair, FEE_ON_ENTRY_ONLY)
  const counted = v128.andnot(f64x2.abs(reduce), entryOnly)
  const entered = f64x2.abs(increase)
  const notional = f64x2.add(f64x2.mul(counted, reduceUnit), f64x2.mul(entered, increaseUnit))
  const units = f64x2.add(counted, entered)
  const proportional = f64x2.add(
    f64x2.mul(v128.load(pair, FEE_RATE), notional), f64x2.mul(v128.load(pair, FEE_PER_UNIT), units))
  const fee = f64x2.pmax(proportional, v128.load(pair, FEE_MINIMUM))
  return where(f64x2.gt(units, both(0)), fee)
}

/**
 * Σ margin × |quantity| ≤ leverage × equity at fill prices and after fees, or every increasing leg × one
 * factor, to lots.
 */
function shareBuyingPower(pair: usize, prices: usize): void {
  let cash = v128.load(pair, CASH)
  let value = both(0)
  let used = both(0)
  let needed = both(0)
  let fees = both(0)
  let cell = pair + HEAD_BYTES
  let scratch = scratchAt
  let symbol = symbolsAt
  for (let n = 0; n < symbols; n++) {
    const order = v128.load(cell, ORDER)
    const reduce = v128.load(scratch, REDUCE)
    const increase = v128.load(scratch, INCREASE)
    const multiplier = v128.load64_splat(symbol, MULTIPLIER)
    const reduceUnit = f64x2.mul(reducePrice(pair, order, prices), multiplier)
    const increaseUnit = f64x2.mul(increasePrice(pair, order, prices), multiplier)
    const fee = orderFee(pair, reduce, reduceUnit, increase, increaseUnit)
    const grows = f64x2.ne(increase, both(0))
    cash = f64x2.sub(f64x2.sub(cash, f64x2.mul(reduce, reduceUnit)), v128.andnot(fee, grows))
    const quantity = f64x2.add(v128.load(cell, QUANTITY), reduce)
    const unit = v128.load64_splat(prices, OPEN_UNIT)
    const margin = load<f64>(symbol, MARGIN)
    const isMargined = margin == margin
    value = f64x2.add(value, f64x2.mul(quantity, unit))
    used = f64x2.add(used, f64x2.mul(f64x2.abs(quantity), isMargined ? both(margin) : unit))
    needed = f64x2.add(needed, f64x2.mul(f64x2.abs(increase), isMargined ? both(margin) : increaseUnit))
    fees = f64x2.add(fees, where(grows, fee))
    cell += CELL_BYTES
    scratch += SCRATCH_BYTES
    symbol += SYMBOL_BYTES
    prices += PRICE_BYTES
  }
  const allowed = f64x2.mul(v128.load(pair, LEVERAGE), f64x2.add(cash, value))
  const fits = f64x2.le(f64x2.add(f64x2.add(used, fees), needed), f64x2.mul(allowed, both(LIMIT_SLACK)))
  if (v128.all_true<i64>(fits)) return
  const left = f64x2.sub(f64x2.sub(allowed, used), fees)
  scaleIncreases(pair, v128.not(fits), f64x2.max(both(0), f64x2.min(both(1), f64x2.div(left, needed))))
}

function scaleIncreases(pair: usize, lanes: v128, factor: v128): void {
  let scratch = scratchAt
  let symbol = symbolsAt
  let cuts = both(0)
  for (let n = 0; n < symbols; n++) {
    const increase = v128.load(scratch, INCREASE)
    const kept = f64x2.add(toLots(f64x2.mul(increase, factor), load<f64>(symbol, LOT)), both(0))
    const cut = v128.and(v128.and(lanes, f64x2.ne(increase, both(0))), f64x2.ne(kept, increase))
    v128.store(scratch, choose(cut, kept, increase), INCREASE)
    cuts = f64x2.add(cuts, one(cut))
    scratch += SCRATCH_BYTES
    symbol += SYMBOL_BYTES
  }
  addTo(pair + CANCELLATIONS, cuts)
}

function bookReductions(pair: usize, prices: usize): void {
  let cell = pair + HEAD_BYTES
  let scratch = scratchAt
  let symbol = symbolsAt
  for (let n = 0; n < symbols; n++) {
    const reduce = v128.load(scratch, REDUCE)
    const fills = f64x2.ne(reduce, both(0))
    if (any(fills)) {
      const unit = f64x2.mul(reducePrice(pair, v128.load(cell, ORDER), prices), v128.load64_splat(symbol, MULTIPLIER))
      const isLast = f64x2.eq(v128.load(scratch, INCREASE), both(0))
      const fee = where(isLast, orderFee(pair, reduce, unit, both(0), both(0)))
      const profit = bookLeg(pair, cell, reduce, unit, fee, fills)
      const after = f64x2.add(v128.load(cell, QUANTITY), reduce)
      v128.store(cell, after, QUANTITY)
      const closes = v128.and(fills, f64x2.eq(after, both(0)))
      const wins = v128.and(closes, f64x2.gt(profit, both(0)))
      addTo(pair + TRADES, one(closes))
      addTo(pair + WINNING_TRADES, one(wins))
      addTo(pair + GROSS_PROFIT, where(wins, profit))
      v128.store(pair, f64x2.sub(v128.load(pair, GROSS_LOSS), where(v128.andnot(closes, wins), profit)), GROSS_LOSS)
      v128.store(cell, v128.andnot(profit, closes), TRADE_CASH)
      v128.store(cell, v128.andnot(v128.load(cell, ENTRY_PRICE), closes), ENTRY_PRICE)
    }
    cell += CELL_BYTES
    scratch += SCRATCH_BYTES
    symbol += SYMBOL_BYTES
    prices += PRICE_BYTES
  }
}

function bookIncreases(pair: usize, prices: usize): void {
  let cell = pair + HEAD_BYTES
  let scratch = scratchAt
  let symbol = symbolsAt
  for (let n = 0; n < symbols; n++) {
    const increase = v128.load(scratch, INCREASE)
    const fills = f64x2.ne(increase, both(0))
    if (any(fills)) {
      const order = v128.load(cell, ORDER)
      const multiplier = v128.load64_splat(symbol, MULTIPLIER)
      const price = increasePrice(pair, order, prices)
      const unit = f64x2.mul(price, multiplier)
      const reduceUnit = f64x2.mul(reducePrice(pair, order, prices), multiplier)
      const fee = where(fills, orderFee(pair, v128.load(scratch, REDUCE), reduceUnit, increase, unit))
      bookLeg(pair, cell, increase, unit, fee, fills)
      const held = v128.load(cell, QUANTITY)
      const after = f64x2.add(held, increase)
      v128.store(cell, after, QUANTITY)
      const entry = v128.load(cell, ENTRY_PRICE)
      const cost = f64x2.add(f64x2.mul(entry, f64x2.abs(held)), f64x2.mul(price, f64x2.abs(increase)))
      const average = choose(f64x2.eq(held, both(0)), price, f64x2.div(cost, f64x2.abs(after)))
      v128.store(cell, choose(fills, average, entry), ENTRY_PRICE)
    }
    cell += CELL_BYTES
    scratch += SCRATCH_BYTES
    symbol += SYMBOL_BYTES
    prices += PRICE_BYTES
  }
}

/** Cash, the open trade's cash, filled value, fees and counts. Returns the trade's cash. */
function bookLeg(pair: usize, cell: usize, quantity: v128, unit: v128, fee: v128, fills: v128): v128 {
  const value = f64x2.mul(quantity, unit)
  v128.store(pair, f64x2.sub(f64x2.sub(v128.load(pair, CASH), value), fee), CASH)
  const tradeCash = f64x2.sub(f64x2.sub(v128.load(cell, TRADE_CASH), value), fee)
  v128.store(cell, tradeCash, TRADE_CASH)
  addTo(pair + FILLED_VALUE, f64x2.abs(value))
  addTo(pair + FEES, fee)
  addTo(pair + FILLS, one(fills))
  return tradeCash
}
