import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/base/random.ts'
import minimumVariance from '../../src/risk/minimum-variance.ts'
import { createRiskStep } from '../../src/risk/risk-step.ts'
import { shrunkCovariance } from '../../src/risk/shrinkage.ts'

type Closes = readonly (readonly number[])[]

/** Weights of every row. */
function weigh(closes: Closes, params: object): number[][] {
  const symbols = closes[0].length
  const { step } = createRiskStep({ definition: minimumVariance, params, universe: Array.from({ length: symbols }, (_, n) => `S${n}`) })
  const book = new Float64Array(symbols)
  return closes.map((row, t) => {
    const out = new Float64Array(symbols)
    step.step({ t, closeTime: t, sessionDate: t }, [Float64Array.from(row), book], out)
    return [...out]
  })
}

/** Closes starting at 100, then one row for each row of returns. */
function closesOf(returns: readonly (readonly number[])[]): number[][] {
  const closes = [returns[0].map(() => 100)]
  for (const row of returns) closes.push(row.map((value, n) => closes.at(-1)![n] * (1 + value)))
  return closes
}

function randomReturns(of: { seed: number; rows: number; symbols: number }): number[][] {
  const random = createRandom(of.seed)
  return Array.from({ length: of.rows }, () => {
    const shared = random.normal() * 0.01
    return Array.from({ length: of.symbols }, (_, n) => shared + random.normal() * 0.005 * (n + 1))
  })
}

/** The returns of tests/risk/shrinkage.test.ts. */
const EXAMPLE = Array.from({ length: 40 }, (_, t) =>
  Array.from({ length: 4 }, (__, n) => {
    const shared = ((t * t * 7 + 3 * t) % 31) - 15
    const own = ((t * (2 * n + 3) * (t + n) + 5 * n) % 29) - 14
    return (shared * (n + 1) + own) / 1000
  }),
)

