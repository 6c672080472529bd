import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { systemClock } from '../../src/base/clock.ts'
import { formatTime } from '../../src/domain/timeline.ts'
import { csvSettings } from '../../src/market/csv-settings.ts'
import { csvSource } from '../../src/market/csv.ts'
import { codeOf, readPage, tableOf } from './markdown.ts'

const { rows } = tableOf(readPage('docs/experiment.md'), { section: 'How to read your CSV', first: 'your file' })

/** By hand: when the two rows' bars close, the first symbol's closes, and what else the recipe is about. */
const EXPECTED: Readonly<Record<string, { closeTimes: [string, string]; close?: number[]; split?: number[]; halfSpread?: number }>> = {
  'dd.mm.yyyy': { closeTimes: ['2023-12-29T00:00:00Z', '2023-12-30T00:00:00Z'] },
  'newest first': { closeTimes: ['2023-12-29T00:00:00Z', '2023-12-30T00:00:00Z'] },
  'epoch milliseconds': { closeTimes: ['2023-12-29T13:00:00Z', '2023-12-29T14:00:00Z'] },
  'tabs, local times': { closeTimes: ['2023-12-29T14:45:00Z', '2023-12-29T15:00:00Z'] },
  'no header': { closeTimes: ['2023-12-29T14:31:00Z', '2023-12-29T14:32:00Z'] },
  'bid and ask': { closeTimes: ['2023-12-29T14:31:00Z', '2023-12-29T14:32:00Z'], close: [18.2, 18.25], halfSpread: 0.1 },
  'gzip, odd names': { closeTimes: ['2023-12-29T00:00:00Z', '2023-12-30T00:00:00Z'] },
  'one long table': { closeTimes: ['2023-12-29T00:00:00Z', '2023-12-30T00:00:00Z'], close: [7.2] },
  'splits and dividends': { closeTimes: ['2023-12-29T00:00:00Z', '2023-12-30T00:00:00Z'], close: [36.2, 18.5], split: [1, 2] },
  'already adjusted': { closeTimes: ['2023-12-29T00:00:00Z', '2023-12-30T00:00:00Z'], split: [1, 1] },
}

it('has a recipe for every awkward shape', () => {
  expect(rows.map(([name]) => name)).toEqual(Object.keys(EXPECTED))
})

it.each(rows)('reads: %s', async (name, sample, settings) => {
  const said = parse(codeOf(settings).join('\n')) as Record<string, unknown>
  const text = `${codeOf(sample).join('\n').replaceAll('⇥', '\t')}\n`
  const folder = mkdtempSync(join(tmpdir(), 'millrace-recipe-'))
  try {
    const file = typeof said.files === 'string' ? said.files.replace('*', 'ABC') : './data/ABC.csv'
    mkdirSync(join(folder, 'data'))
    writeFileSync(join(folder, file), file.endsWith('.gz') ? gzipSync(text) : text)
    const market = await csvSource.load(csvSettings.parse({ files: './data', ...said }), { folder, clock: systemClock })
    const expected = EXPECTED[name]
    const symbols = market.instruments.length
    const first = (panel: Float64Array) => [...panel].filter((value, i) => i % symbols === 0 && !Number.isNaN(value))
    expect([...market.timeline.closeTimes].map(formatTime)).toEqual(expected.closeTimes)
    expect(first(market.close)).toEqual((expected.close ?? [18.2, 18.5]).map((close) => expect.closeTo(close, 12) as number))
    expect(first(market.split)).toEqual(expected.split ?? [1, 1])
    if (expected.halfSpread === undefined) expect(market.halfSpread).toBeNull()
    else expect(market.halfSpread?.[0]).toBeCloseTo(expected.halfSpread, 12)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
