import type { Command } from 'commander'
import { resolve } from 'node:path'
import { MillraceError } from '../base/errors.ts'
import { systemClock } from '../base/clock.ts'
import { loadExperiment } from '../experiment/load.ts'
import { csvSettings, type CsvSettings } from '../market/csv-settings.ts'
import { checkQuality } from '../market/quality.ts'
import { formatQuality } from '../market/quality-text.ts'
import { EXIT } from './exit-codes.ts'
import { findInstallation } from '../experiment/installation.ts'
import type { GlobalOptions } from './invocation.ts'
import { print, printJson } from './output.ts'
import { usageError } from './rows-output.ts'

interface CheckOptions extends GlobalOptions {
  readonly experiment?: string
  readonly columns?: string
  readonly [setting: string]: unknown
}

/** Settings of the csv source that are one text each, by their option. */
const TEXT_SETTINGS = {
  'time-format': 'iso, epoch-s, epoch-ms or a format such as dd.MM.yyyy',
  zone: 'zone of times that name none, such as America/New_York',
  'session-zone': 'zone of the market’s sessions',
  stamps: 'whether a time is the start or the end of its bar',
  interval: 'bar interval such as 1d or 15m',
  delimiter: 'what stands between two fields',
  order: 'oldest-first or newest-first',
  'symbol-pattern': 'regular expression with one group that finds the symbol in a file’s name',
} as const

export function dataCheckCommand(command: Command): void {
  command
    .option('--experiment <file>', 'take the settings of its market section')
    .option('--columns <mapping>', 'names that differ in the header: time=timestamp,dividend=dividend_amount')
  for (const [name, description] of Object.entries(TEXT_SETTINGS)) command.option(`--${name} <text>`, description)
  command
    .addHelpText('after', '\nEnds with exit code 2 when a file would not load as stated.')
    .action(async (files: string[], _: unknown, called: Command) => check(files, called.optsWithGlobals<CheckOptions>()))
}

async function check(files: readonly string[], options: CheckOptions): Promise<void> {
  const report = await checkQuality(await settingsFor(files, options), { folder: process.cwd(), clock: systemClock })
  if (!report.sound) process.exitCode = EXIT.refused
  if (options.json === true) printJson(report)
  else print(formatQuality(report))
}

async function settingsFor(files: readonly string[], options: CheckOptions): Promise<CsvSettings> {
  const stated = {
    ...Object.fromEntries(Object.keys(TEXT_SETTINGS).map(toCamelCase).flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]]))),
    ...(options.columns === undefined ? {} : { columns: parseColumns(options.columns) }),
  }
  const base = options.experiment === undefined ? {} : await marketOf(options.experiment)
  const parsed = csvSettings.safeParse({ ...base, ...stated, files: files.map((file) => resolve(file)) })
  if (parsed.success) return parsed.data
  throw new MillraceError(parsed.error.issues.map((issue) => ({
    code: 'USAGE' as const, message: `--${toOption(String(issue.path[0]))}: ${issue.message}`, value: stated[issue.path[0] as keyof typeof stated],
    hint: 'millrace data check --help lists the options',
  })))
}

async function marketOf(file: string): Promise<Partial<CsvSettings>> {
  const { market } = await loadExperiment(file, { sources: findInstallation().sources, allowLarge: true })
  if (market.source !== 'csv') throw usageError(`the market of ${file} is ${market.source}, not csv`, 'leave --experiment out and name the columns')
  return market.settings as CsvSettings
}

function parseColumns(text: string): Record<string, string> {
  return Object.fromEntries(text.split(',').map((pair) => {
    const [role, name] = pair.split('=').map((part) => part.trim())
    if (role === '' || name === undefined || name === '') throw usageError(`--columns: "${pair}" is not role=name`, 'such as --columns time=timestamp,close=adj_close')
    return [role, name]
  }))
}

function toCamelCase(option: string): string {
  return option.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

function toOption(setting: string): string {
  return setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
