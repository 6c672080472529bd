import { sha256, canonicalJson } from '../base/hash.ts'
import type { PortfolioConfig } from './portfolio.ts'
import { formatTime } from './timeline.ts'

/** Why an order exists. `target` is decided at a close; the others are the kernel's own rules. */
export const ORDER_KINDS = [
  'target', 'cap', 'gross', 'drawdown-stop', 'ended', 'max-hold',
  'stop-loss', 'take-profit', 'trailing-stop', 'exit-rest', 'delisting', 'split-cash', 'end-of-run',
] as const
export type OrderKind = (typeof ORDER_KINDS)[number]

/** What became of an order, or of the part of it that did not fill. */
export const ORDER_OUTCOMES = [
  'filled', 'waiting',
  'scaled: buying power', 'refused: buying power', 'limited: participation', 'below one lot',
  'cancelled: exit', 'cancelled: delisting', 'cancelled: end of run', 'cancelled: portfolio ended',
] as const
export type OrderOutcome = (typeof ORDER_OUTCOMES)[number]

/** As decided at the close of row `decidedAt`. Symbols are universe indices; quantities are signed. */
export interface Order {
  readonly portfolio: number
  readonly symbol: number
  readonly decidedAt: number
  readonly kind: OrderKind
  /** Change in units; NaN for `allIn` increases, which are sized at the fill. */
  readonly quantity: number
  /** Exposure (fraction of equity) wanted for `allIn`; else NaN. */
  readonly target: number
}

/** One leg of one order, as booked. `price` is after slippage; `fee` ≥ 0, once per order on its last leg. */
export interface Fill {
  readonly portfolio: number
  readonly symbol: number
  /** Row of the fill, and of the decision that led to it. */
  readonly t: number
  readonly decidedAt: number
  readonly kind: OrderKind
  /** `reduce` brings the position toward or to zero, `increase` away from it. */
  readonly leg: 'reduce' | 'increase'
  readonly quantity: number
  readonly price: number
  readonly fee: number
}

/** The unfilled rest of an order, and why. */
export interface Cancellation {
  readonly portfolio: number
  readonly symbol: number
  readonly t: number
  readonly decidedAt: number
  readonly kind: OrderKind
  readonly quantity: number
  readonly outcome: OrderOutcome
}

/** Twelve hexadecimal digits naming a resolved configuration: the first part of each of its order keys. */
export function portfolioKey(config: PortfolioConfig): string {
  return sha256(canonicalJson(config)).slice(0, 12)
}

/**
 * The lineage key of an order: a pure function of (resolved configuration, bar, symbol, leg), the same in a
 * sweep, in a replay and in live. `leg` is the order's kind.
 */
export function orderKey(of: { portfolioKey: string; closeTime: number; symbol: string; kind: OrderKind }): string {
  return `${of.portfolioKey}.${formatTime(of.closeTime)}.${of.symbol}.${of.kind}`
}
