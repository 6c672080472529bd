import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { mean, sampleCorrelation, sampleStandardDeviation, standardDeviation } from 'simple-statistics'
import { ATR, EMA, ROC, RSI, SMA } from 'trading-signals'
import { describe, expect, test } from 'vitest'
import { createRandom } from '../../src/base/random.ts'
import { atr } from '../../src/features/atr.ts'
import { averageCorrelation } from '../../src/features/average-correlation.ts'
import { correlation } from '../../src/features/correlation.ts'
import { ema } from '../../src/features/ema.ts'
import { lag } from '../../src/features/lag.ts'
import { momentum } from '../../src/features/momentum.ts'
import { rsi } from '../../src/features/rsi.ts'
import { sma } from '../../src/features/sma.ts'
import { spread } from '../../src/features/spread.ts'
import { volatility } from '../../src/features/volatility.ts'
import { zscore } from '../../src/features/zscore.ts'
import { runFeature, runOnCloses } from './run-feature.ts'

interface Candle {
  readonly high: number
  readonly low: number
  readonly close: number
}

/** Twenty years of daily bars. */
const BARS = 5_040
const SEED = 8_300

function randomCandles(seed: number): Candle[] {
  const random = createRandom(seed)
  let close = 100
  return Array.from({ length: BARS }, () => {
    const open = close
    close *= 1 + 0.015 * random.normal()
    return { high: Math.max(open, close) * (1 + 0.01 * random.uniform()), low: Math.min(open, close) * 0.995, close }
  })
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.map(Number.isNaN)).toEqual(expected.map(Number.isNaN))
  const errors = actual.map((value, i) => (Number.isNaN(value) ? 0 : Math.abs(value - expected[i]) / Math.max(1, Math.abs(expected[i]))))
  expect(Math.max(...errors)).toBeLessThan(1e-9)
}

/** What an indicator of trading-signals says bar by bar, NaN until it is stable. */
function oracle<I>(indicator: { update(input: I, replace: boolean): unknown; isStable: boolean; getResultOrThrow(): number }, inputs: readonly I[]): number[] {
  return inputs.map((input) => {
    indicator.update(input, false)
    return indicator.isStable ? indicator.getResultOrThrow() : NaN
  })
}

/** A statistic recomputed from scratch on the last `length` values of every bar. */
function recomputed(values: readonly number[], length: number, statistic: (window: readonly number[]) => number): number[] {
  return values.map((_, t) => {
    const window = values.slice(Math.max(0, t + 1 - length), t + 1)
    return window.length < length || window.some(Number.isNaN) ? NaN : statistic(window)
  })
}

const returnsOf = (closes: readonly number[]): number[] => closes.map((close, t) => close / closes[t - 1] - 1)

function testAgainstOracles(candles: readonly Candle[]): void {
  const closes = candles.map((candle) => candle.close)

  test('sma, ema, rsi, momentum and atr against trading-signals', () => {
    for (const period of [2, 14, 50, 200]) {
      expectClose(runOnCloses(sma('close', period), closes), oracle(new SMA(period), closes))
      expectClose(runOnCloses(ema('close', period), closes), oracle(new EMA(period), closes))
      expectClose(runOnCloses(rsi('close', period), closes), oracle(new RSI(period), closes))
      expectClose(runOnCloses(momentum('close', period), closes), oracle(new ROC(period), closes))
      const panels = Object.fromEntries((['high', 'low', 'close'] as const).map((name) => [name, candles.map((candle) => [candle[name]])]))
      const ranges = runFeature(atr(period), { symbols: 1, panels }).map((row) => row[0])
      expectClose(ranges, oracle(new ATR(period), candles))
    }
  })

  test('volatility, z-score and lag against recomputation from scratch', () => {
    for (const period of [2, 20, 250]) {
      expectClose(runOnCloses(volatility('close', period), closes), recomputed(returnsOf(closes), period, (window) => sampleStandardDeviation([...window])))
      const scores = (window: readonly number[]): number => (window[window.length - 1] - mean([...window])) / standardDeviation([...window])
      expectClose(runOnCloses(zscore('close', period), closes), recomputed(closes, period, scores))
      expectClose(runOnCloses(lag('close', period), closes), closes.map((_, t) => closes[t - period] ?? NaN))
    }
  })
}

