import { MillraceError } from '../base/errors.ts'
import { createBarSeries, reverseSeries } from './bar-series.ts'
import type { BarSeries } from './bar-series.ts'
import { barFault } from './bar-rules.ts'
import type { Bar } from './bar-rules.ts'
import type { ColumnPlan, ColumnRole } from './csv-columns.ts'
import { symbolOfFile } from './csv-files.ts'
import type { CsvFile } from './csv-files.ts'
import { numberHint, parseDecimal } from './csv-number.ts'
import type { RecordHandler } from './csv-records.ts'
import type { CsvSettings } from './csv-settings.ts'
import { createStampReader } from './csv-time.ts'
import type { StampReader } from './csv-time.ts'
import type { Fault, ProblemList } from './problem-list.ts'
import { zoneNamed } from './zone.ts'

const PRICES = ['open', 'high', 'low', 'close'] as const
const BIDS = ['bidOpen', 'bidHigh', 'bidLow', 'bidClose'] as const
const ASKS = ['askOpen', 'askHigh', 'askLow', 'askClose'] as const

/** Turns the records of one file into bar series; sound bars are kept, all others reported. */
export class BarReader implements RecordHandler {
  /** Field indices needed, ascending; `record` gets exactly these. */
  readonly wanted: readonly number[]
  rows = 0
  readonly #file: CsvFile
  readonly #settings: CsvSettings
  readonly #columns: ColumnPlan
  readonly #problems: ProblemList
  readonly #series = new Map<string, BarSeries>()
  readonly #fileSymbol: string | undefined
  /** Position in a record by role, −1 = the file has none. */
  readonly #at: Readonly<Record<ColumnRole, number>>
  readonly #bar: Bar = { open: 0, high: 0, low: 0, close: 0, volume: 0, split: 1, dividend: 0 }
  #stamps: StampReader | undefined
  #line = 0
  #sound = true

