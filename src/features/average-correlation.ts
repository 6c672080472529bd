import { z } from 'zod'
import { defineMarketFeature } from './define-feature.ts'
import type { FeatureInput, FeatureRef } from './feature.ts'
import { referFeature } from './reference.ts'

/**
 * Mean of the pairwise correlations of simple returns over the last `period` rows, −1..1, market-wide: how
 * much the market moves as one (J. Pollet & M. Wilson, Average correlation and stock market returns, Journal
 * of Financial Economics 96, 2010). Counts the symbols with a bar in each of the last period + 1 rows that
 * moved; NaN with fewer than two of them.
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
    consecutive: 'N',
    returns: symbols * period,
    totals: period,
  }),
  update: ([value], { previous, consecutive, returns, totals }, { params, bars }) => {
    const { period } = params
    const newest = (bars - 1) % period
    totals.fill(0)
    let members = 0
    for (let n = 0; n < value.length; n++) {
      if (Number.isNaN(value[n])) {
        consecutive[n] = 0
        continue
      }
      returns[n * period + newest] = value[n] / previous[n] - 1
      previous[n] = value[n]
      consecutive[n] += 1
      if (consecutive[n] <= period) continue
      if (addStandardised(returns.subarray(n * period, (n + 1) * period), newest, totals)) members += 1
    }
    const sum = totals.reduce((squares, total) => squares + total * total, 0)
    return members < 2 ? NaN : (sum - members) / (members * (members - 1))
  },
})

export const averageCorrelation = (input: FeatureInput, period: number): FeatureRef =>
  referFeature(averageCorrelationDefinition, [input], { period })

/** Adds a symbol's returns, oldest first and standardised to Σu² = 1, to `totals`; false when it did not move. */
function addStandardised(ring: Float64Array, newest: number, totals: Float64Array): boolean {
  const period = ring.length
  const anchor = ring[newest]
  let sum = 0
  for (let k = 1; k <= period; k++) sum += ring[(newest + k) % period] - anchor
  const mean = anchor + sum / period
  let squares = 0
  for (let k = 1; k <= period; k++) squares += (ring[(newest + k) % period] - mean) ** 2
  if (!(squares > 0)) return false
  const norm = Math.sqrt(squares)
  for (let k = 1; k <= period; k++) totals[k - 1] += (ring[(newest + k) % period] - mean) / norm
  return true
}
