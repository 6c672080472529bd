import { isoWeekday } from '../domain/timeline.ts'
import { MS_PER_DAY } from './interval.ts'
import { SESSION_MS } from './synthetic-settings.ts'
import { zoneNamed } from './zone.ts'

/** The times of some rows of a synthetic market, one entry per row. */
export interface Sessions {
  /** Row of the first entry. */
  readonly first: number
  readonly closeTimes: Float64Array
  readonly openTimes: Float64Array
  readonly sessionDates: Int32Array
  /** Position of a row's bar in its session, from 0. */
  readonly barOfSession: Int32Array
}

const OPEN_AT = 9.5 * 3_600_000
const CLOSE_AT = 16 * 3_600_000
const ZONE = zoneNamed('America/New_York')

/** One a day, or as many whole bars as fit a session. */
export function barsPerSession(intervalMs: number): number {
  return intervalMs === MS_PER_DAY ? 1 : Math.floor(SESSION_MS / intervalMs)
}

/** Rows on weekdays from `start` (days since 1970-01-01), a stretch of them at a time; none is later than session `to`. */
export function* makeSessions(of: { start: number; to: number; rows: number; intervalMs: number }, stretchRows: number): Generator<Sessions> {
  const { rows, intervalMs } = of
  const daily = intervalMs === MS_PER_DAY
  const bars = barsPerSession(intervalMs)
  let date = nextWeekday(of.start)
  let bar = 0
  for (let first = 0; first < rows && date <= of.to; first += stretchRows) {
    const sessions = createSessions(first, Math.min(stretchRows, rows - first))
    let count = 0
    // Clocks change on Sundays, so a weekday has one offset and 09:30 is always the same instant after midnight.
    for (let midnight = ZONE.startOfDay(date); count < sessions.closeTimes.length && date <= of.to; count++) {
      sessions.openTimes[count] = daily ? midnight : midnight + OPEN_AT + bar * intervalMs
      sessions.closeTimes[count] = daily ? midnight + CLOSE_AT : midnight + OPEN_AT + (bar + 1) * intervalMs
      sessions.sessionDates[count] = date
      sessions.barOfSession[count] = bar
      if (++bar < bars) continue
      bar = 0
      date = nextWeekday(date + 1)
      midnight = ZONE.startOfDay(date)
    }
    yield cutSessions(sessions, count)
  }
}

function nextWeekday(date: number): number {
  while (isoWeekday(date) > 5) date++
  return date
}

function createSessions(first: number, rows: number): Sessions {
  return { first, closeTimes: new Float64Array(rows), openTimes: new Float64Array(rows), sessionDates: new Int32Array(rows), barOfSession: new Int32Array(rows) }
}

function cutSessions({ first, closeTimes, openTimes, sessionDates, barOfSession }: Sessions, rows: number): Sessions {
  return {
    first, closeTimes: closeTimes.subarray(0, rows), openTimes: openTimes.subarray(0, rows),
    sessionDates: sessionDates.subarray(0, rows), barOfSession: barOfSession.subarray(0, rows),
  }
}
