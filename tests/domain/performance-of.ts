import { PERFORMANCE_FIELDS } from '../../src/domain/performance.ts'
import type { Performance } from '../../src/domain/performance.ts'
import { requiredReturn } from '../../src/domain/profile.ts'
import type { MetricProfile } from '../../src/domain/profile.ts'

/** A performance with every field 0 but those given. */
export function performanceWith(fields: Partial<Performance>): Performance {
  const zeros = Object.fromEntries(PERFORMANCE_FIELDS.map((field) => [field, 0])) as Performance
  return { ...zeros, ...fields }
}

/** The sums a portfolio with exactly these returns would leave. */
export function performanceOf(returns: readonly number[], profile: MetricProfile, startEquity = 100): Performance {
  const shortfalls = returns.map((r) => Math.min(r - requiredReturn(profile), 0) ** 2)
  let equity = startEquity
  let peak = startEquity
  let maxDrawdown = 0
  for (const r of returns) {
    equity *= 1 + r
    peak = Math.max(peak, equity)
    maxDrawdown = Math.max(maxDrawdown, (peak - equity) / peak)
  }
  return performanceWith({
    startEquity, finalEquity: equity, peakEquity: peak, maxDrawdown,
    returns: returns.length,
    firstReturn: returns[0] ?? 0,
    sumReturns: returns.reduce((sum, r) => sum + r, 0),
    sumSquares: returns.reduce((sum, r) => sum + r * r, 0),
    sumDownsideSquares: shortfalls.reduce((sum, square) => sum + square, 0),
    firstDownsideSquare: shortfalls[0] ?? 0,
    bestReturn: Math.max(...returns),
    worstReturn: Math.min(...returns),
    bars: returns.length,
  })
}
