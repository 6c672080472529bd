import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { marketSources } from '../../src/market/registry.ts'
import { TEST_DATA, withFiles } from '../market/csv-fixture.ts'
import { describeSource } from './source-contract.ts'
import type { SourceContract } from './source-contract.ts'

const nowhere: SourceContract['within'] = (use) => use({ folder: '/', clock: systemClock })
const realData: SourceContract['within'] = (use) => use({ folder: TEST_DATA ?? '', clock: systemClock })

const ACTIONS = 'date,open,high,low,close,volume,dividend,split\n'
const FILES = {
  'A.csv': `${ACTIONS}2020-01-02,10,11,9,10,1,0,1\n2020-01-03,5,6,4,5,2,0.1,2\n2020-01-07,6,7,5,6,3,0,1\n`,
  'B.csv': `${ACTIONS}2020-01-03,20,21,19,20,1,0,0.1\n2020-01-06,21,22,20,21,2,0.2,1\n2020-01-07,22,23,21,22,3,0,1\n`,
}
const HALF_HOURS = 'time,symbol,bid_open,bid_high,bid_low,bid_close,ask_open,ask_high,ask_low,ask_close\n' +
  ['2020-03-06 15:00,A', '2020-03-06 15:30,A', '2020-03-06 15:30,B', '2020-03-09 09:30,A', '2020-03-09 10:00,A', '2020-03-09 10:00,B'].map((row) => `${row},1,2,1,2,1.5,2.5,1.5,2.5\n`).join('')

const CONTRACTS: readonly SourceContract[] = [
  { source: 'synthetic', market: 'daily', settings: { symbols: 6, bars: 600 }, within: nowhere },
  { source: 'synthetic', market: 'hourly, with late listings and warm-up', settings: { symbols: 6, bars: 300, interval: '1h', lateListings: 0.6, start: '2020-02-03', from: '2020-03-02' }, within: nowhere },
  { source: 'synthetic', market: 'half-hours in several stretches', settings: { symbols: 4, bars: 10_000, interval: '30m', lateListings: 0.8, from: '2010-06-01', to: '2012-09-07' }, within: nowhere },
  { source: 'csv', market: 'daily, unbalanced, with splits and dividends', settings: { files: '.' }, within: (use) => withFiles(FILES, use) },
  { source: 'csv', market: 'session closes', settings: { files: '.', zone: 'Asia/Tokyo', sessionClose: '15:00', from: '2020-01-06' }, within: (use) => withFiles(FILES, use) },
  { source: 'csv', market: 'half-hour quotes over a change of clocks', settings: { files: '.', zone: 'America/New_York', stamps: 'start', columns: { volume: 'none' } }, within: (use) => withFiles({ 'quotes.csv': HALF_HOURS }, use) },
]

CONTRACTS.forEach(describeSource)

describe.skipIf(TEST_DATA === undefined)('on real data', () => {
  describeSource({
    source: 'csv', market: 'stocks with splits, spin-offs and late listings', within: realData,
    settings: { files: 'daily/sp500_pooksoft', symbols: ['AAPL', 'AIG', 'C', 'GOOGL', 'FB'], zone: 'America/New_York', sessionClose: '16:00' },
  })
  describeSource({ source: 'csv', market: 'crypto minutes', within: realData, settings: { files: 'intraday/minute/crypto*', stamps: 'start' } })
})

describe('the registry', () => {
  it('has no source without a contract', () => {
    expect(new Set(CONTRACTS.map(({ source }) => source))).toEqual(new Set(Object.keys(marketSources)))
    for (const [name, { source }] of Object.entries(marketSources)) expect(source.name).toBe(name)
  })
})
