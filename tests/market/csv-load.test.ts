import { gzipSync } from 'node:zlib'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../src/base/errors.ts'
import { formatSessionDate, formatTime } from '../../src/domain/timeline.ts'
import { csvSettings } from '../../src/market/csv-settings.ts'
import { csvSource } from '../../src/market/csv.ts'
import { columnOf, GOOD, HEADER, loadFiles, settingsOf, withFiles, refusal } from './csv-fixture.ts'

const closes = (market: { timeline: { closeTimes: Float64Array } }) => [...market.timeline.closeTimes].map(formatTime)
const opens = (market: { timeline: { openTimes: Float64Array } }) => [...market.timeline.openTimes].map(formatTime)
const sessions = (market: { timeline: { sessionDates: Int32Array } }) => [...market.timeline.sessionDates].map(formatSessionDate)

describe('one file per symbol', () => {
  it('becomes a market on the union of the bars, NaN where a symbol has none', async () => {
    const market = await loadFiles({
      'B.csv': `${HEADER}2020-01-02,20,22,18,21,5\n2020-01-06,21,23,20,22,6\n`,
      'A.csv': GOOD,
    })
    expect(market.instruments.map(({ symbol }) => symbol)).toEqual(['A', 'B'])
    expect(sessions(market)).toEqual(['2020-01-02', '2020-01-03', '2020-01-06'])
    expect(columnOf(market, market.close, 0)).toEqual([10.5, 11, NaN])
    expect(columnOf(market, market.close, 1)).toEqual([21, NaN, 22])
    expect(columnOf(market, market.volume, 1)).toEqual([5, NaN, 6])
    expect(columnOf(market, market.split, 1)).toEqual([1, 1, 1])
    expect(market).toMatchObject({ warmupRows: 0, intervalMs: 86_400_000, halfSpread: null, delisting: null })
    expect(market.instruments[0]).toEqual({ symbol: 'A', quoteCurrency: 'USD', lot: 1, multiplier: 1, margin: null })
  })

  it('reads gzip, byte order marks, carriage returns, quotes, a missing last line end and trailing blank lines', async () => {
    const plain = await loadFiles({ 'X.csv': GOOD })
    const variants = {
      gzip: { 'X.csv.gz': gzipSync(GOOD) }, mark: { 'X.csv': `\ufeff${GOOD}` }, windows: { 'X.csv': GOOD.replaceAll('\n', '\r\n') },
      quoted: { 'X.csv': GOOD.replace(/[^,\n]+/g, '"$&"') }, mixed: { 'X.csv': GOOD.replace('open', '"open"') }, cut: { 'X.csv': GOOD.slice(0, -1) },
      blank: { 'X.csv': `${GOOD}\n \n\n` }, upper: { 'X.csv': GOOD.replace('date,open,high', 'Date Time , OPEN,<HIGH>') },
    }
    for (const [name, files] of Object.entries(variants)) expect(await loadFiles(files), name).toEqual(plain)
  })

  it('takes the symbol from part of the file name, and joins the files of one', async () => {
    const market = await loadFiles(
      { 'X_2019.csv': `${HEADER}2019-12-31,9,10,8,9,1\n`, 'X_2020.csv': GOOD, 'Y_2020.csv': GOOD },
      { symbolPattern: '^([A-Z]+)_\\d+$', symbols: ['Y', 'X'] },
    )
    expect(market.instruments.map(({ symbol }) => symbol)).toEqual(['Y', 'X'])
    expect(columnOf(market, market.close, 1)).toEqual([9, 10.5, 11])
  })

  it('finds files by name, pattern and folder, and reads only those of the universe', async () => {
    await withFiles({ 'notes.md': 'no table' }, async (context) => {
      for (const [folder, name] of [['one', 'A.csv'], ['one', 'B.tsv'], ['two', 'C.csv'], ['two', 'broken.csv']]) {
        mkdirSync(join(context.folder, folder), { recursive: true })
        writeFileSync(join(context.folder, folder, name), name === 'broken.csv' ? 'broken' : GOOD)
      }
      const symbolsOf = async (stated: Parameters<typeof settingsOf>[0]) => (await csvSource.load(settingsOf(stated), context)).instruments.map(({ symbol }) => symbol)
      expect(await symbolsOf({ files: 'one' })).toEqual(['A', 'B'])
      expect(await symbolsOf({ files: '*/?.csv' })).toEqual(['A', 'C'])
      expect(await symbolsOf({ files: ['two/C.csv', 'one/*', 'one/A.csv'] })).toEqual(['A', 'B', 'C'])
      expect(await symbolsOf({ files: ['one', 'two'], symbols: ['C', 'A'] })).toEqual(['C', 'A'])
      expect(await symbolsOf({ files: join(context.folder, 'one') })).toEqual(['A', 'B'])
    })
  })
})

