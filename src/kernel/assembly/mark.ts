import { hasCarry, heldAt, returnsPerBar, symbols } from './block'
import { codes, noteLong, recordsMarks } from './journal'
import { addTo, both, choose, magnitudeMask, one, where } from './lanes'
import {
  BARS_IN_MARKET, BEST_RETURN, CASH, CELL_BYTES, CLOSES_PERIOD, CLOSE_UNIT, DRAWDOWN_PERIODS, ENDED, ENDED_AT, EQUITY, FILLED, FIRST_DOWNSIDE_SQUARE,
  FIRST_RETURN, FLAGS, HAS_ENDED, HEAD_BYTES, HELD, INVERSE, INVERSE_PEAK, IS_FIRST, IS_FIRST_PERIOD, MARKED, MAX_DRAWDOWN, MAX_DRAWDOWN_PERIODS, MEASURED, PEAK_EQUITY, PERIOD,
  PERIOD_INVERSE, PRICE_BYTES, QUANTITY, RETURNS, RISK_FREE, START_EQUITY, STOP_PEAK, SUM_DOWNSIDE_SQUARES, SUM_GROSS_EXPOSURE,
  SUM_RETURNS, SUM_SQUARES, TURNOVER, VALUE, WORST_RETURN,
} from './layout'

/**
 * Marks at the close: equity = cash + Σ quantity × M × close, then the bar's return and drawdown. Leaves every
 * symbol's held value, in float32, for the decision.
 */
// @ts-expect-error: decorator
@inline
export function markPair(pair: usize, prices: usize, t: i32, kinds: i32): void {
  let evenValue = both(0)
  let oddValue = both(0)
  let evenGross = both(0)
  let oddGross = both(0)
  let cell = pair + HEAD_BYTES
  let held = heldAt
  const magnitude = magnitudeMask()
  let n = symbols
  for (; n > 1; n -= 2) {
    const even = f64x2.mul(v128.load(cell, QUANTITY), v128.load64_splat(prices, CLOSE_UNIT))
    const odd = f64x2.mul(v128.load(cell + CELL_BYTES, QUANTITY), v128.load64_splat(prices, CLOSE_UNIT + PRICE_BYTES))
    evenValue = f64x2.add(evenValue, even)
    oddValue = f64x2.add(oddValue, odd)
    evenGross = f64x2.add(evenGross, v128.and(even, magnitude))
    oddGross = f64x2.add(oddGross, v128.and(odd, magnitude))
    v128.store64_lane(held, f32x4.demote_f64x2_zero(even), 0)
    v128.store64_lane(held, f32x4.demote_f64x2_zero(odd), 0, 8)
    cell += CELL_BYTES << 1
    prices += PRICE_BYTES << 1
    held += 16
  }
  if (n != 0) {
    const even = f64x2.mul(v128.load(cell, QUANTITY), v128.load64_splat(prices, CLOSE_UNIT))
    evenValue = f64x2.add(evenValue, even)
    evenGross = f64x2.add(evenGross, v128.and(even, magnitude))
    v128.store(held, f32x4.demote_f64x2_zero(even))
  }
  measure(pair, f64x2.add(evenValue, oddValue), f64x2.add(evenGross, oddGross), t, kinds)
}

// @ts-expect-error: decorator
@inline
export function measure(pair: usize, value: v128, gross: v128, t: i32, kinds: i32): void {
  const equity = f64x2.add(v128.load(pair, CASH), value)
  v128.store(pair, equity, EQUITY)
  v128.store(pair, gross, HELD)
  if (hasCarry) v128.store(pair, value, VALUE)
  const inverse = f64x2.div(both(1), equity)
  if (recordsMarks()) noteLong(pair, i64x2.splat(-1), codes(MARKED), 0, equity, v128.load(pair, CASH), gross)
  if ((kinds & IS_FIRST) != 0) startMeasuring(pair, equity, inverse)
  const closes = (kinds & CLOSES_PERIOD) != 0
  if (closes && !returnsPerBar) closePeriod(pair, (kinds & IS_FIRST_PERIOD) != 0)
  const before = v128.load(pair, MEASURED)
  addTo(pair + TURNOVER, where(f64x2.gt(before, both(0)), f64x2.mul(v128.load(pair, FILLED), v128.load(pair, INVERSE))))
  v128.store(pair, both(0), FILLED)
  addTo(pair + BARS_IN_MARKET, one(f64x2.gt(gross, both(0))))
  const solvent = f64x2.gt(equity, both(0))
  addTo(pair + SUM_GROSS_EXPOSURE, where(solvent, f64x2.mul(gross, inverse)))
  if ((load<i32>(pair, FLAGS) & HAS_ENDED) == 0) {
    v128.store(pair, equity, MEASURED)
    v128.store(pair, inverse, INVERSE)
  } else measureEnded(pair, equity, inverse)
  if (!v128.all_true<i64>(solvent)) endInsolvent(pair, solvent, t)
  if (closes && returnsPerBar) closePeriod(pair, (kinds & IS_FIRST_PERIOD) != 0)
}

