import { describe, expect, it } from 'vitest'
import { shrunkCovariance } from '../../src/risk/shrinkage.ts'

const ROWS = 40
const SYMBOLS = 4

/** Exact in any language: ((t²·7 + 3t) mod 31 − 15)·(n + 1) + (t²(2n+3) + tn(2n+3) + 5n) mod 29 − 14, over 1000. */
function exampleReturn(t: number, n: number): number {
  const shared = ((t * t * 7 + 3 * t) % 31) - 15
  const own = ((t * (2 * n + 3) * (t + n) + 5 * n) % 29) - 14
  return (shared * (n + 1) + own) / 1000
}

const window = {
  returns: Float64Array.from({ length: ROWS * SYMBOLS }, (_, k) => exampleReturn(Math.floor(k / SYMBOLS), k % SYMBOLS)),
  rows: ROWS,
  symbols: SYMBOLS,
}

/** sklearn.covariance.LedoitWolf().fit(X) of scikit-learn 1.9.1: shrinkage_ and covariance_. */
const IDENTITY = {
  shrinkage: 0.04221163299292705,
  covariance: [
    0.00015347178034290078, 0.0001336282384939093, 0.00022393570914808864, 0.0002559689410826403,
    0.0001336282384939093, 0.0003338849874764588, 0.00039553905915836965, 0.00048744843085636846,
    0.00022393570914808864, 0.00039553905915836965, 0.0006809904847684689, 0.0007564253351984236,
    0.0002559689410826403, 0.00048744843085636846, 0.0007564253351984236, 0.0010984521224121722,
  ],
}

/**
 * pypfopt.risk_models.CovarianceShrinkage(X, returns_data=True, frequency=1) of PyPortfolioOpt 1.6.0, its S set
 * to numpy.cov(X.T, ddof=0) as in the paper: _ledoit_wolf_constant_correlation().
 */
const CONSTANT_CORRELATION = {
  shrinkage: 0.5993976088991981,
  covariance: [
    0.00013526, 0.00015499849311176257, 0.00023795955827179608, 0.0002915881669637129,
    0.00015499849311176257, 0.0003236243750000001, 0.00038863633404825584, 0.0004893068695026263,
    0.00023795955827179608, 0.00038863633404825584, 0.0006860275, 0.000731952872729615,
    0.0002915881669637129, 0.0004893068695026263, 0.000731952872729615, 0.0011218875000000004,
  ],
}

describe('the shrunk covariance', () => {
  it.each([
    ['identity', IDENTITY] as const,
    ['constant-correlation', CONSTANT_CORRELATION] as const,
  ])('toward %s is what an independent implementation gives', (target, published) => {
    const found = shrunkCovariance(window, target)
    expect(Math.abs(found.shrinkage / published.shrinkage - 1)).toBeLessThan(1e-12)
    published.covariance.forEach((value, k) => expect(Math.abs(found.covariance[k] / value - 1)).toBeLessThan(1e-12))
  })

  it('of one symbol is its variance', () => {
    for (const target of ['identity', 'constant-correlation'] as const) {
      const found = shrunkCovariance({ returns: Float64Array.of(1, 2, 3, 6), rows: 4, symbols: 1 }, target)
      expect(found).toEqual({ covariance: Float64Array.of(3.5), shrinkage: 0 })
    }
  })
})
