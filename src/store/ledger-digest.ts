import { createHash } from 'node:crypto'
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
    const terms = columns.flatMap(digestedTerms)
    const query = `SELECT ${terms.join(', ')} FROM ${parquetFiles(paths)} ORDER BY ${keysFirst.flatMap(orderTerms).join(', ')}`
    const { rows, digests } = await digestTerms(engine, query, terms.length)
    return sha256(canonicalJson({ rows, columns: columns.map(({ name, type, hasNulls }) => [name, type, hasNulls]), digests }))
  } finally {
    engine.close()
  }
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

/**
 * A column as terms of fixed width without NULL, which cross into typed arrays whole. Texts go as 64 bits
 * of their MD5, because fetching a million of them one by one takes seconds.
 */
function digestedTerms({ name, type, hasNulls }: Column): string[] {
  const column = identifier(name)
  const nulls = hasNulls ? [`(${column} IS NULL)::INTEGER`] : []
  if (type === 'VARCHAR') return [`md5_number_lower(coalesce(${column}, ''))`, ...nulls]
  if (type === 'BOOLEAN') return [`coalesce(${column}, false)::INTEGER`, ...nulls]
  if (type === 'TIMESTAMP') return [`coalesce(epoch_us(${column}), 0)`, ...nulls]
  if (['DOUBLE', 'FLOAT', 'INTEGER', 'BIGINT'].includes(type)) return [`coalesce(${column}, 0)::${type}`, ...nulls]
  throw new Error(`column ${name} of type ${type} can't be digested`)
}

/** SHA-256 of each term over all rows, independent of where the chunks are cut. */
async function digestTerms(engine: Engine, query: string, terms: number): Promise<{ rows: number; digests: string[] }> {
  const hashes = Array.from({ length: terms }, () => createHash('sha256'))
  const result = await engine.connection.stream(query)
  let rows = 0
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const count = chunk.rowCount
    rows += count
    for (let term = 0; term < terms; term++) {
      const items = itemsOf(chunk.getColumnVector(term))?.slice(0, count)
      if (items === undefined) throw new Error(`term ${term} of ${query} is not of fixed width`)
      if (items instanceof Float64Array || items instanceof Float32Array) unifyNaN(items)
      hashes[term].update(new Uint8Array(items.buffer, items.byteOffset, items.byteLength))
    }
  }
  return { rows, digests: hashes.map((hash) => hash.digest('hex')) }
}

/** Machines differ in the sign and payload of the NaN they make; no one can see them but a digest. */
function unifyNaN(items: Float64Array | Float32Array): void {
  for (let i = 0; i < items.length; i++) if (Number.isNaN(items[i])) items[i] = NaN
}
