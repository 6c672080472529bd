import { describe, expect, it } from 'vitest'
import limits from '../../src/risk/limits.ts'
import { createRiskStep } from '../../src/risk/risk-step.ts'

const row = { t: 0, closeTime: 0, sessionDate: 0 }
const book = new Float64Array(3)

/** gross, then a cap and a veto for each of three symbols. */
function decide(params: object, volatilities?: number[]): number[] {
  const { step, features } = createRiskStep({ definition: limits, params, universe: ['A', 'B', 'C'] })
  expect(features.length).toBe(volatilities === undefined ? 0 : 1)
  const out = new Float64Array(7).fill(7)
  step.step(row, volatilities === undefined ? [book] : [Float64Array.from(volatilities), book], out)
  return [...out]
}

describe('limits', () => {
  it('cap every symbol and the gross exposure', () => {
    const cap = Math.fround(0.1)
    expect(decide({ cap: 0.1, gross: 1.5 })).toEqual([1.5, cap, cap, cap, 0, 0, 0])
  })

  it('limit nothing that is left out', () => {
    expect(decide({})).toEqual([Infinity, Infinity, Infinity, Infinity, 0, 0, 0])
  })

  it('veto what moves too much, and cannot decide on what is not measured', () => {
    expect(decide({ maxVolatility: 0.03 }, [0.03, 0.031, NaN]).slice(4)).toEqual([0, 1, NaN])
  })
})
