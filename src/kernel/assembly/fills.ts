import { hasMargins, isLong, isTradable, leapsAt, scratchAt, symbols, symbolsAt, toLots } from './block'
import { noteCut, noteFill, noteLegs, records, tellOrders } from './journal'
import { LIMIT_SLACK, addTo, any, both, choose, magnitudeMask, one, opposite, signMask, signOf, where } from './lanes'
import {
  ACTIONS_SIZE, ACTIONS_VALUE, CANCELLATIONS, CASH, CELL_BYTES, CHANGING, COSTLIEST_SLIP, CUT_OFF, ENTRY_SLIPPAGE, EQUITY, EXIT_SLIPPAGE, CLOSES, FEES, FEE_MINIMUM, FEE_ON_ENTRY_ONLY,
  FEE_PER_UNIT, FEE_RATE, FILLED, FILLS, GROSS_LOSS, GROSS_PROFIT, HALF_SPREAD, HEAD_BYTES, HELD, INCREASE, LEAST_BOUNDED, LEVERAGE, LISTED, MARGIN,
  MULTIPLIER, OPEN, OPEN_UNIT, ORDER, ORDERED_COUNT, ORDERED_UNITS, PAYS_SPREAD, PRICE_BYTES, QUANTITY, SCALED, SCRATCH_BYTES, SYMBOL_BYTES, TRADES, TRADE_CASH, WANTED, WINNING_TRADES,
} from './layout'

/** Fills what waits at the open of a row: buying power is shared out, then every listed order is booked. */
// @ts-expect-error: decorator
@inline
export function fillPair(pair: usize, prices: usize, row: i32, kinds: i32): void {
  const listed = load<i32>(pair, LISTED)
  if (listed == 0) return
  const list = pair + HEAD_BYTES + <usize>symbols * CELL_BYTES
  if (!clearlyFits(pair, leapsAt + (<usize>row << 3))) {
    const factor = shareBuyingPower(pair, prices, row, kinds)
    if (any(f64x2.lt(factor, both(2)))) {
      tellOrders(pair)
      cutIncreases(pair, list, listed, factor, row, kinds)
      bookOrders(pair, prices, list, listed, true, row, kinds)
      return
    }
  }
  bookOrders(pair, prices, list, listed, false, row, kinds)
}

/**
 * Whether buying power suffices however the opens lie within the row's leap from the last closes: a bound from
 * what is held and wanted at those closes. It only saves working the exact sums out.
 */
// @ts-expect-error: decorator
@inline
export function clearlyFits(pair: usize, leapAt: usize): bool {
  if (hasMargins || symbols < LEAST_BOUNDED) return false
  const perUnit = v128.load(pair, FEE_PER_UNIT)
  const minimum = v128.load(pair, FEE_MINIMUM)
  if (!isLong && any(f64x2.gt(f64x2.add(perUnit, minimum), both(0)))) return false
  const leap = v128.load64_splat(leapAt)
  const rise = f64x2.add(both(1), leap)
  const slipped = f64x2.mul(rise, f64x2.add(both(1), v128.load(pair, COSTLIEST_SLIP)))
  const changing = f64x2.mul(slipped, v128.load(pair, CHANGING))
  const needed = f64x2.mul(slipped, v128.load(pair, WANTED))
  let fees = f64x2.mul(changing, v128.load(pair, FEE_RATE))
  if (isLong) {
    const counted = f64x2.mul(minimum, v128.load(pair, ORDERED_COUNT))
    fees = f64x2.add(fees, f64x2.add(f64x2.mul(perUnit, v128.load(pair, ORDERED_UNITS)), counted))
  }
  const fall = f64x2.mul(leap, f64x2.add(v128.load(pair, HELD), v128.load(pair, CHANGING)))
  const slip = f64x2.mul(changing, v128.load(pair, COSTLIEST_SLIP))
  const equity = f64x2.sub(f64x2.sub(f64x2.sub(v128.load(pair, EQUITY), fall), slip), fees)
  return v128.all_true<i64>(f64x2.le(f64x2.add(needed, fees), f64x2.mul(v128.load(pair, LEVERAGE), equity)))
}

