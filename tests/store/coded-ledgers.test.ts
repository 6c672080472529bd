import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatTime } from '../../src/domain/timeline.ts'
import { CodedLedgerWriter, type CodedLedger, type CodedRows } from '../../src/store/coded-ledgers.ts'
import { openSql } from '../../src/store/sql-session.ts'
import { scratchFolder } from './scratch.ts'

const folder = scratchFolder('coded-ledger')

const DICTIONARIES = {
  days: [{ name: 'text', type: 'VARCHAR', values: ['mon', 'tue', 'wed', 'thu', 'fri'] }],
  names: [{ name: 'name', type: 'VARCHAR', values: ["it's", 'größer'] }],
} as const

const LEDGER: CodedLedger = {
  stored: { who: 'INTEGER', day: 'INTEGER', due: 'INTEGER', at: 'DOUBLE', value: 'DOUBLE' },
  fields: [
    { name: 'who', is: { by: 'who', dictionary: 'names', column: 'name' } },
    { name: 'key', is: [{ by: 'who', dictionary: 'names', column: 'name' }, { by: 'due', dictionary: 'days', column: 'text' }, { time: 'at' }] },
    { name: 'time', is: { time: 'at' } },
    { name: 'day', is: 'day' },
    { name: 'value', is: 'value' },
  ],
}

/** Whole seconds, and parts of one. */
function timeOf(i: number): number {
  return i * 86_399_000 + (i % 3 === 0 ? 0 : i % 1_000)
}

function rows(count: number, from = 0): CodedRows {
  const ints = (of: (i: number) => number): Int32Array => Int32Array.from({ length: count }, (_, i) => of(from + i))
  return {
    count,
    columns: { who: ints((i) => i % 2), day: ints((i) => (i * 3) % 5), due: ints((i) => i % 5), at: Float64Array.from({ length: count }, (_, i) => timeOf(from + i)), value: Float64Array.from({ length: count }, (_, i) => (from + i === 7 ? NaN : from + i === 8 ? -0 : (from + i) / 3)) },
  }
}

describe('ledgers that are collected as numbers', () => {
  it('become times and texts in their files, in the order they came, whatever the parts', async () => {
    const writer = await CodedLedgerWriter.open({ dictionaries: DICTIONARIES, ledgers: { visits: LEDGER, none: LEDGER } })
    let from = 0
    for (const count of [1, 2_048, 0, 5_000]) {
      writer.append('visits', rows(count, from))
      from += count
    }
    await writer.write('visits', join(folder, 'visits.parquet'))
    await writer.write('none', join(folder, 'none.parquet'))
    writer.close()
    const sql = await openSql({ views: { visits: [join(folder, 'visits.parquet')], none: [join(folder, 'none.parquet')] } })
    const found = await sql.query('select * from visits')
    expect(found.columns.map(({ name, type }) => `${name} ${type}`)).toEqual(['who VARCHAR', 'key VARCHAR', 'time TIMESTAMP', 'day INTEGER', 'value DOUBLE'])
    expect(found.rows).toHaveLength(from)
    const { names: [{ values: names }], days: [{ values: days }] } = DICTIONARIES
    const { columns: { value } } = rows(from)
    const wrong = found.rows.filter((row, i) => {
      const wanted = [names[i % 2], `${names[i % 2]}.${days[i % 5]}.${formatTime(timeOf(i))}`, new Date(timeOf(i)).toISOString(), (i * 3) % 5, value[i]]
      return wanted.some((cell, column) => !Object.is(row[column], cell))
    })
    expect(wrong).toEqual([])
    expect((await sql.query('select * from none')).rows).toEqual([])
    sql.close()
  })

  it('are refused where a number stands for nothing, or a column is of another type', async () => {
    const writer = await CodedLedgerWriter.open({ dictionaries: DICTIONARIES, ledgers: { visits: LEDGER } })
    const { columns } = rows(3)
    expect(() => writer.append('visits', { count: 3, columns: { ...columns, value: new Int32Array(3) } })).toThrow('column value of ledger visits is not of its type')
    writer.append('visits', { count: 3, columns: { ...columns, due: Int32Array.of(0, 5, 1) } })
    await expect(writer.write('visits', join(folder, 'broken.parquet'))).rejects.toThrow('of 3 rows of ledger visits 2 were written')
    writer.close()
  })
})
