import type { PortfolioRules } from './rules.ts'
import type { Turn } from './turn.ts'

/** What a fee is reckoned on: Σ|quantity| × price × M, and Σ|quantity|. */
interface FeeBase {
  readonly notional: number
  readonly units: number
}

/** max(minimum, rate × notional + per unit × |quantity|); nothing filled costs nothing. */
function fee(rules: PortfolioRules, { notional, units }: FeeBase): number {
  if (units === 0) return 0
  const proportional = rules.feeRate * notional + rules.feePerUnit * units
  return proportional < rules.feeMinimum ? rules.feeMinimum : proportional
}

/**
 * Fee of planned order j as its legs stand, once per order that fills anything. With `feeOn: entry` only the
 * increasing leg counts, and a mere reduction is free.
 */
export function orderFee(turn: Turn, j: number): number {
  const { plan, rules } = turn
  if (!rules.hasFees) return 0
  const multiplier = turn.multipliers[plan.symbol[j]]
  const reduced = rules.feeOnEntryOnly ? 0 : Math.abs(plan.reduce[j])
  const increased = Math.abs(plan.increase[j])
  const notional = reduced * (plan.reducePrice[j] * multiplier) + increased * (plan.increasePrice[j] * multiplier)
  return fee(rules, { notional, units: reduced + increased })
}

/** What the reducing leg of planned order j would pay alone: known before its increasing leg is sized. */
export function reductionFee(turn: Turn, j: number): number {
  const { plan } = turn
  const units = Math.abs(plan.reduce[j])
  return closingFee(turn, { notional: units * (plan.reducePrice[j] * turn.multipliers[plan.symbol[j]]), units })
}

/** Fee of an order that only closes: intrabar exits and the closings at the end of a run. */
export function closingFee({ rules }: Turn, base: FeeBase): number {
  return rules.hasFees && !rules.feeOnEntryOnly ? fee(rules, base) : 0
}