/** What has ended is measured no more: its equity stays where it was. */
function measureEnded(pair: usize, equity: v128, inverse: v128): void {
  const ended = f64x2.gt(v128.load(pair, ENDED), both(0))
  v128.store(pair, choose(ended, v128.load(pair, MEASURED), equity), MEASURED)
  v128.store(pair, choose(ended, v128.load(pair, INVERSE), inverse), INVERSE)
}

function endInsolvent(pair: usize, solvent: v128, t: i32): void {
  const at = v128.load(pair, ENDED_AT)
  v128.store(pair, choose(solvent, at, f64x2.pmin(at, both(<f64>t))), ENDED_AT)
  v128.store(pair, choose(solvent, v128.load(pair, ENDED), both(1)), ENDED)
  store<i32>(pair, load<i32>(pair, FLAGS) | HAS_ENDED, FLAGS)
}

function startMeasuring(pair: usize, equity: v128, inverse: v128): void {
  v128.store(pair, equity, START_EQUITY)
  v128.store(pair, equity, PEAK_EQUITY)
  v128.store(pair, inverse, INVERSE_PEAK)
  v128.store(pair, equity, MEASURED)
  v128.store(pair, inverse, INVERSE)
  v128.store(pair, equity, PERIOD)
  v128.store(pair, inverse, PERIOD_INVERSE)
  v128.store(pair, equity, STOP_PEAK)
}

/** Adds the period under way, which no row has closed, as the sums are read. */
export function closeLastPeriod(pair: usize): void {
  closePeriod(pair, f64x2.extract_lane(v128.load(pair, RETURNS), 0) == 0)
  addTo(pair + RETURNS, both(1))
}

/** Adds one complete period, which ended with the measured equity, to the sums; blocks count their returns as they end. */
// @ts-expect-error: decorator
@inline
function closePeriod(pair: usize, isFirst: bool): void {
  const measured = v128.load(pair, MEASURED)
  const before = v128.load(pair, PERIOD)
  const quotient = f64x2.sub(f64x2.mul(measured, v128.load(pair, PERIOD_INVERSE)), both(1))
  const periodReturn = where(f64x2.ne(measured, before), quotient)
  v128.store(pair, measured, PERIOD)
  v128.store(pair, v128.load(pair, INVERSE), PERIOD_INVERSE)
  addReturn(pair, periodReturn, isFirst)
  addDrawdown(pair, measured)
}

// @ts-expect-error: decorator
@inline
function addReturn(pair: usize, periodReturn: v128, isFirst: bool): void {
  const shortfall = f64x2.pmin(both(0), f64x2.sub(periodReturn, v128.load(pair, RISK_FREE)))
  const square = f64x2.mul(shortfall, shortfall)
  if (isFirst) {
    v128.store(pair, periodReturn, FIRST_RETURN)
    v128.store(pair, square, FIRST_DOWNSIDE_SQUARE)
    v128.store(pair, periodReturn, BEST_RETURN)
    v128.store(pair, periodReturn, WORST_RETURN)
  }
  addTo(pair + SUM_RETURNS, periodReturn)
  addTo(pair + SUM_SQUARES, f64x2.mul(periodReturn, periodReturn))
  addTo(pair + SUM_DOWNSIDE_SQUARES, square)
  v128.store(pair, f64x2.pmax(v128.load(pair, BEST_RETURN), periodReturn), BEST_RETURN)
  v128.store(pair, f64x2.pmin(v128.load(pair, WORST_RETURN), periodReturn), WORST_RETURN)
}

// @ts-expect-error: decorator
@inline
function addDrawdown(pair: usize, measured: v128): void {
  const peak = v128.load(pair, PEAK_EQUITY)
  const inversePeak = v128.load(pair, INVERSE_PEAK)
  const below = v128.not(f64x2.ge(measured, peak))
  const periods = where(below, f64x2.add(v128.load(pair, DRAWDOWN_PERIODS), both(1)))
  v128.store(pair, choose(below, peak, measured), PEAK_EQUITY)
  v128.store(pair, choose(below, inversePeak, v128.load(pair, INVERSE)), INVERSE_PEAK)
  v128.store(pair, periods, DRAWDOWN_PERIODS)
  const drawdown = where(below, f64x2.mul(f64x2.sub(peak, measured), inversePeak))
  v128.store(pair, f64x2.pmax(v128.load(pair, MAX_DRAWDOWN), drawdown), MAX_DRAWDOWN)
  v128.store(pair, f64x2.pmax(v128.load(pair, MAX_DRAWDOWN_PERIODS), periods), MAX_DRAWDOWN_PERIODS)
}
