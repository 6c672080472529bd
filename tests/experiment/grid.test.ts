import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { combinationAt, eachValueOnce } from '../../src/experiment/combinations.ts'
import { axisLength, axisValue, gridCount, nearestEnds, reachesEnd, roundValue, type Axis } from '../../src/experiment/grid.ts'

const axes = fc.array(
  fc.oneof(
    fc.uniqueArray(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 5 }),
    fc.record({ from: fc.integer({ min: -20, max: 20 }), span: fc.integer({ min: 0, max: 4 }), step: fc.constantFrom(0.1, 0.25, 1, 3) })
      .map(({ from, span, step }) => ({ from, to: from + span * step, step })),
  ),
  { maxLength: 4 },
).map((values): Axis[] => values.map((value, i) => ({ name: `p${i}`, values: value })))

const gridAt = (grid: readonly Axis[], ordinal: number) => combinationAt({ axes: grid, sample: null }, ordinal)

describe('grid', () => {
  it('counts by multiplication what expansion gives, and every combination is another one', () => {
    const seed = 20_261
    let grids = 0
    let combinations = 0
    fc.assert(
      fc.property(axes, (grid) => {
        const count = Number(gridCount(grid))
        expect(count).toBe(grid.reduce((product, axis) => product * axisLength(axis), 1))
        const all = Array.from({ length: count }, (_, ordinal) => gridAt(grid, ordinal))
        expect(new Set(all.map((combination) => JSON.stringify(combination))).size).toBe(count)
        const few = eachValueOnce({ axes: grid, sample: null }).map((ordinal) => all[ordinal])
        for (const axis of grid) {
          const values = (some: readonly (typeof all)[number][]) => new Set(some.map((combination) => combination[axis.name]))
          expect(values(all).size).toBe(axisLength(axis))
          expect(values(few)).toEqual(values(all))
        }
        expect(few.length).toBe(grid.reduce((sum, axis) => sum + axisLength(axis) - 1, 1))
        grids++
        combinations += count
      }),
      { seed, numRuns: 300 },
    )
    console.log(`grid: ${grids} grids, ${combinations} combinations, seed ${seed}`)
  })

  it('reaches both ends of a range and keeps decimal fractions as they are written', () => {
    const axis = { name: 'x', values: { from: 0, to: 1, step: 0.1 } }
    expect(Array.from({ length: axisLength(axis) }, (_, i) => axisValue(axis, i))).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1])
    expect(axisLength({ name: 'x', values: { from: 20, to: 200, step: 20 } })).toBe(10)
    const through = { name: 'x', values: { from: -0.3, to: 0.1, step: 0.1 } }
    expect(Array.from({ length: axisLength(through) }, (_, i) => axisValue(through, i))).toEqual([-0.3, -0.2, -0.1, 0, 0.1])
    for (const [from, step, count] of [[0, 0.1, 10], [-0.3, 0.1, 7], [1e-6, 1e-6, 999_999], [0.1, 0.7, 1_000_000], [0, 1, 0]]) {
      expect(reachesEnd({ from, to: roundValue(from + count * step), step })).toBe(true)
    }
    const short = { from: 0, to: 0.1, step: 0.03 }
    expect([reachesEnd(short), nearestEnds(short)]).toEqual([false, [0.09, 0.12]])
  })

  it('rounds to the number that 12 digits spell', () => {
    fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const spelled = Number(value.toPrecision(12))
      expect(Math.abs(roundValue(value) - spelled)).toBeLessThanOrEqual(Math.abs(spelled) * 1.1e-11)
      expect(roundValue(spelled)).toBe(spelled)
    }), { seed: 5, numRuns: 2000 })
  })

  it('turns the last axis fastest', () => {
    const grid = [{ name: 'a', values: [1, 2] }, { name: 'b', values: ['x', null] }]
    expect([0, 1, 2, 3].map((ordinal) => gridAt(grid, ordinal))).toEqual([{ a: 1, b: 'x' }, { a: 1, b: null }, { a: 2, b: 'x' }, { a: 2, b: null }])
  })

  it('counts beyond what a number can hold, without expanding', () => {
    const axis = { name: 'x', values: { from: 1, to: 1_000_000_000, step: 1 } }
    expect(gridCount([axis, axis, axis])).toBe(10n ** 27n)
  })
})