describe('twenty years of random bars do not drift', () => {
  testAgainstOracles(randomCandles(SEED))
  console.log(`indicators against oracles: ${BARS} bars, seed ${SEED}`)
})

const data = process.env.MILLRACE_TEST_DATA
describe.skipIf(data === undefined)('twenty years of a real stock with its splits', () => {
  const text = data === undefined ? '' : readFileSync(join(data, 'daily/sp500_pooksoft/AAPL.csv'), 'utf8')
  const candles = text.trim().split('\n').slice(1).map((line) => {
    const [, , high, low, close] = line.split(',').map(Number)
    return { high, low, close }
  })
  testAgainstOracles(candles)
})

describe('pairs and the market', () => {
  const random = createRandom(5)
  const rows = 400
  const prices = Array.from({ length: 3 }, () => 100)
  const close = Array.from({ length: rows }, () => {
    const shared = random.normal()
    return prices.map((_, n) => (prices[n] *= 1 + 0.01 * (shared * (n - 0.5) + random.normal())))
  })
  const pairs = [[0, 1], [0, 2], [1, 2]]
  const column = (n: number): number[] => close.map((row) => row[n])

  test('correlation is that of the last returns of each pair, in the order (0,1) (0,2) (1,2)', () => {
    const actual = runFeature(correlation('close', 30), { symbols: 3, panels: { close } })
    pairs.forEach(([i, j], pair) => {
      const [first, second] = [returnsOf(column(i)), returnsOf(column(j))]
      const expected = first.map((_, t) => (t < 30 ? NaN : sampleCorrelation(first.slice(t - 29, t + 1), second.slice(t - 29, t + 1))))
      expectClose(actual.map((row) => row[pair]), expected)
    })
  })

  test('average correlation is the mean over the pairs, though no pair is formed', () => {
    const byPair = runFeature(correlation('close', 30), { symbols: 3, panels: { close } })
    const actual = runFeature(averageCorrelation('close', 30), { symbols: 3, panels: { close } })
    expectClose(actual.map((row) => row[0]), byPair.map((row) => mean(row)))
  })

  test('spread is the logarithm of the ratio, and a one-value feature works on pairs', () => {
    const spreads = runFeature(spread('close'), { symbols: 3, panels: { close } })
    expectClose(spreads.map((row) => row[1]), column(0).map((price, t) => Math.log(price) - Math.log(column(2)[t])))
    const scores = runFeature(zscore(spread('close'), 20), { symbols: 3, panels: { close } })
    expectClose(scores.map((row) => row[1]), runOnCloses(zscore('close', 20), spreads.map((row) => row[1])))
  })
})

describe('published series', () => {
  test('the RSI worked example of StockCharts ChartSchool', () => {
    const closes = [
      44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826, 45.8931,
      46.0328, 45.614, 46.282, 46.282, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439, 46.2122, 46.2521,
      45.7137, 46.4515, 45.7835, 45.3548, 44.0288, 44.1783, 44.2181, 44.5672, 43.4205, 42.6628, 43.1314,
    ]
    const published = [
      70.53, 66.32, 66.55, 69.41, 66.36, 57.97, 62.93, 63.26, 56.06, 62.38, 54.71, 50.42, 39.99, 41.46, 41.87,
      45.46, 37.3, 33.08, 37.77,
    ]
    const actual = runOnCloses(rsi('close', 14), closes)
    expect(actual.slice(0, 14).every(Number.isNaN)).toBe(true)
    expect(actual.slice(14).map((value) => Math.round(value * 100) / 100)).toEqual(published)
  })

  test('the Bollinger bands worked example of StockCharts ChartSchool: mean 88.71, deviation 1.29', () => {
    const closes = [
      86.1557, 89.0867, 88.7829, 90.3228, 89.0671, 91.1453, 89.4397, 89.175, 86.9302, 87.6752,
      86.9596, 89.4299, 89.3221, 88.7241, 87.4497, 87.2634, 89.4985, 87.9006, 89.126, 90.7043,
    ]
    const average = runOnCloses(sma('close', 20), closes)[19]
    const score = runOnCloses(zscore('close', 20), closes)[19]
    expect(average).toBeCloseTo(88.71, 2)
    expect((closes[19] - average) / score).toBeCloseTo(1.29, 2)
  })
})
