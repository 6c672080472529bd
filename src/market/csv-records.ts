import { parse } from 'csv-parse/sync'
import { CsvError } from 'csv-parse/sync'
import type { Fault } from './problem-list.ts'

export interface RecordLayout {
  readonly delimiter: string
  /** How many fields every record has. */
  readonly width: number
  /** Which fields are wanted, strictly ascending. */
  readonly wanted: readonly number[]
}

export interface RecordHandler {
  /** `fields[i]` is the text of field `wanted[i]`; the array is reused. `line` is 1 for the file's first line. */
  record(fields: readonly string[], line: number): void
  problem(fault: Fault, line: number): void
}

/**
 * Reads the records of a CSV text from character `start`, which is in line `line`. Blank lines may only end the
 * text. Ragged records and misplaced quotes are problems (CSV_DIALECT), the others are still read.
 *
 * Text without a quote needs no CSV grammar and is cut directly: several times as fast as csv-parse, which
 * reads the rest (RFC 4180).
 */
export function readRecords(text: string, from: { start: number; line: number }, layout: RecordLayout, handler: RecordHandler): void {
  if (text.includes('"')) readQuoted(text.slice(from.start), from.line, layout, handler)
  else readUnquoted(text, from, layout, handler)
}

function raggedFault(found: number, width: number): Fault {
  if (found === 1) return { code: 'CSV_DIALECT', message: `a blank line or a line without delimiter where ${width} fields belong`, hint: 'remove the line' }
  return { code: 'CSV_DIALECT', message: `the line has ${found} fields, the header ${width}`, hint: 'complete or remove the line' }
}

function contentEnd(text: string): number {
  let end = text.length
  while (end > 0 && text.charCodeAt(end - 1) <= 32 && text.charCodeAt(end - 1) !== 9) end--
  return end
}

function readUnquoted(text: string, from: { start: number; line: number }, layout: RecordLayout, handler: RecordHandler): void {
  const { delimiter, width, wanted } = layout
  const fields: string[] = wanted.map(() => '')
  const end = contentEnd(text)
  let position = from.start
  // Kept over lines, so that a text without further delimiters is searched only once.
  let nextDelimiter = text.indexOf(delimiter, position)
  for (let line = from.line; position < end; line++) {
    const newline = text.indexOf('\n', position)
    const lineEnd = newline < 0 ? text.length : newline
    let field = 0
    let filled = 0
    for (;;) {
      const inLine = nextDelimiter >= 0 && nextDelimiter < lineEnd
      const fieldEnd = inLine ? nextDelimiter : lineEnd
      if (field === wanted[filled]) fields[filled++] = text.slice(position, fieldEnd)
      field++
      position = fieldEnd + 1
      if (!inLine) break
      nextDelimiter = text.indexOf(delimiter, position)
    }
    if (field === width) handler.record(fields, line)
    else handler.problem(raggedFault(field, width), line)
  }
}

function readQuoted(text: string, firstLine: number, layout: RecordLayout, handler: RecordHandler): void {
  const { delimiter, width, wanted } = layout
  const fields: string[] = wanted.map(() => '')
  let linesBefore = 0
  try {
    parse(text.slice(0, contentEnd(text)), {
      delimiter, relax_column_count: true, record_delimiter: '\n',
      on_record: (record: string[], context) => {
        const line = firstLine + linesBefore
        linesBefore = context.lines
        if (record.length !== width) {
          handler.problem(raggedFault(record.length, width), line)
          return null
        }
        for (let i = 0; i < wanted.length; i++) fields[i] = record[wanted[i]]
        handler.record(fields, line)
        return null
      },
    })
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    handler.problem({ code: 'CSV_DIALECT', message: `the quotes are not closed or misplaced: ${error.message}`, hint: 'write a quote inside a quoted field twice' }, firstLine + linesBefore)
  }
}
