import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ledgerDigest } from '../../src/store/ledger-digest.ts'
import { writeLedger, writeLedgerInParts } from '../../src/store/ledgers.ts'
import type { LedgerColumn } from '../../src/store/ledgers.ts'
import { openSql } from '../../src/store/sql-session.ts'
import { scratchFolder } from './scratch.ts'

const folder = scratchFolder('ledger')
let files = 0
const newPath = (): string => join(folder, `${files++}.parquet`)

/** A ledger of `rows` rows, in the order `order` puts them. */
function ledger(rows: number, order: (i: number) => number = (i) => i): LedgerColumn[] {
  const indices = Array.from({ length: rows }, (_, i) => order(i))
  return [
    { name: 'portfolio', type: 'VARCHAR', values: indices.map((i) => `p-${i % 7}ü`) },
    { name: 'time', type: 'TIMESTAMP', values: Float64Array.from(indices, (i) => 1_600_000_000_000 + i * 1000) },
    { name: 'quantity', type: 'DOUBLE', values: Float64Array.from(indices, (i) => (i % 11 === 0 ? NaN : i / 3)) },
    { name: 'signal', type: 'FLOAT', values: Float32Array.from(indices, (i) => i / 10) },
    { name: 'leg', type: 'INTEGER', values: Int32Array.from(indices, (i) => i % 2) },
    { name: 'big', type: 'BIGINT', values: BigInt64Array.from(indices, (i) => BigInt(i) * 10_000_000_000_000_000n) },
    { name: 'vetoed', type: 'BOOLEAN', values: indices.map((i) => i % 3 === 0) },
    { name: 'reason', type: 'VARCHAR', values: indices.map((i) => (i % 5 === 0 ? null : `it's ${i}`)) },
  ]
}

async function write(columns: readonly LedgerColumn[]): Promise<string> {
  const path = newPath()
  await writeLedger(path, columns)
  return path
}

describe('writeLedger', () => {
  it('writes zstd Parquet whose rows come back in order with their values', async () => {
    const path = await write(ledger(5000))
    const sql = await openSql({ views: { orders: [path] } })
    const { columns, rows, truncated } = await sql.query('select * from orders')
    expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'portfolio VARCHAR', 'time TIMESTAMP', 'quantity DOUBLE', 'signal FLOAT', 'leg INTEGER', 'big BIGINT', 'vetoed BOOLEAN', 'reason VARCHAR',
    ])
    expect(truncated).toBe(false)
    expect(rows).toHaveLength(5000)
    expect(rows[0]).toEqual(['p-0ü', '2020-09-13T12:26:40.000Z', NaN, 0, 0, 0, true, null])
    expect(rows[4999]).toEqual(['p-1ü', '2020-09-13T13:49:59.000Z', 4999 / 3, Math.fround(499.9), 1, '49990000000000000000', false, "it's 4999"].map((v, i) => (i === 5 ? String(BigInt.asIntN(64, 4999n * 10_000_000_000_000_000n)) : v)))
    sql.close()
    const raw = await openSql({ views: {} })
    raw.close()
    expect(readFileSync(path).subarray(0, 4).toString()).toBe('PAR1')
  })

  it('writes the same bytes in parts', async () => {
    const columns = ledger(5000)
    const cut = (from: number, to: number) => columns.map((column) => ({ ...column, values: (column.values as Float64Array).slice(from, to) }) as LedgerColumn)
    const [whole, parts] = [await write(columns), newPath()]
    await writeLedgerInParts(parts, { fields: columns, parts: [cut(0, 1), cut(1, 2048), cut(2048, 5000)] })
    expect(readFileSync(parts).equals(readFileSync(whole))).toBe(true)
  })

  it('takes plain arrays and reads NaN as no value where a column is of whole numbers', async () => {
    const path = await write([
      { name: 'i', type: 'INTEGER', values: [1, NaN, -3] },
      { name: 'b', type: 'BIGINT', values: [1, NaN, 2 ** 40] },
      { name: 't', type: 'TIMESTAMP', values: [0, NaN, 86_400_000] },
      { name: 'd', type: 'DOUBLE', values: [0.5, NaN, -0] },
    ])
    const sql = await openSql({ views: { v: [path] } })
    expect((await sql.query('select i, b, t, d from v')).rows).toEqual([
      [1, 1, '1970-01-01T00:00:00.000Z', 0.5], [null, null, null, NaN], [-3, 2 ** 40, '1970-01-02T00:00:00.000Z', -0],
    ])
    sql.close()
  })

  it('refuses columns of different lengths and broken whole numbers', async () => {
    await expect(write([{ name: 'a', type: 'DOUBLE', values: [1] }, { name: 'b', type: 'DOUBLE', values: [1, 2] }])).rejects.toThrow('column b has 2 rows')
    await expect(write([{ name: 'a', type: 'INTEGER', values: [1.5] }])).rejects.toThrow('not a whole number')
    await expect(write([{ name: 'a', type: 'INTEGER', values: [2 ** 40] }])).rejects.toThrow()
  })

  it('writes a ledger without rows', async () => {
    const path = await write([{ name: 'a', type: 'VARCHAR', values: [] }, { name: 'b', type: 'DOUBLE', values: new Float64Array(0) }])
    const sql = await openSql({ views: { v: [path] } })
    expect(await sql.query('select * from v')).toMatchObject({ columns: [{ name: 'a' }, { name: 'b' }], rows: [] })
    sql.close()
  })
})

