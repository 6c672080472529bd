import { Option, type Command } from 'commander'
import { join } from 'node:path'
import { mkdirSync } from 'node:fs'
import { withSignals } from '../analysis/fused-signals.ts'
import { portfolioOf } from '../analysis/opened-run.ts'
import { replayPortfolio, walkForwardOf, type ReplayedPortfolio } from '../analysis/replay.ts'
import { addressOf } from '../base/hash.ts'
import { computeMetrics } from '../domain/metrics.ts'
import { LEDGER_NAMES, ledgerTable, type LedgerName } from '../lineup/ledger-rows.ts'
import { findInstallation } from '../experiment/installation.ts'
import { commandText, type GlobalOptions } from './invocation.ts'
import { formatOption, positiveCount } from './option-values.ts'
import { print, tell } from './output.ts'
import { formatCount, plural } from './figures.ts'
import { fromLedger, usageError, writeJson, writeRows, type ResultFormat } from './rows-output.ts'
import { openNamedRun } from './workspace.ts'

/** The same in every row of a portfolio, so a table goes without. */
const WHOSE = ['portfolio', 'containerId']

interface ReplayOptions extends GlobalOptions {
  readonly ledger: LedgerName | 'all'
  readonly format: ResultFormat
  readonly limit: number
  readonly out?: string
}

export function replayCommand(command: Command): void {
  command
    .addOption(new Option('--ledger <ledger>', 'which ledger').choices([...LEDGER_NAMES, 'all']).default('orders'))
    .addOption(formatOption(['table', 'csv', 'json', 'parquet']))
    .option('--limit <rows>', 'rows of a table', positiveCount, 40)
    .option('--out <file>', 'write to this file; with --ledger all to this folder')
    .action(async (reference: string, portfolio: string, _: unknown, called: Command) => replay(reference, portfolio, called.optsWithGlobals<ReplayOptions>()))
}

async function replay(reference: string, portfolio: string, options: ReplayOptions): Promise<void> {
  const named = openNamedRun(reference, options)
  const { sources } = findInstallation()
  const run = walkForwardOf(named, portfolio) === undefined ? await withSignals(named, portfolioOf(named, portfolio), sources) : named
  const replayed = replayPortfolio(run, portfolio)
  const ledgers = options.ledger === 'all' ? LEDGER_NAMES : [options.ledger]
  const format = options.json === true ? 'json' : options.format
  const sameCode = run.record.environment.sources === addressOf(sources)
  if (format === 'json') {
    await writeJson({
      run: run.id, portfolio: replayed.config, identical: replayed.identical, sameCode,
      profile: run.experiment.profile, metrics: computeMetrics(replayed.performance, run.experiment.profile),
      ledgers: Object.fromEntries(ledgers.map((name) => [name, fromLedger(ledgerTable(replayed.rows.ledgers[name]))])),
    }, options.out)
    return
  }
  if (format !== 'table' && options.ledger === 'all' && options.out === undefined) {
    throw usageError('--ledger all writes a file per ledger', 'name a folder: --out FOLDER')
  }
  tell(verdict(replayed, { sameCode, run: run.id }))
  for (const name of ledgers) {
    const columns = ledgerTable(replayed.rows.ledgers[name])
    if (options.ledger === 'all' && format === 'table') print(`\n${name}`)
    if (options.ledger === 'all' && options.out !== undefined) mkdirSync(options.out, { recursive: true })
    const out = options.out !== undefined && options.ledger === 'all' ? join(options.out, `${name}.${format === 'table' ? 'txt' : format}`) : options.out
    const shown = format === 'table' ? columns.filter((column) => !WHOSE.includes(column.name)) : columns
    await writeRows(fromLedger(shown), { format, limit: options.limit, out, columns })
  }
  const key = replayed.rows.ledgers.orders.orderKey[0]
  if (format === 'table' && options.out === undefined && key !== undefined && walkForwardOf(run, portfolio) === undefined) {
    print(['', `${commandText(['explain', run.id, String(key)], options)}    # the first of them`])
  }
}

function verdict({ rows, identical, config }: ReplayedPortfolio, of: { readonly sameCode: boolean; readonly run: string }): string {
  const { orders, fills } = rows.ledgers
  const counted = `${config.id}: ${plural(orders.portfolio.length, 'order')}, ${plural(fills.portfolio.length, 'fill')}, ${formatCount(rows.ledgers.equity.portfolio.length)} bars`
  if (identical) return `${counted}; identical to the stored results of run ${of.run}, bit for bit`
  return `${counted}; NOT identical to the stored results of run ${of.run}${of.sameCode ? ': please report this' : ', which another version of Millrace made'}`
}
