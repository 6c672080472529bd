import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../src/base/errors.ts'
import { GOOD, HEADER, loadFiles, refusal } from './csv-fixture.ts'
import type { StatedSettings } from './csv-fixture.ts'

interface BadInput {
  readonly name: string
  readonly content: string | Uint8Array
  readonly settings?: StatedSettings
  readonly code: ErrorCode
  readonly where: string
  readonly value?: unknown
  readonly message?: RegExp
  readonly hint?: RegExp
}

const row = (text: string) => `${GOOD}${text}\n`
const number = (text: string) => `${HEADER}2020-01-02,10,11,9,"${text}",100\n`
const utf16 = Buffer.from(`\ufeff${GOOD}`, 'utf16le')
const intraday = (...times: string[]) => HEADER + times.map((time) => `${time},10,11,9,10,1\n`).join('')
const newYork = { zone: 'America/New_York', stamps: 'start', interval: '1h' } as const

const CASES: readonly BadInput[] = [
  { name: 'NaN', content: number('NaN'), code: 'CSV_BAD_NUMBER', where: 'X.csv:2:close', value: 'NaN' },
  { name: 'empty cell', content: row('2020-01-06,11,12,,11,100'), code: 'CSV_BAD_NUMBER', where: 'X.csv:4:low', value: '', hint: /empty/ },
  { name: 'blank cell', content: row('2020-01-06,11,12, ,11,100'), code: 'CSV_BAD_NUMBER', where: 'X.csv:4:low', value: ' ' },
  { name: 'N/A', content: number('N/A'), code: 'CSV_BAD_NUMBER', where: 'X.csv:2:close', value: 'N/A' },
  { name: '1e400', content: number('1e400'), code: 'CSV_BAD_NUMBER', where: 'X.csv:2:close', value: '1e400', hint: /too large/ },
  { name: '1,234.5', content: number('1,234.5'), code: 'CSV_BAD_NUMBER', where: 'X.csv:2:close', value: '1,234.5', hint: /thousands/ },
  { name: 'decimal comma', content: number('10,5'), code: 'CSV_BAD_NUMBER', where: 'X.csv:2:close', value: '10,5', hint: /point/ },
  { name: 'hexadecimal', content: number('0x10'), code: 'CSV_BAD_NUMBER', where: 'X.csv:2:close', value: '0x10' },
  { name: 'Infinity', content: number('Infinity'), code: 'CSV_BAD_NUMBER', where: 'X.csv:2:close', value: 'Infinity' },
  { name: 'a number and more', content: number('10.5abc'), code: 'CSV_BAD_NUMBER', where: 'X.csv:2:close', value: '10.5abc' },
  { name: 'bad volume', content: row('2020-01-06,11,12,10,11,-'), code: 'CSV_BAD_NUMBER', where: 'X.csv:4:volume', value: '-' },

  { name: 'missing column', content: 'date,open,high,low,volume\n', code: 'CSV_COLUMNS', where: 'X.csv:1', message: /no column for close; found: date, open, high, low, volume/ },
  { name: 'missing volume', content: 'date,open,high,low,close\n', code: 'CSV_COLUMNS', where: 'X.csv:1', hint: /volume: none/ },
  { name: 'duplicate column', content: 'date,open,high,low,close,close,volume\n', code: 'CSV_COLUMNS', where: 'X.csv:1', message: /close is there twice/ },
  { name: 'ambiguous column', content: 'Date,Time,Open,High,Low,Close,Volume\n', code: 'CSV_COLUMNS', where: 'X.csv:1', message: /Date and Time could each be the time/ },
  { name: 'mapped column absent', content: GOOD, settings: { columns: { close: 'Last' } }, code: 'CSV_COLUMNS', where: 'X.csv:1', message: /no column Last \(mapped to close\)/ },
  { name: 'wrong number of header names', content: GOOD, settings: { header: ['time', 'open'] }, code: 'CSV_COLUMNS', where: 'X.csv:1', message: /names 2 columns.*6 fields/ },
  { name: 'half a quote table', content: 'date,bid_open,bid_high,bid_low,bid_close,ask_open,ask_high,ask_low\n', settings: { columns: { volume: 'none' } }, code: 'CSV_COLUMNS', where: 'X.csv:1', message: /no column for askClose/ },

  { name: 'unsorted', content: row('2020-01-01,11,12,10,11,100'), code: 'CSV_ORDER', where: 'X.csv:4:date', message: /earlier than line 3/ },
  { name: 'duplicate time', content: row('2020-01-03,11,12,10,11,100'), code: 'CSV_ORDER', where: 'X.csv:4:date', message: /same time as line 3/ },
  { name: 'newest first, not said', content: `${HEADER}2020-01-03,1,1,1,1,1\n2020-01-02,1,1,1,1,1\n`, code: 'CSV_ORDER', where: 'X.csv:3:date', hint: /order: newest-first/ },
  { name: 'newest first, wrongly said', content: GOOD, settings: { order: 'newest-first' }, code: 'CSV_ORDER', where: 'X.csv:3:date', message: /later than line 2/ },
  { name: 'overlapping bars', content: intraday('2020-01-02T10:00Z', '2020-01-02T10:05Z', '2020-01-02T10:07Z'), settings: { stamps: 'end', interval: '5m' }, code: 'CSV_ORDER', where: 'X.csv:4', message: /2m after X\.csv:3/ },

  { name: 'high below low', content: row('2020-01-06,11,9,10,11,100'), code: 'CSV_BAR_INVALID', where: 'X.csv:4:high', value: 9 },
  { name: 'close above high', content: row('2020-01-06,11,12,10,12.001,100'), code: 'CSV_BAR_INVALID', where: 'X.csv:4:close', value: 12.001 },
  { name: 'open below low', content: row('2020-01-06,9,12,10,11,100'), code: 'CSV_BAR_INVALID', where: 'X.csv:4:open', value: 9 },
  { name: 'price of zero', content: row('2020-01-06,0,12,0,11,100'), code: 'CSV_BAR_INVALID', where: 'X.csv:4:open', value: 0 },
  { name: 'negative price', content: row('2020-01-06,11,12,-10,11,100'), code: 'CSV_BAR_INVALID', where: 'X.csv:4:low', value: -10 },
  { name: 'negative volume', content: row('2020-01-06,11,12,10,11,-1'), code: 'CSV_BAR_INVALID', where: 'X.csv:4:volume', value: -1 },
  { name: 'split of zero', content: 'date,open,high,low,close,volume,Stock Splits\n2020-01-02,10,11,9,10,1,0\n', code: 'CSV_BAR_INVALID', where: 'X.csv:2:Stock Splits', value: 0, hint: /prices: adjusted/ },
  { name: 'negative dividend', content: 'date,open,high,low,close,volume,dividend\n2020-01-02,10,11,9,10,1,-0.1\n', code: 'CSV_BAR_INVALID', where: 'X.csv:2:dividend', value: -0.1 },
  {
    name: 'crossed quotes', settings: { columns: { volume: 'none' } }, code: 'CSV_BAR_INVALID', where: 'X.csv:2:ask_close', value: 0.9,
    content: 'date,bid_open,bid_high,bid_low,bid_close,ask_open,ask_high,ask_low,ask_close\n2020-01-02,1,1,1,1,1,1,1,0.9\n',
  },

  { name: 'UTF-16', content: utf16, code: 'CSV_DIALECT', where: 'X.csv', message: /UTF-16/ },
  { name: 'UTF-16 without mark', content: utf16.subarray(2), code: 'CSV_DIALECT', where: 'X.csv', message: /UTF-16/ },
  { name: 'Latin-1', content: Buffer.from(`${GOOD.slice(0, -1)}\xe9\n`, 'latin1'), code: 'CSV_DIALECT', where: 'X.csv', message: /UTF-8/ },
  { name: 'NUL', content: `${GOOD}\0`, code: 'CSV_DIALECT', where: 'X.csv', message: /NUL byte at offset/ },
  { name: 'zip archive', content: Buffer.from('PK\u0003\u0004 and so on'), code: 'CSV_DIALECT', where: 'X.csv', message: /zip/ },
  { name: 'semicolons', content: GOOD.replaceAll(',', ';'), code: 'CSV_DIALECT', where: 'X.csv:1', hint: /delimiter: ";"/ },
  { name: 'tabs', content: GOOD.replaceAll(',', '\t'), code: 'CSV_DIALECT', where: 'X.csv:1', hint: /delimiter: "\\t"/ },
  { name: 'commas where semicolons are stated', content: GOOD, settings: { delimiter: ';' }, code: 'CSV_DIALECT', where: 'X.csv:1', hint: /delimiter: ","/ },
  { name: 'short row', content: `${HEADER}2020-01-02,10,11,9\n2020-01-03,1,1,1,1,1\n`, code: 'CSV_DIALECT', where: 'X.csv:2', message: /4 fields, the header 6/ },
  { name: 'short last row', content: `${GOOD}2020-01-06,10,11`, code: 'CSV_DIALECT', where: 'X.csv:4', message: /3 fields/ },
  { name: 'long row', content: row('2020-01-06,11,12,10,11,100,1'), code: 'CSV_DIALECT', where: 'X.csv:4', message: /7 fields/ },
  { name: 'thousands separator unquoted', content: row('2020-01-06,1,234.5,12,10,11,100'), code: 'CSV_DIALECT', where: 'X.csv:4', message: /7 fields/ },
  { name: 'blank line inside', content: `${HEADER}\n2020-01-02,10,11,9,10,100\n`, code: 'CSV_DIALECT', where: 'X.csv:2', message: /blank/ },
  { name: 'short row of a quoted file', content: `${GOOD.replaceAll('date', '"date"')}"2020-01-06",10\n`, code: 'CSV_DIALECT', where: 'X.csv:4', message: /2 fields/ },
  { name: 'open quote', content: row('"2020-01-06,11,12,10,11,100'), code: 'CSV_DIALECT', where: 'X.csv:4', message: /quote/ },
  { name: 'misplaced quote', content: row('2020-01-06,1"1,12,10,11,100'), code: 'CSV_DIALECT', where: 'X.csv:4', message: /quote/i },
  { name: 'lone carriage returns', content: GOOD.replaceAll('\n', '\r'), code: 'CSV_DIALECT', where: 'X.csv', message: /carriage return/ },
  { name: 'JSON', content: '{"error": "no such symbol"}', code: 'CSV_DIALECT', where: 'X.csv', message: /JSON.*no such symbol/ },
  { name: 'HTML', content: '\n<!DOCTYPE html><html>', code: 'CSV_DIALECT', where: 'X.csv', message: /HTML/ },
  { name: 'plain prose', content: 'Thank you for using our service!\n', code: 'CSV_DIALECT', where: 'X.csv:1', hint: /CSV/ },

  { name: 'time without zone', content: intraday('2020-01-02T10:00'), code: 'TIME_ZONE_REQUIRED', where: 'X.csv:2:date', value: '2020-01-02T10:00', hint: /zone:/ },
  { name: 'DST gap', content: intraday('2020-03-06T15:00', '2020-03-08T02:30'), settings: newYork, code: 'TIME_ZONE_REQUIRED', where: 'X.csv:3:date', message: /does not exist/ },
  { name: 'DST fold', content: intraday('2020-10-30T15:00', '2020-11-01T01:30'), settings: newYork, code: 'TIME_ZONE_REQUIRED', where: 'X.csv:3:date', message: /twice/ },
  { name: 'session close without zone', content: GOOD, settings: { sessionClose: '16:00' }, code: 'TIME_ZONE_REQUIRED', where: 'market.sessionClose' },

  { name: 'milliseconds as seconds', content: intraday('1577836800000'), settings: { timeFormat: 'epoch-s' }, code: 'TIME_RANGE', where: 'X.csv:2:date', hint: /epoch-ms/ },
  { name: 'seconds as milliseconds', content: intraday('1577836800'), settings: { timeFormat: 'epoch-ms' }, code: 'TIME_RANGE', where: 'X.csv:2:date', hint: /epoch-s/ },
  { name: 'nanoseconds as milliseconds', content: intraday('1577836800000000000'), settings: { timeFormat: 'epoch-ms' }, code: 'TIME_RANGE', where: 'X.csv:2:date', hint: /nanoseconds/ },
  { name: 'year 1899', content: intraday('1899-12-31'), code: 'TIME_RANGE', where: 'X.csv:2:date' },
  { name: 'year 2200', content: intraday('2200-01-01'), code: 'TIME_RANGE', where: 'X.csv:2:date' },

  { name: 'epoch where ISO is expected', content: intraday('1577836800'), code: 'TIME_FORMAT', where: 'X.csv:2:date', hint: /epoch-s/ },
  { name: 'American dates', content: intraday('1/31/2020'), code: 'TIME_FORMAT', where: 'X.csv:2:date', hint: /"M\/d\/yyyy"$/ },
  { name: 'dates that could be either', content: intraday('1/2/2020'), code: 'TIME_FORMAT', where: 'X.csv:2:date', hint: /"M\/d\/yyyy" or "d\/M\/yyyy"/ },
  { name: '30 February', content: intraday('2020-02-30'), code: 'TIME_FORMAT', where: 'X.csv:2:date' },
  { name: '24:30', content: intraday('2020-02-03T24:30Z'), code: 'TIME_FORMAT', where: 'X.csv:2:date' },
  { name: 'dates, then a time', content: row('2020-01-06T00:00,11,12,10,11,100'), code: 'TIME_FORMAT', where: 'X.csv:4:date', message: /a time in a column that began with dates/ },
  { name: 'empty date', content: row(',11,12,10,11,100'), code: 'TIME_FORMAT', where: 'X.csv:4:date', hint: /empty/ },

  { name: 'empty file', content: '', code: 'MARKET_EMPTY', where: 'X.csv' },
  { name: 'header only', content: HEADER, code: 'MARKET_EMPTY', where: 'X.csv' },
  { name: 'nothing left between from and to', content: GOOD, settings: { from: '2021-01-01' }, code: 'MARKET_EMPTY', where: 'market.from' },
  { name: 'symbol without bars', content: GOOD, settings: { symbols: ['X', 'Y'] }, code: 'MARKET_EMPTY', where: 'market.symbols', value: 'Y' },
  { name: 'no such file', content: GOOD, settings: { files: 'Z*.csv' }, code: 'FILE_NOT_FOUND', where: 'market.files', value: 'Z*.csv' },
  { name: 'damaged gzip', content: gzipSync(GOOD).subarray(0, 40), code: 'FILE_UNREADABLE', where: 'X.csv', message: /gzip/ },
  { name: 'stamps not said', content: intraday('2020-01-02T10:00Z', '2020-01-02T11:00Z'), code: 'CONFIG_VALUE', where: 'market.stamps' },
  { name: 'interval not known', content: intraday('2020-01-02'), code: 'CONFIG_VALUE', where: 'market.interval' },
  { name: 'unknown format token', content: GOOD, settings: { timeFormat: 'yyyy-MM-dd QQ' }, code: 'CONFIG_VALUE', where: 'market.timeFormat' },
  { name: 'foreign currency', content: GOOD, settings: { instruments: { X: { quoteCurrency: 'EUR' } } }, code: 'MARKET_CURRENCY', where: 'market.instruments.X.quoteCurrency' },
  { name: 'instrument not in the market', content: GOOD, settings: { instruments: { Y: { lot: 1 } } }, code: 'CONFIG_VALUE', where: 'market.instruments.Y' },
  { name: 'bars after a delisting', content: GOOD, settings: { delistings: { X: { date: '2020-01-02' } } }, code: 'CONFIG_VALUE', where: 'market.delistings.X', message: /still has a bar on 2020-01-03/ },
]

