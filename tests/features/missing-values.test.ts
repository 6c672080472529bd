import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { averageCorrelation } from '../../src/features/average-correlation.ts'
import { calendar } from '../../src/features/calendar.ts'
import { correlation } from '../../src/features/correlation.ts'
import { cross } from '../../src/features/cross.ts'
import { parseFeature } from '../../src/features/expression.ts'
import { momentum } from '../../src/features/momentum.ts'
import { rsi } from '../../src/features/rsi.ts'
import { sma } from '../../src/features/sma.ts'
import { zscore } from '../../src/features/zscore.ts'
import { runFeature, runOnCloses } from './run-feature.ts'

test("a symbol advances on its own bars: in rows without one it is NaN and remembers nothing (every one-symbol feature)", () => {
  const expressions = ['sma(close,3)', 'ema(close,3)', 'rsi(close,3)', 'volatility(close,3)', 'zscore(close,3)', 'momentum(close,2)', 'lag(close,2)', 'zscore(sma(close,2),3)']
  const bar = fc.record({ price: fc.double({ min: 1, max: 1000, noNaN: true }), isMissing: fc.boolean() })
  const [seed, numRuns] = [43, 200]
  fc.assert(
    fc.property(fc.constantFrom(...expressions), fc.array(bar, { minLength: 5, maxLength: 40 }), (expression, bars) => {
      const ref = parseFeature(expression)
      const gappy = runOnCloses(ref, bars.map(({ price, isMissing }) => (isMissing ? NaN : price)))
      const own = runOnCloses(ref, bars.filter(({ isMissing }) => !isMissing).map(({ price }) => price))
      expect(gappy.filter((_, t) => !bars[t].isMissing)).toEqual(own)
      expect(gappy.filter((_, t) => bars[t].isMissing).every(Number.isNaN)).toBe(true)
    }),
    { seed, numRuns },
  )
  console.log(`unbalanced panels: ${numRuns} random histories, seed ${seed}`)
})

test('symbols do not touch each other', () => {
  const close = [[1, NaN], [2, 7], [3, 8], [NaN, 9], [5, 10]]
  expect(runFeature(sma('close', 2), { symbols: 2, panels: { close } })).toEqual([[NaN, NaN], [1.5, NaN], [2.5, 7.5], [NaN, 8.5], [4, 9.5]])
})

