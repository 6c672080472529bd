import { courseAt, hasCarry, kindsAt, pricesAt, returnsPerBar, symbols } from './block'
import { recordsMarks } from './journal'
import { any, both, choose, magnitudeMask, opposite, where } from './lanes'
import {
  BARS_IN_MARKET, BEST_RETURN, CASH, CELL_BYTES, CLOSED_BEFORE, CLOSES_PERIOD, CLOSE_UNIT, COURSE_BYTES, DRAWDOWN_PERIODS, ENDED, EQUITY, FLAGS, HAS_ENDED, HEAD_BYTES, HELD, INVERSE,
  INVERSE_PEAK, LISTED, MAX_DRAWDOWN, MAX_DRAWDOWN_PERIODS, MEASURED, OPPOSITE_IGNORED, PEAK_EQUITY, PERIOD,
  PERIOD_INVERSE, PRICE_BYTES, QUANTITY, QUIET_UNTIL, RESTS_ALONE, RISK_FREE, SUM_DOWNSIDE_SQUARES, SUM_GROSS_EXPOSURE, SUM_RETURNS, SUM_SQUARES,
  TILE_TARGETS, WORST_RETURN,
} from './layout'

/**
 * Rows between the events of a pair that acts at events only, in a universe of one symbol. Nothing fills and
 * nothing is decided in them, so a pair goes through all of them at once and its sums stay in registers. The
 * operations are those of mark.ts.
 */

/** Whether each pair from `pairs` on rests between its events, and nothing but its events can move it. */
export function allRest(pairs: usize, end: usize, pairBytes: usize): bool {
  for (; pairs < end; pairs += pairBytes) if ((load<i32>(pairs, FLAGS) & RESTS_ALONE) == 0) return false
  return true
}

/** Marks a pair up to the next row that holds more for it, which it gives; `tile` and the rows begin at `row`. */
export function rest(pair: usize, tile: usize, stride: usize, row: i32): i32 {
  const end = restsUntil(pair, tile, stride, row)
  if (end == row) return row
  if (any(f64x2.ne(v128.load(pair + HEAD_BYTES, QUANTITY), both(0)))) return mark(pair, row, end)
  const soon = min(end, row + 2)
  const reached = mark(pair, row, soon)
  if (reached < soon || reached == end) return reached
  if (!isSteady(pair)) return mark(pair, soon, end)
  markFlat(pair, soon, end)
  return end
}

function mark(pair: usize, row: i32, end: i32): i32 {
  return returnsPerBar ? markRows(pair, row, end, true) : markRows(pair, row, end, false)
}

/** Whether both portfolios have ended, hold nothing and pay nothing: then only periods pass, and nobody is told of their marks. */
export function isOver(pair: usize): bool {
  if ((load<i32>(pair, FLAGS) & HAS_ENDED) == 0 || hasCarry || recordsMarks() || load<i32>(pair, LISTED) != 0) return false
  const rests = v128.and(f64x2.gt(v128.load(pair, ENDED), both(0)), f64x2.eq(v128.load(pair, MEASURED), v128.load(pair, PERIOD)))
  if (!v128.all_true<i64>(rests)) return false
  let cell = pair + HEAD_BYTES
  for (let n = 0; n < symbols; n++) {
    if (any(f64x2.ne(v128.load(cell, QUANTITY), both(0)))) return false
    cell += CELL_BYTES
  }
  return true
}

/** Whether the last complete period of both ended with the equity they have. */
function isSteady(pair: usize): bool {
  const equity = v128.load(pair, EQUITY)
  return v128.all_true<i64>(v128.and(f64x2.eq(equity, v128.load(pair, PERIOD)), f64x2.eq(equity, v128.load(pair, MEASURED))))
}

