import { MillraceError } from '../base/errors.ts'
import type { Instrument } from '../domain/instrument.ts'
import type { MarketPanels } from '../domain/market-panels.ts'
import { formatSessionDate } from '../domain/timeline.ts'
import { fillAdjustment, startAdjustment, type CarriedAdjustment } from './adjustment.ts'

/** The bars of one symbol in time: columns of equal length, closes strictly ascending. */
export interface SymbolBars {
  readonly closeTimes: Float64Array
  readonly openTimes: Float64Array
  readonly sessionDates: Int32Array
  readonly open: Float64Array
  readonly high: Float64Array
  readonly low: Float64Array
  readonly close: Float64Array
  readonly volume: Float64Array
  readonly split: Float64Array
  readonly dividend: Float64Array
  /** null = no quotes. */
  readonly halfSpread: Float64Array | null
}

/** A delisting as stated; `price` undefined = the last close. */
export interface Delisting {
  /** Days since 1970-01-01. */
  readonly date: number
  readonly price: number | undefined
}

export interface Assembly {
  readonly instruments: readonly Instrument[]
  /** In the order of `instruments`. */
  readonly bars: readonly SymbolBars[]
  readonly intervalMs: number
  /** First and last session date traded, in days since 1970-01-01: −Infinity and Infinity for all. */
  readonly from: number
  readonly to: number
  /** By symbol. */
  readonly delistings: ReadonlyMap<string, Delisting>
}

/**
 * Market panels on the union of the symbols' closes up to `to`; rows before `from` warm up.
 * @throws MARKET_EMPTY when no row is left to trade, CONFIG_VALUE for a delisting the bars contradict.
 */
export function assembleMarket(assembly: Assembly): MarketPanels {
  const market: Mutable = assembleStretch(assembly, startAdjustment(assembly.bars.length))
  market.warmupRows = market.timeline.sessionDates.findIndex((date) => date >= assembly.from)
  if (market.warmupRows < 0) throw emptyMarket(assembly.from)
  if (assembly.delistings.size > 0) market.delisting = delistingPanel(market, assembly.delistings)
  return market
}

/** @param from first session date that should have been traded, in days since 1970-01-01 */
export function emptyMarket(from: number): MillraceError {
  return new MillraceError({
    code: 'MARKET_EMPTY', message: 'no bars lie between from and to', where: 'market.from',
    value: Number.isFinite(from) ? formatSessionDate(from) : undefined,
  })
}

/** Panels of bars that follow those of the stretches before: nothing is said of warm-up and delistings, which are known of a whole market. */
export function assembleStretch(assembly: Omit<Assembly, 'from' | 'delistings'>, carried: CarriedAdjustment): MarketPanels {
  const timeline = unionTimeline(assembly)
  const rows = timeline.closeTimes.length
  const panel = (value: number) => new Float64Array(rows * assembly.bars.length).fill(value)
  const quotes = assembly.bars.some(({ halfSpread }) => halfSpread !== null)
  const market = {
    timeline, instruments: assembly.instruments, warmupRows: 0, intervalMs: assembly.intervalMs,
    open: panel(NaN), high: panel(NaN), low: panel(NaN), close: panel(NaN), volume: panel(NaN),
    split: panel(1), dividend: panel(0), adjustment: panel(1), splitProduct: panel(1),
    halfSpread: quotes ? panel(NaN) : null,
    delisting: null,
  }
  assembly.bars.forEach((bars, symbol) => placeBars(bars, { market, symbol }))
  fillAdjustment(market, carried)
  return market
}

function unionTimeline({ bars, to }: Pick<Assembly, 'bars' | 'to'>): MarketPanels['timeline'] {
  let closeTimes = new Float64Array(0)
  for (const symbol of bars) {
    const end = to === Infinity ? -1 : symbol.sessionDates.findIndex((date) => date > to)
    closeTimes = union(closeTimes, end < 0 ? symbol.closeTimes : symbol.closeTimes.subarray(0, end))
  }
  const openTimes = new Float64Array(closeTimes.length)
  const sessionDates = new Int32Array(closeTimes.length)
  for (const symbol of bars) {
    for (let i = 0, t = 0; i < symbol.closeTimes.length && symbol.sessionDates[i] <= to; i++) {
      while (closeTimes[t] < symbol.closeTimes[i]) t++
      openTimes[t] = symbol.openTimes[i]
      sessionDates[t] = symbol.sessionDates[i]
    }
  }
  return { closeTimes, openTimes, sessionDates }
}

/** All values of two ascending arrays, ascending, each once. */
function union(first: Float64Array, second: Float64Array): Float64Array<ArrayBuffer> {
  if (first.length === 0) return second.slice()
  const merged = new Float64Array(first.length + second.length)
  let length = 0
  for (let i = 0, j = 0; i < first.length || j < second.length;) {
    const one = i < first.length ? first[i] : Infinity
    const two = j < second.length ? second[j] : Infinity
    if (one <= two) i++
    if (two <= one) j++
    merged[length++] = one < two ? one : two
  }
  return merged.slice(0, length)
}

const BAR_PANELS = ['open', 'high', 'low', 'close', 'volume', 'split', 'dividend', 'halfSpread'] as const

type Mutable = { -readonly [K in keyof MarketPanels]: MarketPanels[K] }

function placeBars(bars: SymbolBars, of: { market: Mutable; symbol: number }): void {
  const { market, symbol } = of
  const { closeTimes } = market.timeline
  const symbols = market.instruments.length
  if (symbols === 1) {
    // The timeline is made of this symbol's own closes.
    for (const name of BAR_PANELS) if (bars[name] !== null) market[name]?.set(bars[name].subarray(0, closeTimes.length))
    return
  }
  const places = new Int32Array(bars.closeTimes.length)
  let count = 0
  for (let t = 0; count < places.length && t < closeTimes.length; t++) {
    if (closeTimes[t] === bars.closeTimes[count]) places[count++] = t * symbols + symbol
  }
  const put = (values: Float64Array | null, panel: Float64Array | null) => {
    if (values !== null && panel !== null) for (let i = 0; i < count; i++) panel[places[i]] = values[i]
  }
  for (const name of BAR_PANELS) put(bars[name], market[name])
}

/**
 * NaN but for the price in the row of each delisting: the last of the first session on or after its date, so that
 * a symbol may trade through its last day. Null when all lie after the last row.
 */
function delistingPanel(market: Mutable, delistings: ReadonlyMap<string, Delisting>): Float64Array | null {
  const symbols = market.instruments.length
  const { sessionDates } = market.timeline
  const panel = new Float64Array(market.close.length).fill(NaN)
  let any = false
  for (const [symbol, { date, price }] of delistings) {
    const n = market.instruments.findIndex((instrument) => instrument.symbol === symbol)
    if (n < 0) refuseDelisting(symbol, 'the market has no such symbol')
    const session = sessionDates.find((sessionDate) => sessionDate >= date)
    if (session === undefined) continue
    let lastClose = NaN
    for (let t = 0; t < sessionDates.length; t++) {
      const close = market.close[t * symbols + n]
      if (close !== close) continue
      if (sessionDates[t] > date) refuseDelisting(symbol, `it still has a bar on ${formatSessionDate(sessionDates[t])}`)
      lastClose = close
    }
    panel[sessionDates.lastIndexOf(session) * symbols + n] = price ?? lastClose
    any = true
  }
  return any ? panel : null
}

function refuseDelisting(symbol: string, why: string): never {
  throw new MillraceError({ code: 'CONFIG_VALUE', message: `${symbol} cannot be delisted: ${why}`, where: `market.delistings.${symbol}`, value: symbol })
}
