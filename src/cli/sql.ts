import type { Command } from 'commander'
import { ledgerViews, longTableViews, LONG_TABLES, tablesIn, type LongTable } from '../analysis/sql-views.ts'
import type { OpenedRun } from '../analysis/opened-run.ts'
import { MillraceError } from '../base/errors.ts'
import { LEDGERS } from '../lineup/ledger-rows.ts'
import { openSql, type SqlResult, type SqlSession } from '../store/sql-session.ts'
import { plural } from './figures.ts'
import { commandText, type GlobalOptions } from './invocation.ts'
import { formatOption, positiveCount } from './option-values.ts'
import { print, printJson, tell } from './output.ts'
import { printFile } from './panel-values.ts'
import { replaceOutput, tableLines, usageError, writeJson, writeLines, type ResultFormat, type ResultRows } from './rows-output.ts'
import { formatTable } from './table.ts'
import { openNamedRun } from './workspace.ts'

interface SqlOptions extends GlobalOptions {
  readonly format: ResultFormat
  readonly limit: number
  readonly out?: string
}

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  metrics: 'a row per portfolio: its grid parameters and every metric',
  windows: 'a row per window of a walk-forward: its training, its test and what was selected',
  orders: 'what was decided', fills: 'what was booked, leg by leg', cancellations: 'what did not fill, and why',
  equity: 'a row per portfolio and bar',
  signals: 'closeTime, signal, symbol, value', decisions: 'closeTime, decision, field, symbol, value',
  predictions: 'closeTime, model, symbol, value', features: 'closeTime, feature, symbol, value',
  market: 'closeTime, symbol, open, high, low, close, volume, split, dividend, adjustment',
}

export function sqlCommand(command: Command): void {
  command
    .addOption(formatOption(['table', 'csv', 'json', 'parquet']))
    .option('--limit <rows>', 'rows of a table', positiveCount, 100)
    .option('--out <file>', 'write to this file')
    .addHelpText('after', `\nViews: ${Object.keys(DESCRIPTIONS).join(', ')}. Without a query they are listed.\nSQL is DuckDB’s. Only one SELECT at a time, and only over these views.\nPanels become tables the first time a query speaks of them; that is kept.`)
    .action(async (reference: string, query: string | undefined, _: unknown, called: Command) => {
      const options = called.optsWithGlobals<SqlOptions>()
      const run = openNamedRun(reference, options)
      if (query === undefined) listViews(run, options)
      else await answer(run, query, options)
    })
}

/** Every view that a query may speak of. */
function viewsOf(run: OpenedRun): string[] {
  return [...Object.keys(ledgerViews(run)), ...LONG_TABLES]
}

function listViews(run: OpenedRun, options: SqlOptions): void {
  const isRecorded = run.experiment.record === 'all'
  const views = viewsOf(run)
  if (options.json === true) {
    printJson({ run: run.id, views: views.map((name) => ({ name, rows: DESCRIPTIONS[name] })) })
    return
  }
  print([
    ...formatTable([{ name: 'view' }, { name: 'rows' }], views.map((name) => [name, DESCRIPTIONS[name]])),
    ...(isRecorded ? [] : ['', `orders, fills, cancellations and equity were not recorded: use --record all, or ${commandText(['replay', run.id, 'PORTFOLIO'], options)}`]),
    '',
    commandText(['sql', run.id, 'select groupName, count(*), avg(sharpe), max(sharpe) from metrics group by 1'], options),
  ])
}

async function answer(run: OpenedRun, query: string, options: SqlOptions): Promise<void> {
  const format = options.json === true ? 'json' : options.format
  if (format === 'parquet' && options.out === undefined) throw usageError('Parquet is binary and is not printed', 'name a file: --out FILE')
  const told = (table: LongTable, cells: number) => {
    if (options.json !== true) tell(`making the table ${table} (${plural(cells, 'value')}), once …`)
  }
  const views = { ...ledgerViews(run), ...(await longTableViews(run, tablesIn(query), told)) }
  const ask = async <T>(output: string | undefined, use: (session: SqlSession) => Promise<T>): Promise<T> => {
    const session = await openSql({ views, output, nanIsNull: true })
    try {
      return await use(session)
    } catch (error) {
      throw explainMissing(run, error)
    } finally {
      session.close()
    }
  }
  if (format === 'csv' || format === 'parquet') {
    const write = (path: string) => ask(path, (session) => session.write(query, format))
    if (options.out === undefined) await printFile(write)
    else await replaceOutput(options.out, write)
    return
  }
  const result = await ask(undefined, (session) => session.query(query, format === 'json' ? {} : { maxRows: options.limit }))
  if (format === 'json') await writeJson({ run: run.id, ...result }, options.out)
  else {
    const lines = tableLines(toRows(result), options.limit)
    await writeLines(result.truncated ? [...lines, '… and more rows: --limit, or --format csv for all'] : lines, options.out)
  }
}

const NUMERIC = /^(DOUBLE|FLOAT|.*INT.*|DECIMAL.*)$/

function toRows(result: SqlResult): ResultRows {
  return { columns: result.columns.map(({ name, type }) => ({ name, numeric: NUMERIC.test(type) })), rows: result.rows }
}

/** Says why a ledger that could be there is not, and names the views that a query did not speak of. */
function explainMissing(run: OpenedRun, error: unknown): unknown {
  if (!(error instanceof MillraceError) || error.code !== 'SQL_INVALID') return error
  const ledger = run.experiment.record === 'all' ? undefined : Object.keys(LEDGERS).find((name) => error.message.includes(`Table with name ${name} does not exist`))
  if (ledger === undefined) {
    return new MillraceError({ code: 'SQL_INVALID', message: error.message, value: error.value, hint: `one SELECT over: ${viewsOf(run).join(', ')}` })
  }
  return new MillraceError({
    code: 'SQL_INVALID',
    message: `run ${run.id} kept metrics only, so there is no view ${ledger}`,
    value: error.value,
    hint: 'run the experiment with --record all; or make one portfolio’s again: millrace replay RUN PORTFOLIO --ledger all --format parquet --out FOLDER',
  })
}