describe('ledgerDigest', () => {
  it('is the same for the same rows, whatever their order, files, row groups and threads', async () => {
    const rows = 6000
    const whole = await ledgerDigest([await write(ledger(rows))], ['time'])
    const backwards = await write(ledger(rows, (i) => rows - 1 - i))
    const parts = await Promise.all([0, 1, 2].map((part) => write(ledger(rows / 3, (i) => i * 3 + part))))
    expect(await ledgerDigest([backwards], ['time'])).toBe(whole)
    expect(await ledgerDigest(parts, ['time'])).toBe(whole)
    expect(await ledgerDigest(parts.toReversed(), ['portfolio', 'time'], { threads: 2 })).toBe(await ledgerDigest([backwards], ['portfolio', 'time']))
    expect(await ledgerDigest([await write(ledger(rows).toReversed())], ['time'])).toBe(whole)
  })

  it('differs by one bit, one null, one row, one name or one type', async () => {
    const base = ledger(100)
    const digests = new Set([await ledgerDigest([await write(base)], ['time'])])
    const swap = (name: string, column: LedgerColumn): LedgerColumn[] => base.map((other) => (other.name === name ? column : other))
    const quantity = Float64Array.from(base[2].values as Float64Array)
    new BigInt64Array(quantity.buffer)[50] ^= 1n
    const variants = [
      swap('quantity', { name: 'quantity', type: 'DOUBLE', values: quantity }),
      swap('quantity', { name: 'quantities', type: 'DOUBLE', values: base[2].values as Float64Array }),
      swap('leg', { name: 'leg', type: 'INTEGER', values: Array.from(base[4].values as Int32Array, (v, i) => (i === 3 ? NaN : v)) }),
      swap('leg', { name: 'leg', type: 'BIGINT', values: Array.from(base[4].values as Int32Array) }),
      swap('reason', { name: 'reason', type: 'VARCHAR', values: Array.from(base[7].values as (string | null)[], (v) => v ?? '') }),
      swap('signal', { name: 'signal', type: 'FLOAT', values: Float32Array.from(base[3].values as Float32Array, (v) => (v === 0 ? -0 : v)) }),
      ledger(99),
    ]
    for (const variant of variants) digests.add(await ledgerDigest([await write(variant)], ['time']))
    expect(digests.size).toBe(1 + variants.length)
  })

  it('counts every NaN alike and tells where a text ends', async () => {
    const odd = new Float64Array(new BigUint64Array([0xfff8000000000001n, 0x7ff8000000000000n]).buffer)
    const nan = async (values: Float64Array): Promise<string> => ledgerDigest([await write([{ name: 'd', type: 'DOUBLE', values }])], ['d'])
    expect(await nan(odd)).toBe(await nan(new Float64Array([NaN, NaN])))
    const texts = async (values: string[]): Promise<string> => ledgerDigest([await write([{ name: 's', type: 'VARCHAR', values }])], ['s'])
    expect(await texts(['ab', 'c'])).not.toBe(await texts(['a', 'bc']))
  })

  it('names a key column that is not there', async () => {
    await expect(ledgerDigest([await write(ledger(3))], ['nope'])).rejects.toThrow('no column nope')
  })
})

describe('openSql', () => {
  it('reads the views and nothing else', async () => {
    const path = await write(ledger(100))
    const other = await write(ledger(5))
    const secret = join(folder, 'secret.csv')
    writeFileSync(secret, 'a,b\n1,2\n')
    const before = readFileSync(path)
    const sql = await openSql({ views: { orders: [path, path], none: [] } })
    expect((await sql.query('select count(*) as n, max(leg) from orders')).rows).toEqual([[200, 1]])
    expect((await sql.query('with a as (select * from orders) select * from a', { maxRows: 10 }))).toMatchObject({ rows: { length: 10 }, truncated: true })
    const refused = [
      'select * from nowhere', 'selec 1', '', '-- nothing', 'select 1; select 2', `select * from '${other}'`, `select * from read_csv('${secret}')`,
      `select * from read_text('${secret}')`, "select * from glob('/etc/*')", `copy (select 1) to '${path}' (format parquet, use_tmp_file false)`,
      `explain analyze copy (select 1) to '${path}' (format parquet, use_tmp_file false)`, 'create table t as select 1', 'set threads = 8',
      'install httpfs', 'load httpfs', `attach '${join(folder, 'x.db')}'`, 'drop view orders', "select * from read_csv('https://example.org/a.csv')",
    ]
    for (const statement of refused) {
      await expect(sql.query(statement), statement).rejects.toMatchObject({ code: 'SQL_INVALID', value: statement, hint: 'one SELECT over: orders' })
    }
    expect(readFileSync(path).equals(before)).toBe(true)
    expect((await sql.query('select count(*) from orders')).rows).toEqual([[200]])
    sql.close()
  })

  it('keeps to its memory limit by spilling or by saying so', async () => {
    const path = await write(ledger(20_000))
    const sql = await openSql({ views: { v: [path] }, memoryLimit: '32MB', threads: 1 })
    expect((await sql.query("select current_setting('memory_limit'), current_setting('threads')")).rows).toEqual([['30.5 MiB', 1]])
    sql.close()
  })
})
