import type { DuckDBAppender } from '@duckdb/node-api'
import { COPY_FORMATS, identifier, literal, openEngine } from './engine.ts'
import type { CopyFormat, EngineLimits } from './engine.ts'
import { appendColumns } from './ledgers.ts'
import type { LedgerColumn } from './ledgers.ts'
import type { PanelReader } from './store.ts'

/** Which column of a panel is wanted, and the labels its values get: `{ instance: 'sma-cross(…)', symbol: 'AAPL' }`. */
export interface ExportColumn {
  readonly column: number
  readonly labels: Readonly<Record<string, string>>
}

export interface PanelExport {
  /** Panels over the same rows; the order of the columns, over all panels, is that of the result. */
  readonly panels: readonly { readonly panel: PanelReader; readonly columns: readonly ExportColumn[] }[]
  /** Close time of every row, milliseconds since the Unix epoch, UTC. */
  readonly closeTimes: ArrayLike<number>
  /** Rows [from, to); all without it. */
  readonly rows?: { readonly from: number; readonly to: number }
  /** Name of the value column. */
  readonly value: string
  readonly path: string
  /** zstd Parquet, or CSV with ISO 8601 times in UTC. */
  readonly format: CopyFormat
}

const BLOCK_CELLS = 1 << 20

/**
 * Writes panels in long form, one line per value: `closeTime`, the labels, the value; by row, then by column.
 * NaN (no opinion) is a value like any other. Panels are read in blocks; memory is bounded by the limits.
 */
export async function exportPanels(wanted: PanelExport, limits?: EngineLimits): Promise<void> {
  const columns = wanted.panels.flatMap((source) => source.columns)
  const names = Object.keys(columns[0]?.labels ?? {})
  const odd = columns.find(({ labels }) => Object.keys(labels).join() !== names.join())
  if (odd !== undefined) throw new Error(`columns are labelled by ${names.join(', ')}, but one by ${Object.keys(odd.labels).join(', ')}`)
  const engine = await openEngine(limits)
  const fill = async (table: string, fields: string, write: (appender: DuckDBAppender) => void): Promise<void> => {
    await engine.connection.run(`CREATE TABLE ${table} (${fields})`)
    const appender = await engine.connection.createAppender(table)
    write(appender)
    appender.closeSync()
  }
  try {
    const { from, to } = wanted.rows ?? { from: 0, to: wanted.closeTimes.length }
    const labelFields = names.map((name) => `${identifier(name)} VARCHAR`)
    await fill('columns', ['"column" INTEGER', ...labelFields].join(', '), (appender) => appendColumns(appender, labelColumns(columns, names)))
    await fill('times', '"row" INTEGER, "closeTime" TIMESTAMP', (appender) => appendColumns(appender, [
      { name: 'row', type: 'INTEGER', values: Int32Array.from({ length: to - from }, (_, i) => from + i) },
      { name: 'closeTime', type: 'TIMESTAMP', values: Array.from({ length: to - from }, (_, i) => wanted.closeTimes[from + i]) },
    ]))
    const type = wanted.panels.every(({ panel }) => panel.shape.type === 'float32') ? 'FLOAT' : 'DOUBLE'
    await fill('cells', `"row" INTEGER, "column" INTEGER, "value" ${type}`, (appender) => appendCells(appender, { wanted, from, to, type }))
    const shown = ['"closeTime"', ...names.map(identifier), `"value" AS ${identifier(wanted.value)}`].join(', ')
    const query = `SELECT ${shown} FROM cells JOIN times USING ("row") JOIN columns USING ("column") ORDER BY "row", "column"`
    await engine.connection.run(`COPY (${query}) TO ${literal(wanted.path)} (${COPY_FORMATS[wanted.format]})`)
  } finally {
    engine.close()
  }
}

function labelColumns(columns: readonly ExportColumn[], names: readonly string[]): LedgerColumn[] {
  return [
    { name: 'column', type: 'INTEGER', values: Int32Array.from(columns.keys()) },
    ...names.map((name): LedgerColumn => ({ name, type: 'VARCHAR', values: columns.map(({ labels }) => labels[name]) })),
  ]
}

interface Cells {
  readonly wanted: PanelExport
  readonly from: number
  readonly to: number
  readonly type: 'FLOAT' | 'DOUBLE'
}

/** Reads the panels block by block and appends the wanted columns; a column is known by its place among all. */
function appendCells(appender: DuckDBAppender, { wanted, from, to, type }: Cells): void {
  let first = 0
  for (const { panel, columns } of wanted.panels) {
    const width = panel.shape.columns
    const rowsPerBlock = Math.max(1, Math.floor(BLOCK_CELLS / width))
    for (let start = from; start < to; start += rowsPerBlock) {
      const end = Math.min(to, start + rowsPerBlock)
      const block = panel.read(start, end)
      const cells = (end - start) * columns.length
      const rows = new Int32Array(cells)
      const places = new Int32Array(cells)
      const values = type === 'FLOAT' ? new Float32Array(cells) : new Float64Array(cells)
      let cell = 0
      for (let row = start; row < end; row++) {
        for (let place = 0; place < columns.length; place++, cell++) {
          rows[cell] = row
          places[cell] = first + place
          values[cell] = block[(row - start) * width + columns[place].column]
        }
      }
      appendColumns(appender, [
        { name: 'row', type: 'INTEGER', values: rows },
        { name: 'column', type: 'INTEGER', values: places },
        { name: 'value', type, values },
      ])
    }
    first += columns.length
  }
}
