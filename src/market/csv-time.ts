import { PROBLEMS_SHOWN } from '../base/errors.ts'
import { daysOfDate, parseDate } from './calendar-date.ts'
import { MS_PER_DAY } from './interval.ts'
import type { Fault } from './problem-list.ts'
import { EARLIEST, LATEST, SECONDS_AS_MS } from './time-range.ts'
import { compileTimePattern, msOfDay, parseOffset } from './time-pattern.ts'
import type { Zone } from './zone.ts'

/** How a file's stamps are to be read. */
export interface StampSettings {
  /** `iso`, `epoch-s`, `epoch-ms` or a format in luxon's tokens. */
  readonly timeFormat: string
  /** Zone of stamps that name none; undefined = not stated. */
  readonly zone: Zone | undefined
}

/** Reads the stamps of one file. */
export interface StampReader {
  /** Whether the stamps are dates without a time of day. */
  readonly dateOnly: boolean
  /** A date-only stamp as its UTC midnight, any other as its instant (ms, UTC); or what is wrong with it. */
  read(text: string): number | Fault
}

const ISO_DATE = /^\s*\d{4}-\d{2}-\d{2}\s*$/
const ISO_TIME = /^\s*(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?\s*$/i

/**
 * A reader for a file whose first stamp is `first`: with `iso`, that one decides whether the file has dates
 * or times, and a stamp of the other kind is refused (TIME_FORMAT).
 * @throws CONFIG_VALUE when the format has unknown tokens.
 */
export function createStampReader(settings: StampSettings, first: string): StampReader {
  if (settings.timeFormat === 'epoch-s') return { dateOnly: false, read: (text) => readEpoch(text, 1000) }
  if (settings.timeFormat === 'epoch-ms') return { dateOnly: false, read: (text) => readEpoch(text, 1) }
  if (settings.timeFormat !== 'iso') return patternReader(settings)
  const hint = limitedHint()
  if (ISO_DATE.test(first)) return { dateOnly: true, read: (text) => readIsoDate(text, hint) }
  return { dateOnly: false, read: (text) => readIsoTime(text, settings.zone) ?? notIso(text, { kind: 'time', hint }) }
}

/** Hints take long to find, and a wrong format makes every row wrong: only as many as are ever shown are looked for. */
function limitedHint(): (text: string) => string | undefined {
  let given = 0
  return (text) => (given++ < PROBLEMS_SHOWN ? likelyFormats(text) : undefined)
}

function patternReader({ timeFormat, zone }: StampSettings): StampReader {
  const pattern = compileTimePattern(timeFormat)
  const hint = limitedHint()
  return {
    dateOnly: !pattern.hasTime,
    read: (text) => {
      const time = pattern.parse(text)
      if (time !== time) return { code: 'TIME_FORMAT', message: `the time does not fit the format ${timeFormat}`, hint: hint(text) }
      return pattern.hasTime && !pattern.hasOffset ? toInstant(time, zone) : inRange(time)
    },
  }
}

function inRange(time: number): number | Fault {
  if (time >= EARLIEST && time < LATEST) return time
  return { code: 'TIME_RANGE', message: 'the time lies outside 1900 to 2200', hint: 'check the format and the unit of the time column' }
}

/** A local time in the stated zone; gaps, folds and a zone not stated are refused. */
function toInstant(local: number, zone: Zone | undefined): number | Fault {
  if (zone === undefined) {
    return {
      code: 'TIME_ZONE_REQUIRED', message: 'the time names no zone',
      hint: 'state it: zone: America/New_York, or zone: UTC; or write an offset such as +00:00 after each time',
    }
  }
  const instant = zone.toInstant(local)
  if (typeof instant === 'number') return inRange(instant)
  const problem = instant === 'gap' ? 'does not exist: the clock was set forward over it' : 'happened twice: the clock was set back over it'
  return { code: 'TIME_ZONE_REQUIRED', message: `the time in ${zone.name} ${problem}`, hint: 'export the times in UTC or with an offset' }
}

function readIsoDate(text: string, hint: (text: string) => string | undefined): number | Fault {
  const date = parseDate(text.length === 10 ? text : text.trim())
  return date === date ? inRange(date * MS_PER_DAY) : notIso(text, { kind: 'date', hint })
}

/** undefined when the text is no ISO 8601 time. */
function readIsoTime(text: string, zone: Zone | undefined): number | Fault | undefined {
  const match = ISO_TIME.exec(text)
  if (match === null) return undefined
  const time = daysOfDate(Number(match[1]), Number(match[2]), Number(match[3])) * MS_PER_DAY + msOfDay({
    hour: Number(match[4]), minute: Number(match[5]), second: Number(match[6] ?? 0),
    millisecond: match[7] === undefined ? 0 : Math.trunc(Number(`0.${match[7]}`) * 1000 + 1e-6),
  })
  if (time !== time) return undefined
  return match[8] === undefined ? toInstant(time, zone) : inRange(time - parseOffset(match[8]))
}

function notIso(text: string, { kind, hint }: { kind: 'date' | 'time'; hint: (text: string) => string | undefined }): Fault {
  if ((kind === 'date' ? ISO_TIME : ISO_DATE).test(text)) {
    return { code: 'TIME_FORMAT', message: `a ${kind === 'date' ? 'time' : 'date'} in a column that began with ${kind}s`, hint: 'write all stamps alike' }
  }
  return { code: 'TIME_FORMAT', message: 'not an ISO 8601 date or time', hint: hint(text) }
}

/** Formats that vendors use; those which fit a text are named in the hint. */
const VENDOR_FORMATS = [
  'M/d/yyyy', 'd/M/yyyy', 'M/d/yy', 'd/M/yy', 'd.M.yyyy', 'd-MMM-yy', 'd-MMM-yyyy', 'd-M-yyyy', 'MMM d, yyyy', 'yyyy/M/d', 'yyyyMMdd',
  'M/d/yyyy H:mm', 'd/M/yyyy H:mm', 'M/d/yyyy H:mm:ss', 'd/M/yyyy H:mm:ss', 'd.M.yyyy H:mm', 'd.M.yyyy HH:mm:ss', 'dd.MM.yyyy HH:mm:ss.SSS',
  "dd.MM.yyyy HH:mm:ss.SSS 'GMT'ZZZ", 'yyyyMMdd HHmmss', 'yyyyMMdd HH:mm', 'yyyyMMdd HH:mm:ss', 'yyyy.MM.dd HH:mm', 'yyyy.MM.dd HH:mm:ss',
] as const
const compiled = new Map<string, ReturnType<typeof compileTimePattern>>()

function likelyFormats(text: string): string {
  if (text.trim() === '') return 'the cell is empty: fill it or remove the row'
  if (ISO_DATE.test(text) || ISO_TIME.test(text)) return 'looks like timeFormat: iso'
  if (/^\s*\d{9,10}\s*$/.test(text)) return 'looks like timeFormat: epoch-s'
  if (/^\s*\d{12,13}\s*$/.test(text)) return 'looks like timeFormat: epoch-ms'
  const fitting = VENDOR_FORMATS.filter((format) => {
    const pattern = compiled.get(format) ?? compileTimePattern(format)
    compiled.set(format, pattern)
    return !Number.isNaN(pattern.parse(text))
  })
  if (fitting.length === 0) return 'state timeFormat: iso, epoch-s, epoch-ms or a format such as "dd.MM.yyyy HH:mm"'
  return `looks like timeFormat: ${fitting.map((format) => `"${format}"`).join(' or ')}`
}

function readEpoch(text: string, msPerUnit: 1 | 1000): number | Fault {
  if (!/^\s*-?\d+(\.\d+)?\s*$/.test(text)) return { code: 'TIME_FORMAT', message: 'not a number of seconds or milliseconds since 1970', hint: likelyFormats(text) }
  const value = Number(text)
  const time = Math.floor(value * msPerUnit)
  const mixedUp = msPerUnit === 1 && Math.abs(value) < SECONDS_AS_MS // taken for a mix-up, not for 1970
  if (time >= EARLIEST && time < LATEST && !mixedUp) return time
  const unit = msPerUnit === 1 ? 'epoch-ms' : 'epoch-s'
  return { code: 'TIME_RANGE', message: `read as ${unit} the time lies outside 1900 to 2200`, hint: epochHint(value, unit) }
}

function epochHint(value: number, unit: string): string {
  const units = [['epoch-s', 1000], ['epoch-ms', 1], ['microseconds', 1e-3], ['nanoseconds', 1e-6]] as const
  const likely = units.find(([name, ms]) => name !== unit && value * ms >= Date.UTC(1971, 0, 1) && value * ms < Date.UTC(2100, 0, 1))
  if (likely === undefined) return 'check the unit of the time column'
  return likely[0].startsWith('epoch') ? `looks like timeFormat: ${likely[0]}` : `looks like ${likely[0]}: divide to milliseconds and say timeFormat: epoch-ms`
}
