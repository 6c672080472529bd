import type { Command } from 'commander'
import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { MillraceError } from '../base/errors.ts'
import { chooseNames, tableNames, tableParts, unstoredHint, type PanelTable, type TablePart } from '../analysis/panel-tables.ts'
import type { OpenedRun } from '../analysis/opened-run.ts'
import { formatTime, type Timeline } from '../domain/timeline.ts'
import { nameHint } from '../experiment/names.ts'
import { readMarket } from '../stages/market-artefact.ts'
import type { PanelReader } from '../store/store.ts'
import { formatCount, plural } from './figures.ts'
import { commandText, type GlobalOptions } from './invocation.ts'
import { calendarDate, formatOption, nameList, positiveCount } from './option-values.ts'
import { print, printJson } from './output.ts'
import { replaceOutput, tableLines, usageError, writeJson, writeLines, type ResultFormat, type ResultRows } from './rows-output.ts'
import { formatTable } from './table.ts'
import { openNamedRun } from './workspace.ts'

export interface PanelOptions extends GlobalOptions {
  readonly format: ResultFormat
  readonly from?: string
  readonly to?: string
  readonly symbols?: string[]
  readonly limit: number
  readonly out?: string
}

/** More values than this are not gathered into one JSON document. */
const JSON_VALUES = 2_000_000

/** What one of the three commands over panels is about. */
export interface PanelCommand {
  readonly table: PanelTable
  /** Lines of the list that is shown when no name is given: columns, then a row per name. */
  readonly list: (run: OpenedRun) => { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] }
}

export function addPanelOptions(command: Command, of: PanelCommand): void {
  command
    .addOption(formatOption(['table', 'csv', 'json', 'parquet']))
    .option('--from <date>', 'first session', calendarDate)
    .option('--to <date>', 'last session', calendarDate)
    .option('--symbols <names>', 'only these symbols, with commas between them', nameList)
    .option('--limit <rows>', 'rows of a table', positiveCount, 40)
    .option('--out <file>', 'write to this file')
    .addHelpText('after', '\nWithout a name: the list of them. Names may have * and ?, and a group’s name stands for all in it.\nA value that is not there (no opinion, warming up, no bar) is NaN: a dash in a table, nan in CSV.')
    .action(async (reference: string, names: string[], _: unknown, called: Command) => {
      await show(reference, names, { ...of, options: called.optsWithGlobals<PanelOptions>() })
    })
}

type Showing = PanelCommand & { readonly options: PanelOptions }

async function show(reference: string, patterns: readonly string[], of: Showing): Promise<void> {
  const { table, options } = of
  const run = openNamedRun(reference, options)
  if (tableNames(run, table).length === 0) throw nothingStored(run, table)
  if (patterns.length === 0 && options.out === undefined && options.format === 'table') {
    listNames(run, of)
    return
  }
  const names = chooseNames(run, table, patterns)
  const parts = tableParts(run, table, { names, symbols: knownSymbols(run, options.symbols) })
  const { timeline } = readMarket(run.store, run.artefacts.market)
  const rows = rowsBetween(timeline, options)
  const values = parts.reduce((sum, part) => sum + part.columns.length, 0) * (rows.to - rows.from)
  const format = options.json === true ? 'json' : options.format
  if (format === 'csv' || format === 'parquet') {
    await exportValues(run, { parts, timeline, rows, format, out: options.out })
    return
  }
  if (format === 'json') {
    if (values > JSON_VALUES) throw usageError(`${plural(values, 'value')} are too many for one JSON document`, 'narrow it by name, --symbols, --from or --to, or use --format parquet')
    await writeJson({ run: run.id, names, ...(await gather(run, { parts, timeline, rows, limit: Infinity })) }, options.out)
    return
  }
  const limit = options.out === undefined ? options.limit : Infinity
  await writeLines(tableLines(await gather(run, { parts, timeline, rows, limit }), limit, values), options.out)
}

function nothingStored(run: OpenedRun, table: PanelTable): MillraceError {
  const hint = run.record.driver === 'lockstep'
    ? 'a lockstep run stores results only: run the experiment staged'
    : unstoredHint(run, table) ?? 'its experiment has none'
  return new MillraceError({ code: 'ARTEFACT_MISSING', message: `run ${run.id} has no ${table}`, hint })
}

