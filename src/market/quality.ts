import type { Problem } from '../base/errors.ts'
import type { BarSeries } from './bar-series.ts'
import { checkSpacing, commonInterval } from './bar-times.ts'
import { findCsvFiles } from './csv-files.ts'
import { joinSeries, readCsvFile } from './csv-read.ts'
import type { CsvReading } from './csv-read.ts'
import type { CsvSettings } from './csv-settings.ts'
import { csvTimeRules } from './csv.ts'
import { parseInterval } from './interval.ts'
import { ProblemList } from './problem-list.ts'
import { inspectSeries } from './quality-findings.ts'
import type { SymbolQuality } from './quality-findings.ts'
import type { SourceContext } from './source.ts'

/** What `load` would refuse: the first problems and how many there are. */
export interface Refusals {
  readonly problems: readonly Problem[]
  readonly total: number
}

export interface FileQuality {
  readonly file: string
  /** Records in the file, sound or not. */
  readonly rows: number
  readonly symbols: readonly SymbolQuality[]
  readonly refused: Refusals
}

export interface QualityReport {
  /** Every file found, in the order stated, whatever is wrong with it. */
  readonly files: readonly FileQuality[]
  /** What is wrong with the files together: intervals that differ, settings not stated, files not found. */
  readonly together: Refusals
  /** Whether `load` would take all of it. */
  readonly sound: boolean
}

/** Reads every file that `settings` names and reports on each; nothing found in one keeps the others from it. */
export async function checkQuality(settings: CsvSettings, context: SourceContext): Promise<QualityReport> {
  const together = new ProblemList()
  const files: FileQuality[] = []
  const readings: CsvReading[] = []
  for (const pattern of typeof settings.files === 'string' ? [settings.files] : settings.files) {
    const found = await findCsvFiles([pattern], context.folder).catch((error: unknown) => {
      together.addError(error)
      return []
    })
    for (const file of found) {
      if (files.some((known) => known.file === file.label)) continue
      const reading = await readCsvFile(file, settings)
      files.push(inspectFile(file.label, { reading, settings }))
      readings.push(reading)
    }
  }
  checkTogether(readings, { settings, problems: together })
  const sound = together.total === 0 && files.every(({ refused }) => refused.total === 0)
  return { files, together: refusals(together), sound }
}

function inspectFile(file: string, of: { reading: CsvReading; settings: CsvSettings }): FileQuality {
  const { reading, settings } = of
  const problems = new ProblemList()
  problems.addAll(reading.problems)
  const symbols = reading.series.filter(({ stamps }) => stamps.length > 0).map((series) => {
    const intervalMs = intervalOf(series, settings)
    checkSpacing(series, intervalMs, problems)
    return inspectSeries(series, intervalMs)
  })
  return { file, rows: reading.rows, symbols, refused: refusals(problems) }
}

function intervalOf(series: BarSeries, settings: CsvSettings): number {
  return settings.interval === undefined ? commonInterval([series]) : parseInterval(settings.interval)
}

function checkTogether(readings: readonly CsvReading[], of: { settings: CsvSettings; problems: ProblemList }): void {
  const joined = [...joinSeries(readings, of.problems).values()]
  if (joined.length === 0) return
  try {
    csvTimeRules(joined, of.settings)
  } catch (error) {
    of.problems.addError(error)
  }
}

function refusals(problems: ProblemList): Refusals {
  return { problems: problems.kept, total: problems.total }
}
