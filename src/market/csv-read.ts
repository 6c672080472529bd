import { appendSeries, placeOf } from './bar-series.ts'
import type { BarSeries } from './bar-series.ts'
import { BarReader } from './bar-reader.ts'
import { planColumns } from './csv-columns.ts'
import { readHeader } from './csv-dialect.ts'
import { decodeCsv, readBytes } from './csv-files.ts'
import type { CsvFile } from './csv-files.ts'
import { readRecords } from './csv-records.ts'
import type { CsvSettings } from './csv-settings.ts'
import { ProblemList } from './problem-list.ts'

/** What one file held: the series of its symbols and everything that is wrong with it. */
export interface CsvReading {
  readonly series: readonly BarSeries[]
  readonly problems: ProblemList
  /** Records read, sound or not. */
  readonly rows: number
}

/** Reads and checks one file. What is wrong with it is in the result, never thrown. */
export async function readCsvFile(file: CsvFile, settings: CsvSettings): Promise<CsvReading> {
  const problems = new ProblemList()
  try {
    const text = await decodeCsv(await readBytes(file), file.label)
    const header = readHeader(text, { delimiter: settings.delimiter, given: settings.header, where: file.label })
    const columns = planColumns(header.names, settings.columns, settings.header === undefined ? `${file.label}:1` : file.label)
    const reader = new BarReader({ file, settings, columns, problems })
    readRecords(text, header, { delimiter: settings.delimiter, width: header.names.length, wanted: reader.wanted }, reader)
    return { series: reader.finish(), problems, rows: reader.rows }
  } catch (error) {
    problems.addError(error)
    return { series: [], problems, rows: 0 }
  }
}

/** Joins the series of several files by symbol, in file order. Files of one symbol must not overlap (CSV_ORDER). */
export function joinSeries(readings: readonly CsvReading[], problems: ProblemList): Map<string, BarSeries> {
  const joined = new Map<string, BarSeries>()
  for (const series of readings.flatMap((reading) => reading.series)) {
    const earlier = joined.get(series.symbol)
    if (earlier === undefined) {
      joined.set(series.symbol, series)
      continue
    }
    const last = earlier.stamps.length - 1
    if (series.stamps[0] <= earlier.stamps[last] || series.dateOnly !== earlier.dateOnly) {
      problems.add({
        code: 'CSV_ORDER', message: `${series.symbol} begins here no later than it ends at ${placeOf(earlier, last)}`,
        where: placeOf(series, 0), value: new Date(series.stamps[0]).toISOString(), hint: 'files of one symbol are joined by name and must not overlap',
      })
      continue
    }
    appendSeries(earlier, series)
  }
  return joined
}
