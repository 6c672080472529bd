import { MillraceError } from '../base/errors.ts'
import { placeOf } from './bar-series.ts'
import type { BarSeries } from './bar-series.ts'
import { formatInterval, MS_PER_DAY, parseInterval } from './interval.ts'
import type { ProblemList } from './problem-list.ts'
import { zoneNamed } from './zone.ts'
import type { Zone } from './zone.ts'

/** What turns stamps into bars in time. */
export interface BarTimeRules {
  /** Milliseconds. */
  readonly intervalMs: number
  readonly stamps: 'start' | 'end'
  /** The market's zone. */
  readonly sessionZone: Zone
  /** Milliseconds after local midnight at which daily bars close; undefined = not named. */
  readonly sessionClose: number | undefined
}

/** The times of a series' bars, in the terms of a Timeline. */
export interface BarTimes {
  readonly closeTimes: Float64Array
  readonly openTimes: Float64Array
  readonly sessionDates: Int32Array
}

/** The most frequent distance between neighbouring stamps, the shorter of equals; NaN with fewer than two bars. */
export function commonInterval(series: Iterable<BarSeries>): number {
  const counts = new Map<number, number>()
  for (const { stamps } of series) {
    for (let i = 1; i < stamps.length; i++) {
      const distance = stamps[i] - stamps[i - 1]
      counts.set(distance, (counts.get(distance) ?? 0) + 1)
    }
  }
  let best = NaN
  let bestCount = 0
  for (const [distance, count] of counts) {
    if (count > bestCount || (count === bestCount && distance < best)) {
      best = distance
      bestCount = count
    }
  }
  return best
}

/** What the user said of times, and what the data may add. */
export interface StatedTimes {
  readonly interval: string | undefined
  readonly stamps: 'start' | 'end' | undefined
  readonly sessionZone: Zone | undefined
  readonly sessionClose: string | undefined
}

/**
 * The rules for a market's bars. The interval is found in the data unless stated: all symbols share one.
 * @throws CONFIG_VALUE when the symbols differ, or `stamps` is needed and not stated; TIME_ZONE_REQUIRED when
 *   `sessionClose` has no zone.
 */
export function barTimeRules(all: readonly BarSeries[], stated: StatedTimes): BarTimeRules {
  const intervalMs = stated.interval === undefined ? detectInterval(all) : parseInterval(stated.interval)
  const dateOnly = all[0].dateOnly
  const other = all.find((series) => series.dateOnly !== dateOnly)
  if (other !== undefined) refuseSetting('files', `${other.symbol} has ${dateOnly ? 'times' : 'dates'}, ${all[0].symbol} ${dateOnly ? 'dates' : 'times'}`, 'trade one interval; bring others in as features')
  if (dateOnly && intervalMs % MS_PER_DAY !== 0) refuseSetting('interval', `bars of ${formatInterval(intervalMs)} need times, the files have dates`)
  if (stated.stamps === undefined && !(dateOnly && intervalMs === MS_PER_DAY)) {
    refuseSetting('stamps', `bars of ${formatInterval(intervalMs)} may be stamped with their start or their end`, 'say stamps: start (most vendors) or stamps: end')
  }
  if (stated.sessionClose !== undefined && stated.sessionZone === undefined) {
    throw new MillraceError({
      code: 'TIME_ZONE_REQUIRED', message: `sessionClose ${stated.sessionClose} names no zone`, where: 'market.sessionClose',
      value: stated.sessionClose, hint: 'add sessionZone: America/New_York, or whatever the exchange has',
    })
  }
  return {
    intervalMs, stamps: stated.stamps ?? 'end', sessionZone: stated.sessionZone ?? zoneNamed('UTC'),
    sessionClose: stated.sessionClose === undefined ? undefined : minutesOf(stated.sessionClose) * 60_000,
  }
}

function minutesOf(clock: string): number {
  const [hours, minutes] = clock.split(':').map(Number)
  return hours * 60 + minutes
}

function refuseSetting(name: string, message: string, hint?: string): never {
  throw new MillraceError({ code: 'CONFIG_VALUE', message, where: `market.${name}`, hint })
}

/** Fewer bars than this say too little to contradict the other symbols. */
const BARS_TO_JUDGE = 10

