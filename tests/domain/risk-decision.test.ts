import { describe, expect, it } from 'vitest'
import { combineDecisions, createPatternDecisions, decisionFieldOffset, decisionWidth } from '../../src/domain/risk-decision.ts'
import type { DecisionField, DecisionSource } from '../../src/domain/risk-decision.ts'

const SYMBOLS = 2

/** One row of decisions by models that decided the given fields. */
function combine(...models: Partial<Record<DecisionField, number[]>>[]) {
  const sources = models.map((model): DecisionSource => {
    const fields = (['scale', 'gross', 'weights', 'cap', 'veto'] as const).filter((field) => model[field] !== undefined)
    return { fields, values: Float32Array.from(fields.flatMap((field) => model[field] ?? [])), offset: 0 }
  })
  const out = createPatternDecisions({ rows: 2, symbols: SYMBOLS, hasWeights: true })
  combineDecisions(sources, { row: 1, symbols: SYMBOLS }, out)
  return { scale: out.scale[1], gross: out.gross[1], weights: [...out.weights!.subarray(2)], cap: [...out.cap.subarray(2)], veto: [...out.veto.subarray(2)] }
}

describe('layout of a decision row', () => {
  it('holds the declared fields in their fixed order', () => {
    const fields: DecisionField[] = ['veto', 'scale', 'cap']
    expect(decisionWidth(fields, 3)).toBe(7)
    expect(['scale', 'gross', 'weights', 'cap', 'veto'].map((field) => decisionFieldOffset(fields, field as DecisionField, 3)))
      .toEqual([0, -1, -1, 1, 4])
  })
})

describe('combineDecisions', () => {
  it('limits nothing where nothing was decided', () => {
    expect(combine()).toMatchObject({ scale: 1, gross: Infinity, cap: [Infinity, Infinity], veto: [0, 0] })
  })

  it('multiplies scales in float32, takes the least cap and gross, and any veto', () => {
    const decided = combine({ scale: [0.3], gross: [1.5], cap: [0.2, 0.5] }, { scale: [0.7], gross: [2], cap: [0.4, 0.1], veto: [0, 1] })
    expect(decided.scale).toBe(Math.fround(Math.fround(0.3) * Math.fround(0.7)))
    expect(decided.gross).toBe(1.5)
    expect(decided.cap).toEqual([Math.fround(0.2), Math.fround(0.1)])
    expect(decided.veto).toEqual([0, 1])
  })

  it('reads what could not be decided as "no increase"', () => {
    expect(combine({ scale: [NaN] }, { scale: [0.5] })).toMatchObject({ scale: 0.5, veto: [1, 1] })
    expect(combine({ gross: [NaN] })).toMatchObject({ gross: Infinity, veto: [1, 1] })
    expect(combine({ cap: [0.5, NaN] })).toMatchObject({ cap: [0.5, Infinity], veto: [0, 1] })
    expect(combine({ veto: [NaN, 0] })).toMatchObject({ veto: [1, 0] })
    expect(combine({ weights: [NaN, 0.25] })).toMatchObject({ weights: [NaN, 0.25], veto: [1, 0] })
  })

  it('leaves other rows alone and forgets what the row held before', () => {
    const out = createPatternDecisions({ rows: 2, symbols: SYMBOLS, hasWeights: false })
    combineDecisions([{ fields: ['scale', 'veto'], values: Float32Array.of(0.5, 1, 1), offset: 0 }], { row: 0, symbols: SYMBOLS }, out)
    expect([...out.scale]).toEqual([0.5, 1])
    expect([...out.veto]).toEqual([1, 1, 0, 0])
    combineDecisions([], { row: 0, symbols: SYMBOLS }, out)
    expect([...out.scale, ...out.veto]).toEqual([1, 1, 0, 0, 0, 0])
  })
})