/** Price × (1 ± slippage) ± half the spread, by the sign of the order. */
// @ts-expect-error: decorator
@inline
export function slipped(open: v128, slippage: v128, spread: v128, sign: v128): v128 {
  return f64x2.add(f64x2.mul(open, f64x2.add(both(1), v128.xor(slippage, sign))), v128.xor(spread, sign))
}

/** Half the spread, for who pays it. */
// @ts-expect-error: decorator
@inline
export function spreadOf(pair: usize, price: usize): v128 {
  return f64x2.mul(v128.load64_splat(price, HALF_SPREAD), v128.load(pair, PAYS_SPREAD))
}

/** max(minimum, rate × notional + per unit × |quantity|), once per order that fills anything. */
// @ts-expect-error: decorator
@inline
export function orderFee(pair: usize, notional: v128, units: v128): v128 {
  const proportional = f64x2.add(f64x2.mul(v128.load(pair, FEE_RATE), notional), f64x2.mul(v128.load(pair, FEE_PER_UNIT), units))
  return where(f64x2.gt(units, both(0)), f64x2.pmax(proportional, v128.load(pair, FEE_MINIMUM)))
}

/** What an order pays for its legs, units and values of each; some pay for the increasing one alone. */
// @ts-expect-error: decorator
@inline
export function legsFee(pair: usize, reduced: v128, reducedBy: v128, increased: v128, increasedBy: v128): v128 {
  const entryOnly = v128.load(pair, FEE_ON_ENTRY_ONLY)
  return orderFee(pair, f64x2.add(v128.andnot(reducedBy, entryOnly), increasedBy), f64x2.add(v128.andnot(reduced, entryOnly), increased))
}

/**
 * Σ margin × |quantity| ≤ leverage × equity at fill prices and after fees: gives the factor of the increasing
 * legs, and 2 where all fits.
 */
function shareBuyingPower(pair: usize, prices: usize, row: i32, kinds: i32): v128 {
  let spent = both(0)
  let paid = both(0)
  let evenValue = both(0)
  let oddValue = both(0)
  let evenUsed = both(0)
  let oddUsed = both(0)
  let needed = both(0)
  let fees = both(0)
  const entryOnly = v128.load(pair, FEE_ON_ENTRY_ONLY)
  let cell = pair + HEAD_BYTES
  let symbol = symbolsAt
  for (let n = 0; n < symbols; n++) {
    const held = v128.load(cell, QUANTITY)
    const order = v128.load(cell, ORDER)
    const unit = v128.load64_splat(prices, OPEN_UNIT)
    const margin = load<f64>(symbol, MARGIN)
    const isMargined = margin == margin
    let quantity = held
    if (any(order) && isTradable(kinds, row, n)) {
      const sign = signOf(order)
      const open = v128.load64_splat(prices, OPEN)
      const spread = spreadOf(pair, prices)
      const multiplier = v128.load64_splat(symbol, MULTIPLIER)
      const reduced = where(opposite(held, order), f64x2.pmin(f64x2.abs(order), f64x2.abs(held)))
      const increased = f64x2.sub(f64x2.abs(order), reduced)
      const reduceUnit = f64x2.mul(slipped(open, v128.load(pair, EXIT_SLIPPAGE), spread, sign), multiplier)
      const increaseUnit = f64x2.mul(slipped(open, v128.load(pair, ENTRY_SLIPPAGE), spread, sign), multiplier)
      const counted = v128.andnot(reduced, entryOnly)
      const notional = f64x2.add(f64x2.mul(counted, reduceUnit), f64x2.mul(increased, increaseUnit))
      const fee = orderFee(pair, notional, f64x2.add(counted, increased))
      const grows = f64x2.ne(increased, both(0))
      spent = f64x2.add(spent, v128.xor(f64x2.mul(reduced, reduceUnit), sign))
      paid = f64x2.add(paid, v128.andnot(fee, grows))
      quantity = f64x2.add(held, v128.or(reduced, sign))
      needed = f64x2.add(needed, f64x2.mul(increased, isMargined ? both(margin) : increaseUnit))
      fees = f64x2.add(fees, where(grows, fee))
    }
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
    prices += PRICE_BYTES
  }
  const used = f64x2.add(evenUsed, oddUsed)
  const now = f64x2.sub(v128.load(pair, CASH), v128.load(pair, ACTIONS_VALUE))
  const cash = f64x2.sub(f64x2.sub(now, spent), paid)
  const allowed = f64x2.mul(v128.load(pair, LEVERAGE), f64x2.add(cash, f64x2.add(evenValue, oddValue)))
  const fits = f64x2.le(f64x2.add(f64x2.add(used, fees), needed), f64x2.mul(allowed, both(LIMIT_SLACK)))
  const grows = f64x2.gt(needed, both(0))
  return choose(v128.andnot(grows, fits), shareOf(allowed, used, fees, needed), both(2))
}