function detectInterval(all: readonly BarSeries[]): number {
  const interval = commonInterval(all)
  if (interval !== interval) refuseSetting('interval', 'one bar does not tell its interval', 'state it, for example interval: 1d')
  for (const series of all) {
    const own = commonInterval([series])
    if (series.stamps.length > BARS_TO_JUDGE && own !== interval) {
      refuseSetting('interval', `${series.symbol} has bars of ${formatInterval(own)}, the others of ${formatInterval(interval)}`, 'trade one interval; bring others in as features')
    }
  }
  return interval
}

/** Reports neighbours that are closer than the interval: such bars overlap (CSV_ORDER). */
export function checkSpacing(series: BarSeries, intervalMs: number, problems: ProblemList): void {
  const { stamps } = series
  for (let i = 1; i < stamps.length; i++) {
    const distance = stamps[i] - stamps[i - 1]
    if (distance >= intervalMs) continue
    problems.add({
      code: 'CSV_ORDER', message: `only ${formatInterval(distance)} after ${placeOf(series, i - 1)}, but bars last ${formatInterval(intervalMs)}`,
      where: placeOf(series, i), value: new Date(stamps[i]).toISOString(), hint: 'state the true interval; ticks and irregular bars must be made into bars first',
    })
  }
}

/**
 * When the bars of a series opened and closed, and their session dates in the market's zone.
 * - Shorter than a day: start stamps move by the interval; the session date is that of the bar's open.
 * - Days: a bar closes at the session close of its (last) date, or, where none is named, at 24:00 UTC if
 *   date-only, at the next local midnight if start-stamped, at its stamp if end-stamped. It opens at midnight.
 * @throws TIME_ZONE_REQUIRED when a session close falls into a DST gap or fold.
 */
export function barTimes(series: BarSeries, rules: BarTimeRules): BarTimes {
  const { stamps, dateOnly } = series
  const count = stamps.length
  const times = { closeTimes: new Float64Array(count), openTimes: new Float64Array(count), sessionDates: new Int32Array(count) }
  const daily = rules.intervalMs % MS_PER_DAY === 0
  const place = daily ? (dateOnly ? placeDate : placeDay) : placeIntraday
  for (let i = 0; i < count; i++) place(stamps[i], { index: i, rules, times })
  return times
}

interface Place {
  readonly index: number
  readonly rules: BarTimeRules
  readonly times: BarTimes
}

function placeIntraday(stamp: number, { index, rules, times }: Place): void {
  const open = rules.stamps === 'start' ? stamp : stamp - rules.intervalMs
  times.openTimes[index] = open
  times.closeTimes[index] = open + rules.intervalMs
  times.sessionDates[index] = rules.sessionZone.dateOf(open)
}

function placeDate(stamp: number, { index, rules, times }: Place): void {
  const days = rules.intervalMs / MS_PER_DAY
  const date = stamp / MS_PER_DAY + (rules.stamps === 'start' ? days - 1 : 0)
  const named = rules.sessionClose !== undefined
  times.sessionDates[index] = date
  times.closeTimes[index] = named ? closeOf(date, rules) : (date + 1) * MS_PER_DAY
  // Without a session close all is UTC: a local midnight east of Greenwich would lie before the last close.
  times.openTimes[index] = named ? rules.sessionZone.startOfDay(date - days + 1) : (date - days + 1) * MS_PER_DAY
}

function placeDay(stamp: number, { index, rules, times }: Place): void {
  const { sessionZone } = rules
  const days = rules.intervalMs / MS_PER_DAY
  const start = rules.stamps === 'start'
  const date = start ? sessionZone.dateOf(stamp) + days - 1 : sessionZone.dateOf(stamp - 1)
  const unnamed = start ? sessionZone.startOfDay(date + 1) : stamp
  times.sessionDates[index] = date
  times.closeTimes[index] = rules.sessionClose === undefined ? unnamed : closeOf(date, rules)
  times.openTimes[index] = sessionZone.startOfDay(date - days + 1)
}

function closeOf(date: number, rules: BarTimeRules): number {
  const local = date * MS_PER_DAY + (rules.sessionClose ?? 0)
  const instant = rules.sessionZone.toInstant(local)
  if (typeof instant === 'number') return instant
  throw new MillraceError({
    code: 'TIME_ZONE_REQUIRED', where: 'market.sessionClose', value: new Date(local).toISOString().slice(0, 16),
    message: `in ${rules.sessionZone.name} that session close ${instant === 'gap' ? 'does not exist' : 'happened twice'}`,
    hint: 'name another sessionClose or sessionZone',
  })
}