describe('braces in file patterns', () => {
  const files = { 'AA.csv': GOOD, 'BB.csv': GOOD, 'CC.csv': GOOD, '{x,y}.csv': GOOD }
  const found = async (pattern: string) => (await loadFiles(files, { files: pattern, symbolPattern: '^(.+)$' })).instruments.map(({ symbol }) => symbol)

  it('are choices, with other wildcards too; a file that is called so is itself', async () => {
    expect(await found('{AA,CC}.csv')).toEqual(['AA', 'CC'])
    expect(await found('{A*,B?}.{csv,csv}')).toEqual(['AA', 'BB'])
    expect(await found('{x,y}.csv')).toEqual(['{x,y}'])
  })

  it('have to find something for every choice', async () => {
    expect(await refusal(found('{AA,ZZ}.csv'))).toMatchObject({ code: 'FILE_NOT_FOUND', value: 'ZZ.csv' })
  })
})

describe('other shapes', () => {
  it('long table with a symbol column, whichever way it is sorted', async () => {
    const rows = { a1: '2020-01-02,A,1,1,1,1,1', b1: '2020-01-02,B,2,2,2,2,2', a2: '2020-01-03,A,3,3,3,3,3', b2: '2020-01-03,B,4,4,4,4,4' }
    const table = (...lines: string[]) => `date,ticker,open,high,low,close,volume\n${lines.join('\n')}`
    const byTime = await loadFiles({ 'table.csv': table(rows.a1, rows.b1, rows.a2, rows.b2) })
    expect(columnOf(byTime, byTime.close, 1)).toEqual([2, 4])
    expect(await loadFiles({ 'table.csv': table(rows.a1, rows.a2, rows.b1, rows.b2) })).toEqual(byTime)
    expect(await loadFiles({ 'table.csv': table(rows.b1, rows.a1, rows.b2, rows.a2) })).toEqual(byTime)
  })

  it('a symbol column can be left aside', async () => {
    const market = await loadFiles({ 'X.csv': 'date,symbol,open,high,low,close,volume\n2020-01-02,longname,1,1,1,1,1\n' }, { columns: { symbol: 'none' }, interval: '1d' })
    expect(market.instruments[0].symbol).toBe('X')
  })

  it('without header, other names, other delimiter', async () => {
    const plain = await loadFiles({ 'X.csv': GOOD })
    const body = GOOD.slice(HEADER.length)
    expect(await loadFiles({ 'X.csv': body.replaceAll(',', ';') }, { header: ['time', 'open', 'high', 'low', 'close', 'volume'], delimiter: ';' })).toEqual(plain)
    expect(await loadFiles({ 'X.csv': GOOD.replace('close', 'Last') }, { columns: { close: 'Last' } })).toEqual(plain)
    expect(await loadFiles({ 'X.csv': GOOD.replace('volume', 'tick_volume') }, { columns: { volume: 'tick_volume' } })).toEqual(plain)
  })

  it('one column may play several parts', async () => {
    const files = { 'X.csv': 'date,price,size\n2020-01-02,1.5,1\n2020-01-03,1.25,2\n' }
    const columns = { open: 'price', high: 'price', low: 'price', close: 'price', volume: 'size' }
    const market = await loadFiles(files, { columns })
    expect([...market.open, ...market.close, ...market.volume]).toEqual([1.5, 1.25, 1.5, 1.25, 1, 2])
    expect(await loadFiles({ 'X.csv': files['X.csv'].replace('size', '"size"') }, { columns })).toEqual(market)
  })

  it('newest first, when said: reversed and equal', async () => {
    const lines = GOOD.trim().split('\n')
    const reversed = [lines[0], ...lines.slice(1).toReversed()].join('\n')
    expect(await loadFiles({ 'X.csv': reversed }, { order: 'newest-first' })).toEqual(await loadFiles({ 'X.csv': GOOD }))
  })

  it('no volume only when said, then 0', async () => {
    const market = await loadFiles({ 'X.csv': 'date,open,high,low,close\n2020-01-02,1,1,1,1\n2020-01-03,1,1,1,1\n' }, { columns: { volume: 'none' } })
    expect([...market.volume]).toEqual([0, 0])
  })

  it('bid and ask become mid prices and half the spread at the open', async () => {
    const market = await loadFiles({
      'X.csv': 'date,bid_open,bid_high,bid_low,bid_close,ask_open,ask_high,ask_low,ask_close\n2020-01-02,1,3,0.5,2,1.5,3.25,0.75,2.25\n2020-01-03,1,1,1,1,1,1,1,1\n',
      'Y.csv': GOOD,
    }, { columns: { volume: 'none' } })
    expect([market.open[0], market.high[0], market.low[0], market.close[0]]).toEqual([1.25, 3.125, 0.625, 2.125])
    expect(columnOf(market, market.halfSpread ?? new Float64Array(), 0)).toEqual([0.25, 0])
    expect(columnOf(market, market.halfSpread ?? new Float64Array(), 1)).toEqual([NaN, NaN])
  })

  it('open and close may miss the range by float noise, and are kept as they are', async () => {
    const market = await loadFiles({ 'X.csv': `${HEADER}2020-01-02,130583.99999999999,130583.99999,130000,130584.00000000001,1\n2020-01-03,1,1,1,1,1\n` })
    expect(market.close[0]).toBe(130584.00000000001)
    await expect(loadFiles({ 'X.csv': `${HEADER}2020-01-02,1,1,1,1.00000001,1\n` })).rejects.toMatchObject({ code: 'CSV_BAR_INVALID' })
  })
})

