import type { Performance } from './performance.ts'
import type { MetricProfile } from './profile.ts'

/**
 * Every figure of a portfolio and its unit. Fractions are of one (0.25 = 25 %), money is in the account's
 * currency, ratios have no unit, periods are the profile's (sessions or bars), `perYear` is a fraction of
 * equity a year.
 */
export const METRIC_UNITS = {
  startEquity: 'money', finalEquity: 'money', peakEquity: 'money',
  totalReturn: 'fraction', annualReturn: 'perYear', annualVolatility: 'perYear', downsideRisk: 'perYear',
  sharpe: 'ratio', sortino: 'ratio', calmar: 'ratio',
  maxDrawdown: 'fraction', maxDrawdownPeriods: 'periods',
  bestReturn: 'fraction', worstReturn: 'fraction', periods: 'periods',
  turnover: 'perYear', exposure: 'fraction', averageGrossExposure: 'fraction',
  fees: 'money', orders: 'count', fills: 'count', cancellations: 'count',
  trades: 'count', winRate: 'fraction', profitFactor: 'ratio', averageTrade: 'money',
  signalCount: 'count', cappedCount: 'count', vetoedCount: 'count', scaledBars: 'count', grossLimitedBars: 'count',
  ended: 'count', drawdownStops: 'count',
} as const

export type MetricField = keyof typeof METRIC_UNITS
export const METRIC_FIELDS = Object.keys(METRIC_UNITS) as readonly MetricField[]
export type Metrics = Record<MetricField, number>

/**
 * All figures of one portfolio under a profile. A figure that its formula does not define (no return, no
 * trade, zero variance, no loss to divide by) is NaN, never an infinity. `maxDrawdown` is ≥ 0 and measured
 * from starting equity on, in every profile; `exposure` is the share of bars closed in a position.
 */
export function computeMetrics(performance: Performance, profile: MetricProfile): Metrics {
  const sample = measureReturns(performance, profile)
  const annual = annualReturn(sample, profile)
  const volatility = annualVolatility(sample, profile)
  const { returns, bars, trades, grossProfit, grossLoss } = performance
  // One literal: an object that grows by spreading is many times slower to make, and a sweep makes millions.
  return {
    startEquity: performance.startEquity, finalEquity: performance.finalEquity, peakEquity: performance.peakEquity,
    totalReturn: finite(sample.growth - 1), annualReturn: annual, annualVolatility: volatility, downsideRisk: downsideRisk(sample, profile),
    sharpe: ratio(annualExcess(sample, profile), volatility), sortino: sortino(sample, profile), calmar: ratio(annual, performance.maxDrawdown),
    maxDrawdown: performance.maxDrawdown, maxDrawdownPeriods: performance.maxDrawdownPeriods,
    bestReturn: returns > 0 ? performance.bestReturn : NaN, worstReturn: returns > 0 ? performance.worstReturn : NaN, periods: returns,
    turnover: ratio(performance.turnover * profile.periodsPerYear, returns), exposure: ratio(performance.barsInMarket, bars),
    averageGrossExposure: ratio(performance.sumGrossExposure, bars),
    fees: performance.fees, orders: performance.orders, fills: performance.fills, cancellations: performance.cancellations,
    trades, winRate: ratio(performance.winningTrades, trades), profitFactor: ratio(grossProfit, grossLoss), averageTrade: ratio(grossProfit - grossLoss, trades),
    signalCount: performance.signalCount, cappedCount: performance.cappedCount, vetoedCount: performance.vetoedCount,
    scaledBars: performance.scaledBars, grossLimitedBars: performance.grossLimitedBars,
    ended: performance.ended, drawdownStops: performance.drawdownStops,
  }
}

/** The returns that a profile measures. */
interface ReturnSample {
  readonly count: number
  /** Per period. */
  readonly mean: number
  /** Per period², NaN for count ≤ ddof. */
  readonly variance: number
  /** Σ min(r − required, 0)². */
  readonly downsideSquares: number
  /** Final equity / equity the measured returns start from. */
  readonly growth: number
  /** Periods that growth is spread over. */
  readonly growthPeriods: number
}

/**
 * Below this share of Σr², a variance made of sums is rounding and not risk (n equal returns leave about
 * n × 2⁻⁵³ of it), and counts as zero.
 */
const VARIANCE_NOISE = 1e-12

