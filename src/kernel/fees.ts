import type { PortfolioRules } from './rules.ts'
import type { Turn } from './turn.ts'

/** What a fee is reckoned on: Σ|quantity| × price × M, and Σ|quantity|. */
interface FeeBase {
  readonly notional: number
  readonly units: number
}

/** An order as its legs fill: |units| and price of each. */
interface FilledLegs {
  readonly reduced: number
  readonly reducePrice: number
  readonly increased: number
  readonly increasePrice: number
  readonly multiplier: number
}

/** max(minimum, rate × notional + per unit × |quantity|); nothing filled costs nothing. */
function fee(rules: PortfolioRules, { notional, units }: FeeBase): number {
  if (units === 0) return 0
  const proportional = rules.feeRate * notional + rules.feePerUnit * units
  return proportional < rules.feeMinimum ? rules.feeMinimum : proportional
}

/** Once per order that fills anything. With `feeOn: entry` only the increasing leg counts, and a mere reduction is free. */
export function feeOfLegs(rules: PortfolioRules, { reduced, reducePrice, increased, increasePrice, multiplier }: FilledLegs): number {
  if (!rules.hasFees) return 0
  const counted = rules.feeOnEntryOnly ? 0 : reduced
  const notional = counted * (reducePrice * multiplier) + increased * (increasePrice * multiplier)
  return fee(rules, { notional, units: counted + increased })
}

/** Fee of planned order j as its legs stand. */
export function orderFee({ plan, rules, multipliers }: Turn, j: number): number {
  return feeOfLegs(rules, {
    reduced: Math.abs(plan.reduce[j]), reducePrice: plan.reducePrice[j],
    increased: Math.abs(plan.increase[j]), increasePrice: plan.increasePrice[j],
    multiplier: multipliers[plan.symbol[j]],
  })
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
