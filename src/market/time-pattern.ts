import { MillraceError } from '../base/errors.ts'
import { daysOfDate } from './calendar-date.ts'
import { MS_PER_DAY } from './interval.ts'

/**
 * Time formats in luxon's tokens (moment.github.io/luxon, "Table of tokens"), compiled once to a regular
 * expression: luxon itself needs about 10 µs per text, too slow for one stamp per bar.
 */
export interface TimePattern {
  /** Whether the format has a time of day; without one it names dates. */
  readonly hasTime: boolean
  /** Whether it has an offset from UTC (`Z`, `ZZ`, `ZZZ`), so that it names instants. */
  readonly hasOffset: boolean
  /** Milliseconds since 1970 as written (an offset is taken into account), or NaN when the text does not fit. */
  parse(text: string): number
}

type Field = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'millisecond' | 'afternoon' | 'offset'

interface Token {
  readonly field: Field
  readonly expression: string
  read(text: string): number
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
/** luxon's `twoDigitCutoffYear`: 60 is 2060, 61 is 1961. */
const CUTOFF_YEAR = 60

const monthNamed = (text: string) => MONTHS.indexOf(text.slice(0, 3).toLowerCase()) + 1
const hourOf12 = (text: string) => (Number(text) === 12 ? 0 : Number(text) >= 1 && Number(text) < 12 ? Number(text) : NaN)
const shortYear = (text: string) => Number(text) + (Number(text) > CUTOFF_YEAR ? 1900 : 2000)
const LONG_MONTHS = 'January|February|March|April|May|June|July|August|September|October|November|December'

/** Milliseconds of `+03:00`, `+0300`, `+3`, `Z`. */
export function parseOffset(text: string): number {
  const match = /^([+-])(\d{1,2}):?(\d{2})?$/.exec(text)
  if (match === null) return /^z$/i.test(text) ? 0 : NaN
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3] ?? 0)) * 60_000
}

function token(field: Field, expression: string, read: (text: string) => number = Number): Token {
  return { field, expression, read }
}

const TOKENS: Readonly<Record<string, Token>> = {
  yyyy: token('year', '\\d{4}'), yy: token('year', '\\d{2}', shortYear),
  MMMM: token('month', LONG_MONTHS, monthNamed), MMM: token('month', MONTHS.join('|'), monthNamed),
  MM: token('month', '\\d{2}'), M: token('month', '\\d{1,2}'),
  dd: token('day', '\\d{2}'), d: token('day', '\\d{1,2}'),
  HH: token('hour', '\\d{2}'), H: token('hour', '\\d{1,2}'),
  hh: token('hour', '\\d{2}', hourOf12), h: token('hour', '\\d{1,2}', hourOf12),
  mm: token('minute', '\\d{2}'), m: token('minute', '\\d{1,2}'),
  ss: token('second', '\\d{2}'), s: token('second', '\\d{1,2}'),
  SSS: token('millisecond', '\\d{3}'), S: token('millisecond', '\\d{1,3}'),
  a: token('afternoon', '[AaPp][Mm]', (text) => (/p/i.test(text) ? 1 : 0)),
  ZZZ: token('offset', '[+-]\\d{4}', parseOffset), ZZ: token('offset', '[+-]\\d{2}:\\d{2}|Z', parseOffset),
  Z: token('offset', '[+-]\\d{1,2}|Z', parseOffset),
}

function refuse(format: string, message: string): never {
  throw new MillraceError({
    code: 'CONFIG_VALUE', message: `timeFormat "${format}" ${message}`, where: 'market.timeFormat', value: format,
    hint: `use iso, epoch-s, epoch-ms, or these tokens: ${Object.keys(TOKENS).join(' ')}; other letters go in 'quotes'`,
  })
}

/** @throws CONFIG_VALUE for an unknown token, or a format that names no full date. */
export function compileTimePattern(format: string): TimePattern {
  const tokens: Token[] = []
  let expression = ''
  for (const [piece] of format.matchAll(/'[^']*'|([A-Za-z])\1*|[^A-Za-z']+|'/g)) {
    if (piece === "'") refuse(format, 'has a quote that is not closed')
    if (/^[A-Za-z]/.test(piece)) {
      const found = TOKENS[piece]
      if (found === undefined) refuse(format, `has an unknown token ${piece}`)
      tokens.push(found)
      expression += `(${found.expression})`
    } else {
      expression += (piece.startsWith("'") ? piece.slice(1, -1) : piece).replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
    }
  }
  const fields = tokens.map(({ field }) => field)
  for (const needed of ['year', 'month', 'day'] as const) {
    if (!fields.includes(needed)) refuse(format, `names no ${needed}`)
  }
  if (new Set(fields).size < fields.length) refuse(format, 'names something twice')
  if (tokens.some(({ read }) => read === hourOf12) !== fields.includes('afternoon')) refuse(format, 'needs h and a together')
  if (fields.includes('offset') && !fields.includes('hour')) refuse(format, 'has an offset but no hour')
  const pattern = new RegExp(`^\\s*${expression}\\s*$`, 'i')
  const values: Record<Field, number> = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0, millisecond: 0, afternoon: 0, offset: 0 }
  return {
    hasTime: fields.includes('hour'),
    hasOffset: fields.includes('offset'),
    parse: (text) => {
      const match = pattern.exec(text)
      if (match === null) return NaN
      for (let i = 0; i < tokens.length; i++) values[tokens[i].field] = tokens[i].read(match[i + 1])
      const timeOfDay = msOfDay({
        hour: values.hour + 12 * values.afternoon, minute: values.minute,
        second: values.second, millisecond: values.millisecond,
      })
      return daysOfDate(values.year, values.month, values.day) * MS_PER_DAY + timeOfDay - values.offset
    },
  }
}

/** Milliseconds since midnight, or NaN when no clock shows that time (24:00 and leap seconds included). */
export function msOfDay(time: { hour: number; minute: number; second: number; millisecond: number }): number {
  if (!(time.hour < 24 && time.minute < 60 && time.second < 60)) return NaN
  return time.hour * 3_600_000 + time.minute * 60_000 + time.second * 1000 + time.millisecond
}
