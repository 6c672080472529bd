import { INTEGER, DOUBLE, DuckDBDataChunk } from '@duckdb/node-api'
import type { DuckDBAppender } from '@duckdb/node-api'
import { COPY_FORMATS, identifier, literal, openEngine } from './engine.ts'
import type { Engine, EngineLimits } from './engine.ts'
import { appendColumns } from './ledgers.ts'
import type { LedgerColumn } from './ledgers.ts'
import { itemsOf } from './vector-items.ts'

/** A column of a dictionary, looked up by the numbers in a stored column: row 0, 1, … of the dictionary. */
export interface LookedUp {
  readonly by: string
  readonly dictionary: string
  readonly column: string
}

/** A stored column of milliseconds since the Unix epoch as a time, or as the text of one (`formatTime` of domain/timeline.ts). */
export interface TimeOf {
  readonly time: string
}

/** A column of the file: a stored one as it is, one looked up, a time, or texts of these joined by dots. */
export interface CodedField {
  readonly name: string
  readonly is: string | LookedUp | TimeOf | readonly (LookedUp | TimeOf)[]
}

/** A ledger that is collected as numbers and becomes times and texts only as its file is written. */
export interface CodedLedger {
  readonly stored: Readonly<Record<string, 'INTEGER' | 'DOUBLE'>>
  readonly fields: readonly CodedField[]
}

/** Rows as they are collected, by stored column: Int32Array for INTEGER, all of at least `count` values. */
export interface CodedRows {
  readonly count: number
  readonly columns: Readonly<Record<string, Int32Array | Float64Array>>
}

/** DuckDB's own vector size. */
const CHUNK_ROWS = 2048
const NUMBER = 'number'

interface Table {
  readonly ledger: CodedLedger
  readonly appender: DuckDBAppender
  rows: number
}

/**
 * Ledgers that are written side by side, some rows at a time: whole columns of numbers cross to the database, which
 * makes the texts. What does not fit into its memory waits in a temporary folder.
 */
export class CodedLedgerWriter {
  readonly #engine: Engine
  readonly #tables: ReadonlyMap<string, Table>

  private constructor(engine: Engine, tables: ReadonlyMap<string, Table>) {
    this.#engine = engine
    this.#tables = tables
  }

  static async open(
    of: { readonly dictionaries: Readonly<Record<string, readonly LedgerColumn[]>>; readonly ledgers: Readonly<Record<string, CodedLedger>> },
    limits?: EngineLimits,
  ): Promise<CodedLedgerWriter> {
    const engine = await openEngine(limits)
    const { connection } = engine
    // Rows stay in the order they were appended in: each join looks up what the ledger's row says, never the other way round.
    await connection.run(`SET disabled_optimizers = 'join_order,build_side_probe_side'`)
    const create = async (table: string, fields: readonly { readonly name: string; readonly type: string }[]): Promise<DuckDBAppender> => {
      await connection.run(`CREATE TABLE ${identifier(table)} (${fields.map(({ name, type }) => `${identifier(name)} ${type}`).join(', ')})`)
      return connection.createAppender(table)
    }
    for (const [name, columns] of Object.entries(of.dictionaries)) {
      const numbered: LedgerColumn[] = [{ name: NUMBER, type: 'INTEGER', values: Int32Array.from({ length: columns[0].values.length }, (_, number) => number) }, ...columns]
      const appender = await create(dictionaryTable(name), numbered)
      appendColumns(appender, numbered)
      appender.closeSync()
    }
    const tables = new Map<string, Table>()
    for (const [name, ledger] of Object.entries(of.ledgers)) {
      const fields = Object.entries(ledger.stored).map(([column, type]) => ({ name: column, type }))
      tables.set(name, { ledger, appender: await create(ledgerTable(name), fields), rows: 0 })
    }
    return new CodedLedgerWriter(engine, tables)
  }

  #table(name: string): Table {
    const table = this.#tables.get(name)
    if (table === undefined) throw new Error(`there is no ledger ${name}`)
    return table
  }

  append(name: string, { count, columns }: CodedRows): void {
    const table = this.#table(name)
    const stored = Object.entries(table.ledger.stored)
    const types = stored.map(([, type]) => (type === 'INTEGER' ? INTEGER : DOUBLE))
    for (let from = 0; from < count; from += CHUNK_ROWS) {
      const rows = Math.min(CHUNK_ROWS, count - from)
      const chunk = DuckDBDataChunk.create(types, rows)
      stored.forEach(([column], index) => {
        const vector = chunk.getColumnVector(index)
        const items = itemsOf(vector)
        const values = columns[column]
        if (items === undefined || items.constructor !== values.constructor) throw new Error(`column ${column} of ledger ${name} is not of its type`)
        items.set(values.subarray(from, from + rows) as never)
        vector.flush()
      })
      table.appender.appendDataChunk(chunk)
    }
    table.rows += count
  }

  /** Writes a ledger as one zstd Parquet file, its rows in the order they came. No more can be appended to it. */
  async write(name: string, path: string): Promise<void> {
    const { ledger, appender, rows } = this.#table(name)
    appender.closeSync()
    const parts = ledger.fields.flatMap(({ is }) => (typeof is === 'string' ? [] : [is].flat()))
    const lookups = new Map(parts.flatMap((part) => ('by' in part ? [[part.by, part.dictionary]] : [])))
    const joins = [...lookups].map(([by, dictionary]) =>
      `JOIN ${identifier(dictionaryTable(dictionary))} AS ${identifier(by)} ON ${identifier(by)}.${NUMBER} = ledger.${identifier(by)}`)
    const terms = ledger.fields.map((field) => `${termOf(field)} AS ${identifier(field.name)}`)
    const query = `SELECT ${terms.join(', ')} FROM ${identifier(ledgerTable(name))} AS ledger ${joins.join(' ')}`
    const copied = await this.#engine.connection.runAndReadAll(`COPY (${query}) TO ${literal(path)} (${COPY_FORMATS.parquet})`)
    const written = Number(copied.getRows()[0][0])
    if (written !== rows) throw new Error(`of ${rows} rows of ledger ${name} ${written} were written: some number stands for nothing`)
  }

  close(): void {
    this.#engine.close()
  }
}

function dictionaryTable(name: string): string {
  return `dictionary of ${name}`
}

function ledgerTable(name: string): string {
  return `ledger of ${name}`
}

function termOf({ is }: CodedField): string {
  if (typeof is === 'string') return `ledger.${identifier(is)}`
  if ('by' in is) return columnOf(is)
  if ('time' in is) return timeOf(is)
  return is.map((part) => ('by' in part ? columnOf(part) : timeText(part))).join(` || '.' || `)
}

function columnOf({ by, column }: LookedUp): string {
  return `${identifier(by)}.${identifier(column)}`
}

function timeOf({ time }: TimeOf): string {
  return `epoch_ms(ledger.${identifier(time)}::BIGINT)`
}

function timeText(time: TimeOf): string {
  return `replace(strftime(${timeOf(time)}, '%Y-%m-%dT%H:%M:%S.%gZ'), '.000Z', 'Z')`
}
