import { z } from 'zod'
import { parseDate } from './calendar-date.ts'
import { COLUMN_ROLES } from './csv-columns.ts'
import type { ColumnRole } from './csv-columns.ts'
import { INTERVAL_PATTERN } from './interval.ts'
import { instrumentsSettings } from './instrument-settings.ts'
import { isZone } from './zone.ts'

const dateText = z.string().refine((text) => !Number.isNaN(parseDate(text)), 'expected a date such as 2014-06-09')
const zoneText = z.string().refine(isZone, 'expected an IANA time zone such as America/New_York, or UTC')
const patternText = z.string().refine(hasOneGroup, 'expected a regular expression with one group, such as ^(.+)_M15$')

function hasOneGroup(pattern: string): boolean {
  try {
    return new RegExp(`${pattern}|`, 'u').exec('')?.length === 2
  } catch {
    return false
  }
}

const columnNames = Object.fromEntries(COLUMN_ROLES.map((role) => [role, z.string().min(1).optional()])) as Record<
  ColumnRole, z.ZodOptional<z.ZodString>
>

/** Settings of the `csv` source: how files become bars. Nothing is guessed that could silently be wrong. */
export const csvSettings = z.strictObject({
  source: z.literal('csv').default('csv'),
  /** Files, folders or paths with `*` and `?`, from the experiment file's folder. */
  files: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
  /** One group that finds the symbol in a file's name (without extension); default: the whole name. */
  symbolPattern: patternText.optional(),
  /** The universe and its order; default: every symbol found, in code-unit order. */
  symbols: z.array(z.string().min(1)).min(1).refine((names) => new Set(names).size === names.length, 'names a symbol twice').optional(),
  /** Column names of a file that has no header line, in file order. */
  header: z.array(z.string().min(1)).min(1).optional(),
  /** Header names where they are not the usual ones; `none` = there is no such column. */
  columns: z.strictObject(columnNames).default({}),
  delimiter: z.string().length(1).default(','),
  /** `iso`, `epoch-s`, `epoch-ms` or a format in luxon's tokens such as `dd.MM.yyyy HH:mm`. */
  timeFormat: z.string().min(1).default('iso'),
  /** Zone of times that name none. */
  zone: zoneText.optional(),
  /** The market's zone, for session dates and `sessionClose`; default: `zone`, else UTC. */
  sessionZone: zoneText.optional(),
  /** Whether a time is the start or the end of its bar; needed wherever bars have times. */
  stamps: z.enum(['start', 'end']).optional(),
  /** Bar interval such as `1d` or `15m`; default: found in the data. */
  interval: z.string().regex(INTERVAL_PATTERN, 'expected an interval such as 1d, 1h or 15m').optional(),
  /** When a date-only daily bar closes, in the market's zone; default: 24:00 UTC. */
  sessionClose: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time of day such as 16:00').optional(),
  order: z.enum(['oldest-first', 'newest-first']).default('oldest-first'),
  /** `adjusted`: the prices already contain splits and dividends, whose columns are then ignored. */
  prices: z.enum(['raw', 'adjusted']).default('raw'),
  /** First and last session date that is traded; earlier bars warm up, later ones are left out. */
  from: dateText.optional(),
  to: dateText.optional(),
  ...instrumentsSettings,
  /** When a symbol was delisted and the price it was closed at; default: its last close. */
  delistings: z.record(z.string(), z.strictObject({ date: dateText, price: z.number().positive().optional() })).default({}),
})

export type CsvSettings = z.output<typeof csvSettings>