describe('corporate actions', () => {
  const TABLE = 'date,open,high,low,close,volume,dividend_amount,split_coefficient\n2020-01-02,100,100,100,100,1,0,1\n2020-01-03,50,50,50,50,2,0.5,2\n2020-01-06,60,60,60,60,3,0,1\n'

  it('are read, and adjust forward', async () => {
    const market = await loadFiles({ 'X.csv': TABLE })
    expect([...market.split]).toEqual([1, 2, 1])
    expect([...market.dividend]).toEqual([0, 0.5, 0])
    expect([...market.adjustment]).toEqual([1, 2 * (1 + 0.5 / 50), 2 * (1 + 0.5 / 50)])
    expect([...market.splitProduct]).toEqual([1, 2, 2])
    expect([...market.close]).toEqual([100, 50, 60])
  })

  it('are ignored, unread, when the prices are adjusted', async () => {
    const market = await loadFiles({ 'X.csv': TABLE.replace('0.5,2', '-,0') }, { prices: 'adjusted' })
    expect([...market.split, ...market.dividend, ...market.adjustment]).toEqual([1, 1, 1, 0, 0, 0, 1, 1, 1])
  })

  it('delistings: at the stated price or the last close, in the first session on or after the date', async () => {
    const files = { 'X.csv': GOOD, 'Y.csv': `${HEADER}2020-01-02,1,1,1,1,1\n2020-01-06,1,1,1,1,1\n` }
    const stated = await loadFiles(files, { delistings: { X: { date: '2020-01-04', price: 3 } } })
    expect([...(stated.delisting ?? [])]).toEqual([NaN, NaN, NaN, NaN, 3, NaN])
    const last = await loadFiles(files, { delistings: { X: { date: '2020-01-03' } } })
    expect([...(last.delisting ?? [])]).toEqual([NaN, NaN, 11, NaN, NaN, NaN])
    const later = await loadFiles(files, { delistings: { X: { date: '2021-01-01' } } })
    expect(later.delisting).toBeNull()
  })

  it('delistings of an intraday symbol: after its last bar of the day, never before', async () => {
    const rows = ['02T15:00Z,10', '02T16:00Z,11', '02T17:00Z,12'].map((row) => `2020-01-${row},20,1,${row.slice(-2)},1\n`)
    const others = ['02T15:00Z', '02T16:00Z', '02T17:00Z', '03T15:00Z'].map((time) => `2020-01-${time},1,1,1,1,1\n`)
    const files = { 'X.csv': HEADER + rows.join(''), 'Y.csv': HEADER + others.join('') }
    const settings = { stamps: 'end', interval: '1h' } as const
    const market = await loadFiles(files, { ...settings, delistings: { X: { date: '2020-01-02' } } })
    expect([...(market.delisting ?? [])]).toEqual([NaN, NaN, NaN, NaN, 12, NaN, NaN, NaN])
    const nextDay = await loadFiles(files, { ...settings, delistings: { X: { date: '2020-01-03', price: 2 } } })
    expect([...(nextDay.delisting ?? [])]).toEqual([NaN, NaN, NaN, NaN, NaN, NaN, 2, NaN])
  })
})

