import { afterEach, describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { systemClock } from '../../src/base/clock.ts'
import { addressOf } from '../../src/base/hash.ts'
import type { MarketPanels } from '../../src/domain/market-panels.ts'
import { formatTime, isoWeekday } from '../../src/domain/timeline.ts'
import { syntheticSettings } from '../../src/market/synthetic-settings.ts'
import { syntheticSource } from '../../src/market/synthetic.ts'

const CONTEXT = { folder: '/', clock: systemClock }

function make(stated: z.input<typeof syntheticSettings> = {}): Promise<MarketPanels> {
  return syntheticSource.load(syntheticSettings.parse(stated), CONTEXT)
}

/** Adjusted close-to-close log returns, `[t][n]`, NaN where there is none. */
function logReturns(market: MarketPanels): Float64Array {
  const symbols = market.instruments.length
  return market.close.map((close, i) => (i < symbols ? NaN : Math.log((close * market.adjustment[i]) / (market.close[i - symbols] * market.adjustment[i - symbols]))))
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
function deviation(values: readonly number[]): number {
  const centre = mean(values)
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)))
}
function kurtosis(values: readonly number[]): number {
  const [centre, spread] = [mean(values), deviation(values)]
  return mean(values.map((value) => ((value - centre) / spread) ** 4))
}
function correlation(first: readonly number[], second: readonly number[]): number {
  const [a, b] = [mean(first), mean(second)]
  return mean(first.map((value, i) => (value - a) * (second[i] - b))) / (deviation(first) * deviation(second))
}

