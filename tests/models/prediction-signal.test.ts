import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PREDICTION_STEP, roundPrediction, type PredictionToSignal } from '../../src/models/model.ts'
import { predictionsToSignals } from '../../src/models/prediction-signal.ts'

function signals(mapping: PredictionToSignal, predictions: number[]): number[] {
  const out = new Float64Array(predictions.length).fill(7)
  predictionsToSignals(mapping, Float64Array.from(predictions), out)
  return [...out]
}

describe('a prediction becomes a signal', () => {
  it('by scale, clipped and on the grid of 2⁻¹²', () => {
    expect(signals({ kind: 'scale', scale: 2 }, [0.25, 0.75, -3, NaN, 0.3])).toEqual([0.5, 1, -1, NaN, Math.fround((2 * 1229) / 4096)])
  })

  it('by sign beyond a threshold', () => {
    expect(signals({ kind: 'sign', threshold: 0.25 }, [0.25, 0.2503, -0.5, NaN, -0.1])).toEqual([0, 1, -1, NaN, 0])
  })

  it('by rank, ties sharing the mean rank, a lone one flat', () => {
    expect(signals({ kind: 'rank' }, [0.3, NaN, -1, 2, 0.1])).toEqual([Math.fround(1 / 3), NaN, -1, 1, Math.fround(-1 / 3)])
    expect(signals({ kind: 'rank' }, [1, 1, 0, 2, 2])).toEqual([-0.25, -0.25, -1, 0.75, 0.75])
    expect(signals({ kind: 'rank' }, [5, 5, 5])).toEqual([0, 0, 0])
    expect(signals({ kind: 'rank' }, [NaN, 5])).toEqual([NaN, 0])
    expect(signals({ kind: 'rank' }, [NaN, NaN])).toEqual([NaN, NaN])
  })

  it('so that predictions equal on the grid are equal, tie and give no −0', () => {
    expect(signals({ kind: 'rank' }, [0.50001, 0.50002])).toEqual([0, 0])
    for (const mapping of [{ kind: 'scale', scale: 1 }, { kind: 'sign', threshold: 0 }, { kind: 'rank' }] as const) {
      expect(Object.is(signals(mapping, [-0.00001])[0], 0)).toBe(true)
    }
  })

  it('and a stored, rounded prediction gives the signal of a fresh one', () => {
    const seed = 20_264
    const numRuns = 300
    fc.assert(
      fc.property(fc.array(fc.double({ min: -2, max: 2 }), { maxLength: 8 }), fc.constantFrom('scale', 'sign', 'rank'), (fresh, kind) => {
        const mapping = { scale: { kind, scale: 0.7 }, sign: { kind, threshold: 0.1 }, rank: { kind } }[kind] as PredictionToSignal
        const stored = fresh.map(roundPrediction)
        for (const value of stored) expect(Number.isNaN(value) || Number.isInteger(value / PREDICTION_STEP)).toBe(true)
        expect(signals(mapping, stored)).toEqual(signals(mapping, fresh))
        for (const signal of signals(mapping, fresh)) expect(Number.isNaN(signal) || (Math.abs(signal) <= 1 && Math.fround(signal) === signal)).toBe(true)
      }),
      { seed, numRuns },
    )
    console.log(`prediction signals: ${numRuns} cases, seed ${seed}`)
  })
})
