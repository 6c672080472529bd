import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import type { DuckDBVector } from '@duckdb/node-api'
import { canonicalJson, sha256 } from '../base/hash.ts'
import { identifier, openEngine, parquetFiles } from './engine.ts'
import type { Engine, EngineLimits } from './engine.ts'
import { itemsOf } from './vector-items.ts'

interface Column {
  readonly name: string
  readonly type: string
  readonly hasNulls: boolean
}

/**
 * SHA-256 over all rows of the files, sorted by `keyColumns` (ties by the other columns), never over file bytes:
 * equal for equal rows, whatever the order of rows, columns and files, row groups or machine. Floats count by
 * their bits, with one NaN. Rows pass in chunks and the sort spills to disk, so memory is bounded by the limits.
 */
export async function ledgerDigest(paths: readonly string[], keyColumns: readonly string[], limits?: EngineLimits): Promise<string> {
  if (paths.length === 0) return sha256('no rows')
  const engine = await openEngine(limits)
  try {
    const columns = await describe(engine, paths)
    const names = columns.map((column) => column.name)
    const strange = keyColumns.filter((key) => !names.includes(key))
    if (strange.length > 0) throw new Error(`no column ${strange.join(', ')} among ${names.join(', ')}`)
    const keysFirst = columns.toSorted((one, other) => rank(one, keyColumns) - rank(other, keyColumns))
    const order = keysFirst.flatMap(orderTerms)
    const select = names.map(identifier).join(', ')
    const result = await engine.connection.stream(`SELECT ${select} FROM ${parquetFiles(paths)} ORDER BY ${order.join(', ')}`)
    const digests = columns.map((column) => new ColumnDigest(column))
    let rows = 0
    for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
      rows += chunk.rowCount
      for (let i = 0; i < columns.length; i++) digests[i].update(chunk.getColumnVector(i), chunk.rowCount)
    }
    return sha256(canonicalJson({ rows, columns: digests.map((digest) => digest.finish()) }))
  } finally {
    engine.close()
  }
}

function rank(column: Column, keyColumns: readonly string[]): number {
  const position = keyColumns.indexOf(column.name)
  return position < 0 ? keyColumns.length : position
}

/**
 * Sorting by a float column itself would turn its −0 into 0, since DuckDB takes sorted values back from the
 * sort key; by an expression of it, it does not. The second term orders −0 after 0.
 */
function orderTerms({ name, type }: Column): string[] {
  const column = identifier(name)
  return type === 'DOUBLE' || type === 'FLOAT' ? [`${column} + 0`, `${column} = 0 AND signbit(${column})`] : [column]
}

/** The columns of the files, sorted by name. */
async function describe(engine: Engine, paths: readonly string[]): Promise<Column[]> {
  const source = parquetFiles(paths)
  const described = await engine.connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`)
  const fields = described.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }))
  const counts = fields.map(({ name }) => `count(*) - count(${identifier(name)})`).join(', ')
  const nulls = (await engine.connection.runAndReadAll(`SELECT ${counts} FROM ${source}`)).getRows()[0]
  return fields
    .map((field, index) => ({ ...field, hasNulls: nulls[index] !== 0n }))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

/** A running digest of one column: independent of where the chunks are cut. */
class ColumnDigest {
  readonly #column: Column
  readonly #values: Hash = createHash('sha256')
  readonly #lengths: Hash = createHash('sha256')
  readonly #nulls: Hash = createHash('sha256')

  constructor(column: Column) {
    this.#column = column
  }

  update(vector: DuckDBVector, rows: number): void {
    const nulls = this.#column.hasNulls ? Uint8Array.from({ length: rows }, (_, row) => (vector.getItem(row) === null ? 1 : 0)) : undefined
    if (nulls !== undefined) this.#nulls.update(nulls)
    if (this.#column.type === 'VARCHAR') return this.#updateTexts(Array.from({ length: rows }, (_, row) => String(vector.getItem(row) ?? '')))
    if (this.#column.type === 'BOOLEAN') return void this.#values.update(Uint8Array.from({ length: rows }, (_, row) => (vector.getItem(row) === true ? 1 : 0)))
    const items = itemsOf(vector)?.slice(0, rows)
    if (items === undefined) throw new Error(`column ${this.#column.name} of type ${this.#column.type} can't be digested`)
    nulls?.forEach((isNull, row) => {
      if (isNull === 1) items[row] = items instanceof BigInt64Array ? 0n : 0
    })
    if (items instanceof Float64Array || items instanceof Float32Array) unifyNaN(items)
    this.#values.update(new Uint8Array(items.buffer, items.byteOffset, items.byteLength))
  }

  #updateTexts(texts: readonly string[]): void {
    this.#values.update(texts.join(''))
    this.#lengths.update(Uint32Array.from(texts, (text) => text.length))
  }

  finish(): unknown {
    const { name, type } = this.#column
    return [name, type, this.#values.digest('hex'), this.#lengths.digest('hex'), this.#nulls.digest('hex')]
  }
}

/** Machines differ in the sign and payload of the NaN they make; no one can see them but a digest. */
function unifyNaN(items: Float64Array | Float32Array): void {
  for (let i = 0; i < items.length; i++) if (Number.isNaN(items[i])) items[i] = NaN
}