describe('the synthetic market', () => {
  const original = process.env.TZ
  afterEach(() => {
    if (original === undefined) delete process.env.TZ
    else process.env.TZ = original
  })

  it('is the same bytes for the same settings, in any time zone', async () => {
    const digest = async () => addressOf(Object.values(await make({ symbols: 5, bars: 400, interval: '1h', lateListings: 0.4 })).map((value) => (ArrayBuffer.isView(value) ? Buffer.from(value.buffer).toString('base64') : value)))
    const first = await digest()
    for (const zone of ['Pacific/Auckland', 'America/Los_Angeles', 'UTC']) {
      process.env.TZ = zone
      expect(await digest()).toBe(first)
    }
  })

  it('another seed is another market; more symbols leave the first as they were', async () => {
    const five = await make({ symbols: 5, bars: 300 })
    const eight = await make({ symbols: 8, bars: 300 })
    for (let t = 0; t < 300; t++) expect(five.close.slice(t * 5, t * 5 + 5)).toEqual(eight.close.slice(t * 8, t * 8 + 5))
    expect((await make({ symbols: 5, bars: 300, seed: 2 })).close).not.toEqual(five.close)
    expect((await make({ symbols: 5, bars: 300, seed: 'two' })).close).not.toEqual(five.close)
  })

  it('has sessions Monday to Friday that close at 16:00 New York time', async () => {
    const { timeline, intervalMs, instruments } = await make({ symbols: 3, bars: 400, start: '2020-01-04' })
    expect(intervalMs).toBe(86_400_000)
    expect(instruments.map(({ symbol }) => symbol)).toEqual(['SYN01', 'SYN02', 'SYN03'])
    expect(formatTime(timeline.closeTimes[0])).toBe('2020-01-06T21:00:00Z')
    expect([...timeline.closeTimes].map(formatTime)).toContain('2020-07-01T20:00:00Z')
    for (const date of timeline.sessionDates) expect(isoWeekday(date)).toBeLessThanOrEqual(5)
  })

  it.each([['1h', 6], ['30m', 13], ['5m', 78], ['1m', 390]])('%s bars: %i from 09:30, within the session', async (interval, perSession) => {
    const { timeline, intervalMs } = await make({ symbols: 2, bars: 2 * perSession, interval, start: '2020-01-06' })
    expect(new Set(timeline.sessionDates).size).toBe(2)
    expect(formatTime(timeline.openTimes[0])).toBe('2020-01-06T14:30:00Z')
    expect(timeline.closeTimes.every((time, t) => time - timeline.openTimes[t] === intervalMs)).toBe(true)
    expect(timeline.closeTimes[perSession - 1]).toBeLessThanOrEqual(Date.UTC(2020, 0, 6, 21))
    expect(formatTime(timeline.openTimes[perSession])).toBe('2020-01-07T14:30:00Z')
  })

  it('has whole cents, ordered prices, whole volumes', async () => {
    const market = await make({ symbols: 20, bars: 1500, seed: 3 })
    const sound = (_: number, i: number) => {
      const [open, high, low, close] = [market.open[i], market.high[i], market.low[i], market.close[i]]
      const cents = [open, high, low, close].every((price) => Math.round(price * 100) / 100 === price)
      return cents && low > 0 && Math.min(open, close) >= low && Math.max(open, close) <= high && market.volume[i] % 100 === 0
    }
    expect(market.close.every(sound)).toBe(true)
  })

  it('splits and pays so that adjusted returns do not jump', async () => {
    const market = await make({ symbols: 50, bars: 2520 })
    const returns = logReturns(market)
    const splits = [...market.split].filter((split) => split !== 1)
    const dividends = [...market.dividend].filter((dividend) => dividend > 0)
    expect(splits.length).toBeGreaterThan(5)
    expect(dividends.length).toBeGreaterThan(500)
    market.split.forEach((split, i) => split !== 1 && expect(Math.abs(returns[i])).toBeLessThan(0.25))
    const none = await make({ symbols: 50, bars: 2520, splits: false, dividends: false })
    expect(new Set(none.adjustment)).toEqual(new Set([1]))
  })

  it('can have late listings, and always the first symbol', async () => {
    const market = await make({ symbols: 30, bars: 500, lateListings: 0.5 })
    const first = (n: number) => Array.from({ length: 500 }, (_, t) => market.close[t * 30 + n]).findIndex((close) => close === close)
    const listings = Array.from({ length: 30 }, (_, n) => first(n))
    expect(listings[0]).toBe(0)
    expect(listings.filter((row) => row > 0).length).toBeGreaterThan(7)
    expect(Math.max(...listings)).toBeLessThan(300)
  })

  it('has correlated symbols, fat tails and clusters of volatility', async () => {
    const market = await make({ symbols: 40, bars: 2520, seed: 5 })
    const returns = logReturns(market)
    const series = (n: number) => Array.from({ length: 2519 }, (_, t) => returns[(t + 1) * 40 + n])
    const all = Array.from({ length: 40 }, (_, n) => series(n))
    const pairs = all.slice(1).map((one, n) => correlation(one, all[n]))
    expect(mean(pairs)).toBeGreaterThan(0.15)
    expect(mean(pairs)).toBeLessThan(0.7)
    expect(mean(all.map(kurtosis))).toBeGreaterThan(4.5)
    const clustering = (values: readonly number[]) => correlation(values.slice(1).map(Math.abs), values.slice(0, -1).map(Math.abs))
    expect(mean(all.map(clustering))).toBeGreaterThan(0.1)
    const yearly = all.map((values) => deviation(values) * Math.sqrt(252))
    expect(Math.min(...yearly)).toBeGreaterThan(0.15)
    expect(Math.max(...yearly)).toBeLessThan(0.8)
  })

  it('warms up before from and ends with to', async () => {
    const market = await make({ bars: 500, start: '2020-01-01', from: '2020-07-01', to: '2020-12-31' })
    expect(market.timeline.sessionDates[market.warmupRows] * 86_400_000).toBe(Date.UTC(2020, 6, 1))
    expect((market.timeline.sessionDates.at(-1) ?? 0) * 86_400_000).toBe(Date.UTC(2020, 11, 31))
  })

  it('is made in a moment', async () => {
    const times: number[] = []
    for (let run = 0; run < 5; run++) {
      const start = process.cpuUsage()
      await make({ symbols: 50, bars: 2520, seed: run })
      times.push(process.cpuUsage(start).user / 1000)
    }
    console.log(`50 × 2,520 synthetic bars: ${times.map((ms) => ms.toFixed(0)).join(', ')} ms of CPU`)
    expect(Math.min(...times)).toBeLessThan(500)
  })
})

