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