function listNames(run: OpenedRun, { table, list, options }: Showing): void {
  const { columns, rows } = list(run)
  if (options.json === true) {
    printJson({ run: run.id, [table]: rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index]]))) })
    return
  }
  print([
    `${run.record.name}, run ${run.id}: ${formatCount(rows.length)} ${table}`,
    '',
    ...formatTable(columns.map((name) => ({ name })), rows),
    '',
    `${commandText([table, run.id, rows[0][0], '--symbols', run.artefacts.symbols[0]], options)}    # its values`,
  ])
}

/** @throws MillraceError USAGE for a symbol the run does not trade, with the nearest */
function knownSymbols(run: OpenedRun, symbols: readonly string[] | undefined): readonly string[] | undefined {
  const unknown = symbols?.find((symbol) => !run.artefacts.symbols.includes(symbol))
  if (unknown === undefined) return symbols
  throw new MillraceError({ code: 'USAGE', message: `run ${run.id} has no such symbol`, value: unknown, hint: nameHint(unknown, run.artefacts.symbols) })
}

interface Range {
  readonly from: number
  readonly to: number
}

/** Days since 1970-01-01. */
function dayOf(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / 86_400_000
}

/** Rows whose session is from `from` to `to`, both in. */
function rowsBetween({ sessionDates }: Timeline, options: Pick<PanelOptions, 'from' | 'to'>): Range {
  const first = options.from === undefined ? 0 : sessionDates.findIndex((date) => date >= dayOf(options.from as string))
  const after = options.to === undefined ? -1 : sessionDates.findIndex((date) => date > dayOf(options.to as string))
  const range = { from: first < 0 ? sessionDates.length : first, to: after < 0 ? sessionDates.length : after }
  if (range.from < range.to) return range
  throw usageError(`there is no bar from ${options.from ?? 'the start'} to ${options.to ?? 'the end'}`, 'the dates are sessions of the run’s market')
}

interface Chosen {
  readonly parts: readonly TablePart[]
  readonly timeline: Timeline
  readonly rows: Range
}

/** The panels of parts, opened for as long as `use` takes. */
async function withPanels<T>(run: OpenedRun, parts: readonly TablePart[], use: (panels: readonly PanelReader[]) => T | Promise<T>): Promise<T> {
  const panels: PanelReader[] = []
  try {
    for (const part of parts) panels.push(run.store.panel(part.artefact, part.file))
    return await use(panels)
  } finally {
    for (const panel of panels) panel.close()
  }
}

async function gather(run: OpenedRun, of: Chosen & { readonly limit: number }): Promise<ResultRows> {
  const labels = Object.keys(of.parts[0]?.columns[0]?.labels ?? {})
  const rows: (string | number)[][] = []
  await withPanels(run, of.parts, (panels) => {
    for (let t = of.rows.from; t < of.rows.to && rows.length < of.limit; t++) {
      const time = formatTime(of.timeline.closeTimes[t])
      of.parts.forEach((part, index) => {
        const values = panels[index].read(t, t + 1)
        for (const { column, labels: own } of part.columns) rows.push([time, ...labels.map((label) => own[label]), values[column]])
      })
    }
  })
  return { columns: [...['closeTime', ...labels].map((name) => ({ name, numeric: false })), { name: 'value', numeric: true }], rows }
}

async function exportValues(run: OpenedRun, of: Chosen & { readonly format: 'csv' | 'parquet'; readonly out?: string }): Promise<void> {
  if (of.out === undefined && of.format === 'parquet') throw usageError('Parquet is binary and is not printed', 'name a file: --out FILE')
  const { exportPanels } = await import('../store/panel-export.ts')
  const write = (path: string) => withPanels(run, of.parts, (panels) => exportPanels({
    panels: of.parts.map((part, index) => ({ panel: panels[index], columns: part.columns })),
    closeTimes: of.timeline.closeTimes, rows: of.rows, value: 'value', path, format: of.format,
  }))
  if (of.out === undefined) await printFile(write)
  else await replaceOutput(of.out, write)
}

/** Prints a file that has to be written first. */
export async function printFile(write: (path: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-'))
  try {
    const path = join(folder, 'values')
    await write(path)
    await pipeline(createReadStream(path), process.stdout, { end: false })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
