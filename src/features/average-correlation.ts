import { z } from 'zod'
import { defineMarketFeature } from './define-feature.ts'
import type { FeatureInput, FeatureRef } from './feature.ts'
import { referFeature } from './reference.ts'

/**
 * Mean of the pairwise correlations of simple returns over the last `period` rows, −1..1, market-wide: how
 * much the market moves as one (J. Pollet & M. Wilson, Average correlation and stock market returns, Journal
 * of Financial Economics 96, 2010). A row without a bar has a return of 0, and the return over a gap falls on
 * the bar that ends it, so that symbols whose markets close on different days are measured, too. Counts the
 * symbols that moved and had their first bar at least `period` rows ago; NaN with fewer than two of them.
 *
 * With u = (r − mean) / √Σ(r − mean)² per symbol, all correlations sum to Σ_t (Σ_i u[i,t])², so no pair is
 * ever formed: N × period operations a row.
 */
export const averageCorrelationDefinition = defineMarketFeature({
  name: 'average-correlation',
  params: z.object({ period: z.int().min(2) }),
  inputs: [{ name: 'value', width: 'symbol' }],
  warmup: ({ period }) => period,
  state: ({ period }, symbols) => ({
    previous: 'N',
    /** Rows since the first bar, that one included. */
    age: 'N',
    /** Per symbol the last `period` returns, each kept twice, so that they are contiguous. */
    returns: symbols * 2 * period,
    totals: period,
  }),
  update: ([value], { previous, age, returns, totals }, { params, bars }) => {
    const { period } = params
    const newest = (bars - 1) % period
    totals.fill(0)
    let members = 0
    for (let n = 0; n < value.length; n++) {
      const hasBar = !Number.isNaN(value[n])
      if (!hasBar && age[n] === 0) continue
      const start = n * 2 * period
      returns[start + newest] = hasBar ? value[n] / previous[n] - 1 : 0
      returns[start + newest + period] = returns[start + newest]
      if (hasBar) previous[n] = value[n]
      age[n] += 1
      if (age[n] > period && addStandardised(returns, start + newest + 1, totals)) members += 1
    }
    let sum = 0
    for (let k = 0; k < period; k++) sum += totals[k] * totals[k]
    return members < 2 ? NaN : (sum - members) / (members * (members - 1))
  },
})

export const averageCorrelation = (input: FeatureInput, period: number): FeatureRef =>
  referFeature(averageCorrelationDefinition, [input], { period })

/** Adds the returns from `oldest` on, standardised to Σu² = 1, to `totals`; false when they are all equal. */
function addStandardised(returns: Float64Array, oldest: number, totals: Float64Array): boolean {
  const period = totals.length
  const anchor = returns[oldest]
  let sum = 0
  for (let k = 0; k < period; k++) sum += returns[oldest + k] - anchor
  const mean = anchor + sum / period
  let squares = 0
  for (let k = 0; k < period; k++) squares += (returns[oldest + k] - mean) * (returns[oldest + k] - mean)
  if (!(squares > 0)) return false
  const norm = Math.sqrt(squares)
  for (let k = 0; k < period; k++) totals[k] += (returns[oldest + k] - mean) / norm
  return true
}
