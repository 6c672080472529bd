import type { FillPlan } from './fill-plan.ts'
import type { PortfolioRules } from './rules.ts'
import type { Turn } from './turn.ts'

/** max(minimum, rate × notional + per unit × |quantity|). */
function fee(rules: PortfolioRules, of: { notional: number; units: number }): number {
  const proportional = rules.feeRate * of.notional + rules.feePerUnit * of.units
  return proportional < rules.feeMinimum ? rules.feeMinimum : proportional
}

function legNotional(turn: Turn, j: number, leg: 'reduce' | 'increase'): number {
  const { plan } = turn
  const price = leg === 'reduce' ? plan.reducePrice[j] : plan.increasePrice[j]
  return Math.abs(plan[leg][j]) * (price * turn.multipliers[plan.symbol[j]])
}

function fillsNothing(plan: FillPlan, j: number): boolean {
  return plan.reduce[j] === 0 && plan.increase[j] === 0
}

/**
 * Fee of planned order j as its legs stand, once per order that fills anything. With `feeOn: entry` only the
 * increasing leg counts, and a mere reduction is free.
 */
export function orderFee(turn: Turn, j: number): number {
  const { plan, rules } = turn
  if (!rules.hasFees || fillsNothing(plan, j)) return 0
  if (rules.feeOnEntryOnly) {
    if (plan.increase[j] === 0) return 0
    return fee(rules, { notional: legNotional(turn, j, 'increase'), units: Math.abs(plan.increase[j]) })
  }
  const notional = legNotional(turn, j, 'reduce') + legNotional(turn, j, 'increase')
  return fee(rules, { notional, units: Math.abs(plan.reduce[j]) + Math.abs(plan.increase[j]) })
}

/** What the reducing leg of planned order j would pay alone: known before its increasing leg is sized. */
export function reductionFee(turn: Turn, j: number): number {
  const { plan, rules } = turn
  if (!rules.hasFees || rules.feeOnEntryOnly || plan.reduce[j] === 0) return 0
  return fee(rules, { notional: legNotional(turn, j, 'reduce'), units: Math.abs(plan.reduce[j]) })
}

/** Fee of an order that only closes: intrabar exits and the closings at the end of a run. */
export function closingFee(turn: Turn, of: { notional: number; units: number }): number {
  const { rules } = turn
  return rules.hasFees && !rules.feeOnEntryOnly ? fee(rules, of) : 0
}
