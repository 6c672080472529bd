import { createRandom } from '../base/random.ts'
import { assembleMarket } from './assemble.ts'
import { parseDate } from './calendar-date.ts'
import { instrumentsOf } from './instrument-settings.ts'
import { parseInterval } from './interval.ts'
import type { MarketSource } from './source.ts'
import { makeBackdrop } from './synthetic-backdrop.ts'
import { makeSessions } from './synthetic-sessions.ts'
import type { SyntheticSettings } from './synthetic-settings.ts'
import { makeSymbol } from './synthetic-symbol.ts'

/**
 * A market made from a seed: correlated symbols (market and sector factors), regimes, volatility clusters, fat
 * tails, splits, dividends, and a modest structure that can be learned. The same settings give the same bytes
 * on every machine and in every time zone, and more symbols leave the first ones as they were.
 */
export const syntheticSource: MarketSource<SyntheticSettings> = {
  name: 'synthetic',

  identity: async (settings) => ({ settings }),

  load: async (settings) => {
    const random = createRandom(settings.seed)
    const intervalMs = parseInterval(settings.interval)
    const sessions = makeSessions({ start: parseDate(settings.start), rows: settings.bars, intervalMs })
    const backdrop = makeBackdrop({ rows: settings.bars, barsPerSession: sessions.barsPerSession, sectors: settings.sectors }, random.fork('backdrop'))
    const symbols = symbolNames(settings.symbols)
    const bars = symbols.map((_, index) => {
      const stream = random.fork(`symbol-${index + 1}`)
      const listedAt = index === 0 ? 0 : listingRow(stream.fork('listing').uniform(), settings)
      return makeSymbol({ backdrop, sessions, settings: { ...settings, listedAt } }, stream)
    })
    return assembleMarket({
      instruments: instrumentsOf(symbols, settings), bars, intervalMs, delistings: new Map(),
      from: settings.from === undefined ? -Infinity : parseDate(settings.from),
      to: settings.to === undefined ? Infinity : parseDate(settings.to),
    })
  },
}

/** `SYN01`, `SYN02` …: as many digits as the last needs, at least two. */
function symbolNames(count: number): string[] {
  const digits = Math.max(2, String(count).length)
  return Array.from({ length: count }, (_, index) => `SYN${String(index + 1).padStart(digits, '0')}`)
}

/** Late listings are spread evenly over the first six tenths of the run; the first symbol is always there. */
function listingRow(uniform: number, settings: SyntheticSettings): number {
  return uniform < settings.lateListings ? Math.floor((uniform / settings.lateListings) * 0.6 * settings.bars) : 0
}
