import { isoWeekday } from '../domain/timeline.ts'
import { MS_PER_DAY } from './interval.ts'
import { SESSION_MS } from './synthetic-settings.ts'
import { zoneNamed } from './zone.ts'

/** The times of a synthetic market, one entry per row. */
export interface Sessions {
  readonly closeTimes: Float64Array
  readonly openTimes: Float64Array
  readonly sessionDates: Int32Array
  /** Position of a row's bar in its session, from 0. */
  readonly barOfSession: Int32Array
  readonly barsPerSession: number
}

const OPEN_AT = 9.5 * 3_600_000
const CLOSE_AT = 16 * 3_600_000
const ZONE = zoneNamed('America/New_York')

/** Rows on weekdays from `start` (days since 1970-01-01): one a day, or as many whole bars as fit a session. */
export function makeSessions(of: { start: number; rows: number; intervalMs: number }): Sessions {
  const { rows, intervalMs } = of
  const daily = intervalMs === MS_PER_DAY
  const barsPerSession = daily ? 1 : Math.floor(SESSION_MS / intervalMs)
  const sessions = {
    closeTimes: new Float64Array(rows), openTimes: new Float64Array(rows),
    sessionDates: new Int32Array(rows), barOfSession: new Int32Array(rows), barsPerSession,
  }
  let date = of.start
  for (let t = 0; t < rows; date++) {
    if (isoWeekday(date) > 5) continue
    // Clocks change on Sundays, so a weekday has one offset and 09:30 is always the same instant after midnight.
    const midnight = ZONE.startOfDay(date)
    for (let bar = 0; bar < barsPerSession && t < rows; bar++, t++) {
      sessions.openTimes[t] = daily ? midnight : midnight + OPEN_AT + bar * intervalMs
      sessions.closeTimes[t] = daily ? midnight + CLOSE_AT : midnight + OPEN_AT + (bar + 1) * intervalMs
      sessions.sessionDates[t] = date
      sessions.barOfSession[t] = bar
    }
  }
  return sessions
}
