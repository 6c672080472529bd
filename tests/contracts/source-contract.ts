import { describe, expect, it } from 'vitest'
import { addressOf, canonicalJson } from '../../src/base/hash.ts'
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
const TIMES = ['closeTimes', 'openTimes', 'sessionDates'] as const
const PANELS = [...PRICES, 'volume', 'split', 'dividend', 'adjustment', 'splitProduct'] as const

export function describeSource(contract: SourceContract): void {
  const { source, settings: schema } = marketSources[contract.source]
  const settings = schema.parse(contract.settings)
  const loadAgain = () => contract.within((context) => source.load(settings, context))
  let loaded: Promise<MarketPanels> | undefined
  const load = () => (loaded ??= loadAgain())

  describe(`${contract.source}: ${contract.market}`, () => {
    it('has a strictly ascending timeline whose bars open before they close', async () => {
      const { timeline } = await load()
      const { closeTimes, openTimes, sessionDates } = timeline
      expect(closeTimes.length).toBeGreaterThan(1)
      const inOrder = (t: number) => openTimes[t] < closeTimes[t] &&
        (t === 0 || (closeTimes[t] > closeTimes[t - 1] && openTimes[t] >= closeTimes[t - 1] && sessionDates[t] >= sessionDates[t - 1]))
      expect(indices(closeTimes.length).filter((t) => !inOrder(t))).toEqual([])
    })

    it('comes in stretches, if it does, as it is loaded', async () => {
      const whole = await load()
      await contract.within(async (context) => {
        const market = source.stretches?.(settings, context)
        if (market === undefined) return
        const { instruments, warmupRows, intervalMs, timeline } = whole
        expect({ ...market, stretches: null }).toEqual({ instruments, warmupRows, intervalMs, rows: timeline.closeTimes.length, stretches: null })
        const stretches = [...market.stretches]
        const joined = (valuesOf: (stretch: MarketPanels) => ArrayLike<number> | null) => stretches.flatMap((stretch) => Array.from(valuesOf(stretch) ?? []))
        for (const name of PANELS) expect(joined((stretch) => stretch[name]), name).toEqual([...whole[name]])
        for (const name of TIMES) expect(joined(({ timeline: times }) => times[name]), name).toEqual([...timeline[name]])
        expect(stretches.reduce((sum, stretch) => sum + stretch.warmupRows, 0)).toBe(warmupRows)
        expect(stretches.every(({ halfSpread, delisting }) => (halfSpread === null) === (whole.halfSpread === null) && (delisting === null) === (whole.delisting === null))).toBe(true)
      })
    })

    it('has panels of one size, and a bar wholly or not at all', async () => {
      const market = await load()
      const size = market.timeline.closeTimes.length * market.instruments.length
      for (const name of PANELS) expect(market[name].length, name).toBe(size)
      expect(new Set(market.instruments.map(({ symbol }) => symbol)).size).toBe(market.instruments.length)
      expect(indices(size).filter((i) => !isWhole(market, i))).toEqual([])
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
      const wrong: number[] = []
      for (let n = 0; n < symbols; n++) {
        let adjustment = 1
        let splitProduct = 1
        for (let i = n; i < market.close.length; i += symbols) {
          if (market.close[i] === market.close[i]) {
            adjustment = adjustment * market.split[i] * (1 + market.dividend[i] / market.close[i])
            splitProduct *= market.split[i]
          }
          if (market.adjustment[i] !== adjustment || market.splitProduct[i] !== splitProduct) wrong.push(i)
        }
      }
      expect(wrong).toEqual([])
    })

    it('gives the same market and the same identity again', async () => {
      expect(digest(await loadAgain())).toBe(digest(await load()))
      const identify = () => contract.within(async (context) => canonicalJson(await source.identity(settings, context)))
      expect(await identify()).toBe(await identify())
    })
  })
}

const indices = (count: number) => Array.from({ length: count }, (_, i) => i)

/** Every array of a market as bytes, so that equal means bit for bit. */
function digest(market: MarketPanels): string {
  const { timeline, ...rest } = market
  return addressOf(Object.entries({ ...timeline, ...rest }).map(([name, value]) => [name, ArrayBuffer.isView(value) ? Buffer.from(value.buffer).toString('latin1') : value]))
}

/** No bar at all, or one whose every value can be traded on. */
function isWhole(market: MarketPanels, i: number): boolean {
  const { volume, split, dividend, halfSpread } = market
  const prices = PRICES.map((name) => market[name][i])
  if (Number.isNaN(market.close[i])) return prices.every(Number.isNaN) && Number.isNaN(volume[i]) && split[i] === 1 && dividend[i] === 0
  return prices.every((price) => price > 0) && market.high[i] >= market.low[i] && volume[i] >= 0 && split[i] > 0 && dividend[i] >= 0 &&
    (halfSpread === null || Number.isNaN(halfSpread[i]) || halfSpread[i] >= 0)
}