describe('times', () => {
  const at = (...times: string[]) => ({ 'X.csv': HEADER + times.map((time) => `${time},1,1,1,1,1\n`).join('') })

  it('a date-only day closes at 24:00 UTC where no session close is named, whatever the zone', async () => {
    for (const zone of [undefined, 'Asia/Tokyo']) {
      const market = await loadFiles({ 'X.csv': GOOD }, { zone })
      expect(closes(market)).toEqual(['2020-01-03T00:00:00Z', '2020-01-04T00:00:00Z'])
      expect(opens(market)).toEqual(['2020-01-02T00:00:00Z', '2020-01-03T00:00:00Z'])
    }
  })

  it('a named session close is local, through a change of clocks', async () => {
    const market = await loadFiles(at('2020-03-06', '2020-03-09', '2020-03-10'), { sessionClose: '16:00', zone: 'America/New_York' })
    expect(closes(market)).toEqual(['2020-03-06T21:00:00Z', '2020-03-09T20:00:00Z', '2020-03-10T20:00:00Z'])
    expect(opens(market)).toEqual(['2020-03-06T05:00:00Z', '2020-03-09T04:00:00Z', '2020-03-10T04:00:00Z'])
    expect(sessions(market)).toEqual(['2020-03-06', '2020-03-09', '2020-03-10'])
  })

  it('no daily bar opens before the last one closed, in any zone', async () => {
    for (const zone of ['Asia/Tokyo', 'America/New_York', 'Pacific/Auckland']) {
      for (const sessionClose of [undefined, '15:00']) {
        const { timeline } = await loadFiles(at('2020-03-26', '2020-03-27', '2020-03-28', '2020-03-29', '2020-03-30'), { sessionClose, zone })
        for (let t = 1; t < timeline.closeTimes.length; t++) expect(timeline.openTimes[t]).toBeGreaterThanOrEqual(timeline.closeTimes[t - 1])
      }
    }
  })

  it('start stamps move by the interval, end stamps stay; the session date is local', async () => {
    const times = ['2020-01-02 23:00', '2020-01-02 23:30', '2020-01-03 00:00']
    const start = await loadFiles(at(...times), { zone: 'America/New_York', stamps: 'start' })
    expect(start.intervalMs).toBe(1_800_000)
    expect(opens(start)).toEqual(['2020-01-03T04:00:00Z', '2020-01-03T04:30:00Z', '2020-01-03T05:00:00Z'])
    expect(closes(start)).toEqual(['2020-01-03T04:30:00Z', '2020-01-03T05:00:00Z', '2020-01-03T05:30:00Z'])
    expect(sessions(start)).toEqual(['2020-01-02', '2020-01-02', '2020-01-03'])
    const end = await loadFiles(at(...times), { zone: 'America/New_York', stamps: 'end' })
    expect(closes(end)).toEqual(opens(start))
    expect(sessions(end)).toEqual(['2020-01-02', '2020-01-02', '2020-01-02'])
  })

  it('the market may live in another zone than its stamps', async () => {
    const market = await loadFiles(at('2020-01-03T01:00Z', '2020-01-03T02:00Z'), { stamps: 'start', sessionZone: 'America/New_York' })
    expect(sessions(market)).toEqual(['2020-01-02', '2020-01-02'])
  })

  it('daily bars with a time: the next midnight when start-stamped, the stamp when end-stamped, or the session close', async () => {
    const daily = await loadFiles(at('2020-01-07 00:00', '2020-01-08 00:00', '2020-01-09 00:00'), { zone: 'America/New_York', stamps: 'start' })
    expect(closes(daily)).toEqual(['2020-01-08T05:00:00Z', '2020-01-09T05:00:00Z', '2020-01-10T05:00:00Z'])
    expect(sessions(daily)).toEqual(['2020-01-07', '2020-01-08', '2020-01-09'])
    const end = await loadFiles(at('2020-01-07 17:00', '2020-01-08 17:00'), { zone: 'America/New_York', stamps: 'end' })
    expect(closes(end)).toEqual(['2020-01-07T22:00:00Z', '2020-01-08T22:00:00Z'])
    expect(opens(end)).toEqual(['2020-01-07T05:00:00Z', '2020-01-08T05:00:00Z'])
    const named = await loadFiles(at('2020-01-07 00:00', '2020-01-08 00:00'), { zone: 'America/New_York', stamps: 'start', sessionClose: '16:00' })
    expect(closes(named)).toEqual(['2020-01-07T21:00:00Z', '2020-01-08T21:00:00Z'])
  })

  it('weekly bars span their days', async () => {
    const files = at('2020-01-05', '2020-01-12', '2020-01-19')
    await expect(loadFiles(files)).rejects.toMatchObject({ code: 'CONFIG_VALUE', where: 'market.stamps' })
    const end = await loadFiles(files, { stamps: 'end' })
    expect(end.intervalMs).toBe(7 * 86_400_000)
    expect([opens(end)[1], closes(end)[1]]).toEqual(['2020-01-06T00:00:00Z', '2020-01-13T00:00:00Z'])
    const start = await loadFiles(files, { stamps: 'start' })
    expect([opens(start)[0], closes(start)[0], sessions(start)[0]]).toEqual(['2020-01-05T00:00:00Z', '2020-01-12T00:00:00Z', '2020-01-11'])
  })

  it('bars before from warm up, bars after to are left out', async () => {
    const files = at('2020-01-02', '2020-01-03', '2020-01-06', '2020-01-07')
    const market = await loadFiles(files, { from: '2020-01-04', to: '2020-01-06' })
    expect(market.warmupRows).toBe(2)
    expect(sessions(market)).toEqual(['2020-01-02', '2020-01-03', '2020-01-06'])
  })
})

