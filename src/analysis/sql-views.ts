import { join } from 'node:path'
import { addressOf } from '../base/hash.ts'
import type { MarketPanels } from '../domain/market-panels.ts'
import { LEDGERS, ledgerFile, type LedgerName } from '../lineup/ledger-rows.ts'
import { readMarket } from '../stages/market-artefact.ts'
import { metricsFiles } from '../stages/metrics-ledger.ts'
import { WINDOWS_FILE } from '../stages/walk-forward-task.ts'
import { writeLedger } from '../store/ledgers.ts'
import { makeArtefact } from '../store/made-artefact.ts'
import { exportPanels } from '../store/panel-export.ts'
import type { ViewFile } from '../store/sql-session.ts'
import type { Address } from '../store/store.ts'
import type { OpenedRun } from './opened-run.ts'
import { PANEL_TABLES, tableNames, tableParts, type PanelTable, type TablePart } from './panel-tables.ts'

/** Panels as long tables, made when they are first asked for. */
export const LONG_TABLES = [...PANEL_TABLES, 'market'] as const
export type LongTable = (typeof LONG_TABLES)[number]

const TABLE_FILE = 'table.parquet'
/** Raised when the layout of a table changes. */
const LAYOUT = 1
/** Rows of the market in one file: what is held in memory while it is written. */
const MARKET_ROWS_PER_FILE = 250_000

export type Views = Readonly<Record<string, readonly ViewFile[]>>

/** What is Parquet already: `metrics`, and the ledgers of portfolios that were recorded. */
export function ledgerViews(run: OpenedRun): Views {
  const windows = run.artefacts.windows.map((address) => run.store.file(address, WINDOWS_FILE))
  const metrics = { metrics: metricsFiles(run.store, run.artefacts.metrics), ...(windows.length > 0 && { windows }) }
  if (run.experiment.record !== 'all') return metrics
  const files = (ledger: LedgerName) => run.artefacts.results.map((address): ViewFile => {
    const path = run.store.file(address, ledgerFile(ledger))
    const without = run.artefacts.strangers[address]
    return without === undefined ? path : { path, column: 'portfolio', without }
  })
  return { ...metrics, ...Object.fromEntries((Object.keys(LEDGERS) as LedgerName[]).map((ledger) => [ledger, files(ledger)])) }
}

/** The long tables that a query speaks of. */
export function tablesIn(sql: string): LongTable[] {
  return LONG_TABLES.filter((table) => new RegExp(`\\b${table}\\b`, 'i').test(sql))
}

/**
 * The Parquet files of long tables, converted where they have not been: one artefact per stored panel, so that
 * what several runs share is converted once, and a prune takes them away again.
 */
export async function longTableViews(run: OpenedRun, tables: readonly LongTable[], onConvert: (table: LongTable, cells: number) => void): Promise<Views> {
  const views: Record<string, readonly string[]> = {}
  let market: MarketPanels | undefined
  const readMarketOnce = () => (market ??= readMarket(run.store, run.artefacts.market))
  for (const table of tables) {
    const notify = (cells: number) => onConvert(table, cells)
    views[table] = table === 'market'
      ? await marketFiles(run, readMarketOnce, notify)
      : await panelFiles(run, { table, closeTimes: () => readMarketOnce().timeline.closeTimes, notify })
  }
  return views
}

async function panelFiles(
  run: OpenedRun,
  of: { readonly table: PanelTable; readonly closeTimes: () => ArrayLike<number>; readonly notify: (cells: number) => void },
): Promise<string[]> {
  const made = tableParts(run, of.table, { names: tableNames(run, of.table) }).map((part) => ({
    part, address: addressOf({ kind: 'table', layout: LAYOUT, table: of.table, ...part }),
  }))
  const missing = made.filter(({ address }) => run.store.meta(address) === undefined)
  if (missing.length > 0) of.notify(missing.reduce((cells, { part }) => cells + part.columns.length * run.artefacts.rows, 0))
  for (const { part, address } of missing) await convertPanel(run, { table: of.table, part, address, closeTimes: of.closeTimes() })
  return made.map(({ address }) => run.store.file(address, TABLE_FILE))
}

async function convertPanel(
  run: OpenedRun,
  of: { readonly table: PanelTable; readonly part: TablePart; readonly address: Address; readonly closeTimes: ArrayLike<number> },
): Promise<void> {
  const { part, address, table } = of
  const panel = run.store.panel(part.artefact, part.file)
  try {
    await makeArtefact(run.store, { address, kind: 'table', madeFrom: { table, artefact: part.artefact, file: part.file } }, ({ folder }) => exportPanels({
      panels: [{ panel, columns: part.columns }], closeTimes: of.closeTimes, value: 'value',
      path: join(folder, TABLE_FILE), format: 'parquet',
    }))
  } finally {
    panel.close()
  }
}

function marketFile(index: number): string {
  return `market-${index}.parquet`
}

/** One row per bar: rows of the timeline in which a symbol has no bar have no row here. */
async function marketFiles(run: OpenedRun, readOnce: () => MarketPanels, notify: (cells: number) => void): Promise<string[]> {
  const address = addressOf({ kind: 'table', layout: LAYOUT, table: 'market', market: run.artefacts.market })
  const rowsPerFile = Math.max(1, Math.floor(MARKET_ROWS_PER_FILE / run.artefacts.symbols.length))
  const files = Math.ceil(run.artefacts.rows / rowsPerFile)
  if (run.store.meta(address) === undefined) {
    const market = readOnce()
    notify(market.close.length)
    await makeArtefact(run.store, { address, kind: 'table', madeFrom: { table: 'market', market: run.artefacts.market } }, async ({ folder }) => {
      for (let index = 0; index < files; index++) {
        await writeLedger(join(folder, marketFile(index)), marketColumns(market, index * rowsPerFile, (index + 1) * rowsPerFile))
      }
    })
  }
  return Array.from({ length: files }, (_, index) => run.store.file(address, marketFile(index)))
}

const MARKET_COLUMNS = ['open', 'high', 'low', 'close', 'volume', 'split', 'dividend', 'adjustment'] as const

function marketColumns(market: MarketPanels, from: number, to: number) {
  const symbols = market.instruments.length
  const cells: number[] = []
  for (let cell = from * symbols; cell < Math.min(to * symbols, market.close.length); cell++) if (!Number.isNaN(market.close[cell])) cells.push(cell)
  return [
    { name: 'closeTime', type: 'TIMESTAMP', values: cells.map((cell) => market.timeline.closeTimes[Math.floor(cell / symbols)]) } as const,
    { name: 'symbol', type: 'VARCHAR', values: cells.map((cell) => market.instruments[cell % symbols].symbol) } as const,
    ...MARKET_COLUMNS.map((name) => ({ name, type: 'DOUBLE', values: Float64Array.from(cells, (cell) => market[name][cell]) }) as const),
  ]
}
