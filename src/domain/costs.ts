/** What trading and holding cost. Rates are yearly fractions, charged by days / 365. */
export interface Costs {
  /** Fee in basis points of |quantity| × M × price. */
  readonly feeBps: number
  readonly feePerUnit: number
  readonly feeMinimum: number
  /** Which legs pay the fee: all of them, or only those that open or increase. */
  readonly feeOn: 'both' | 'entry'
  /** Price moved against the order, per leg, in basis points of the price. */
  readonly entrySlippageBps: number
  readonly exitSlippageBps: number
  /** Also pay the source's half-spread panel, where there is one. */
  readonly paySpread: boolean
  readonly borrowRate: number
  readonly loanRate: number
  readonly cashRate: number
}

export const NO_COSTS: Costs = {
  feeBps: 0, feePerUnit: 0, feeMinimum: 0, feeOn: 'both',
  entrySlippageBps: 0, exitSlippageBps: 0, paySpread: false,
  borrowRate: 0, loanRate: 0, cashRate: 0,
}
