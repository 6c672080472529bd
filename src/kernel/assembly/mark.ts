import { symbols } from './block'
import { addTo, any, both, choose, one, where } from './lanes'
import {
  BARS, BARS_IN_MARKET, BEST_RETURN, CASH, CELL_BYTES, CLOSE_UNIT, DRAWDOWN_PERIODS, ENDED, EQUITY, FILLED_VALUE,
  FIRST_DOWNSIDE_SQUARE, FIRST_RETURN, HEAD_BYTES, MAX_DRAWDOWN, MAX_DRAWDOWN_PERIODS, MEASURED, PEAK_EQUITY, PRICE_BYTES,
  QUANTITY, RETURNS, RISK_FREE, START_EQUITY, STOP_PEAK, SUM_DOWNSIDE_SQUARES, SUM_GROSS_EXPOSURE, SUM_RETURNS, SUM_SQUARES,
  TURNOVER, WORST_RETURN,
} from './layout'

/** Marks at the close: equity = cash + Σ quantity × M × close, then the bar's return and drawdown. */
export function markPair(pair: usize, prices: usize, isFirst: bool): void {
  let value = both(0)
  let gross = both(0)
  let cell = pair + HEAD_BYTES
  for (let n = 0; n < symbols; n++) {
    const position = f64x2.mul(v128.load(cell, QUANTITY), v128.load64_splat(prices, CLOSE_UNIT))
    value = f64x2.add(value, position)
    gross = f64x2.add(gross, f64x2.abs(position))
    cell += CELL_BYTES
    prices += PRICE_BYTES
  }
  const equity = f64x2.add(v128.load(pair, CASH), value)
  v128.store(pair, equity, EQUITY)
  if (isFirst) startMeasuring(pair, equity)
  const before = v128.load(pair, MEASURED)
  const ended = f64x2.gt(v128.load(pair, ENDED), both(0))
  const measured = choose(ended, before, equity)
  v128.store(pair, measured, MEASURED)
  const traded = where(f64x2.gt(before, both(0)), f64x2.div(v128.load(pair, FILLED_VALUE), before))
  addTo(pair + TURNOVER, traded)
  v128.store(pair, both(0), FILLED_VALUE)
  addTo(pair + BARS, both(1))
  addTo(pair + BARS_IN_MARKET, one(f64x2.gt(gross, both(0))))
  const solvent = f64x2.gt(equity, both(0))
  addTo(pair + SUM_GROSS_EXPOSURE, where(solvent, f64x2.div(gross, equity)))
  v128.store(pair, choose(solvent, v128.load(pair, ENDED), both(1)), ENDED)
  addReturn(pair, before, measured, isFirst)
  addDrawdown(pair, measured)
}

function startMeasuring(pair: usize, equity: v128): void {
  v128.store(pair, equity, START_EQUITY)
  v128.store(pair, equity, PEAK_EQUITY)
  v128.store(pair, equity, MEASURED)
  v128.store(pair, equity, STOP_PEAK)
}

function addReturn(pair: usize, before: v128, measured: v128, isFirst: bool): void {
  const changed = f64x2.ne(measured, before)
  const periodReturn = where(changed, f64x2.sub(f64x2.div(measured, before), both(1)))
  const excess = f64x2.sub(periodReturn, v128.load(pair, RISK_FREE))
  const shortfall = where(f64x2.lt(excess, both(0)), excess)
  const square = f64x2.mul(shortfall, shortfall)
  if (isFirst) {
    v128.store(pair, periodReturn, FIRST_RETURN)
    v128.store(pair, square, FIRST_DOWNSIDE_SQUARE)
    v128.store(pair, periodReturn, BEST_RETURN)
    v128.store(pair, periodReturn, WORST_RETURN)
  }
  addTo(pair + RETURNS, both(1))
  addTo(pair + SUM_RETURNS, periodReturn)
  addTo(pair + SUM_SQUARES, f64x2.mul(periodReturn, periodReturn))
  addTo(pair + SUM_DOWNSIDE_SQUARES, square)
  v128.store(pair, f64x2.pmax(v128.load(pair, BEST_RETURN), periodReturn), BEST_RETURN)
  v128.store(pair, f64x2.pmin(v128.load(pair, WORST_RETURN), periodReturn), WORST_RETURN)
}

function addDrawdown(pair: usize, measured: v128): void {
  const peak = v128.load(pair, PEAK_EQUITY)
  const below = f64x2.lt(measured, peak)
  const periods = where(below, f64x2.add(v128.load(pair, DRAWDOWN_PERIODS), both(1)))
  v128.store(pair, choose(below, peak, measured), PEAK_EQUITY)
  v128.store(pair, periods, DRAWDOWN_PERIODS)
  if (!any(below)) return
  const drawdown = where(below, f64x2.div(f64x2.sub(peak, measured), peak))
  v128.store(pair, f64x2.pmax(v128.load(pair, MAX_DRAWDOWN), drawdown), MAX_DRAWDOWN)
  v128.store(pair, f64x2.pmax(v128.load(pair, MAX_DRAWDOWN_PERIODS), periods), MAX_DRAWDOWN_PERIODS)
}