describe('instruments', () => {
  it('are stated for all and by symbol', async () => {
    const market = await loadFiles({ 'A.csv': GOOD, 'B.csv': GOOD }, { accountCurrency: 'EUR', instruments: { '*': { lot: 0 }, B: { multiplier: 50, margin: 1000 } } })
    expect(market.instruments).toEqual([
      { symbol: 'A', quoteCurrency: 'EUR', lot: 0, multiplier: 1, margin: null },
      { symbol: 'B', quoteCurrency: 'EUR', lot: 0, multiplier: 50, margin: 1000 },
    ])
  })
})

describe('identity', () => {
  it('changes with settings and bytes, not with the folder', async () => {
    const identify = (files: Record<string, string>, stated = {}) => withFiles(files, (context) => csvSource.identity(settingsOf(stated), context))
    const base = await identify({ 'X.csv': GOOD })
    expect(await identify({ 'X.csv': GOOD })).toEqual(base)
    expect(await identify({ 'X.csv': GOOD }, { files: '*.csv' })).toEqual(base)
    expect(await identify({ 'X.csv': GOOD.replace('100', '101') })).not.toEqual(base)
    expect(await identify({ 'Y.csv': GOOD })).not.toEqual(base)
    expect(await identify({ 'X.csv': GOOD }, { from: '2020-01-03' })).not.toEqual(base)
  })
})

