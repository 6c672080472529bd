/**
 * What the kernel accumulates for one portfolio while it runs; metrics are computed from this alone, so a
 * sweep needs no equity series. Plain sums in row order: cheap in lanes and the same in every kernel.
 * Returns are on the profile's basis (session or bar).
 */
export const PERFORMANCE_FIELDS = [
  'startEquity', 'finalEquity', 'peakEquity',
  /** Largest (peak − equity) / peak, ≥ 0, on the basis. */
  'maxDrawdown',
  /** Longest run of consecutive periods below the peak. */
  'maxDrawdownPeriods', 'drawdownPeriods',
  'returns', 'firstReturn', 'sumReturns', 'sumSquares',
  /** Σ min(r − requiredReturn(profile), 0)², and the first period's part of it. */
  'sumDownsideSquares', 'firstDownsideSquare',
  'bestReturn', 'worstReturn',
  /** Σ over bars of |filled| × price × M / last equity. */
  'turnover',
  'fees', 'orders', 'fills', 'cancellations',
  /** A trade is flat to flat in one symbol; a win has profit > 0 after fees. Money; `grossLoss` is Σ|loss|, ≥ 0. */
  'trades', 'winningTrades', 'grossProfit', 'grossLoss',
  'bars', 'barsInMarket',
  /** Σ over bars of Σ|quantity| × M × close / equity. */
  'sumGrossExposure',
  /** Non-NaN combined targets; those cut by a cap; those cut or held by a veto; bars scaled by risk; bars cut by gross. */
  'signalCount', 'cappedCount', 'vetoedCount', 'scaledBars', 'grossLimitedBars',
  /** 1 once equity was ≤ 0, and once a drawdown stop hit. */
  'ended', 'drawdownStops',
] as const

export type PerformanceField = (typeof PERFORMANCE_FIELDS)[number]
export type Performance = Record<PerformanceField, number>

/**
 * A performance whose fields stand one after the other, `step` apart. One literal, so that every performance has one
 * shape: objects made field by field are read, and made, many times slower.
 */
export function createPerformance(values: ArrayLike<number>, at = 0, step = 1): Performance {
  return {
    startEquity: values[at], finalEquity: values[at + step], peakEquity: values[at + 2 * step], maxDrawdown: values[at + 3 * step],
    maxDrawdownPeriods: values[at + 4 * step], drawdownPeriods: values[at + 5 * step], returns: values[at + 6 * step],
    firstReturn: values[at + 7 * step], sumReturns: values[at + 8 * step], sumSquares: values[at + 9 * step],
    sumDownsideSquares: values[at + 10 * step], firstDownsideSquare: values[at + 11 * step], bestReturn: values[at + 12 * step],
    worstReturn: values[at + 13 * step], turnover: values[at + 14 * step], fees: values[at + 15 * step], orders: values[at + 16 * step],
    fills: values[at + 17 * step], cancellations: values[at + 18 * step], trades: values[at + 19 * step],
    winningTrades: values[at + 20 * step], grossProfit: values[at + 21 * step], grossLoss: values[at + 22 * step],
    bars: values[at + 23 * step], barsInMarket: values[at + 24 * step], sumGrossExposure: values[at + 25 * step],
    signalCount: values[at + 26 * step], cappedCount: values[at + 27 * step], vetoedCount: values[at + 28 * step],
    scaledBars: values[at + 29 * step], grossLimitedBars: values[at + 30 * step], ended: values[at + 31 * step],
    drawdownStops: values[at + 32 * step],
  }
}