/** What the limit leaves of all that is needed; what is left within its slack is nothing, or rounding noise would fill. */
// @ts-expect-error: decorator
@inline
export function shareOf(allowed: v128, used: v128, fees: v128, needed: v128): v128 {
  const isLeft = f64x2.lt(f64x2.mul(f64x2.add(used, fees), both(LIMIT_SLACK)), allowed)
  const left = f64x2.sub(f64x2.sub(allowed, used), fees)
  return where(isLeft, f64x2.min(both(1), f64x2.div(left, needed)))
}

/** Increasing legs of the listed orders × factor, to lots; a factor of 2 leaves them. */
function cutIncreases(pair: usize, list: usize, listed: i32, factor: v128, row: i32, kinds: i32): void {
  const lanes = f64x2.lt(factor, both(2))
  let cuts = both(0)
  let scratch = scratchAt
  for (const end = list + (<usize>listed << 2); list < end; list += 4) {
    const n = <usize>load<u32>(list)
    if (!isTradable(kinds, row, n)) continue
    const cell = pair + HEAD_BYTES + n * CELL_BYTES
    const held = v128.load(cell, QUANTITY)
    const order = v128.load(cell, ORDER)
    const reduced = where(opposite(held, order), f64x2.pmin(f64x2.abs(order), f64x2.abs(held)))
    const wanted = f64x2.sub(f64x2.abs(order), reduced)
    const kept = toLots(f64x2.mul(wanted, factor), symbolsAt + n * SYMBOL_BYTES)
    const cut = v128.and(v128.and(lanes, f64x2.ne(wanted, both(0))), f64x2.ne(kept, wanted))
    v128.store(scratch, choose(cut, kept, wanted), INCREASE)
    cuts = f64x2.add(cuts, one(cut))
    scratch += SCRATCH_BYTES
  }
  addTo(pair + CANCELLATIONS, cuts)
}

