import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { addressOf } from '../../src/base/hash.ts'
import { openStore } from '../../src/store/local-store.ts'
import { exportPanels } from '../../src/store/panel-export.ts'
import type { ExportColumn } from '../../src/store/panel-export.ts'
import { openSql } from '../../src/store/sql-session.ts'
import type { PanelReader } from '../../src/store/store.ts'
import { scratchFolder } from './scratch.ts'

const root = scratchFolder('export')
const store = openStore(root, { clock: systemClock })

function panel(name: string, values: Float64Array | Float32Array, columns: number): PanelReader {
  const draft = store.draft({ address: addressOf(name), kind: 'signals', madeFrom: name })
  draft.addPanel('signals', { values, rows: values.length / columns, columns })
  draft.publish()
  return store.panel(addressOf(name), 'signals')
}

const DAY = 86_400_000

describe('exportPanels', () => {
  it('writes the wanted columns of several panels in long form, by row and then by column', async () => {
    const first = panel('first', Float32Array.of(0.1, -1, NaN, 0.25, 0.5, 0), 2)
    const second = panel('second', Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9), 3)
    const path = join(root, 'signals.csv')
    await exportPanels({
      panels: [
        { panel: second, columns: [{ column: 2, labels: { instance: "it's, b", symbol: 'B' } }] },
        { panel: first, columns: [{ column: 0, labels: { instance: 'a', symbol: 'A' } }, { column: 1, labels: { instance: 'a', symbol: 'B' } }] },
      ],
      closeTimes: [DAY, 2 * DAY, 3 * DAY + 1],
      value: 'signal',
      path,
      format: 'csv',
    })
    expect(readFileSync(path, 'utf8').trim().split('\n')).toEqual([
      'closeTime,instance,symbol,signal',
      '1970-01-02T00:00:00.000Z,"it\'s, b",B,3.0',
      '1970-01-02T00:00:00.000Z,a,A,0.1',
      '1970-01-02T00:00:00.000Z,a,B,-1.0',
      '1970-01-03T00:00:00.000Z,"it\'s, b",B,6.0',
      '1970-01-03T00:00:00.000Z,a,A,nan',
      '1970-01-03T00:00:00.000Z,a,B,0.25',
      '1970-01-04T00:00:00.001Z,"it\'s, b",B,9.0',
      '1970-01-04T00:00:00.001Z,a,A,0.5',
      '1970-01-04T00:00:00.001Z,a,B,0.0',
    ])
  })

  it('gives every value of a panel of many blocks to SQL, bit for bit', async () => {
    const [rows, columns] = [3000, 700]
    const values = Float64Array.from({ length: rows * columns }, (_, i) => Math.sin(i) / 3)
    const path = join(root, 'feature.parquet')
    await exportPanels({
      panels: [{ panel: panel('large', values, columns), columns: Array.from({ length: 100 }, (_, i) => ({ column: i * 7, labels: { symbol: `S${i * 7}` } })) }],
      closeTimes: Float64Array.from({ length: rows }, (_, t) => t * DAY),
      rows: { from: 10, to: 2990 },
      value: 'feature',
      path,
      format: 'parquet',
    })
    const sql = await openSql({ views: { feature: [path] } })
    expect((await sql.query('select count(*), count(distinct symbol), min("closeTime") from feature')).rows).toEqual([[298_000, 100, '1970-01-11T00:00:00.000Z']])
    const { rows: column } = await sql.query("select feature from feature where symbol = 'S14' order by \"closeTime\"")
    expect(column.map(([value]) => value)).toEqual(Array.from({ length: 2980 }, (_, i) => values[(i + 10) * columns + 14]))
    const { rows: firstRow } = await sql.query('select symbol from feature limit 3')
    expect(firstRow.flat()).toEqual(['S0', 'S7', 'S14'])
    sql.close()
  })

  it('refuses columns that are labelled differently', async () => {
    const reader = panel('odd', Float32Array.of(1, 2), 2)
    const columns: ExportColumn[] = [{ column: 0, labels: { symbol: 'A' } }, { column: 1, labels: { pair: 'A/B' } }]
    await expect(exportPanels({ panels: [{ panel: reader, columns }], closeTimes: [0], value: 'v', path: join(root, 'x.csv'), format: 'csv' })).rejects.toThrow('labelled by')
  })
})