describe('minimum variance', () => {
  // scipy.optimize.minimize(w'Σw, SLSQP) of SciPy 1.17.1 on the covariances published in shrinkage.test.ts.
  it.each([
    ['identity', 1, [0.9098431928781041, 0.0901568071218958, 0, 0]],
    ['identity', 0.4, [0.4, 0.4, 0.2, 0]],
    ['constant-correlation', 1, [1, 0, 0, 0]],
    ['constant-correlation', 0.4, [0.4, 0.4, 0.2, 0]],
  ])('toward %s with at most %d finds what another optimiser finds', (shrinkage, maxWeight, published) => {
    const weights = weigh(closesOf(EXAMPLE), { window: 40, shrinkage, maxWeight }).at(-1)!
    weights.forEach((weight, n) => expect(Math.abs(weight - published[n])).toBeLessThan(1e-6))
  })

  it('cannot decide before a full window, solves on the schedule and holds in between', () => {
    const weights = weigh(closesOf(randomReturns({ seed: 1, rows: 30, symbols: 3 })), { window: 10, everyBars: 7 })
    expect(weights.slice(0, 10).flat().every(Number.isNaN)).toBe(true)
    const solved = weights.slice(10).map((row, i) => (i === 0 || row.some((weight, n) => weight !== weights[9 + i][n]) ? 10 + i : -1))
    expect(solved.filter((t) => t >= 0)).toEqual([10, 17, 24])
  })

  it('weighs 0 what has no full window, no bar for long or no movement', () => {
    const returns = randomReturns({ seed: 2, rows: 20, symbols: 4 })
    const closes = closesOf(returns.map((row) => [...row.slice(0, 3), 0]))
    for (let t = 0; t < 8; t++) closes[t][1] = NaN
    for (let t = 2; t <= 10; t++) closes[t][2] = NaN
    const weights = weigh(closes, { window: 10, everyBars: 8 })
    expect(weights[10]).toEqual([1, 0, 0, 0])
    expect(weights[17]).toEqual([1, 0, 0, 0])
    expect(weights[18][1]).toBeGreaterThan(0)
    expect(weights[18][2]).toBeGreaterThan(0)
    expect(weights[18][3]).toBe(0)
  })

  it.each([[1, 300, 5], [21, 300, 21], [100, 300, 30], [100, 40, 5]])('solved every %i rows over %i, weighs what has been silent for %i, and not for longer', (everyBars, window, rows) => {
    const weightsAfter = (silent: number): number[] => {
      const closes = closesOf(randomReturns({ seed: 5, rows: window, symbols: 2 }))
      for (const close of closes.slice(-silent)) close[0] = NaN
      return weigh(closes, { window, everyBars }).at(-1)!
    }
    expect(weightsAfter(rows)[0]).toBeGreaterThan(0)
    expect(weightsAfter(rows + 1)).toEqual([0, 1])
  })

  it('counts a return over a gap once, on the bar that ends it', () => {
    const gap = closesOf(randomReturns({ seed: 3, rows: 12, symbols: 3 }))
    const filled = gap.map((row) => [...row])
    gap[6][0] = NaN
    filled[6][0] = filled[5][0]
    expect(weigh(gap, { window: 12 }).at(-1)).toEqual(weigh(filled, { window: 12 }).at(-1))
  })

  it('cannot decide where the largest weight leaves no solution, and decides once it does', () => {
    const closes = closesOf(randomReturns({ seed: 4, rows: 20, symbols: 3 }))
    for (let t = 0; t < 5; t++) closes[t][2] = NaN
    const weights = weigh(closes, { window: 10, maxWeight: 0.4 })
    expect(weights[14].every(Number.isNaN)).toBe(true)
    expect(weights[15].reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 6)
  })

  it('refuses a largest weight no universe of that size can satisfy', () => {
    const create = () => createRiskStep({ definition: minimumVariance, params: { maxWeight: 0.3 }, universe: ['A', 'B', 'C'], where: 'risk.mv' })
    expect(create).toThrow(expect.objectContaining({ code: 'CONFIG_VALUE', where: 'risk.mv', value: 0.3 }))
  })

  it('is long only, sums to 1, keeps the largest weight and no other book has less variance', () => {
    const seed = 20_262
    let cases = 0
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 2, max: 8 }), fc.constantFrom(1, 0.6), fc.constantFrom('identity', 'constant-correlation'),
        (marketSeed, symbols, maxWeight, shrinkage) => {
          cases++
          const returns = randomReturns({ seed: marketSeed, rows: 15, symbols })
          const weights = weigh(closesOf(returns), { window: 15, maxWeight, shrinkage }).at(-1)!
          expect(Math.abs(weights.reduce((sum, weight) => sum + weight, 0) - 1)).toBeLessThan(1e-6)
          for (const weight of weights) expect(weight >= 0 && weight <= maxWeight + 1e-6).toBe(true)

          const window = { returns: Float64Array.from(returns.flat()), rows: 15, symbols }
          const { covariance } = shrunkCovariance(window, shrinkage)
          const variance = (w: readonly number[]) =>
            w.reduce((sum, wi, i) => sum + w.reduce((inner, wj, j) => inner + wi * wj * covariance[i * symbols + j], 0), 0)
          const random = createRandom(marketSeed)
          for (let i = 0; i < 20; i++) {
            const [from, to] = [random.integer(symbols), random.integer(symbols)]
            const moved = Math.min(0.01, weights[from], maxWeight - weights[to])
            if (from === to || moved <= 0) continue
            const other = weights.map((weight, n) => weight + (n === to ? moved : n === from ? -moved : 0))
            expect(variance(other)).toBeGreaterThanOrEqual(variance(weights) * (1 - 1e-6))
          }
        },
      ),
      { seed, numRuns: 100 },
    )
    console.log(`minimum variance: optimal in ${cases} cases, seed ${seed}`)
  })
})
