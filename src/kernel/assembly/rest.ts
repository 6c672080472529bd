import { courseAt, hasCarry, symbols } from './block'
import { recordsMarks } from './journal'
import { any, both, choose, opposite } from './lanes'
import {
  BEST_RETURN, BORROW_RATE, CASH_RATE, CELL_BYTES, CLOSED_BEFORE, COURSE_BYTES, DRAWDOWN_PERIODS, ENDED, EQUITY, FLAGS, HAS_ENDED, HEAD_BYTES, INVERSE, INVERSE_PEAK, LISTED, LOAN_RATE,
  MAX_DRAWDOWN, MAX_DRAWDOWN_PERIODS, MEASURED, OPPOSITE_IGNORED, PEAK_EQUITY, PERIOD, QUANTITY, QUIET_UNTIL, RESTS_ALONE, RESUME_AFTER_BARS, RISK_FREE, STOPPED_AT, SUM_DOWNSIDE_SQUARES,
  TILE_TARGETS, WORST_RETURN,
} from './layout'
import { measureHeld } from './measure-rows'

/**
 * Rows between the events of a pair that acts at events only, in a universe of one symbol. Nothing fills and
 * nothing is decided in them, so a pair goes through all of them at once.
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
  if (any(f64x2.ne(v128.load(pair + HEAD_BYTES, QUANTITY), both(0)))) return measureHeld(pair, row, end)
  const soon = min(end, row + 2)
  const reached = measureHeld(pair, row, soon)
  if (reached < soon || reached == end) return reached
  if (!isSteady(pair)) return measureHeld(pair, soon, end)
  markFlat(pair, soon, end)
  return end
}

/**
 * Whether both portfolios have ended or are stopped for ever, hold nothing and pay nothing: then only periods pass, and
 * nobody is told of their marks.
 */
export function isOver(pair: usize): bool {
  if (load<i32>(pair, LISTED) != 0 || recordsMarks() || (hasCarry && earnsOrPays(pair))) return false
  const stopped = v128.and(f64x2.ge(v128.load(pair, STOPPED_AT), both(0)), f64x2.eq(v128.load(pair, RESUME_AFTER_BARS), both(Infinity)))
  const out = v128.or(f64x2.gt(v128.load(pair, ENDED), both(0)), stopped)
  const rests = v128.and(out, f64x2.eq(v128.load(pair, MEASURED), v128.load(pair, PERIOD)))
  if (!v128.all_true<i64>(rests)) return false
  let cell = pair + HEAD_BYTES
  for (let n = 0; n < symbols; n++) {
    if (any(f64x2.ne(v128.load(cell, QUANTITY), both(0)))) return false
    cell += CELL_BYTES
  }
  return true
}

/** Whether both have ended: nothing more is counted of their targets. */
export function haveEnded(pair: usize): bool {
  return v128.all_true<i64>(f64x2.gt(v128.load(pair, ENDED), both(0)))
}

// @ts-expect-error: decorator
@inline
function earnsOrPays(pair: usize): bool {
  const rates = v128.or(v128.or(v128.load(pair, BORROW_RATE), v128.load(pair, LOAN_RATE)), v128.load(pair, CASH_RATE))
  return any(f64x2.ne(rates, both(0)))
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
// @ts-expect-error: decorator
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