describe('settings', () => {
  it.each([
    [{ files: 'x', colums: {} }], [{ files: 'x', zone: 'Gotham' }], [{ files: 'x', from: '2020-02-30' }], [{ files: 'x', interval: '0m' }], [{}],
    [{ files: [] }], [{ files: 'x', sessionClose: '24:00' }], [{ files: 'x', symbolPattern: '(' }], [{ files: 'x', symbolPattern: 'none' }], [{ files: 'x', columns: { last: 'Last' } }], [{ files: 'x', symbols: ['A', 'A'] }],
  ])('%j are refused', (stated) => {
    expect(csvSettings.safeParse(stated).success).toBe(false)
  })
})

describe('random files', () => {
  const price = fc.integer({ min: 1, max: 10_000_000 }).map((cents) => cents / 100)
  const bar = fc.tuple(price, price, price, price, fc.integer({ min: 0, max: 1e9 })).map(([a, b, c, d, volume]) => {
    const [low, first, second, high] = [a, b, c, d].toSorted((x, y) => x - y)
    return { open: first, high, low, close: second, volume }
  })
  const bars = fc.uniqueArray(fc.integer({ min: 18_000, max: 18_060 }), { minLength: 2, maxLength: 30 }).chain((dates) =>
    fc.array(bar, { minLength: dates.length, maxLength: dates.length }).map((all) => ({ dates: dates.toSorted((x, y) => x - y), all })))
  const SEED = 20_260_103

  it('give back every number bit for bit', async () => {
    const numRuns = 150
    await fc.assert(fc.asyncProperty(bars, async ({ dates, all }) => {
      const lines = all.map(({ open, high, low, close, volume }, i) => [formatSessionDate(dates[i]), open, high, low, close, volume].join(','))
      const market = await loadFiles({ 'X.csv': HEADER + lines.join('\n') }, { interval: '1d' })
      expect([...market.timeline.sessionDates]).toEqual(dates)
      for (const name of ['open', 'high', 'low', 'close', 'volume'] as const) expect([...market[name]]).toEqual(all.map((one) => one[name]))
    }), { seed: SEED, numRuns })
    console.log(`written and read again: seed ${SEED}, ${numRuns} files`)
  })

  it('damaged anywhere, either load or are refused with a code and a place, never otherwise', async () => {
    const lines = Array.from({ length: 20 }, (_, i) => `${formatSessionDate(18_000 + i)},10,11.5,9.25,10.5,${100 + i}`)
    const bytes = Buffer.from(HEADER + lines.join('\n'))
    const numRuns = 700
    const refused = new Map<string, number>()
    await fc.assert(fc.asyncProperty(fc.integer({ min: 0, max: bytes.length - 1 }), fc.integer({ min: 0, max: 255 }), fc.constantFrom('flip', 'cut', 'insert'), async (at, value, how) => {
      const damaged = how === 'cut' ? bytes.subarray(0, at) : Buffer.concat([bytes.subarray(0, at), Buffer.from([value]), bytes.subarray(how === 'flip' ? at + 1 : at)])
      const outcome = await loadFiles({ 'X.csv': damaged }, { interval: '1d' }).then(() => undefined, (error: unknown) => error)
      if (outcome === undefined) return
      expect(outcome).toBeInstanceOf(MillraceError)
      if (!(outcome instanceof MillraceError)) return
      expect(outcome.where).toBeTruthy()
      refused.set(outcome.code, (refused.get(outcome.code) ?? 0) + 1)
    }), { seed: SEED, numRuns })
    expect(refused.size).toBeGreaterThan(4)
    console.log(`damaged files: seed ${SEED}, ${numRuns} files, refused ${JSON.stringify(Object.fromEntries(refused))}`)
  })
})