/** The rows [row, end) of a pair that holds nothing, and whose returns are 0: only periods pass. */
export function markFlat(pair: usize, row: i32, end: i32): void {
  let closed = load<i32>(courseAt + <usize>end * COURSE_BYTES, CLOSED_BEFORE) - load<i32>(courseAt + <usize>row * COURSE_BYTES, CLOSED_BEFORE)
  if (closed == 0) return
  const equity = v128.load(pair, MEASURED)
  const peak = v128.load(pair, PEAK_EQUITY)
  const inversePeak = v128.load(pair, INVERSE_PEAK)
  const above = f64x2.ge(equity, peak)
  const periods = v128.andnot(f64x2.add(v128.load(pair, DRAWDOWN_PERIODS), both(<f64>closed)), above)
  const drawdown = f64x2.mul(f64x2.sub(peak, equity), inversePeak)
  v128.store(pair, f64x2.pmax(v128.load(pair, MAX_DRAWDOWN), drawdown), MAX_DRAWDOWN)
  v128.store(pair, f64x2.pmax(v128.load(pair, MAX_DRAWDOWN_PERIODS), periods), MAX_DRAWDOWN_PERIODS)
  v128.store(pair, periods, DRAWDOWN_PERIODS)
  v128.store(pair, choose(above, v128.load(pair, INVERSE), inversePeak), INVERSE_PEAK)
  v128.store(pair, f64x2.pmax(peak, equity), PEAK_EQUITY)
  v128.store(pair, f64x2.pmax(v128.load(pair, BEST_RETURN), both(0)), BEST_RETURN)
  v128.store(pair, f64x2.pmin(v128.load(pair, WORST_RETURN), both(0)), WORST_RETURN)
  const shortfall = f64x2.pmin(both(0), f64x2.sub(both(0), v128.load(pair, RISK_FREE)))
  const square = f64x2.mul(shortfall, shortfall)
  if (!any(f64x2.ne(square, both(0)))) return
  let downside = v128.load(pair, SUM_DOWNSIDE_SQUARES)
  for (; closed > 0; closed--) downside = f64x2.add(downside, square)
  v128.store(pair, downside, SUM_DOWNSIDE_SQUARES)
}

/** The first row in which an order waits, a target is an event, or the row itself is one. */
// @ts-ignore: decorator
@inline
function restsUntil(pair: usize, tile: usize, stride: usize, row: i32): i32 {
  if (load<i32>(pair, LISTED) != 0 || (load<i32>(pair, FLAGS) & HAS_ENDED) != 0) return row
  const start = tile
  let known = ~load<u64>(tile, TILE_TARGETS)
  const quiet = load<i32>(courseAt + <usize>row * COURSE_BYTES, QUIET_UNTIL)
  for (const end = tile + <usize>(quiet - row) * stride; tile < end; tile += stride) {
    const targets = load<u64>(tile, TILE_TARGETS)
    if (targets == known) continue
    if (!keepsBoth(pair, tile)) return row + <i32>((tile - start) / stride)
    known = targets
  }
  return quiet
}

/** Whether neither target asks for another side than is held. */
function keepsBoth(pair: usize, tile: usize): bool {
  const target = f64x2.promote_low_f32x4(v128.load64_zero(tile, TILE_TARGETS))
  const held = v128.load(pair + HEAD_BYTES, QUANTITY)
  const along = f64x2.gt(f64x2.mul(target, held), both(0))
  const keeps = v128.or(along, v128.and(opposite(target, held), v128.load(pair, OPPOSITE_IGNORED)))
  return v128.all_true<i64>(v128.or(v128.or(f64x2.eq(target, held), f64x2.ne(target, target)), keeps))
}

/** Marks the rows [row, end), or those before the one in which a portfolio has nothing left. Gives the row after the last. */
// @ts-ignore: decorator
@inline
function markRows(pair: usize, row: i32, end: i32, perBar: bool): i32 {
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
  let inMarket = i64x2.splat(0)
  let gross = both(0)
  let prices = pricesAt + <usize>row * PRICE_BYTES
  let kinds = kindsAt + (<usize>row << 2)
  for (; row < end; row++) {
    const value = f64x2.mul(held, v128.load64_splat(prices, CLOSE_UNIT))
    const equity = f64x2.add(cash, value)
    if (!v128.all_true<i64>(f64x2.gt(equity, both(0)))) break
    const inverseNow = f64x2.div(both(1), equity)
    gross = v128.and(value, magnitude)
    inMarket = i64x2.sub(inMarket, f64x2.gt(gross, both(0)))
    exposure = f64x2.add(exposure, f64x2.mul(gross, inverseNow))
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
      measured = equity
      inverse = inverseNow
    }
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
  v128.store(pair, f64x2.add(v128.load(pair, BARS_IN_MARKET), counted(inMarket)), BARS_IN_MARKET)
  return row
}

/** Two counts as float64. */
// @ts-ignore: decorator
@inline
function counted(counts: v128): v128 {
  return f64x2.replace_lane(both(<f64>i64x2.extract_lane(counts, 0)), 1, <f64>i64x2.extract_lane(counts, 1))
}
