import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { combineSignals, settleSignals, toSignal } from '../../src/domain/signal.ts'
import type { CombineMethod } from '../../src/domain/signal.ts'

/** One symbol, one row: signals in subscription order with their weights. */
function combine(method: CombineMethod, signals: readonly number[], weights: readonly number[] = signals.map(() => 1)): number {
  const out = new Float32Array(1)
  combineSignals(method, {
    signals: Float32Array.from(signals), offset: 0, symbols: 1,
    indices: Int32Array.from(signals, (_, i) => i), weights: Float32Array.from(weights),
  }, out)
  return out[0]
}

describe('toSignal', () => {
  it.each([
    [0.1, Math.fround(0.1)], [1.5, 1], [-7, -1], [Infinity, 1], [-Infinity, -1], [1 + 1e-12, 1], [1e-60, 0],
  ])('makes %d a signal of %d', (value, signal) => {
    expect(toSignal(value)).toBe(signal)
  })

  it('knows one zero and one NaN', () => {
    expect(toSignal(-0)).toBe(0)
    expect(toSignal(-1e-60)).toBe(0)
    expect(toSignal(NaN)).toBeNaN()
  })
})

describe('settleSignals', () => {
  it('makes of float32 values, by their bits, what toSignal makes of each', () => {
    const seed = 4242
    const special = fc.constantFrom(0, -0, 1, -1, NaN, Infinity, -Infinity, 1e-45, -1e-45, 1.0000001, -1.0000001, 0.99999994)
    fc.assert(fc.property(fc.array(fc.oneof(special, fc.float(), fc.double({ min: -1, max: 1, noNaN: true }))), (values) => {
      const settled = Float32Array.from([9, ...values])
      settleSignals(settled.subarray(1))
      expect([...settled]).toStrictEqual([9, ...Float32Array.from(values, (value) => toSignal(Math.fround(value)))])
    }), { seed, numRuns: 500 })
    console.log(`settled signals: 500 arrays, seed ${seed}`)
  })
})

describe('combineSignals', () => {
  it('takes the weighted mean of those with an opinion', () => {
    expect(combine('mean', [1, -0.5, NaN], [1, 3, 100])).toBe(-0.125)
    expect(combine('mean', [0.25], [0.3])).toBe(0.25)
  })

  it('votes by sign and weight; a tie is flat', () => {
    expect(combine('vote', [0.1, 0.1, -1])).toBe(1)
    expect(combine('vote', [0.1, 0.1, -1], [1, 1, 3])).toBe(-1)
    expect(combine('vote', [0.4, -0.9, 0, NaN])).toBe(0)
  })

  it('lets the strongest speak, and the first of equals', () => {
    expect(combine('strongest', [0.5, -0.75, NaN])).toBe(-0.75)
    expect(combine('strongest', [0.5, -0.75], [2, 1])).toBe(0.5)
    expect(combine('strongest', [0.5, -0.5])).toBe(0.5)
  })

  it.each(['mean', 'vote', 'strongest'] as const)('%s of no opinion is no opinion, of wanting flat is flat', (method) => {
    expect(combine(method, [NaN, NaN])).toBeNaN()
    expect(combine(method, [])).toBeNaN()
    expect(combine(method, [0, NaN])).toBe(0)
  })

  it('reads its subscription out of a wider row', () => {
    const out = new Float32Array(2)
    const signals = Float32Array.of(9, 9, 9, 9, 0.5, 1, 9, 9, -1, NaN)
    combineSignals('mean', { signals, offset: 4, symbols: 2, indices: Int32Array.of(2, 0), weights: Float32Array.of(1, 1) }, out)
    expect([...out]).toEqual([-0.25, 1])
  })

  it('stays a signal: float32 in [−1, 1] or NaN, equal for a signal agreed on', () => {
    const runs = 1_000
    const seed = 77
    const signal = fc.oneof(fc.float({ min: -1, max: 1, noNaN: true }), fc.constant(NaN))
    const subscription = fc.array(fc.tuple(signal, fc.float({ min: Math.fround(0.01), max: 10, noNaN: true })), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(fc.constantFrom('mean', 'vote', 'strongest'), subscription, (method, entries) => {
        const combined = combine(method, entries.map(([value]) => value), entries.map(([, weight]) => weight))
        expect(Number.isNaN(combined)).toBe(entries.every(([value]) => Number.isNaN(value)))
        if (!Number.isNaN(combined)) expect(toSignal(combined)).toBe(combined === 0 ? 0 : combined)
      }),
      { seed, numRuns: runs },
    )
    console.log(`combined signals: ${runs} random subscriptions, seed ${seed}`)
  })
})
