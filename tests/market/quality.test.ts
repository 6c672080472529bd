import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { checkQuality } from '../../src/market/quality.ts'
import type { QualityReport } from '../../src/market/quality.ts'
import { formatQuality } from '../../src/market/quality-text.ts'
import { GOOD, HEADER, settingsOf, TEST_DATA, withFiles } from './csv-fixture.ts'
import type { StatedSettings } from './csv-fixture.ts'

const check = (files: Readonly<Record<string, string>>, stated: StatedSettings = {}): Promise<QualityReport> =>
  withFiles(files, (context) => checkQuality(settingsOf(stated), context))

const DAY = 86_400_000
const ACTIONS = 'date,open,high,low,close,volume,dividend,split\n'

/** Daily bars from 2020-01-01 on, one per close, with the further cells given by `tail`. */
function daily(closes: readonly number[], tail: (i: number) => string = () => ''): string {
  return closes.map((close, i) => `${new Date(Date.UTC(2020, 0, 1) + i * DAY).toISOString().slice(0, 10)},${close},${close},${close},${close},${100 + i}${tail(i)}\n`).join('')
}

/** Closes that alternate a little, so that the robust deviation of their returns is about 1 %. */
const wobble = (count: number) => Array.from({ length: count }, (_, i) => 100 + (i % 2) + (i % 3) / 2)

describe('checkQuality', () => {
  it('describes a sound file', async () => {
    const report = await check({ 'X.csv': GOOD })
    expect(report.sound).toBe(true)
    expect(report.files).toEqual([{
      file: 'X.csv', rows: 2, refused: { problems: [], total: 0 },
      symbols: [{
        symbol: 'X', bars: 2, first: '2020-01-02', last: '2020-01-03', intervalMs: DAY, gaps: { count: 0, longestMs: 0, longestAfter: undefined },
        zeroVolumes: 0, splits: 0, dividends: 0, staleRuns: 0, longestStaleRun: 0, repeatedBars: 0, findings: [],
      }],
    }])
    expect(formatQuality(report)).toEqual(['X.csv  2 rows  2020-01-02 to 2020-01-03, 1d, no gaps', '', '1 file: all would load'])
  })

  it('has no interval for bars that go backwards', async () => {
    const report = await check({ 'X.csv': `${HEADER}2020-01-03,1,1,1,1,1\n2020-01-02,1,1,1,1,1\n` })
    expect(report.sound).toBe(false)
    expect(formatQuality(report)[0]).toBe('X.csv  2 rows  2020-01-03 to 2020-01-02, no interval, no gaps, 1 bar repeating the one before')
  })

  it('reports every file, whatever is wrong with the others', async () => {
    const report = await check(
      { 'A.csv': '{"error": 1}', 'B.csv': `${HEADER}2020-01-02,1,1,1,1,x\n2020-01-03,1,1,1,1,1\n`, 'C.csv': GOOD, 'D.csv': '' },
      { files: ['.', 'missing.csv'] },
    )
    expect(report.sound).toBe(false)
    expect(report.files.map(({ file, refused }) => [file, refused.problems.map(({ code }) => code)])).toEqual([
      ['A.csv', ['CSV_DIALECT']], ['B.csv', ['CSV_BAD_NUMBER']], ['C.csv', []], ['D.csv', ['MARKET_EMPTY']],
    ])
    expect(report.together.problems.map(({ code }) => code)).toEqual(['FILE_NOT_FOUND'])
    const text = formatQuality(report)
    expect(text).toContain('  error  CSV_BAD_NUMBER  B.csv:2:volume  volume is not a finite decimal number: "x"')
    expect(text.at(-1)).toBe('4 files, 3 with problems: would not load as stated')
  })

  it('counts gaps, stale prices, zero volumes and repeated bars', async () => {
    const closes = [10, 10, 10, 10, 10, 11, 11]
    const lines = daily(closes).replace(/,10[56]\n/g, ',0\n').trim().split('\n')
    const later = ['2020-02-01,12,12,12,12,5', '2020-02-02,12,12,12,12,5', '2020-02-07,12,12,12,12,5']
    const [quality] = (await check({ 'X.csv': HEADER + [...lines, ...later].join('\n') })).files[0].symbols
    expect(quality).toMatchObject({
      gaps: { count: 2, longestMs: 25 * DAY, longestAfter: '2020-01-07' }, staleRuns: 1, longestStaleRun: 5, zeroVolumes: 2, repeatedBars: 3,
    })
  })

  it('finds outliers by robust deviations of adjusted returns', async () => {
    const closes = [...wobble(30), 130, ...wobble(10)]
    const { findings } = (await check({ 'X.csv': HEADER + daily(closes) })).files[0].symbols[0]
    expect(findings.map(({ kind, time, where }) => [kind, time, where])).toEqual([['outlier', '2020-01-31', 'X.csv:32'], ['outlier', '2020-02-01', 'X.csv:33']])
  })

  it('finds suspicious splits, dividends and jumps', async () => {
    const closes = wobble(20).map((close, i) => (i >= 15 ? close / 2 : close))
    const tails: Record<number, string> = { 4: ',40,1', 8: ',0,1.054', 11: ',0,2' }
    const { findings, splits, dividends } = (await check({ 'X.csv': ACTIONS + daily(closes, (i) => tails[i] ?? ',0,1') })).files[0].symbols[0]
    expect({ splits, dividends }).toEqual({ splits: 2, dividends: 1 })
    const kinds = findings.filter(({ kind }) => kind !== 'outlier').map(({ kind, time }) => [kind, time])
    expect(kinds).toEqual([['dividend', '2020-01-05'], ['split', '2020-01-09'], ['already-adjusted', '2020-01-12'], ['jump', '2020-01-16']])
  })

  it('says nothing against usual split ratios, written as vendors write them', async () => {
    for (const split of [2, 3, 1.5, 7.00000700001, 1.33333333333, 0.1, 0.05, 0.3333, 0.0666667, 20]) {
      const closes = wobble(20).map((close, i) => (i >= 10 ? close / split : close))
      const { findings } = (await check({ 'X.csv': ACTIONS + daily(closes, (i) => (i === 10 ? `,0,${split}` : ',0,1')) })).files[0].symbols[0]
      expect(findings, `split ${split}`).toEqual([])
    }
  })

  it('says what the files lack together', async () => {
    const minute = (text: string) => HEADER + ['10:00', '10:01', '10:02'].map((time) => `2020-01-02T${time}${text},1,1,1,1,1\n`).join('')
    const report = await check({ 'X.csv': minute('Z') })
    expect(report.files[0].refused.total).toBe(0)
    expect(report.together.problems[0]).toMatchObject({ code: 'CONFIG_VALUE', where: 'market.stamps' })
  })
})

