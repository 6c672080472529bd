import { z } from 'zod'
import { MillraceError } from '../base/errors.ts'
import type { MarketPanels } from '../domain/market-panels.ts'
import { assembleMarket } from './assemble.ts'
import type { SymbolBars } from './assemble.ts'
import { barFault } from './bar-rules.ts'
import type { Bar } from './bar-rules.ts'
import { instrumentsOf, instrumentsSettings } from './instrument-settings.ts'
import { INTERVAL_PATTERN, MS_PER_DAY, parseInterval } from './interval.ts'
import { EARLIEST, LATEST, SECONDS_AS_MS } from './time-range.ts'

/** A typed array of numbers, or an array of nothing else: text is not taken for the number it may spell. */
const column = z.custom<ArrayLike<number>>().superRefine((value: unknown, context) => {
  if (Array.isArray(value)) {
    const row = value.findIndex((number) => typeof number !== 'number')
    if (row >= 0) context.addIssue({ code: 'invalid_type', expected: 'number', path: [row], input: value[row] })
  } else if (!ArrayBuffer.isView(value) || value instanceof DataView || value instanceof BigInt64Array || value instanceof BigUint64Array) {
    context.addIssue({ code: 'custom', message: 'expected an array of numbers' })
  }
})

const bars = z.strictObject({
  /** When each bar closed: milliseconds since the Unix epoch, strictly ascending. */
  closeTimes: column,
  /** Default: the close before, and the first bar's own interval. */
  openTimes: column.optional(),
  /** Session of each bar, in days since 1970-01-01; default the UTC date of the close. */
  sessionDates: column.optional(),
  open: column,
  /** Default: the higher, and the lower, of open and close. */
  high: column.optional(),
  low: column.optional(),
  close: column,
  /** Default 0: then `participation` lets nothing fill. */
  volume: column.optional(),
  /** Default 1, none. */
  split: column.optional(),
  /** Default 0, none. */
  dividend: column.optional(),
})

/** Settings of the `memory` source: bars that a program already holds, by symbol. */
export const memorySettings = z.strictObject({
  source: z.literal('memory'),
  bars: z.record(z.string().min(1), bars).refine((symbols) => Object.keys(symbols).length > 0, 'expected the bars of at least one symbol'),
  interval: z.string().regex(INTERVAL_PATTERN, 'expected an interval such as 1d, 1h or 5m').default('1d'),
  ...instrumentsSettings,
})

export type MemorySettings = z.output<typeof memorySettings>
export type MemoryBars = z.input<typeof bars>

/**
 * Panels of bars in memory, checked like a file's; symbols in the order they are given.
 * @throws MillraceError CSV_BAR_INVALID for what no bar can be, CSV_ORDER for times that do not ascend, TIME_RANGE for times that
 *   are no milliseconds, CONFIG_VALUE for columns of unequal length
 */
export function assembleMemory(settings: MemorySettings): MarketPanels {
  const symbols = Object.keys(settings.bars)
  const intervalMs = parseInterval(settings.interval)
  return assembleMarket({
    instruments: instrumentsOf(symbols, settings),
    bars: symbols.map((symbol) => barsOf(settings.bars[symbol], { symbol, intervalMs })),
    intervalMs, from: -Infinity, to: Infinity, delistings: new Map(),
  })
}

function barsOf(given: MemoryBars, { symbol, intervalMs }: { symbol: string; intervalMs: number }): SymbolBars {
  const rows = given.closeTimes.length
  const where = `market.bars.${symbol}`
  for (const [name, values] of Object.entries(given)) {
    if (values === undefined || values.length === rows) continue
    throw new MillraceError({ code: 'CONFIG_VALUE', message: `${name} has ${values.length} values for ${rows} bars`, where: `${where}.${name}`, value: values.length })
  }
  // Constructors rather than `from`, which goes through every value one by one.
  const closeTimes = new Float64Array(given.closeTimes)
  const open = new Float64Array(given.open)
  const close = new Float64Array(given.close)
  const made: SymbolBars = {
    closeTimes, open, close,
    openTimes: given.openTimes === undefined ? closeTimes.map((time, i) => (i === 0 ? time - intervalMs : closeTimes[i - 1])) : new Float64Array(given.openTimes),
    sessionDates: given.sessionDates === undefined ? utcDatesOf(closeTimes) : new Int32Array(given.sessionDates),
    high: given.high === undefined ? open.map((price, i) => Math.max(price, close[i])) : new Float64Array(given.high),
    low: given.low === undefined ? open.map((price, i) => Math.min(price, close[i])) : new Float64Array(given.low),
    volume: given.volume === undefined ? new Float64Array(rows) : new Float64Array(given.volume),
    split: given.split === undefined ? new Float64Array(rows).fill(1) : new Float64Array(given.split),
    dividend: given.dividend === undefined ? new Float64Array(rows) : new Float64Array(given.dividend),
    halfSpread: null,
  }
  checkTimes(closeTimes, intervalMs, where)
  checkBars(made, where)
  return made
}

/** Times of another unit lie centuries away or, if they are seconds, around 1970 and closer than bars can be. */
function checkTimes(closeTimes: Float64Array, intervalMs: number, where: string): void {
  const [first, last] = [closeTimes[0], closeTimes[closeTimes.length - 1]]
  const areSeconds = Math.abs(last) < SECONDS_AS_MS && last > first && last - first < (closeTimes.length - 1) * intervalMs
  const row = areSeconds ? 0 : closeTimes.findIndex((time) => time < EARLIEST || time >= LATEST)
  if (row < 0) return
  throw new MillraceError({
    code: 'TIME_RANGE', message: areSeconds ? 'read as milliseconds the times lie around 1970, too close for their interval' : 'read as milliseconds the time lies outside 1900 to 2200',
    where: `${where}.closeTimes[${row}]`, value: closeTimes[row], hint: areSeconds ? 'looks like seconds: times 1000 they are milliseconds' : 'milliseconds since 1970 are asked for',
  })
}

function utcDatesOf(closeTimes: Float64Array): Int32Array {
  const dates = new Int32Array(closeTimes.length)
  for (let i = 0; i < dates.length; i++) dates[i] = Math.floor(closeTimes[i] / MS_PER_DAY)
  return dates
}

function checkBars({ closeTimes, open, high, low, close, volume, split, dividend }: SymbolBars, where: string): void {
  const bar: Bar = { open: 0, high: 0, low: 0, close: 0, volume: 0, split: 1, dividend: 0 }
  for (let i = 0; i < closeTimes.length; i++) {
    if (!(i === 0 || closeTimes[i] > closeTimes[i - 1]) || !Number.isFinite(closeTimes[i])) {
      throw new MillraceError({ code: 'CSV_ORDER', message: 'closing times have to ascend, each once', where: `${where}.closeTimes[${i}]`, value: closeTimes[i] })
    }
    // Field by field: by names in a list it is ten times slower.
    bar.open = open[i]
    bar.high = high[i]
    bar.low = low[i]
    bar.close = close[i]
    bar.volume = volume[i]
    bar.split = split[i]
    bar.dividend = dividend[i]
    const fault = barFault(bar)
    if (fault === undefined) continue
    throw new MillraceError({ code: fault.code, message: fault.message, where: `${where}.${fault.column}[${i}]`, value: bar[fault.column], hint: fault.hint })
  }
}
