import { resolve } from 'node:path'
import { StatementType } from '@duckdb/node-api'
import type { DuckDBConnection, JS } from '@duckdb/node-api'
import { MillraceError } from '../base/errors.ts'
import { identifier, literal, openEngine, parquetFiles } from './engine.ts'
import type { EngineLimits } from './engine.ts'

export interface SqlOptions extends EngineLimits {
  /** View name → the Parquet files whose rows it has, in this order. A view without files is left out. */
  readonly views: Readonly<Record<string, readonly string[]>>
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
  const allowed = views.flatMap(([, paths]) => paths.map((path) => literal(resolve(path))))
  await connection.run(`SET allowed_paths = [${allowed.join(', ')}]`)
  await connection.run('SET enable_external_access = false')
  for (const [name, paths] of views) {
    const files = parquetFiles(paths.map((path) => resolve(path)))
    await connection.run(`CREATE VIEW ${identifier(name)} AS SELECT * FROM ${files}`)
  }
  await connection.run('SET lock_configuration = true')
  return {
    async query(sql, { maxRows = Infinity } = {}) {
      try {
        return await select(connection, sql, maxRows)
      } catch (error) {
        throw invalidSql(sql, error instanceof Error ? error.message : String(error), views.map(([name]) => name))
      }
    },
    close: () => engine.close(),
  }
}

async function select(connection: DuckDBConnection, sql: string, maxRows: number): Promise<SqlResult> {
  if (sql.trim() === '') throw new Error('there is no statement')
  const statements = await connection.extractStatements(sql)
  if (statements.count !== 1) throw new Error(`one statement at a time, not ${statements.count}`)
  const statement = await statements.prepare(0)
  if (statement.statementType !== StatementType.SELECT) throw new Error('only a SELECT is allowed')
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
