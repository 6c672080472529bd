import { parse, CsvError } from 'csv-parse/sync'
import { MillraceError } from '../base/errors.ts'

/** The names of a file's columns and where its first record begins. */
export interface CsvHeader {
  readonly names: readonly string[]
  /** Character and line (from 1) of the first record. */
  readonly start: number
  readonly line: number
}

const DELIMITERS: Readonly<Record<string, string>> = { ',': 'a comma', ';': 'a semicolon', '\t': 'a tab ("\\t")', '|': 'a bar' }

const nameOf = (delimiter: string) => DELIMITERS[delimiter] ?? JSON.stringify(delimiter)

/**
 * The header of a file, or `given` for one without.
 * @throws MARKET_EMPTY for a file without a line, CSV_DIALECT when its first line cannot be split as stated,
 *   CSV_COLUMNS when `given` has another number of names than the first line has fields.
 */
export function readHeader(text: string, of: { delimiter: string; given: readonly string[] | undefined; where: string }): CsvHeader {
  const newline = text.indexOf('\n')
  const end = newline < 0 ? text.length : newline
  const firstLine = text.slice(0, end)
  if (text.trim() === '') throw new MillraceError({ code: 'MARKET_EMPTY', message: 'the file is empty', where: of.where })
  const fields = splitLine(firstLine, of)
  if (fields.length === 1) refuseDelimiter(firstLine, of)
  if (of.given === undefined) return { names: fields, start: end + 1, line: 2 }
  if (of.given.length !== fields.length) {
    throw new MillraceError({
      code: 'CSV_COLUMNS', where: `${of.where}:1`, value: firstLine.slice(0, 80), hint: 'name every column under header, in file order',
      message: `header names ${of.given.length} columns (${of.given.join(', ')}); found: ${fields.length} fields`,
    })
  }
  return { names: of.given, start: 0, line: 1 }
}

function splitLine(line: string, of: { delimiter: string; where: string }): readonly string[] {
  if (!line.includes('"')) return line.split(of.delimiter)
  try {
    return (parse(line, { delimiter: of.delimiter }) as string[][])[0] ?? ['']
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw new MillraceError({ code: 'CSV_DIALECT', where: `${of.where}:1`, message: `the quotes of the first line are not closed or misplaced: ${error.message}` })
  }
}

function refuseDelimiter(firstLine: string, of: { delimiter: string; where: string }): void {
  const counts = Object.keys(DELIMITERS).map((delimiter) => ({ delimiter, fields: firstLine.split(delimiter).length }))
  const likely = counts.reduce((best, count) => (count.fields > best.fields ? count : best))
  const found = `${nameOf(of.delimiter)} does not split the first line`
  throw new MillraceError({
    code: 'CSV_DIALECT', where: `${of.where}:1`, value: firstLine.slice(0, 80),
    message: likely.fields > 1 ? `${found}; ${nameOf(likely.delimiter)} would, into ${likely.fields} fields` : `${found}, nor does any usual delimiter`,
    hint: likely.fields > 1 ? `say delimiter: ${JSON.stringify(likely.delimiter)}` : 'is this a CSV file?',
  })
}
