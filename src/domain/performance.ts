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

/** Of one literal, so that every performance has one shape: objects made field by field are read many times slower. */
const NOTHING: Performance = {
  startEquity: 0, finalEquity: 0, peakEquity: 0, maxDrawdown: 0, maxDrawdownPeriods: 0, drawdownPeriods: 0,
  returns: 0, firstReturn: 0, sumReturns: 0, sumSquares: 0, sumDownsideSquares: 0, firstDownsideSquare: 0,
  bestReturn: 0, worstReturn: 0, turnover: 0, fees: 0, orders: 0, fills: 0,
  cancellations: 0, trades: 0, winningTrades: 0, grossProfit: 0, grossLoss: 0, bars: 0,
  barsInMarket: 0, sumGrossExposure: 0, signalCount: 0, cappedCount: 0, vetoedCount: 0, scaledBars: 0,
  grossLimitedBars: 0, ended: 0, drawdownStops: 0,
}

/** A performance with every field as `valueOf` tells it, given the field's position. */
export function createPerformance(valueOf: (position: number) => number): Performance {
  const performance = { ...NOTHING }
  for (let position = 0; position < PERFORMANCE_FIELDS.length; position++) performance[PERFORMANCE_FIELDS[position]] = valueOf(position)
  return performance
}