describe('what can be learned in the synthetic market', () => {
  const SYMBOLS = 40
  const BARS = 1600

  /** Standardised over the symbols of one row. */
  function standardise(values: number[]): number[] {
    const [centre, spread] = [mean(values), deviation(values) || 1]
    return values.map((value) => (value - centre) / spread)
  }

  /** Rows of features a newcomer would try, and the next bar's return, all standardised per row. */
  async function examples(of: { seed: number; predictability: number }) {
    const market = await make({ ...of, symbols: SYMBOLS, bars: BARS })
    const returns = logReturns(market)
    const over = (t: number, bars: number) => Array.from({ length: SYMBOLS }, (_, n) => {
      let sum = 0
      for (let k = 0; k < bars; k++) sum += returns[(t - k) * SYMBOLS + n]
      return sum
    })
    const unrest = (t: number) => Math.log(Math.sqrt(mean(Array.from({ length: 20 }, (_, k) => mean(over(t - k, 1)) ** 2)) * 252) / 0.15)
    return Array.from({ length: BARS - 72 }, (_, i) => {
      const t = i + 70
      const slow = standardise(over(t, 60))
      const quiet = unrest(t)
      return { features: [standardise(over(t, 1)), standardise(over(t, 5)), slow, slow.map((value) => value * quiet)], next: standardise(over(t + 1, 1)) }
    })
  }

  type Example = Awaited<ReturnType<typeof examples>>[number]

  /** Ordinary least squares by Gauss–Jordan elimination of the normal equations. */
  function fit(rows: readonly Example[]): number[] {
    const width = rows[0].features.length
    const system = Array.from({ length: width }, () => Array.from({ length: width + 1 }, () => 0))
    for (const { features, next } of rows) {
      for (let n = 0; n < SYMBOLS; n++) {
        for (let i = 0; i < width; i++) {
          for (let j = 0; j < width; j++) system[i][j] += features[i][n] * features[j][n]
          system[i][width] += features[i][n] * next[n]
        }
      }
    }
    for (let i = 0; i < width; i++) {
      const pivot = system[i][i]
      for (let j = 0; j <= width; j++) system[i][j] /= pivot
      for (let k = 0; k < width; k++) {
        const factor = system[k][i]
        if (k !== i) for (let j = 0; j <= width; j++) system[k][j] -= factor * system[i][j]
      }
    }
    return system.map((row) => row[width])
  }

  function rank(values: readonly number[]): number[] {
    const order = values.map((_, i) => i).toSorted((a, b) => values[a] - values[b])
    const ranks: number[] = []
    order.forEach((at, position) => { ranks[at] = position })
    return ranks
  }

  /** Mean daily rank correlation of forecast and outcome, and its t-statistic. */
  function informationCoefficient(weights: readonly number[], rows: readonly Example[]): { ic: number; t: number } {
    const daily = rows.map(({ features, next }) => correlation(rank(next.map((_, n) => weights.reduce((sum, weight, i) => sum + weight * features[i][n], 0))), rank(next)))
    return { ic: mean(daily), t: (mean(daily) / deviation(daily)) * Math.sqrt(daily.length) }
  }

  it('a linear model of other seeds has a small, sure edge; without predictability none', async () => {
    const weights = fit([...await examples({ seed: 101, predictability: 1 }), ...await examples({ seed: 102, predictability: 1 })])
    for (const seed of [201, 202]) {
      const { ic, t } = informationCoefficient(weights, await examples({ seed, predictability: 1 }))
      console.log(`seed ${seed}: information coefficient ${ic.toFixed(4)}, t = ${t.toFixed(1)}`)
      expect(ic).toBeGreaterThan(0.025)
      expect(ic).toBeLessThan(0.065)
      expect(t).toBeGreaterThan(5)
    }
    const { ic, t } = informationCoefficient(weights, await examples({ seed: 201, predictability: 0 }))
    console.log(`predictability 0: information coefficient ${ic.toFixed(4)}, t = ${t.toFixed(1)}`)
    expect(Math.abs(t)).toBeLessThan(3)
  })
})