describe('bad CSV input is refused', () => {
  it.each(CASES)('$name: $code', async ({ content, settings, code, where, value, message, hint }) => {
    const error = await refusal(loadFiles({ 'X.csv': content }, settings))
    expect(error.problems[0]).toMatchObject({ code, where })
    if (value !== undefined) expect(error.value).toEqual(value)
    if (message !== undefined) expect(error.message).toMatch(message)
    if (hint !== undefined) expect(error.hint).toMatch(hint)
  })

  it('shows the first 20 problems in file order and counts all', async () => {
    const bad = HEADER + Array.from({ length: 30 }, (_, i) => `2020-01-${String(i + 1).padStart(2, '0')},10,11,9,?,1\n`).join('')
    const error = await refusal(loadFiles({ 'A.csv': bad, 'B.csv': bad, 'C.csv': GOOD }))
    expect(error.total).toBe(60)
    expect(error.problems.map(({ where }) => where)).toEqual(Array.from({ length: 20 }, (_, i) => `A.csv:${i + 2}:close`))
  })

  it('reports every bad cell of a row', async () => {
    const error = await refusal(loadFiles({ 'X.csv': `${HEADER}02.01.2020,a,b,c,d,e\n` }))
    expect(error.problems.map(({ where }) => where)).toEqual(['date', 'open', 'high', 'low', 'close', 'volume'].map((name) => `X.csv:2:${name}`))
  })

  it('names both files where two of one symbol overlap', async () => {
    const error = await refusal(loadFiles({ 'X-1.csv': GOOD, 'X-2.csv': GOOD }, { symbolPattern: '^(.+)-' }))
    expect(error.problems[0]).toMatchObject({ code: 'CSV_ORDER', where: 'X-2.csv:2', message: expect.stringContaining('X-1.csv:3') })
  })

  it('refuses symbols of different intervals', async () => {
    const hourly = Array.from({ length: 12 }, (_, i) => `2020-01-02T${String(i + 8).padStart(2, '0')}:00Z`)
    const halfHourly = Array.from({ length: 30 }, (_, i) => new Date(Date.UTC(2020, 0, 2, 5, 30 * i)).toISOString())
    const error = await refusal(loadFiles({ 'A.csv': intraday(...hourly), 'B.csv': intraday(...halfHourly) }, { stamps: 'end' }))
    expect(error.message).toBe('A has bars of 1h, the others of 30m')
  })
})
