import type { PortfolioConfig } from '../domain/portfolio.ts'
import type { KernelBlock, KernelSetup } from './kernel.ts'

/** A rule that keeps a portfolio on the reference kernel, and the test for it. */
const OTHER_RULES: readonly (readonly [string, (config: PortfolioConfig) => boolean])[] = [
  ['combine other than mean', ({ combine }) => combine !== 'mean'],
  ['allocation by risk weights', ({ allocation }) => allocation === 'weights'],
  ['hold', ({ trading }) => trading === 'hold'],
  ['a calendar schedule', ({ schedule }) => !('everyBars' in schedule)],
  ['sizing other than exposure', ({ sizing }) => sizing.kind !== 'exposure'],
  ['intrabar exits', ({ exits }) => exits.stopLoss !== null || exits.takeProfit !== null || exits.trailingStop !== null],
  ['holding times', ({ minHoldBars, maxHoldBars, cooldownBars }) => minHoldBars + maxHoldBars + cooldownBars > 0],
  ['fills other than next-open', ({ execution }) => execution.profile !== 'next-open'],
  ['buying power other than scale', ({ execution }) => execution.buyingPower !== 'scale'],
  ['participation', ({ execution }) => execution.participation !== null],
  ['carry', ({ costs }) => costs.borrowRate !== 0 || costs.loanRate !== 0 || costs.cashRate !== 0],
  ['starting positions', ({ positions }) => Object.keys(positions).length > 0],
  ['an end other than leave', ({ end }) => end !== 'leave'],
]

/**
 * Why a batch needs the reference kernel, or null. The plain rules: mean, equal, active or signal allocation, risk
 * scale, cap, gross and veto, exposure sizing to lots, every n bars, thresholds, fees and slippage,
 * buying power scaled, margins and multipliers, drawdown stop.
 */
export function whyNotPlain(setup: KernelSetup): string | null {
  for (const { config } of setup.portfolios) {
    const other = OTHER_RULES.find(([, needs]) => needs(config))
    if (other !== undefined) return `portfolio ${config.id} uses ${other[0]}`
  }
  return null
}

/**
 * Why a block needs the reference kernel, or null: plain markets have a bar everywhere and no corporate action.
 * @param closeTime of the row before the block
 */
export function whyNotPlainBlock({ market }: KernelBlock, closeTime: number): string | null {
  if (market.halfSpread !== null) return 'the market has half-spreads'
  if (market.delisting?.some((price) => !Number.isNaN(price))) return 'a symbol is delisted'
  if (market.close.some(Number.isNaN)) return 'a symbol has no bar in a row'
  if (market.split.some((split) => split !== 1)) return 'a symbol splits'
  if (market.dividend.some((dividend) => dividend !== 0)) return 'a symbol pays a dividend'
  for (let row = 0; row < market.rows; row++) {
    if (market.openTimes[row] < (row === 0 ? closeTime : market.closeTimes[row - 1])) return 'a bar opens before the one before it has closed'
  }
  return null
}
