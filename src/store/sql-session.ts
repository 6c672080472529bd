import { resolve } from 'node:path'
import { StatementType } from '@duckdb/node-api'
import type { DuckDBConnection, DuckDBPreparedStatement, JS } from '@duckdb/node-api'
import { MillraceError } from '../base/errors.ts'
import { COPY_FORMATS, identifier, literal, openEngine, parquetFiles } from './engine.ts'
import type { CopyFormat, EngineLimits } from './engine.ts'

/** A Parquet file, or one without the rows whose `column` is one of `without`. */
export type ViewFile = string | { readonly path: string; readonly column: string; readonly without: readonly string[] }

export interface SqlOptions extends EngineLimits {
  /** View name → the files whose rows it has, in this order. A view without files is left out. */
  readonly views: Readonly<Record<string, readonly ViewFile[]>>
  /** The one file that `write` may make. */
  readonly output?: string
  /** Views say NULL where a number is NaN: no value, which is neither larger than all others nor part of a mean. */
  readonly nanIsNull?: boolean
}

/** A value of a result: whole numbers too large for a double and times (ISO 8601, UTC) are texts. */
export type SqlValue = string | number | boolean | null | readonly SqlValue[] | { readonly [key: string]: SqlValue }

export interface SqlResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly SqlValue[])[]
  /** There were more rows than asked for. */
  readonly truncated: boolean
}

export interface SqlSession {
  /** Runs one SELECT. Throws SQL_INVALID with DuckDB's message. */
  query(sql: string, options?: { maxRows?: number }): Promise<SqlResult>
  /** Writes the result of one SELECT to the session's `output`. Throws SQL_INVALID. */
  write(sql: string, format: CopyFormat): Promise<void>
  close(): void
}

/**
 * A read-only SQL session over Parquet files. Statements other than a SELECT, other files, the network,
 * extensions and a change of the limits are refused.
 */
export async function openSql(options: SqlOptions): Promise<SqlSession> {
  const views = Object.entries(options.views).filter(([, paths]) => paths.length > 0)
  const engine = await openEngine(options)
  const { connection } = engine
  const files = views.flatMap(([, parts]) => parts.map((part) => (typeof part === 'string' ? part : part.path)))
  const allowed = [...files, ...(options.output === undefined ? [] : [options.output])].map((path) => literal(resolve(path)))
  await connection.run(`SET allowed_paths = [${allowed.join(', ')}]`)
  await connection.run('SET enable_external_access = false')
  for (const [name, parts] of views) {
    const rows = rowsOf(parts)
    const columns = options.nanIsNull === true ? await columnsWithoutNan(connection, rows) : '*'
    await connection.run(`CREATE VIEW ${identifier(name)} AS SELECT ${columns} FROM (${rows})`)
  }
  await connection.run('SET lock_configuration = true')
  const attempt = async <T>(sql: string, act: () => Promise<T>): Promise<T> => {
    try {
      return await act()
    } catch (error) {
      throw invalidSql(sql, error instanceof Error ? error.message : String(error), views.map(([name]) => name))
    }
  }
  return {
    query: (sql, { maxRows = Infinity } = {}) => attempt(sql, () => select(connection, sql, maxRows)),
    write: (sql, format) => attempt(sql, async () => {
      await prepareSelect(connection, sql)
      const target = literal(resolve(options.output ?? ''))
      await connection.run(`COPY (${sql.trim().replace(/;$/, '')}\n) TO ${target} (${COPY_FORMATS[format]})`)
    }),
    close: () => engine.close(),
  }
}

async function columnsWithoutNan(connection: DuckDBConnection, rows: string): Promise<string> {
  const described = await connection.runAndReadAll(`DESCRIBE ${rows}`)
  return described.getRowsJS().map(([name, type]) => {
    const column = identifier(String(name))
    return type === 'DOUBLE' || type === 'FLOAT' ? `nullif(${column}, 'NaN'::${type}) AS ${column}` : column
  }).join(', ')
}

/** Whole files in one scan, in their order; those that lack rows one by one. */
function rowsOf(parts: readonly ViewFile[]): string {
  if (parts.every((part) => typeof part === 'string')) return `SELECT * FROM ${parquetFiles(parts.map((part) => resolve(part)))}`
  return parts.map((part) => {
    if (typeof part === 'string') return `SELECT * FROM ${parquetFiles([resolve(part)])}`
    return `SELECT * FROM ${parquetFiles([resolve(part.path)])} WHERE ${identifier(part.column)} NOT IN (${part.without.map(literal).join(', ')})`
  }).join(' UNION ALL ')
}

async function prepareSelect(connection: DuckDBConnection, sql: string): Promise<DuckDBPreparedStatement> {
  if (sql.trim() === '') throw new Error('there is no statement')
  const statements = await connection.extractStatements(sql)
  if (statements.count !== 1) throw new Error(`one statement at a time, not ${statements.count}`)
  const statement = await statements.prepare(0)
  if (statement.statementType !== StatementType.SELECT) throw new Error('only a SELECT is allowed')
  return statement
}

async function select(connection: DuckDBConnection, sql: string, maxRows: number): Promise<SqlResult> {
  const statement = await prepareSelect(connection, sql)
  const reader = maxRows === Infinity ? await statement.streamAndReadAll() : await statement.streamAndReadUntil(maxRows + 1)
  const rows = reader.getRowsJS()
  return {
    columns: reader.columnNames().map((name, index) => ({ name, type: reader.columnType(index).toString() })),
    rows: rows.slice(0, maxRows).map((row) => row.map(plain)),
    truncated: rows.length > maxRows,
  }
}

function plain(value: JS): SqlValue {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(plain)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value as Record<string, JS>).map(([key, item]) => [key, plain(item)]))
}

function invalidSql(sql: string, message: string, views: readonly string[]): MillraceError {
  return new MillraceError({ code: 'SQL_INVALID', message, value: sql, hint: `one SELECT over: ${views.join(', ')}` })
}
