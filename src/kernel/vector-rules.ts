import type { PortfolioConfig } from '../domain/portfolio.ts'
import type { KernelBlock } from './kernel.ts'

/** A rule that keeps a portfolio on the reference kernel, and the test for it. */
const OTHER_RULES: readonly (readonly [string, (config: PortfolioConfig) => boolean])[] = [
  ['no signal', ({ signals }) => signals.length === 0],
  ['no cash per target', ({ sizing }) => sizing.kind === 'fixedCash' && !(sizing.cash > 0)],
  ['fills other than next-open', ({ execution }) => execution.profile !== 'next-open'],
]

/**
 * Why a portfolio needs the reference kernel, or null: the rules the SIMD kernel has not, for the plan to tell.
 */
export function whyNotVector(config: PortfolioConfig): string | null {
  return OTHER_RULES.find(([, needs]) => needs(config))?.[0] ?? null
}

/** Whether a portfolio must remember more of a symbol than its quantity, its trade's cash and an order. */
export function needsLongCells({ exits, minHoldBars, maxHoldBars, cooldownBars, execution, sizing, end }: PortfolioConfig): boolean {
  const hasExits = exits.stopLoss !== null || exits.takeProfit !== null || exits.trailingStop !== null
  const hasTimes = minHoldBars > 0 || maxHoldBars > 0 || cooldownBars > 0
  const isLimited = execution.participation !== null || execution.buyingPower === 'reject'
  return hasExits || hasTimes || isLimited || sizing.kind === 'allIn' || end !== 'leave'
}

/** Whether a bar opens before the one before it has closed: orders then wait in ways only the reference kernel knows. */
export function barsOverlap(times: { readonly openTimes: Float64Array; readonly closeTimes: Float64Array }, closeTime = -Infinity): boolean {
  const { openTimes, closeTimes } = times
  for (let row = 0, before = closeTime; row < openTimes.length; row++) {
    if (openTimes[row] < before) return true
    before = closeTimes[row]
  }
  return false
}

/** Throws when a block's bars overlap. @param closeTime of the row before it */
export function expectApart({ market }: KernelBlock, closeTime: number): void {
  if (barsOverlap(market, closeTime)) throw new Error('the SIMD kernel has no rule for bars that open before the one before them has closed')
}