/** Books both legs of every listed order: sums by leg in symbol order, then cash. */
// @ts-expect-error: decorator
@inline
function bookOrders(pair: usize, prices: usize, list: usize, listed: i32, isCut: bool, row: i32, kinds: i32): void {
  let reducedValue = v128.load(pair, ACTIONS_VALUE)
  let reducedSize = v128.load(pair, ACTIONS_SIZE)
  let reducedFees = both(0)
  let increasedValue = both(0)
  let increasedSize = both(0)
  let increasedFees = both(0)
  let fills = both(0)
  const magnitude = magnitudeMask()
  const signs = signMask()
  let scratch = scratchAt
  let waiting = list
  const start = list
  for (const end = list + (<usize>listed << 2); list < end; list += 4) {
    const n = <usize>load<u32>(list)
    if (!isTradable(kinds, row, n)) {
      store<u32>(waiting, <u32>n)
      waiting += 4
      continue
    }
    const cell = pair + HEAD_BYTES + n * CELL_BYTES
    const price = prices + n * PRICE_BYTES
    const spread = spreadOf(pair, price)
    const held = v128.load(cell, QUANTITY)
    const order = v128.load(cell, ORDER)
    const open = v128.load64_splat(price, OPEN)
    const multiplier = v128.load64_splat(symbolsAt + n * SYMBOL_BYTES, MULTIPLIER)
    const sign = v128.and(order, signs)
    const size = v128.and(order, magnitude)
    const heldSize = v128.and(held, magnitude)
    const against = opposite(held, order)
    const reduced = where(against, f64x2.pmin(size, heldSize))
    const increased = isCut ? v128.load(scratch, INCREASE) : f64x2.sub(size, reduced)
    const reducedBy = f64x2.mul(reduced, f64x2.mul(slipped(open, v128.load(pair, EXIT_SLIPPAGE), spread, sign), multiplier))
    const increasedBy = f64x2.mul(increased, f64x2.mul(slipped(open, v128.load(pair, ENTRY_SLIPPAGE), spread, sign), multiplier))
    const fee = legsFee(pair, reduced, reducedBy, increased, increasedBy)
    const grows = f64x2.gt(increased, both(0))
    const increaseFee = where(grows, fee)
    const reduceFee = v128.andnot(fee, grows)
    reducedSize = f64x2.add(reducedSize, reducedBy)
    increasedSize = f64x2.add(increasedSize, increasedBy)
    reducedFees = f64x2.add(reducedFees, reduceFee)
    increasedFees = f64x2.add(increasedFees, increaseFee)
    const reduceValue = v128.xor(reducedBy, sign)
    const increaseValue = v128.xor(increasedBy, sign)
    reducedValue = f64x2.add(reducedValue, reduceValue)
    increasedValue = f64x2.add(increasedValue, increaseValue)
    fills = f64x2.add(fills, f64x2.add(one(f64x2.gt(reduced, both(0))), one(grows)))
    const left = f64x2.add(held, v128.or(reduced, sign))
    if (records) {
      if (isCut) {
        noteCut(pair, n, sign, f64x2.sub(size, reduced), increased, CUT_OFF + SCALED)
        noteLegs(pair, n, sign, reduced, increased)
      } else noteFill(pair, n, order, reduced, increased)
    }
    v128.store(cell, f64x2.add(left, v128.or(increased, sign)), QUANTITY)
    let tradeCash = f64x2.sub(f64x2.sub(v128.load(cell, TRADE_CASH), reduceValue), reduceFee)
    const closes = v128.and(against, f64x2.eq(left, both(0)))
    if (any(closes)) {
      closeTrades(pair, tradeCash, closes)
      tradeCash = v128.andnot(tradeCash, closes)
    }
    v128.store(cell, f64x2.sub(f64x2.sub(tradeCash, increaseValue), increaseFee), TRADE_CASH)
    v128.store(cell, both(0), ORDER)
    v128.store(cell, both(0), CLOSES)
    if (isCut) scratch += SCRATCH_BYTES
  }
  const fees = f64x2.add(reducedFees, increasedFees)
  const cash = f64x2.sub(v128.load(pair, CASH), f64x2.add(reducedValue, increasedValue))
  v128.store(pair, f64x2.sub(cash, fees), CASH)
  v128.store(pair, f64x2.add(reducedSize, increasedSize), FILLED)
  v128.store(pair, both(0), ACTIONS_VALUE)
  v128.store(pair, both(0), ACTIONS_SIZE)
  addTo(pair + FEES, fees)
  addTo(pair + FILLS, fills)
  store<i32>(pair, <i32>((waiting - start) >> 2), LISTED)
}

/** Counts the trades that the lanes close: their cash is the profit. */
// @ts-expect-error: decorator
@inline
export function closeTrades(pair: usize, profit: v128, closes: v128): void {
  const wins = v128.and(closes, f64x2.gt(profit, both(0)))
  addTo(pair + TRADES, one(closes))
  addTo(pair + WINNING_TRADES, one(wins))
  addTo(pair + GROSS_PROFIT, where(wins, profit))
  v128.store(pair, f64x2.sub(v128.load(pair, GROSS_LOSS), where(v128.andnot(closes, wins), profit)), GROSS_LOSS)
}
