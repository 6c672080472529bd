import { describe, expect, it } from 'vitest'
import { createRiskStep } from '../../src/risk/risk-step.ts'
import varLimit from '../../src/risk/var-limit.ts'

const row = { t: 0, closeTime: 0, sessionDate: 0 }

function decide(of: { book: number[]; volatilities?: number[]; correlation?: number; params?: object }): number {
  const { book, volatilities = [0.02, 0.04, 0.5], correlation = 0.5 } = of
  const { step } = createRiskStep({ definition: varLimit, params: { limit: 0.02, ...of.params }, universe: ['A', 'B', 'C'] })
  const out = Float64Array.of(7)
  step.step(row, [Float64Array.from(volatilities), Float64Array.of(correlation), Float64Array.from(book)], out)
  return out[0]
}

describe('the VaR limit', () => {
  it('reads a volatility per symbol and the market average correlation', () => {
    const { features } = createRiskStep({ definition: varLimit, params: { limit: 0.02, window: 20 }, universe: ['A', 'B'] })
    expect(features.map((ref) => ref.expression)).toEqual(['volatility(close,20)', 'average-correlation(close,20)'])
  })

  // Risks e·σ of 0.01 each: σ² = 0.5 × 0.02² + 0.5 × (0.01² + 0.01²) = 0.0003; VaR 99 % = 2.3263 × 0.017321 = 0.040294.
  it('scales the book to the limit', () => {
    expect(decide({ book: [0.5, 0.25, 0] })).toBe(Math.fround(0.49635763905488023))
  })

  // 1.6449 × √(0.0003 × 10) = 0.090092
  it('takes confidence and horizon', () => {
    expect(decide({ book: [0.5, 0.25, 0], params: { confidence: 0.95, horizonBars: 10 } })).toBe(Math.fround(0.22199444721830175))
  })

  // Opposite risks: σ² = 0.5 × 0 + 0.5 × 0.0002 = 0.0001; VaR = 0.023263.
  it('sees a hedge', () => {
    expect(decide({ book: [0.5, -0.25, 0] })).toBe(Math.fround(0.8597166495679865))
  })

  // 0.8 × 0.04 = 0.032; VaR 99 % = 2.3263 × 0.032 = 0.074443.
  it('needs no correlation where one symbol has all the risk, as in a market of one', () => {
    const scale = Math.fround(0.2686614529899958)
    expect(decide({ book: [0, -0.8, NaN], correlation: NaN })).toBe(scale)
    expect(decide({ book: [0.5, -0.8, 0], volatilities: [0, 0.04, NaN], correlation: NaN })).toBe(scale)
  })

  it('leaves a book within the limit, an empty one and one without opinions as they are', () => {
    expect(decide({ book: [0.5, 0.25, 0], params: { limit: 0.05 } })).toBe(1)
    expect(decide({ book: [0, 0, 0], correlation: NaN })).toBe(1)
    expect(decide({ book: [NaN, NaN, NaN], volatilities: [NaN, NaN, NaN] })).toBe(1)
  })

  it('cannot decide without the volatility of a symbol held or without a correlation', () => {
    expect(decide({ book: [0.5, 0.25, 0], volatilities: [0.02, NaN, 0.5] })).toBeNaN()
    expect(decide({ book: [0.5, 0.25, 0], correlation: NaN })).toBeNaN()
    expect(decide({ book: [0.5, 0, NaN], volatilities: [0.02, NaN, NaN] })).toBeLessThanOrEqual(1)
  })
})
