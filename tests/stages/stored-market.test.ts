import { afterAll, describe, expect, it } from 'vitest'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import { addressOf } from '../../src/base/hash.ts'
import { createRandom } from '../../src/base/random.ts'
import type { MarketPanels } from '../../src/domain/market-panels.ts'
import { asStretch } from '../../src/market/stretches.ts'
import { syntheticSettings } from '../../src/market/synthetic-settings.ts'
import { syntheticSource } from '../../src/market/synthetic.ts'
import { readMarket, writeMarket } from '../../src/stages/market-artefact.ts'
import { MarketWindow, StoredMarket } from '../../src/stages/stored-market.ts'
import { openStore } from '../../src/store/local-store.ts'

const root = mkdtempSync(join(tmpdir(), 'millrace-stored-market-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const store = openStore(root, { clock: systemClock })
const SYMBOLS = 3
/** Several stretches of rows long. */
const ROWS = 12_000

async function publishMarket(change: (market: MarketPanels) => MarketPanels = (market) => market): Promise<string> {
  const settings = syntheticSettings.parse({ source: 'synthetic', seed: 9, symbols: SYMBOLS, bars: ROWS, interval: '30m', start: '2001-01-01', from: '2001-03-01', lateListings: 0.9 })
  const market = change(await syntheticSource.load(settings, { folder: root, clock: systemClock }))
  const address = addressOf({ market: Math.sign(market.timeline.openTimes[5] - market.timeline.closeTimes[4]) })
  const draft = store.draft({ address, kind: 'market', madeFrom: null })
  draft.publish(writeMarket(draft, asStretch(market)))
  return address
}

describe('a window of a stored market', () => {
  it('has the rows of the whole market, wherever it is moved, and only as many as it needs', async () => {
    const address = await publishMarket()
    const whole = readMarket(store, address)
    const market = new StoredMarket(store, address)
    expect([market.rows, market.warmupRows, market.symbols]).toEqual([ROWS, whole.warmupRows, ['SYN01', 'SYN02', 'SYN03']])
    const window = new MarketWindow(market, ['close', 'adjustment'])
    const random = createRandom('windows')
    const starts = [0, 1, ROWS - 1, ...Array.from({ length: 200 }, () => random.integer(ROWS))]
    for (const from of starts) {
      const to = Math.min(ROWS, from + 1 + random.integer(300))
      const at = window.seek(from, to)
      const end = at + to - from
      for (const name of ['close', 'adjustment'] as const) {
        expect(window.columns[name].slice(at * SYMBOLS, end * SYMBOLS)).toEqual(whole[name].slice(from * SYMBOLS, to * SYMBOLS))
      }
      for (const name of ['closeTimes', 'openTimes', 'sessionDates'] as const) {
        expect(window.columns.timeline[name].slice(at, end)).toEqual(whole.timeline[name].slice(from, to))
      }
      expect(window.closeTime(from)).toBe(whole.timeline.closeTimes[from])
      expect(window.sessionDate(from)).toBe(whole.timeline.sessionDates[from])
    }
    expect(window.columns.close.length).toBeLessThan((ROWS * SYMBOLS) / 3)
    expect(window.columns.open).toHaveLength(0)
    market.close()
  })

  it('knows without its rows whether bars overlap', async () => {
    const address = await publishMarket((market) => {
      market.timeline.openTimes[5] = market.timeline.closeTimes[4] - 1
      return market
    })
    expect(new StoredMarket(store, address).barsOverlap).toBe(true)
    expect(new StoredMarket(store, await publishMarket()).barsOverlap).toBe(false)
  })

  it('is missed, for the run to make it again, where it has been put aside', () => {
    const address = addressOf('nothing')
    expect(() => new StoredMarket(store, address)).toThrow(expect.objectContaining({ code: 'ARTEFACT_MISSING', value: address }))
  })
})
