import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createWindowBuffer } from '../../src/models/windows.ts'

const BAR = 1
const NO_BAR = NaN

/** Pushes rows of [feature, market-wide feature, price] for two symbols and gives each row's windows by symbol. */
function run(rows: readonly { feature: number[]; market: number; price: number[] }[], window: number): Record<number, number[]>[] {
  const buffer = createWindowBuffer({ symbols: 2, widths: ['symbol', 'market'], window })
  const out = new Float32Array(2 * buffer.windowLength)
  const symbols = new Int32Array(2)
  return rows.map(({ feature, market, price }) => {
    buffer.push([Float64Array.from(feature), Float64Array.of(market), Float64Array.from(price)])
    const found: Record<number, number[]> = {}
    const count = buffer.collect(out, 0, symbols)
    for (let i = 0; i < count; i++) found[symbols[i]] = [...out.subarray(i * buffer.windowLength, (i + 1) * buffer.windowLength)]
    return found
  })
}

describe('windows', () => {
  it('hold the last bars of a symbol, window-major and newest last, with market-wide values beside its own', () => {
    const found = run(
      [
        { feature: [1, 10], market: 0.5, price: [BAR, BAR] },
        { feature: [2, 20], market: 0.25, price: [BAR, BAR] },
        { feature: [3, 30], market: 0.125, price: [BAR, BAR] },
      ],
      2,
    )
    expect(found).toEqual([{}, { 0: [1, 0.5, 2, 0.25], 1: [10, 0.5, 20, 0.25] }, { 0: [2, 0.25, 3, 0.125], 1: [20, 0.25, 30, 0.125] }])
  })

  it("advance on a symbol's own bars: a row without one has no window and leaves no hole", () => {
    const found = run(
      [
        { feature: [1, 10], market: 0, price: [BAR, BAR] },
        { feature: [NaN, 20], market: 0, price: [NO_BAR, BAR] },
        { feature: [3, 30], market: 0, price: [BAR, BAR] },
      ],
      2,
    )
    expect(found[1]).toEqual({ 1: [10, 0, 20, 0] })
    expect(found[2][0]).toEqual([1, 0, 3, 0])
  })

  it('are broken by a NaN in a bar until that bar has left them', () => {
    const features = [1, NaN, 3, 4, 5]
    const found = run(features.map((value) => ({ feature: [value, value], market: 0, price: [BAR, NO_BAR] })), 2)
    expect(found.map((row) => Object.keys(row).length)).toEqual([0, 0, 0, 1, 1])
    expect(found[3]).toEqual({ 0: [3, 0, 4, 0] })
  })

  it('refuse a pair feature by its place', () => {
    expect(() => createWindowBuffer({ symbols: 3, widths: ['symbol', 'pair'], window: 2 })).toThrow(
      expect.objectContaining({ code: 'CONFIG_VALUE', where: 'features[1]' }),
    )
  })

  it('go on from a snapshot as if never stopped', () => {
    const seed = 20_263
    let cases = 0
    const cell = fc.oneof({ weight: 6, arbitrary: fc.double({ min: -10, max: 10, noNaN: true }) }, { weight: 1, arbitrary: fc.constant(NaN) })
    const row = fc.array(cell, { minLength: 6, maxLength: 6 })
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 30 }), fc.nat(29), fc.integer({ min: 1, max: 5 }), (rows, at, window) => {
        cases++
        const create = () => createWindowBuffer({ symbols: 2, widths: ['symbol', 'symbol'], window })
        const whole = create()
        let swapped = create()
        const outs = [new Float32Array(4 * window), new Float32Array(4 * window)]
        const symbols = new Int32Array(2)
        rows.forEach((values, t) => {
          const inputs = [0, 2, 4].map((from) => Float64Array.from(values.slice(from, from + 2)))
          for (const [i, buffer] of [whole, swapped].entries()) {
            buffer.push(inputs)
            outs[i].fill(0)
            buffer.collect(outs[i], 0, symbols)
          }
          expect(outs[1]).toEqual(outs[0])
          if (t !== at) return
          const bytes = swapped.snapshot()
          swapped = create()
          swapped.restore(bytes)
        })
        expect(Buffer.from(swapped.snapshot()).equals(Buffer.from(whole.snapshot()))).toBe(true)
      }),
      { seed, numRuns: 200 },
    )
    console.log(`windows: snapshot at any bar, ${cases} cases, seed ${seed}`)
  })
})
