import { kindsAt, pricesAt, returnsPerBar } from './block'
import { both, choose, magnitudeMask, where } from './lanes'
import {
  BARS_IN_MARKET, BEST_RETURN, CASH, CLOSES_PERIOD, CLOSE_UNIT, DRAWDOWN_PERIODS, EQUITY, HEAD_BYTES, HELD, INVERSE, INVERSE_PEAK, MAX_DRAWDOWN, MAX_DRAWDOWN_PERIODS,
  MEASURED, PEAK_EQUITY, PERIOD, PERIOD_INVERSE, PRICE_BYTES, QUANTITY, RISK_FREE, ROOM_BYTES, ROOM_EQUITY, ROOM_FILLED, ROOM_GROSS, SUM_DOWNSIDE_SQUARES,
  SUM_GROSS_EXPOSURE, SUM_RETURNS, SUM_SQUARES, TURNOVER, WORST_RETURN,
} from './layout'

/**
 * Measures of some rows of a pair that trades one symbol, none of which is eventful, with all its sums in registers.
 * The operations are those of mark.ts.
 */

/** Of rows [row, end) whose equity and fills are noted from `room` on, all of them above 0. */
export function measureRows(pair: usize, room: usize, row: i32, end: i32): void {
  if (row == end) return
  if (returnsPerBar) measure(pair, room, row, end, true, true)
  else measure(pair, room, row, end, true, false)
}

/** Of rows [row, end) in which nothing fills, or those before the one in which a portfolio has nothing left. Gives the row after the last. */
export function measureHeld(pair: usize, row: i32, end: i32): i32 {
  return returnsPerBar ? measure(pair, 0, row, end, false, true) : measure(pair, 0, row, end, false, false)
}

// @ts-expect-error: decorator
@inline
function measure(pair: usize, room: usize, row: i32, end: i32, isNoted: bool, perBar: bool): i32 {
  const cash = v128.load(pair, CASH)
  const held = v128.load(pair + HEAD_BYTES, QUANTITY)
  const riskFree = v128.load(pair, RISK_FREE)
  const magnitude = magnitudeMask()
  const start = row
  let measured = v128.load(pair, MEASURED)
  let inverse = v128.load(pair, INVERSE)
  let period = v128.load(pair, PERIOD)
  let periodInverse = v128.load(pair, PERIOD_INVERSE)
  let peak = v128.load(pair, PEAK_EQUITY)
  let inversePeak = v128.load(pair, INVERSE_PEAK)
  let periods = v128.load(pair, DRAWDOWN_PERIODS)
  let mostPeriods = v128.load(pair, MAX_DRAWDOWN_PERIODS)
  let drawdown = v128.load(pair, MAX_DRAWDOWN)
  let returns = v128.load(pair, SUM_RETURNS)
  let squares = v128.load(pair, SUM_SQUARES)
  let downside = v128.load(pair, SUM_DOWNSIDE_SQUARES)
  let best = v128.load(pair, BEST_RETURN)
  let worst = v128.load(pair, WORST_RETURN)
  let exposure = v128.load(pair, SUM_GROSS_EXPOSURE)
  let turnover = v128.load(pair, TURNOVER)
  let inMarket = i64x2.splat(0)
  let gross = both(0)
  let prices = pricesAt + <usize>row * PRICE_BYTES
  let kinds = kindsAt + (<usize>row << 2)
  for (; row < end; row++) {
    let equity: v128
    if (isNoted) {
      equity = v128.load(room, ROOM_EQUITY)
      gross = v128.load(room, ROOM_GROSS)
    } else {
      const value = f64x2.mul(held, v128.load64_splat(prices, CLOSE_UNIT))
      equity = f64x2.add(cash, value)
      if (!v128.all_true<i64>(f64x2.gt(equity, both(0)))) break
      gross = v128.and(value, magnitude)
    }
    const inverseNow = f64x2.div(both(1), equity)
    inMarket = i64x2.sub(inMarket, f64x2.gt(gross, both(0)))
    exposure = f64x2.add(exposure, f64x2.mul(gross, inverseNow))
    if (isNoted && perBar) turnover = f64x2.add(turnover, f64x2.mul(v128.load(room, ROOM_FILLED), inverse))
    if (perBar) {
      measured = equity
      inverse = inverseNow
    }
    if ((load<i32>(kinds) & CLOSES_PERIOD) != 0) {
      const quotient = f64x2.sub(f64x2.mul(measured, periodInverse), both(1))
      const change = where(f64x2.ne(measured, period), quotient)
      const shortfall = f64x2.pmin(both(0), f64x2.sub(change, riskFree))
      returns = f64x2.add(returns, change)
      squares = f64x2.add(squares, f64x2.mul(change, change))
      downside = f64x2.add(downside, f64x2.mul(shortfall, shortfall))
      best = f64x2.pmax(best, change)
      worst = f64x2.pmin(worst, change)
      // At or above the peak this is not above 0, and changes nothing.
      drawdown = f64x2.pmax(drawdown, f64x2.mul(f64x2.sub(peak, measured), inversePeak))
      const above = f64x2.ge(measured, peak)
      periods = v128.andnot(f64x2.add(periods, both(1)), above)
      mostPeriods = f64x2.pmax(mostPeriods, periods)
      inversePeak = choose(above, inverse, inversePeak)
      peak = f64x2.pmax(peak, measured)
      period = measured
      periodInverse = inverse
    }
    if (!perBar) {
      if (isNoted) turnover = f64x2.add(turnover, f64x2.mul(v128.load(room, ROOM_FILLED), inverse))
      measured = equity
      inverse = inverseNow
    }
    room += ROOM_BYTES
    prices += PRICE_BYTES
    kinds += 4
  }
  if (row == start) return row
  v128.store(pair, measured, EQUITY)
  v128.store(pair, gross, HELD)
  v128.store(pair, measured, MEASURED)
  v128.store(pair, inverse, INVERSE)
  v128.store(pair, period, PERIOD)
  v128.store(pair, periodInverse, PERIOD_INVERSE)
  v128.store(pair, peak, PEAK_EQUITY)
  v128.store(pair, inversePeak, INVERSE_PEAK)
  v128.store(pair, periods, DRAWDOWN_PERIODS)
  v128.store(pair, mostPeriods, MAX_DRAWDOWN_PERIODS)
  v128.store(pair, drawdown, MAX_DRAWDOWN)
  v128.store(pair, returns, SUM_RETURNS)
  v128.store(pair, squares, SUM_SQUARES)
  v128.store(pair, downside, SUM_DOWNSIDE_SQUARES)
  v128.store(pair, best, BEST_RETURN)
  v128.store(pair, worst, WORST_RETURN)
  v128.store(pair, exposure, SUM_GROSS_EXPOSURE)
  if (isNoted) v128.store(pair, turnover, TURNOVER)
  v128.store(pair, f64x2.add(v128.load(pair, BARS_IN_MARKET), counted(inMarket)), BARS_IN_MARKET)
  return row
}

/** Two counts as float64. */
// @ts-expect-error: decorator
@inline
function counted(counts: v128): v128 {
  return f64x2.replace_lane(both(<f64>i64x2.extract_lane(counts, 0)), 1, <f64>i64x2.extract_lane(counts, 1))
}
