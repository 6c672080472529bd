import { isTradable, longCell, marksAt, symbols, symbolsAt } from './block'
import { orderFee, slipped, spreadOf } from './fills'
import { codes, note, noteLong, records } from './journal'
import { addTo, any, both, choose, one, signMask, signOf, where } from './lanes'
import {
  BY_END, CANCELLATIONS, CANCELLED, CELL_BYTES, CLOSES, DRAWDOWN_STOPS, ENDS_AT_CLOSE, ENDS_AT_OPEN, EXECUTED, EXIT_REST, EXIT_SLIPPAGE, FEE_ON_ENTRY_ONLY, HEAD_BYTES,
  KIND_END_OF_RUN, MULTIPLIER, OPEN, ORDER, ORDERS, PRICE_BYTES, QUANTITY, SYMBOL_BYTES, VETOED_COUNT,
} from './layout'
import { bookReduction } from './long-fills'

/**
 * In the last row of the run: cancels what waits and closes every position of some lanes, at the open or the
 * close, a symbol without a bar at its last close. Participation does not apply.
 */
export function closeAtEnd(pair: usize, prices: usize, row: i32, kinds: i32, lanes: v128, atOpen: bool): void {
  if (!any(lanes)) return
  let cell = pair + HEAD_BYTES
  for (let n: usize = 0; n < <usize>symbols; n++) {
    const long = longCell(pair, n)
    const order = v128.load(cell, ORDER)
    const waits = v128.and(lanes, f64x2.ne(order, both(0)))
    addTo(pair + CANCELLATIONS, one(waits))
    if (records) note(pair, waits, CANCELLED + BY_END, n, both(0))
    v128.store(cell, v128.andnot(order, lanes), ORDER)
    v128.store(cell, v128.andnot(v128.load(cell, CLOSES), lanes), CLOSES)
    v128.store(long, v128.andnot(v128.load(long, EXIT_REST), lanes), EXIT_REST)
    const held = v128.load(cell, QUANTITY)
    const fills = v128.and(lanes, f64x2.ne(held, both(0)))
    if (any(fills)) {
      const sign = v128.xor(signOf(held), signMask())
      const units = where(fills, f64x2.abs(held))
      const base = atOpen && isTradable(kinds, row, n) ? load<f64>(prices, OPEN) : load<f64>(marksAt + ((<usize>(row * symbols) + n) << 3))
      const spread = spreadOf(pair, prices)
      const price = slipped(both(base), v128.load(pair, EXIT_SLIPPAGE), spread, sign)
      const size = f64x2.mul(units, f64x2.mul(price, v128.load64_splat(symbolsAt + n * SYMBOL_BYTES, MULTIPLIER)))
      const fee = v128.andnot(orderFee(pair, size, units), v128.load(pair, FEE_ON_ENTRY_ONLY))
      if (records) noteLong(pair, fills, codes(EXECUTED + KIND_END_OF_RUN), n, v128.or(units, sign), price, where(fills, fee))
      addTo(pair + ORDERS, one(fills))
      bookReduction(pair, cell, n, row, units, v128.xor(size, sign), fee, sign)
    }
    cell += CELL_BYTES
    prices += PRICE_BYTES
  }
}

/** Lanes whose run ends with everything closed: they decide nothing in the last row. */
// @ts-expect-error: decorator
@inline
export function endingLanes(pair: usize): v128 {
  return v128.or(v128.load(pair, ENDS_AT_OPEN), v128.load(pair, ENDS_AT_CLOSE))
}

let orders: v128 = i64x2.splat(0)
let cancellations: v128 = i64x2.splat(0)
let vetoes: v128 = i64x2.splat(0)
let stops: v128 = i64x2.splat(0)

/** Keeps what a decision counts, */
export function keepDecided(pair: usize): void {
  orders = v128.load(pair, ORDERS)
  cancellations = v128.load(pair, CANCELLATIONS)
  vetoes = v128.load(pair, VETOED_COUNT)
  stops = v128.load(pair, DRAWDOWN_STOPS)
}

/** and brings it back in the lanes that had nothing to decide. */
export function forgetDecided(pair: usize): void {
  const lanes = endingLanes(pair)
  v128.store(pair, choose(lanes, orders, v128.load(pair, ORDERS)), ORDERS)
  v128.store(pair, choose(lanes, cancellations, v128.load(pair, CANCELLATIONS)), CANCELLATIONS)
  v128.store(pair, choose(lanes, vetoes, v128.load(pair, VETOED_COUNT)), VETOED_COUNT)
  v128.store(pair, choose(lanes, stops, v128.load(pair, DRAWDOWN_STOPS)), DRAWDOWN_STOPS)
}
