import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../src/base/hash.ts'
import type { MarketPanels } from '../../src/domain/market-panels.ts'
import { marketSources } from '../../src/market/registry.ts'
import type { SourceContext } from '../../src/market/source.ts'

/** What every market source has to keep to, shown on one market of it. */
export interface SourceContract {
  /** A name in the registry. */
  readonly source: string
  /** What the market shows, for the test's name. */
  readonly market: string
  /** Settings as a user writes them. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Runs `use` in a folder in which those settings' files exist. */
  within<T>(use: (context: SourceContext) => Promise<T>): Promise<T>
}

const PRICES = ['open', 'high', 'low', 'close'] as const
const PANELS = [...PRICES, 'volume', 'split', 'dividend', 'adjustment', 'splitProduct'] as const

export function describeSource(contract: SourceContract): void {
  const { source, settings: schema } = marketSources[contract.source]
  const settings = schema.parse(contract.settings)
  const load = () => contract.within((context) => source.load(settings, context))

  describe(`${contract.source}: ${contract.market}`, () => {
    it('has a strictly ascending timeline whose bars open before they close', async () => {
      const { timeline } = await load()
      const { closeTimes, openTimes, sessionDates } = timeline
      expect(closeTimes.length).toBeGreaterThan(1)
      for (let t = 0; t < closeTimes.length; t++) {
        expect(openTimes[t]).toBeLessThan(closeTimes[t])
        if (t === 0) continue
        expect(closeTimes[t]).toBeGreaterThan(closeTimes[t - 1])
        expect(openTimes[t]).toBeGreaterThanOrEqual(closeTimes[t - 1])
        expect(sessionDates[t]).toBeGreaterThanOrEqual(sessionDates[t - 1])
      }
    })

    it('has panels of one size, and a bar wholly or not at all', async () => {
      const market = await load()
      const size = market.timeline.closeTimes.length * market.instruments.length
      for (const name of PANELS) expect(market[name].length, name).toBe(size)
      expect(new Set(market.instruments.map(({ symbol }) => symbol)).size).toBe(market.instruments.length)
      for (let i = 0; i < size; i++) checkBar(market, i)
    })

    it('has at least one bar in every row and of every symbol', async () => {
      const market = await load()
      const symbols = market.instruments.length
      const rowBars = new Set<number>()
      const symbolBars = new Set<number>()
      market.close.forEach((close, i) => {
        if (close !== close) return
        rowBars.add(Math.floor(i / symbols))
        symbolBars.add(i % symbols)
      })
      expect(rowBars.size).toBe(market.timeline.closeTimes.length)
      expect(symbolBars.size).toBe(symbols)
      expect(market.warmupRows).toBeLessThan(market.timeline.closeTimes.length)
    })

    it('is adjusted forward by the formula, bit for bit', async () => {
      const market = await load()
      const symbols = market.instruments.length
      for (let n = 0; n < symbols; n++) {
        let adjustment = 1
        let splitProduct = 1
        for (let i = n; i < market.close.length; i += symbols) {
          if (market.close[i] === market.close[i]) {
            adjustment = adjustment * market.split[i] * (1 + market.dividend[i] / market.close[i])
            splitProduct *= market.split[i]
          }
          expect(market.adjustment[i]).toBe(adjustment)
          expect(market.splitProduct[i]).toBe(splitProduct)
        }
      }
    })

    it('gives the same market and the same identity again', async () => {
      expect(await load()).toEqual(await load())
      const identify = () => contract.within(async (context) => canonicalJson(await source.identity(settings, context)))
      expect(await identify()).toBe(await identify())
    })
  })
}

function checkBar(market: MarketPanels, i: number): void {
  if (market.close[i] !== market.close[i]) {
    for (const name of [...PRICES, 'volume'] as const) expect(market[name][i]).toBeNaN()
    expect([market.split[i], market.dividend[i]]).toEqual([1, 0])
    return
  }
  for (const name of PRICES) expect(market[name][i]).toBeGreaterThan(0)
  expect(market.high[i]).toBeGreaterThanOrEqual(market.low[i])
  expect(market.volume[i]).toBeGreaterThanOrEqual(0)
  expect(market.split[i]).toBeGreaterThan(0)
  expect(market.dividend[i]).toBeGreaterThanOrEqual(0)
  if (market.halfSpread !== null) expect(market.halfSpread[i] >= 0 || market.halfSpread[i] !== market.halfSpread[i]).toBe(true)
}
