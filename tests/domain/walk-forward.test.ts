import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Metrics } from '../../src/domain/metrics.ts'
import { cutWindows, selectByMetric, type WindowRule } from '../../src/domain/walk-forward.ts'

const rule = (fields: Partial<WindowRule>): WindowRule => ({ unit: 'bars', train: 4, test: 2, step: 2, anchored: false, ...fields })
/** Rows 0 … n − 1, two to a session. */
const market = (rows: number, firstRow = 0) => ({ firstRow, sessionDates: Int32Array.from({ length: rows }, (_, row) => Math.floor(row / 2)) })
const spans = (of: WindowRule, on: ReturnType<typeof market>) => cutWindows(of, on).map(({ train, test }) => [train.first, train.last, test.first, test.last])

describe('windows', () => {
  it('train on the rows before the test, which may be shorter at the end', () => {
    expect(spans(rule({}), market(9))).toEqual([[0, 3, 4, 5], [2, 5, 6, 7], [4, 7, 8, 8]])
    expect(spans(rule({}), market(9, 1))).toEqual([[1, 4, 5, 6], [3, 6, 7, 8]])
  })

  it('are anchored at the first traded row', () => expect(spans(rule({ anchored: true }), market(9, 1))).toEqual([[1, 4, 5, 6], [1, 6, 7, 8]]))

  it('take over from each other by a step that is shorter than the test', () => {
    expect(spans(rule({ test: 3, step: 1 }), market(7))).toEqual([[0, 3, 4, 4], [1, 4, 5, 5], [2, 5, 6, 6]])
  })

  it('are counted in sessions, the first of which may have begun before', () => {
    expect(spans(rule({ unit: 'sessions', train: 2, test: 1, step: 1 }), market(9))).toEqual([[0, 3, 4, 5], [2, 5, 6, 7], [4, 7, 8, 8]])
    expect(spans(rule({ unit: 'sessions', train: 2, test: 1, step: 1 }), market(8, 1))).toEqual([[1, 3, 4, 5], [2, 5, 6, 7]])
  })

  it('are none when a training leaves nothing to test', () => {
    expect(cutWindows(rule({}), market(4))).toEqual([])
    expect(cutWindows(rule({ unit: 'sessions' }), market(8))).toEqual([])
  })

  it('test every row after the first training once, and train only before', () => {
    const seed = 31
    let windows = 0
    fc.assert(fc.property(
      fc.record({
        unit: fc.constantFrom('bars' as const, 'sessions' as const), train: fc.integer({ min: 1, max: 9 }), test: fc.integer({ min: 1, max: 6 }),
        anchored: fc.boolean(), rows: fc.integer({ min: 1, max: 60 }), firstRow: fc.integer({ min: 0, max: 5 }), share: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      ({ rows, firstRow, share, ...fields }) => {
        const of = market(rows, firstRow)
        const cut = cutWindows({ ...fields, step: Math.max(1, Math.round(share * fields.test)) }, of)
        cut.forEach(({ train, test }, i) => {
          expect(train.first).toBeGreaterThanOrEqual(firstRow)
          expect(train.last).toBe(test.first - 1)
          expect(test.first).toBe(i === 0 ? test.first : cut[i - 1].test.last + 1)
          expect(test.last).toBeGreaterThanOrEqual(test.first)
          windows++
        })
        if (cut.length > 0) expect(cut[cut.length - 1].test.last).toBe(rows - 1)
      },
    ), { seed, numRuns: 500 })
    console.log(`windows: ${windows} of 500 walk-forwards, seed ${seed}`)
  })
})

describe('selection by a metric', () => {
  const trained = (sharpes: readonly number[]) => sharpes.map((sharpe) => ({ sharpe }) as Metrics)
  const select = (sharpes: readonly number[], order: 'highest' | 'lowest' = 'highest') => selectByMetric(trained(sharpes), { by: 'sharpe', order })

  it('takes the best, of equal ones the lowest ordinal', () => {
    expect(select([1, 3, 3, 2])).toBe(1)
    expect(select([2, 1, 1, 3], 'lowest')).toBe(1)
  })

  it('never takes NaN, and nothing where there is nothing else', () => {
    expect(select([NaN, -1, NaN])).toBe(1)
    expect(select([NaN, 5, NaN], 'lowest')).toBe(1)
    expect(select([NaN, NaN])).toBe(null)
    expect(select([])).toBe(null)
  })
})
