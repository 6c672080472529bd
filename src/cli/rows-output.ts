import { once } from 'node:events'
import { createWriteStream, existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { MillraceError } from '../base/errors.ts'
import { formatTime } from '../domain/timeline.ts'
import type { LedgerColumn } from '../store/ledgers.ts'
import type { SqlValue } from '../store/sql-session.ts'
import { formatCount, NONE } from './figures.ts'
import { print, printJson } from './output.ts'
import { formatTable } from './table.ts'

export type ResultFormat = 'table' | 'csv' | 'json' | 'parquet'

/** Rows under named columns, as they are printed. */
export interface ResultRows {
  readonly columns: readonly { readonly name: string; readonly numeric: boolean }[]
  readonly rows: readonly (readonly SqlValue[])[]
}

/**
 * Where results are to be written.
 * @throws MillraceError USAGE when its folder is not there
 */
export function outputPath(out: string): string {
  const path = resolve(out)
  if (existsSync(dirname(path))) return path
  throw usageError(`there is no folder ${dirname(path)} to write ${basename(path)} into`, 'make it first, or name another file')
}

export function usageError(message: string, hint: string): MillraceError {
  return new MillraceError({ code: 'USAGE', message, hint })
}

function valueAt(column: LedgerColumn, row: number): SqlValue {
  const value = column.values[row]
  if (column.type === 'TIMESTAMP') return formatTime(Number(value))
  return typeof value === 'bigint' ? Number(value) : value
}

/** A ledger's columns as rows; times as ISO 8601 in UTC. */
export function fromLedger(columns: readonly LedgerColumn[]): ResultRows {
  const count = columns[0]?.values.length ?? 0
  return {
    columns: columns.map(({ name, type }) => ({ name, numeric: type !== 'VARCHAR' && type !== 'TIMESTAMP' && type !== 'BOOLEAN' })),
    rows: Array.from({ length: count }, (_, row) => columns.map((column) => valueAt(column, row))),
  }
}

/** One value as text; none (NaN, null) is empty in CSV and a dash in a table. */
function cellText(value: SqlValue, none: string): string {
  if (value === null || (typeof value === 'number' && Number.isNaN(value))) return none
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** The first `limit` rows as an aligned table, and how many more there are. */
export function tableLines(result: ResultRows, limit: number, total = result.rows.length): string[] {
  if (total === 0) return ['none']
  const columns = result.columns.map(({ name, numeric }) => ({ name, align: numeric ? 'right' : 'left' }) as const)
  const shown = result.rows.slice(0, limit)
  const lines = formatTable(columns, shown.map((row) => row.map((value) => cellText(value, NONE))))
  const more = total - shown.length
  return more > 0 ? [...lines, `… and ${formatCount(more)} more rows: --limit, or --format csv for all`] : lines
}

/** RFC 4180, with a header line. */
function csvLine(values: readonly string[]): string {
  return values.map((value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)).join(',')
}

export interface RowsTarget {
  readonly format: Exclude<ResultFormat, 'json'>
  readonly limit: number
  readonly out?: string
  /** The same rows as typed columns, for Parquet. */
  readonly columns: readonly LedgerColumn[]
}

/** Writes rows to stdout or a file. */
export async function writeRows(result: ResultRows, target: RowsTarget): Promise<void> {
  if (target.format === 'parquet') {
    if (target.out === undefined) throw usageError('Parquet is binary and is not printed', 'name a file: --out FILE')
    const { writeLedger } = await import('../store/ledgers.ts')
    await writeLedger(outputPath(target.out), target.columns)
    return
  }
  const lines = target.format === 'table'
    ? tableLines(result, target.out === undefined ? target.limit : Infinity)
    : [csvLine(result.columns.map(({ name }) => name)), ...result.rows.map((row) => csvLine(row.map((value) => cellText(value, ''))))]
  await writeLines(lines, target.out)
}

/** One JSON document to stdout or a file. */
export async function writeJson(value: unknown, out?: string): Promise<void> {
  if (out === undefined) printJson(value)
  else await writeLines([JSON.stringify(value)], out)
}

/** Replaces a file by what `write` makes beside it, so that one that can't be made leaves the old one as it was; a device is written to. */
export async function replaceOutput(out: string, write: (path: string) => Promise<void>): Promise<void> {
  const path = outputPath(out)
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) {
    await write(path)
    return
  }
  const draft = `${path}.${process.pid}.part`
  try {
    await write(draft)
    renameSync(draft, path)
  } finally {
    rmSync(draft, { force: true })
  }
}

export async function writeLines(lines: readonly string[], out?: string): Promise<void> {
  if (out === undefined) {
    print(lines)
    return
  }
  const file = createWriteStream(outputPath(out))
  file.end(`${lines.join('\n')}\n`)
  await once(file, 'finish')
}
