import { createRandom } from '../base/random.ts'
import { startAdjustment } from './adjustment.ts'
import { assembleStretch, emptyMarket } from './assemble.ts'
import { parseDate } from './calendar-date.ts'
import { instrumentsOf } from './instrument-settings.ts'
import { parseInterval } from './interval.ts'
import type { MarketSource } from './source.ts'
import type { MarketStretches } from './stretches.ts'
import { createBackdrop } from './synthetic-backdrop.ts'
import { barsPerSession, makeSessions, type Sessions } from './synthetic-sessions.ts'
import type { SyntheticSettings } from './synthetic-settings.ts'
import { createSymbol } from './synthetic-symbol.ts'

/**
 * A market made from a seed: correlated symbols (market and sector factors), regimes, volatility clusters, fat
 * tails, splits, dividends, and a modest structure that can be learned. The same settings give the same bytes
 * on every machine and in every time zone, and more symbols leave the first ones as they were.
 */
export const syntheticSource: MarketSource<SyntheticSettings> = {
  name: 'synthetic',

  identity: async (settings) => ({ settings }),

  load: async (settings) => [...stretchesOf(settings, settings.bars).stretches][0],

  stretches: (settings) => stretchesOf(settings, STRETCH_ROWS),
}

/** Rows made at a time: few beside a process, enough for their arrays to pay. */
const STRETCH_ROWS = 4096

/** @throws MillraceError MARKET_EMPTY */
function stretchesOf(settings: SyntheticSettings, stretchRows: number): MarketStretches {
  const intervalMs = parseInterval(settings.interval)
  const from = settings.from === undefined ? -Infinity : parseDate(settings.from)
  const to = settings.to === undefined ? Infinity : parseDate(settings.to)
  const sessions = () => makeSessions({ start: parseDate(settings.start), to, rows: settings.bars, intervalMs }, stretchRows)
  const { rows, warmupRows } = countRows(sessions(), from)
  const symbols = symbolNames(settings.symbols)
  const instruments = instrumentsOf(symbols, settings)
  return {
    instruments, intervalMs, rows, warmupRows,
    stretches: (function* () {
      const random = createRandom(settings.seed)
      const own = { ...settings, barsPerSession: barsPerSession(intervalMs) }
      const nextBackdrop = createBackdrop(own, random.fork('backdrop'))
      const makers = symbols.map((_, index) => {
        const stream = random.fork(`symbol-${index + 1}`)
        const listedAt = index === 0 ? 0 : listingRow(stream.fork('listing').uniform(), settings)
        return createSymbol({ ...own, listedAt }, stream)
      })
      const carried = startAdjustment(symbols.length)
      for (const stretch of sessions()) {
        const backdrop = nextBackdrop(stretch.closeTimes.length)
        const bars = makers.map((next) => next({ sessions: stretch, backdrop }))
        yield { ...assembleStretch({ instruments, bars, intervalMs, to }, carried), warmupRows: Math.max(0, Math.min(stretch.closeTimes.length, warmupRows - stretch.first)) }
      }
    })(),
  }
}

function countRows(stretches: Iterable<Sessions>, from: number): { readonly rows: number; readonly warmupRows: number } {
  let [rows, warmupRows] = [0, 0]
  for (const { sessionDates } of stretches) {
    rows += sessionDates.length
    for (const date of sessionDates) if (date < from) warmupRows++
  }
  if (warmupRows === rows) throw emptyMarket(from)
  return { rows, warmupRows }
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
