import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../src/base/clock.ts'
import { formatSessionDate } from '../src/domain/timeline.ts'
import { csvSource } from '../src/market/csv.ts'
import { csvSettings } from '../src/market/csv-settings.ts'
import { randomMarket } from './market.ts'
import { measure } from './measure.ts'
import type { Bench, Subject } from './measure.ts'

const ROWS = 2_500
const SYMBOLS = 20

/** One file per symbol, as a data vendor would write them. */
export function writeMarket(folder: string, { rows, symbols }: { rows: number; symbols: number }): void {
  const market = randomMarket({ rows, symbols, seed: 'csv' })
  for (let n = 0; n < symbols; n++) {
    const lines = ['date,open,high,low,close,volume']
    for (let t = 0; t < rows; t++) {
      const i = t * symbols + n
      const prices = [market.open[i], market.high[i] + 0.01, market.low[i] - 0.01, market.close[i]].map((price) => price.toFixed(4))
      lines.push([formatSessionDate(12_000 + t), ...prices, market.volume[i]].join(','))
    }
    writeFileSync(join(folder, `S${n}.csv`), `${lines.join('\n')}\n`)
  }
}

async function subject(name: string, files: string): Promise<Subject> {
  const settings = csvSettings.parse({ files })
  const load = () => csvSource.load(settings, { folder: tmpdir(), clock: systemClock })
  const market = await load()
  const rows = market.close.reduce((count, close) => count + (Number.isNaN(close) ? 0 : 1), 0)
  return { name: `${name}, ${rows} rows`, unit: 'rows/s', work: async () => void (await load()), figure: (ms) => (rows * 1000) / ms }
}

/** Rows a second from CSV text to checked panels: synthetic files, and the real stocks where they are at hand. */
export async function benchCsvSource(): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  try {
    writeMarket(folder, { rows: ROWS, symbols: SYMBOLS })
    const subjects = [await subject('synthetic files', join(folder, '*.csv'))]
    const data = process.env.MILLRACE_TEST_DATA
    if (data !== undefined) subjects.push(await subject('43 real stocks', join(data, 'daily/sp500_pooksoft/*.csv')))
    return { name: 'CSV source', setting: { files: SYMBOLS, rowsPerFile: ROWS }, figures: await measure(subjects, { warmUps: 1, runs: 5 }) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