describe.skipIf(TEST_DATA === undefined)('real files', () => {
  const context = { folder: TEST_DATA ?? '', clock: systemClock }

  it('43 stocks are sound, and their known oddities are found', async () => {
    const report = await checkQuality(settingsOf({ files: 'daily/sp500_pooksoft' }), context)
    expect(report.sound).toBe(true)
    expect(report.files.length).toBe(43)
    const findingsOf = (symbol: string) => report.files.flatMap(({ symbols }) => symbols).find((quality) => quality.symbol === symbol)?.findings ?? []
    expect(findingsOf('GOOGL')).toContainEqual(expect.objectContaining({ kind: 'dividend', time: '2014-04-03' }))
    expect(findingsOf('COP')).toContainEqual(expect.objectContaining({ kind: 'dividend', time: '2012-05-01' }))
    expect(findingsOf('PFE')).toContainEqual(expect.objectContaining({ kind: 'split', time: '2020-11-17' }))
    expect(report.files.flatMap(({ symbols }) => symbols.flatMap(({ findings }) => findings.filter(({ kind }) => kind === 'already-adjusted')))).toEqual([])
  })

  it('split-adjusted prices with their splits still named are noticed', async () => {
    const report = await checkQuality(settingsOf({ files: 'awkward/zipline_csvdir' }), context)
    const kinds = report.files.flatMap(({ symbols }) => symbols.flatMap(({ symbol, findings }) => findings.map(({ kind }) => `${symbol} ${kind}`)))
    expect(kinds).toContain('AAPL already-adjusted')
    expect(kinds).toContain('KO already-adjusted')
  })

  it('a folder of all that is awkward is reported whole', async () => {
    const report = await checkQuality(settingsOf({ files: 'awkward/*', zone: 'UTC' }), context)
    expect(report.files.length).toBe(24)
    expect(report.files.every(({ symbols, refused }) => symbols.length > 0 || refused.total > 0)).toBe(true)
    expect(formatQuality(report).join('\n')).toContain('CSV_DIALECT  awkward/pooksoft_BF.B_api_error_not_csv.csv')
  })
})
