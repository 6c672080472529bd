import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { METRIC_FIELDS, computeMetrics } from '../../src/domain/metrics.ts'
import type { MetricField, Metrics } from '../../src/domain/metrics.ts'
import { BACKTESTING_PY, EMPYRICAL, METRIC_PROFILES } from '../../src/domain/profile.ts'
import type { MetricProfile } from '../../src/domain/profile.ts'
import { performanceOf, performanceWith } from './performance-of.ts'

function expectFigures(metrics: Metrics, figures: Partial<Metrics>, digits: number): void {
  for (const [field, expected] of Object.entries(figures)) {
    const actual = metrics[field as MetricField]
    if (Number.isNaN(expected)) expect(actual, field).toBeNaN()
    else expect(Math.abs(actual / expected - 1), `${field}: ${actual}, expected ${expected}`).toBeLessThan(10 ** -digits)
  }
}

function percent(values: number[]): number[] {
  return values.map((value) => value / 100)
}

/** Series and expected values of empyrical 0.5.5, empyrical/tests/test_stats.py (mixed_returns without its NaN). */
describe('empyrical profile against the test suite of empyrical 0.5.5', () => {
  const mixed = percent([1, 10, -4, 2, 3, 2, 1, -10])
  const withZero = percent([0, 1, 10, -4, 2, 3, 2, 1, -10])
  const negative = percent([0, -6, -7, -1, -9, -2, -6, -8, -5])
  const positive = percent([1, 2, 1, 1, 1, 1, 1, 1, 1])
  const benchmark = percent([0, 1, 0, 1, 0, 1, 0, 1, 0])
  const one = [-0.00171614, 0.01322056, 0.03063862, -0.01422057, -0.00489779, 0.01268925, -0.03357711, 0.01797036]
  const two = [0.01846232, 0.00793951, -0.01448395, 0.00422537, -0.00339611, 0.03756813, 0.0151531, 0.03549769]
  const cases: { name: string; returns: number[]; perYear: number; figures: Partial<Metrics> }[] = [
    {
      name: 'mixed, daily', returns: mixed, perYear: 252,
      figures: { annualVolatility: 0.9136465399704637, sharpe: 1.7238613961706866, downsideRisk: 0.604483250388296,
        sortino: 2.605531251673693, maxDrawdown: 0.1 },
    },
    {
      name: 'weekly', returns: withZero, perYear: 52,
      figures: { annualReturn: 0.24690830513998208, annualVolatility: 0.38851569394870583, downsideRisk: 0.25888650451930134,
        sortino: 1.1158901056866439, calmar: 2.4690830513998208, totalReturn: 0.038931091700480147 },
    },
    {
      name: 'monthly', returns: withZero, perYear: 12,
      figures: { annualReturn: 0.052242061386048144, annualVolatility: 0.18663690238892558, downsideRisk: 0.1243650540411842,
        sortino: 0.53605626741889756, calmar: 0.52242061386048144 },
    },
    { name: 'negative', returns: negative, perYear: 252, figures: { sharpe: -24.406808633910085, sortino: -13.532743075043401 } },
    { name: 'positive', returns: positive, perYear: 252, figures: { sharpe: 52.915026221291804, calmar: NaN, sortino: NaN } },
    { name: 'simple benchmark', returns: benchmark, perYear: 252, figures: { sortino: NaN, calmar: NaN } },
    { name: 'one', returns: one, perYear: 252, figures: { downsideRisk: 0.20671788246185202, sortino: 3.0639640966566306 } },
    { name: 'two', returns: two, perYear: 252, figures: { downsideRisk: 0.083495680595704475, sortino: 38.090963117002495 } },
    { name: 'two, weekly', returns: two, perYear: 52, figures: { downsideRisk: 0.037928477556776516, sortino: 17.303077589064618 } },
    { name: 'two, monthly', returns: two, perYear: 12, figures: { downsideRisk: 0.018220251263412916, sortino: 8.3121296084492844 } },
  ]
  it.each(cases)('$name', ({ returns, perYear, figures }) => {
    const profile = { ...EMPYRICAL, periodsPerYear: perYear }
    expectFigures(computeMetrics(performanceOf(returns, profile), profile), figures, 8)
  })

  it('has the drawdown of falling returns equal to their loss', () => {
    const metrics = computeMetrics(performanceOf(negative, EMPYRICAL), EMPYRICAL)
    expect(metrics.maxDrawdown).toBeCloseTo(-metrics.totalReturn, 12)
    expect(metrics.totalReturn).toBeCloseTo(-0.3659, 4)
  })
})

/**
 * SmaCross(10, 30) on the GOOG series of backtesting.py: expected values as published in its test suite
 * (0.6.5, backtesting/test/_test.py, test_compute_stats: "These values are also used on the website!"). The
 * sums were taken from the `_equity_curve` and `_trades` of that very run.
 */