describe('edges', () => {
  test('a market that does not move: RSI 50, no z-score, no correlation', () => {
    const flat = Array.from({ length: 30 }, () => 33.33)
    expect(runOnCloses(rsi('close', 14), flat)[29]).toBe(50)
    expect(runOnCloses(zscore('close', 20), flat)[29]).toBeNaN()
    expect(runOnCloses(parseFeature('volatility(close,20)'), flat)[29]).toBe(0)
    const close = flat.map((price, t) => [price, 10 + (t % 3), 20 - (t % 5)])
    const pairs = runFeature(correlation('close', 20), { symbols: 3, panels: { close } })[29]
    expect(pairs.map(Number.isNaN)).toEqual([true, true, false])
    const average = runFeature(averageCorrelation('close', 20), { symbols: 3, panels: { close } })[29]
    expect(average[0]).toBeCloseTo(pairs[2], 12)
  })

  test('only rises: RSI 100; only falls: RSI 0', () => {
    expect(runOnCloses(rsi('close', 3), [1, 2, 3, 4, 5])[4]).toBe(100)
    expect(runOnCloses(rsi('close', 3), [5, 4, 3, 2, 1])[4]).toBe(0)
  })

  test('a value divided by zero is no value, and the next ones are unharmed', () => {
    const volumes = [[0], [5], [0], [8], [4]]
    const actual = runFeature(momentum('volume', 1), { symbols: 1, panels: { volume: volumes } })
    expect(actual).toEqual([[NaN], [NaN], [-1], [NaN], [-0.5]])
  })

  test('a pair advances in rows where both have a bar, and its returns span the gap', () => {
    const close = [[10, 20], [11, NaN], [12, 22], [9, 23], [NaN, 30], [10, 21]]
    const common = [[10, 20], [12, 22], [9, 23], [10, 21]]
    const actual = runFeature(correlation('close', 2), { symbols: 2, panels: { close } }).map((row) => row[0])
    const expected = runFeature(correlation('close', 2), { symbols: 2, panels: { close: common } }).map((row) => row[0])
    expect(actual.filter((_, t) => close[t].every((price) => !Number.isNaN(price)))).toEqual(expected)
    expect([actual[1], actual[4]].every(Number.isNaN)).toBe(true)
  })

  test('average correlation takes a row without a bar for no move, and its returns span the gap', () => {
    const wave = (t: number, n: number): number => 100 + 10 * Math.sin(t * (n + 1)) + n
    const all = Array.from({ length: 30 }, (_, t) => [wave(t, 0), wave(t, 1), wave(t, 2)])
    const isOpen = (t: number, n: number): boolean => n === 0 || (t >= 4 && t % 7 !== n)
    const gaps = all.map((row, t) => row.map((price, n) => (isOpen(t, n) ? price : NaN)))
    const carried = all.map((_, t) => [0, 1, 2].map((n) => {
      let last = t
      while (last > 0 && !isOpen(last, n)) last--
      return isOpen(last, n) ? wave(last, n) : NaN
    }))
    const average = (close: number[][]): number[][] => runFeature(averageCorrelation('close', 5), { symbols: 3, panels: { close } })
    expect(average(gaps)).toEqual(average(carried))
    expect(average(gaps).slice(10).flat().every(Number.isFinite)).toBe(true)
    expect(average(gaps)).not.toEqual(average(all))
  })

  test("a window's value is its own, wherever the history began", () => {
    const closes = Array.from({ length: 50 }, (_, t) => 1e6 + Math.sin(t) / 3)
    for (const expression of ['sma(close,7)', 'zscore(close,7)', 'volatility(close,6)']) {
      const whole = runOnCloses(parseFeature(expression), closes).slice(27)
      const late = runOnCloses(parseFeature(expression), closes.slice(20)).slice(7)
      whole.forEach((value, t) => expect(Math.abs(late[t] / value - 1)).toBeLessThan(1e-8))
    }
  })

  test('an infinite return is gone when its window is', () => {
    const volumes = [4, 5, 0, 8, 4, 6, 3, 7, 5].map((volume) => [volume])
    const actual = runFeature(parseFeature('volatility(volume,2)'), { symbols: 1, panels: { volume: volumes } }).map((row) => row[0])
    expect(actual.map(Number.isNaN)).toEqual([true, true, false, true, true, false, false, false, false])
  })
})

describe('cross and calendar by hand', () => {
  test('a cross is a change of side; touching is none', () => {
    const first = [1, 3, 2, 3, 2, 1, 2, 1, 3].map((value) => [value])
    const second = first.map(() => [2])
    const actual = runFeature(cross('open', 'close'), { symbols: 1, panels: { open: first, close: second } }).map((row) => row[0])
    expect(actual).toEqual([NaN, 1, 0, 0, 0, -1, 0, 0, 1])
  })

  test('calendar fields of sessions around a new year, two bars a day', () => {
    // 2020-12-31 is a Thursday, day 18627; then Friday, Monday, Tuesday, and Monday 1 February
    const sessionDates = [18_627, 18_627, 18_628, 18_631, 18_631, 18_632, 18_659]
    const run = (field: Parameters<typeof calendar>[0]): number[] => runFeature(calendar(field), { symbols: 3, panels: {}, sessionDates }).map((row) => row[0])
    expect(run('weekday')).toEqual([4, 4, 5, 1, 1, 2, 1])
    expect(run('month')).toEqual([12, 12, 1, 1, 1, 1, 2])
    expect(run('first-of-session')).toEqual([1, 0, 1, 1, 0, 1, 1])
    expect(run('first-of-week')).toEqual([1, 0, 0, 1, 0, 0, 1])
    expect(run('first-of-month')).toEqual([1, 0, 1, 0, 0, 0, 1])
  })

  test('the first row of all is a first one, on the day numbered 0 too', () => {
    for (const field of ['first-of-session', 'first-of-week', 'first-of-month'] as const) {
      expect(runFeature(calendar(field), { symbols: 1, panels: {}, sessionDates: [0, 0] })).toEqual([[1], [0]])
    }
  })
})
