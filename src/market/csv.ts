import { basename } from 'node:path'
import { MillraceError } from '../base/errors.ts'
import { sha256 } from '../base/hash.ts'
import type { MarketPanels } from '../domain/market-panels.ts'
import { assembleMarket } from './assemble.ts'
import type { Delisting, SymbolBars } from './assemble.ts'
import type { BarSeries } from './bar-series.ts'
import { barTimeRules, barTimes, checkSpacing } from './bar-times.ts'
import type { BarTimeRules } from './bar-times.ts'
import { parseDate } from './calendar-date.ts'
import { findCsvFiles, readBytes, symbolOfFile } from './csv-files.ts'
import type { CsvFile } from './csv-files.ts'
import { joinSeries, readCsvFile } from './csv-read.ts'
import type { CsvReading } from './csv-read.ts'
import type { CsvSettings } from './csv-settings.ts'
import { instrumentsOf } from './instrument-settings.ts'
import { ProblemList } from './problem-list.ts'
import type { MarketSource, SourceContext } from './source.ts'
import { zoneNamed } from './zone.ts'

/** Bars from the user's CSV files: one per symbol, or long tables with a symbol column. */
export const csvSource: MarketSource<CsvSettings> = {
  name: 'csv',

  /** Where the files lie is no part of it: the same files elsewhere are the same market. */
  async identity(settings, context) {
    const contents: unknown[] = []
    for (const file of await filesOf(settings, context)) {
      const bytes = await readBytes(file)
      contents.push({ name: basename(file.path), bytes: bytes.length, sha256: sha256(bytes) })
    }
    return { settings: { ...settings, files: undefined }, contents }
  },

  async load(settings, context) {
    const problems = new ProblemList()
    const readings: CsvReading[] = []
    for (const file of await filesOf(settings, context)) {
      const reading = await readCsvFile(file, settings)
      problems.addAll(reading.problems)
      readings.push(reading)
    }
    return assembleReadings(readings, { settings, problems })
  },
}

/** The files to read: where every symbol of a stated universe has a file of its name, only those. */
async function filesOf(settings: CsvSettings, context: SourceContext): Promise<CsvFile[]> {
  const patterns = typeof settings.files === 'string' ? [settings.files] : settings.files
  const files = await findCsvFiles(patterns, context.folder)
  const { symbols } = settings
  if (symbols === undefined) return files
  const symbolOf = (file: CsvFile) => symbolOfFile(file.path, settings.symbolPattern) ?? ''
  const named = new Set(files.map(symbolOf))
  return symbols.every((symbol) => named.has(symbol)) ? files.filter((file) => symbols.includes(symbolOf(file))) : files
}

/** @throws everything that is wrong with the files, or what they are together. */
function assembleReadings(readings: readonly CsvReading[], of: { settings: CsvSettings; problems: ProblemList }): MarketPanels {
  const { settings, problems } = of
  const joined = joinSeries(readings, problems)
  problems.throwIfAny()
  const universe = settings.symbols ?? [...joined.keys()].toSorted()
  const all = universe.map((symbol) => joined.get(symbol) ?? refuseMissing(symbol, joined))
  const rules = csvTimeRules(all, settings)
  for (const series of all) checkSpacing(series, rules.intervalMs, problems)
  problems.throwIfAny()
  return assembleMarket({
    instruments: instrumentsOf(universe, settings),
    bars: all.map((series) => placeSeries(series, rules)),
    intervalMs: rules.intervalMs,
    from: settings.from === undefined ? -Infinity : parseDate(settings.from),
    to: settings.to === undefined ? Infinity : parseDate(settings.to),
    delistings: delistingsOf(settings),
  })
}

/** The time rules of a market read with `settings`. @throws as `barTimeRules` */
export function csvTimeRules(all: readonly BarSeries[], settings: CsvSettings): BarTimeRules {
  const { interval, stamps, sessionClose } = settings
  return barTimeRules(all, { interval, stamps, sessionClose, sessionZone: zoneNamed(settings.sessionZone ?? settings.zone) })
}

function refuseMissing(symbol: string, joined: ReadonlyMap<string, BarSeries>): never {
  throw new MillraceError({
    code: 'MARKET_EMPTY', message: `no bars of ${symbol} were found`, where: 'market.symbols', value: symbol,
    hint: `the files have ${[...joined.keys()].toSorted().slice(0, 20).join(', ')}`,
  })
}

const column = (values: readonly number[]) => new Float64Array(values)

function placeSeries(series: BarSeries, rules: BarTimeRules): SymbolBars {
  return {
    ...barTimes(series, rules),
    open: column(series.open), high: column(series.high), low: column(series.low), close: column(series.close),
    volume: column(series.volume), split: column(series.split), dividend: column(series.dividend),
    halfSpread: series.halfSpread.length > 0 ? column(series.halfSpread) : null,
  }
}

function delistingsOf(settings: CsvSettings): Map<string, Delisting> {
  return new Map(Object.entries(settings.delistings).map(([symbol, { date, price }]) => [symbol, { date: parseDate(date), price }]))
}
