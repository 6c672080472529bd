import type { OrderKind, OrderOutcome } from '../domain/order.ts'

/** The two instants of a bar at which waiting orders fill. */
export type Stage = 'open' | 'close'

/**
 * The orders that fill at one open or close of one portfolio, as legs, before anything is booked: buying
 * power and fees need to know them all.
 */
export interface FillPlan {
  count: number
  /** Of the book after the reducing legs, at fill prices: equity, and the margin its positions need. */
  equity: number
  used: number
  /** How many of them have an increasing leg. */
  increases: number
  /** Universe index, ascending. */
  readonly symbol: Int32Array
  readonly kind: OrderKind[]
  readonly decidedAt: Float64Array
  /** Signed units of each leg, what of the order was cut, and why it was. */
  readonly reduce: Float64Array
  readonly increase: Float64Array
  readonly rest: Float64Array
  readonly outcome: OrderOutcome[]
  /** Fill prices of the legs, after slippage. */
  readonly reducePrice: Float64Array
  readonly increasePrice: Float64Array
}

/** Price of a leg of an order: base × (1 ± slippage) ± half spread, by the order's side, ±1. */
export function legPrice(of: { base: number; side: number; slippage: number; halfSpread: number }): number {
  return of.base * (1 + of.side * of.slippage) + of.side * of.halfSpread
}

export function createFillPlan(symbols: number): FillPlan {
  return {
    count: 0, increases: 0, equity: 0, used: 0,
    symbol: new Int32Array(symbols),
    kind: Array.from({ length: symbols }, () => 'target' as const),
    decidedAt: new Float64Array(symbols),
    reduce: new Float64Array(symbols), increase: new Float64Array(symbols), rest: new Float64Array(symbols),
    outcome: Array.from({ length: symbols }, () => 'filled' as const),
    reducePrice: new Float64Array(symbols), increasePrice: new Float64Array(symbols),
  }
}