describe('backtesting.py profile against backtesting.py 0.6.5', () => {
  it('gives the published statistics of SmaCross on GOOG', () => {
    const performance = performanceWith({
      startEquity: 10_000, finalEquity: 51422.98999999996, peakEquity: 75787.44, maxDrawdown: 0.47980127050075894,
      returns: 2148, firstReturn: 0, sumReturns: 2.005805421797815, sumSquares: 0.742425642383541,
      sumDownsideSquares: 0.3247910903561719, bestReturn: 0.19872524463558072, worstReturn: -0.11856085103849223,
      bars: 2148, barsInMarket: 2078, trades: 66, winningTrades: 31,
    })
    expectFigures(computeMetrics(performance, BACKTESTING_PY), {
      totalReturn: 4.142298999999996, annualReturn: 0.2118025581379228, annualVolatility: 0.3649390889140787,
      sharpe: 0.5803778344714113, sortino: 1.0847880675854096, calmar: 0.4414380935608377,
      maxDrawdown: 0.4798012705007589, winRate: 0.4696969696969697, exposure: 0.9674115456238361,
    }, 8)
  })

  /** Made by `compute_stats` of backtesting.py 0.6.5 and empyrical-reloaded 0.7.1 on this series of equity. */
  const equity = [10_000, 10_120, 9_975.5, 10_340, 10_210.25, 10_480, 10_390, 10_655.75, 10_100, 10_220, 10_890.5, 10_760]
  const returns = equity.slice(1).map((value, i) => value / equity[i] - 1)

  it.each([
    { riskFreeRate: 0, sharpe: 1.4760547751579878, sortino: 13.300866785504395 },
    { riskFreeRate: 0.02, sharpe: 1.4679811362172461, sortino: 13.228114474524897 },
  ])('leaves the first return out, with a risk-free rate of $riskFreeRate', ({ riskFreeRate, sharpe, sortino }) => {
    const profile = { ...BACKTESTING_PY, riskFreeRate }
    const expected = {
      totalReturn: 0.076, annualReturn: 3.656479527984448, annualVolatility: 2.477197722959218,
      sharpe, sortino, calmar: 70.10801930781872, maxDrawdown: 0.05215493982122332,
    }
    expectFigures(computeMetrics(performanceOf([0, ...returns], profile, 10_000), profile), expected, 10)
    const shifted = computeMetrics(performanceOf([0.25, ...returns], profile, 8_000), profile)
    expectFigures(shifted, expected, 10)
  })

  it.each([
    { riskFreeRate: 0, sharpe: 3.5783183928469433, sortino: 6.539398186465018 },
    { riskFreeRate: 0.02, sharpe: 3.5385087765677445, sortino: 6.451182382363321 },
  ])('differs from empyrical on the same equity, risk-free $riskFreeRate', ({ riskFreeRate, sharpe, sortino }) => {
    const profile = { ...EMPYRICAL, riskFreeRate }
    const expected = { annualReturn: 4.3553790575878715, annualVolatility: 0.5023911775419673, sharpe, sortino,
      calmar: 83.50846674384492 }
    expectFigures(computeMetrics(performanceOf(returns, profile, 10_000), profile), expected, 10)
  })
})

describe.each(Object.values(METRIC_PROFILES))('edge cases of profile $name', (profile: MetricProfile) => {
  it('has no figure from no return', () => {
    const metrics = computeMetrics(performanceOf([], profile), profile)
    for (const field of ['annualReturn', 'annualVolatility', 'sharpe', 'sortino', 'calmar', 'turnover', 'bestReturn', 'exposure',
      'winRate', 'profitFactor', 'averageTrade'] as const) expect(metrics[field], field).toBeNaN()
    expect(metrics.totalReturn).toBe(0)
  })

  it('has no risk figure from one return', () => {
    const metrics = computeMetrics(performanceOf([0.01], profile), profile)
    for (const field of ['annualVolatility', 'sharpe', 'sortino'] as const) expect(metrics[field], field).toBeNaN()
    expect(metrics.annualReturn).not.toBeNaN()
  })

  it('has no Sharpe, Sortino or Calmar ratio from a thousand equal gains', () => {
    const metrics = computeMetrics(performanceOf(Array<number>(1_000).fill(0.01), profile), profile)
    expect(metrics.annualVolatility).toBe(0)
    for (const field of ['sharpe', 'sortino', 'calmar', 'profitFactor'] as const) expect(metrics[field], field).toBeNaN()
    expect(metrics.annualReturn).toBeCloseTo(profile.annualisation === 'arithmetic' ? 11.274 : 11.244, 2)
  })

  it('calls an ended portfolio a total loss', () => {
    const metrics = computeMetrics(performanceOf([0.02, -0.5, -1.1, 0, 0], profile), profile)
    expect(metrics.annualReturn).toBe(-1)
    expect(metrics.totalReturn).toBeLessThan(-1)
    expect(metrics.maxDrawdown).toBeGreaterThan(1)
    if (profile.annualisation === 'geometric') expect(metrics.sharpe).toBeNaN()
    else expect(metrics.sharpe).toBeLessThan(0)
  })

  it('counts turnover by the year and trades by profit', () => {
    const performance = { ...performanceOf(Array<number>(126).fill(0), profile), turnover: 3, trades: 4, winningTrades: 3,
      grossProfit: 900, grossLoss: 300, barsInMarket: 63, sumGrossExposure: 31.5, fees: 12 }
    expect(computeMetrics(performance, profile)).toMatchObject(
      { turnover: 6, winRate: 0.75, profitFactor: 3, averageTrade: 150, exposure: 0.5, averageGrossExposure: 0.25, fees: 12 })
  })

  it('is finite or NaN for any returns, and scales with money alone', () => {
    const seed = 20_260_301
    const runs = 500
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1.5, max: 20, noNaN: true }), { maxLength: 40 }), (returns) => {
        const metrics = computeMetrics(performanceOf(returns, profile, 100), profile)
        const richer = computeMetrics(performanceOf(returns, profile, 1_600), profile)
        for (const field of METRIC_FIELDS) {
          expect(Number.isFinite(metrics[field]) || Number.isNaN(metrics[field]), field).toBe(true)
          if (!field.endsWith('Equity')) expect(richer[field], field).toBe(metrics[field])
        }
      }),
      { seed, numRuns: runs },
    )
    console.log(`metrics of ${profile.name}: ${runs} random series, seed ${seed}`)
  })
})