/**
 * Takes the first return out of the sums where the profile says so: growth then starts at the first close
 * (backtesting.py: `equity[-1] / equity[0]`). Mean = Σr / n, variance = (Σr² − (Σr)² / n) / (n − ddof).
 * backtesting.py's `geometric_mean` fills that undefined first return with 0 and counts it, so growth of a
 * geometric profile is spread over every period; arithmetic ones count what they measure (empyrical: `len(returns)`).
 */
function measureReturns(performance: Performance, profile: MetricProfile): ReturnSample {
  const excluded = profile.firstReturn === 'excluded' && performance.returns > 0
  const first = excluded ? performance.firstReturn : 0
  const count = performance.returns - (excluded ? 1 : 0)
  const sum = performance.sumReturns - first
  const squares = performance.sumSquares - first * first
  const deviations = squares - (sum * sum) / count
  const variance = deviations > VARIANCE_NOISE * squares ? deviations / (count - profile.ddof) : 0
  return {
    count,
    mean: sum / count,
    variance: count > profile.ddof ? variance : NaN,
    downsideSquares: performance.sumDownsideSquares - (excluded ? performance.firstDownsideSquare : 0),
    growth: performance.finalEquity / (performance.startEquity * (1 + first)),
    growthPeriods: profile.annualisation === 'geometric' ? performance.returns : count,
  }
}

/**
 * Compound annual growth, growth^(P / periods) − 1, a fraction a year; P = periods per year. empyrical 0.5.5
 * `stats.annual_return`; backtesting.py 0.6.5 `compute_stats`, "Return (Ann.)". Growth ≤ 0 has compounded to
 * nothing: −1 in both profiles (empyrical gives NaN below 0, backtesting.py 0). NaN without a return.
 */
function annualReturn(sample: ReturnSample, profile: MetricProfile): number {
  if (sample.growthPeriods === 0) return NaN
  if (sample.growth <= 0) return -1
  return finite(sample.growth ** (profile.periodsPerYear / sample.growthPeriods) - 1)
}

/**
 * Volatility, a fraction a year; s² = variance of the returns, P = periods per year.
 * - arithmetic: s × √P. empyrical 0.5.5 `stats.annual_volatility`.
 * - geometric: √((s² + (1 + g)²)^P − (1 + g)^2P), g = geometric mean return: the deviation of the product of P
 *   independent returns. backtesting.py 0.6.5 `compute_stats`, "Volatility (Ann.)". NaN for growth ≤ 0.
 */
function annualVolatility(sample: ReturnSample, profile: MetricProfile): number {
  const perYear = profile.periodsPerYear
  if (profile.annualisation === 'arithmetic') return finite(Math.sqrt(sample.variance * perYear))
  if (sample.growth <= 0) return NaN
  const square = sample.growth ** (2 / sample.growthPeriods)
  return finite(Math.sqrt((sample.variance + square) ** perYear - square ** perYear))
}

/**
 * Return above the risk-free rate, a fraction a year: the numerator of Sharpe and Sortino.
 * - arithmetic: mean × P − rf. Over s√P that is empyrical 0.5.5 `stats.sharpe_ratio`, mean(r − rf/P) / s × √P
 *   (zero variance: NaN here, ∞ there).
 * - geometric: compound annual return − rf, backtesting.py 0.6.5 `compute_stats`, "Sharpe Ratio".
 */
function annualExcess(sample: ReturnSample, profile: MetricProfile): number {
  if (profile.annualisation === 'geometric') return annualReturn(sample, profile) - profile.riskFreeRate
  return sample.mean * profile.periodsPerYear - profile.riskFreeRate
}

/**
 * Downside deviation √(Σ min(r − required, 0)² / n) × √P, a fraction a year: empyrical 0.5.5
 * `stats.downside_risk`, and the denominator of backtesting.py's "Sortino Ratio" (required = 0).
 */
function downsideRisk(sample: ReturnSample, profile: MetricProfile): number {
  return finite(Math.sqrt(sample.downsideSquares / sample.count) * Math.sqrt(profile.periodsPerYear))
}

/**
 * Annual excess return / downside deviation, no unit: empyrical 0.5.5 `stats.sortino_ratio` and backtesting.py
 * 0.6.5 "Sortino Ratio". NaN without a shortfall (∞ there) and for fewer than two returns.
 */
function sortino(sample: ReturnSample, profile: MetricProfile): number {
  return sample.count < 2 ? NaN : ratio(annualExcess(sample, profile), downsideRisk(sample, profile))
}

/** NaN where the denominator is 0 or anything is not finite. */
function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? NaN : finite(numerator / denominator)
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : NaN
}