  constructor(of: { file: CsvFile; settings: CsvSettings; columns: ColumnPlan; problems: ProblemList }) {
    this.#file = of.file
    this.#settings = of.settings
    this.#columns = of.columns
    this.#problems = of.problems
    const fields = new Map(of.columns.fields)
    if (of.settings.prices === 'adjusted') for (const role of ['split', 'dividend'] as const) fields.delete(role)
    this.wanted = [...new Set(fields.values())].toSorted((a, b) => a - b)
    const place = (role: ColumnRole) => this.wanted.indexOf(fields.get(role) ?? -1)
    this.#at = {
      time: place('time'), symbol: place('symbol'), open: place('open'), high: place('high'), low: place('low'),
      close: place('close'), volume: place('volume'), split: place('split'), dividend: place('dividend'),
      bidOpen: place('bidOpen'), bidHigh: place('bidHigh'), bidLow: place('bidLow'), bidClose: place('bidClose'),
      askOpen: place('askOpen'), askHigh: place('askHigh'), askLow: place('askLow'), askClose: place('askClose'),
    }
    this.#fileSymbol = this.#at.symbol < 0 ? this.#symbolOfName() : undefined
  }

  #symbolOfName(): string {
    const symbol = symbolOfFile(this.#file.path, this.#settings.symbolPattern)
    if (symbol) return symbol
    throw new MillraceError({
      code: 'CONFIG_VALUE', message: 'symbolPattern finds no symbol in the file name', where: this.#file.label,
      value: this.#settings.symbolPattern, hint: 'correct market.symbolPattern, or list the files that have a symbol',
    })
  }

  problem(fault: Fault, line: number): void {
    this.rows++
    this.#problems.add({ ...fault, where: `${this.#file.label}:${line}` })
  }

  record(fields: readonly string[], line: number): void {
    this.rows++
    this.#line = line
    this.#sound = true
    const symbol = this.#fileSymbol ?? fields[this.#at.symbol]
    if (symbol === '') this.#report('symbol', { code: 'CSV_COLUMNS', message: 'the symbol is empty', value: symbol })
    const stamp = this.#readStamp(fields[this.#at.time])
    const halfSpread = this.#columns.quotes ? this.#readQuotes(fields) : this.#readPrices(fields)
    const bar = this.#bar
    bar.volume = this.#at.volume < 0 ? 0 : this.#number('volume', fields)
    bar.split = this.#at.split < 0 ? 1 : this.#number('split', fields)
    bar.dividend = this.#at.dividend < 0 ? 0 : this.#number('dividend', fields)
    if (this.#sound) {
      const fault = barFault(bar)
      if (fault !== undefined) this.#report(fault.column, { ...fault, value: bar[fault.column] })
    }
    if (this.#sound) this.#keep(symbol, stamp, halfSpread)
  }

  #report(role: ColumnRole, of: Fault & { value: unknown }): void {
    this.#sound = false
    const field = this.#columns.fields.get(role)
    const column = field === undefined ? role : this.#columns.names[field]
    this.#problems.add({ code: of.code, message: of.message, where: `${this.#file.label}:${this.#line}:${column}`, value: of.value, hint: of.hint })
  }

  #number(role: ColumnRole, fields: readonly string[]): number {
    const text = fields[this.#at[role]]
    const value = parseDecimal(text)
    if (value !== value) this.#report(role, { code: 'CSV_BAD_NUMBER', message: `${role} is not a finite decimal number`, value: text, hint: numberHint(text) })
    return value
  }

  #readStamp(text: string): number {
    this.#stamps ??= createStampReader(
      { timeFormat: this.#settings.timeFormat, zone: zoneNamed(this.#settings.zone) }, text,
    )
    const stamp = this.#stamps.read(text)
    if (typeof stamp === 'number') return stamp
    this.#report('time', { ...stamp, value: text })
    return NaN
  }

  #readPrices(fields: readonly string[]): number {
    for (const price of PRICES) this.#bar[price] = this.#number(price, fields)
    return NaN
  }

  /** Mid prices into the bar; returns half the spread at the open, where orders fill by default. */
  #readQuotes(fields: readonly string[]): number {
    let halfSpread = NaN
    for (let i = 0; i < PRICES.length; i++) {
      const bid = this.#number(BIDS[i], fields)
      const ask = this.#number(ASKS[i], fields)
      if (ask < bid) this.#report(ASKS[i], { code: 'CSV_BAR_INVALID', message: `${ASKS[i]} ${ask} is below ${BIDS[i]} ${bid}`, value: ask })
      this.#bar[PRICES[i]] = (bid + ask) / 2
      if (i === 0) halfSpread = (ask - bid) / 2
    }
    return halfSpread
  }

  #keep(symbol: string, stamp: number, halfSpread: number): void {
    let series = this.#series.get(symbol)
    if (series === undefined) {
      series = createBarSeries({ symbol, dateOnly: this.#stamps?.dateOnly ?? false, label: this.#file.label })
      this.#series.set(symbol, series)
    } else {
      this.#checkOrder(series, stamp)
    }
    const bar = this.#bar
    series.stamps.push(stamp)
    series.open.push(bar.open)
    series.high.push(bar.high)
    series.low.push(bar.low)
    series.close.push(bar.close)
    series.volume.push(bar.volume)
    series.split.push(bar.split)
    series.dividend.push(bar.dividend)
    if (this.#columns.quotes) series.halfSpread.push(halfSpread)
    series.lines.push(this.#line)
  }

  #checkOrder(series: BarSeries, stamp: number): void {
    const last = series.stamps.length - 1
    const previous = series.stamps[last]
    const newestFirst = this.#settings.order === 'newest-first'
    if (newestFirst ? stamp < previous : stamp > previous) return
    this.#report('time', orderProblem({ same: stamp === previous, newestFirst, earlierLine: series.lines[last], value: new Date(stamp).toISOString() }))
  }

  /** The series, oldest first. */
  finish(): BarSeries[] {
    const all = [...this.#series.values()]
    if (this.rows === 0) this.#problems.add({ code: 'MARKET_EMPTY', message: 'the file has no rows', where: this.#file.label })
    if (this.#settings.order === 'newest-first') for (const series of all) reverseSeries(series)
    return all
  }
}

function orderProblem(of: { same: boolean; newestFirst: boolean; earlierLine: number; value: string }): Fault & { value: string } {
  const code = 'CSV_ORDER'
  if (of.same) return { code, message: `the same time as line ${of.earlierLine}`, value: of.value, hint: 'remove one of the two rows' }
  if (of.newestFirst) return { code, message: `later than line ${of.earlierLine}, though the order is newest-first`, value: of.value, hint: 'sort the file, or leave out order' }
  return { code, message: `earlier than line ${of.earlierLine}`, value: of.value, hint: 'sort the file; if all of it is newest first, say order: newest-first' }
}
