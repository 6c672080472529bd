import { BIGINT, BOOLEAN, DOUBLE, DuckDBDataChunk, DuckDBTimestampValue, FLOAT, INTEGER, TIMESTAMP, VARCHAR } from '@duckdb/node-api'
import type { DuckDBAppender, DuckDBType, DuckDBValue, DuckDBVector } from '@duckdb/node-api'
import { identifier, literal, openEngine } from './engine.ts'
import type { EngineLimits } from './engine.ts'
import { itemsOf } from './vector-items.ts'

/**
 * One column of a ledger. TIMESTAMP values are milliseconds since the Unix epoch, UTC. In INTEGER, BIGINT and
 * TIMESTAMP columns NaN stands for no value (NULL), and so does null in VARCHAR; in DOUBLE and FLOAT NaN is NaN.
 */
export type LedgerColumn =
  | { readonly name: string; readonly type: 'DOUBLE' | 'FLOAT' | 'INTEGER' | 'TIMESTAMP'; readonly values: ArrayLike<number> }
  | { readonly name: string; readonly type: 'BIGINT'; readonly values: ArrayLike<number> | BigInt64Array }
  | { readonly name: string; readonly type: 'BOOLEAN'; readonly values: ArrayLike<boolean | number> }
  | { readonly name: string; readonly type: 'VARCHAR'; readonly values: ArrayLike<string | null> }

export type LedgerColumnType = LedgerColumn['type']

const TYPES: Readonly<Record<LedgerColumnType, DuckDBType>> = {
  DOUBLE, FLOAT, INTEGER, TIMESTAMP, BIGINT, BOOLEAN, VARCHAR,
}

/** DuckDB's own vector size. */
const CHUNK_ROWS = 2048

/** Writes a ledger as one zstd Parquet file, its rows in the order given. The folder must exist. */
export function writeLedger(path: string, columns: readonly LedgerColumn[], limits?: EngineLimits): Promise<void> {
  return writeLedgerInParts(path, { fields: columns, parts: [columns] }, limits)
}

/** The same ledger, some rows at a time: each part has columns of the names and types of `fields`, in their order. */
export async function writeLedgerInParts(
  path: string,
  { fields, parts }: { readonly fields: readonly Pick<LedgerColumn, 'name' | 'type'>[]; readonly parts: Iterable<readonly LedgerColumn[]> },
  limits?: EngineLimits,
): Promise<void> {
  const engine = await openEngine(limits)
  try {
    await engine.connection.run(`CREATE TABLE ledger (${fields.map(({ name, type }) => `${identifier(name)} ${type}`).join(', ')})`)
    const appender = await engine.connection.createAppender('ledger')
    const chunk = createChunk(fields)
    for (const columns of parts) appendColumns(appender, columns, chunk)
    appender.closeSync()
    await engine.connection.run(`COPY ledger TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`)
  } finally {
    engine.close()
  }
}

/** One for all rows: its memory is DuckDB's, and given back only when its JavaScript object happens to be collected. */
function createChunk(fields: readonly Pick<LedgerColumn, 'type'>[]): DuckDBDataChunk {
  return DuckDBDataChunk.create(fields.map(({ type }) => TYPES[type]))
}

/** Appends the rows of `columns`, which are of one length, to the table an appender was made for. */
export function appendColumns(appender: DuckDBAppender, columns: readonly LedgerColumn[], chunk = createChunk(columns)): void {
  const rows = columns[0]?.values.length ?? 0
  const odd = columns.find((column) => column.values.length !== rows)
  if (odd !== undefined) throw new Error(`column ${odd.name} has ${odd.values.length} rows, ${columns[0].name} has ${rows}`)
  for (let from = 0; from < rows; from += CHUNK_ROWS) {
    const count = Math.min(CHUNK_ROWS, rows - from)
    chunk.reset()
    chunk.rowCount = count
    columns.forEach((column, index) => {
      const vector = chunk.getColumnVector(index)
      fillVector(vector, column, { from, count })
      vector.flush()
    })
    appender.appendDataChunk(chunk)
  }
}

function fillVector(vector: DuckDBVector, column: LedgerColumn, { from, count }: { from: number; count: number }): void {
  const { values } = column
  const items = itemsOf(vector)
  if (items !== undefined && items.constructor === values.constructor) {
    items.set((values as Float64Array).subarray(from, from + count) as never)
    return
  }
  const valueAt = readerOf(column)
  for (let i = 0; i < count; i++) vector.setItem(i, valueAt(from + i))
}

/** Reads a column's values as DuckDB takes them. */
function readerOf(column: LedgerColumn): (row: number) => DuckDBValue {
  if (column.type === 'VARCHAR') return (row) => column.values[row]
  if (column.type === 'BOOLEAN') return (row) => Boolean(column.values[row])
  if (column.type === 'DOUBLE' || column.type === 'FLOAT') return (row) => column.values[row]
  const whole = (row: number): number | bigint | null => {
    const value = column.values[row]
    if (Number.isNaN(value)) return null
    if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new Error(`${value} in column ${column.name} is not a whole number`)
    return value
  }
  if (column.type === 'INTEGER') return (row) => whole(row)
  const toBigInt = (row: number): bigint | null => {
    const value = whole(row)
    return value === null ? null : BigInt(value)
  }
  if (column.type === 'BIGINT') return toBigInt
  return (row) => {
    const value = toBigInt(row)
    return value === null ? null : new DuckDBTimestampValue(value * 1000n)
  }
}
