import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Copies the rows of [from, to] of the real stocks into `folder`, so that a test needs not turn 21 years. */
export function excerptStocks(data: string, folder: string, range: { from: string; to: string }): string {
  const source = join(data, 'daily/sp500_pooksoft')
  const target = join(folder, 'stocks')
  mkdirSync(target, { recursive: true })
  for (const file of readdirSync(source)) {
    const [header, ...rows] = readFileSync(join(source, file), 'utf8').split('\n')
    const kept = rows.filter((row) => row.slice(0, 10) >= range.from && row.slice(0, 10) <= range.to)
    writeFileSync(join(target, file), `${[header, ...kept].join('\n')}\n`)
  }
  return join(target, '*.csv')
}
