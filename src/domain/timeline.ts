/**
 * The strictly ascending bar-close times of a run: the union of the symbols' bars.
 * All arrays are T long; times are milliseconds since the Unix epoch, UTC.
 */
export interface Timeline {
  readonly closeTimes: Float64Array
  /** When the bar of that row opened: an order decided at or before this instant may fill at its open. */
  readonly openTimes: Float64Array
  /** The session (in the market's zone) as days since 1970-01-01: calendar features, schedules, daily metrics. */
  readonly sessionDates: Int32Array
}

/** The row a driver hands to a step. One scratch object is reused: read it, never keep it. */
export interface Row {
  readonly t: number
  readonly closeTime: number
  readonly sessionDate: number
}

const MS_PER_DAY = 86_400_000

/** `2014-06-09` for a session date in days since 1970-01-01. */
export function formatSessionDate(sessionDate: number): string {
  return new Date(sessionDate * MS_PER_DAY).toISOString().slice(0, 10)
}

/** ISO 8601 in UTC, without milliseconds when they are zero: `2014-06-09T20:00:00Z`. */
export function formatTime(time: number): string {
  return new Date(time).toISOString().replace('.000Z', 'Z')
}

/** Day of the week of a session date: 1 = Monday … 7 = Sunday (ISO 8601). */
export function isoWeekday(sessionDate: number): number {
  return ((((sessionDate + 3) % 7) + 7) % 7) + 1
}

/** A number that is equal for two session dates exactly when they are in the same ISO week. */
export function weekIndex(sessionDate: number): number {
  return Math.floor((sessionDate + 3) / 7)
}

/** Session date of a week's Monday, by its index. */
export function weekStart(week: number): number {
  return week * 7 - 3
}

/**
 * Months since year 0: equal for two session dates exactly when they are in the same calendar month, and a
 * multiple of 12 in January. Counted in years that begin in March, eras of 400 years at a time (H. Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`). Kernels ask for every row, and a `Date` for each is slow.
 */
export function monthIndex(sessionDate: number): number {
  // No day before year 0 is asked for, so all of it is whole numbers above 0, which compilers divide by multiplying.
  const days = sessionDate + 719_468
  const era = (days / 146_097) | 0
  const ofEra = days - era * 146_097
  const year = ((ofEra - ((ofEra / 1460) | 0) + ((ofEra / 36_524) | 0) - ((ofEra / 146_096) | 0)) / 365) | 0
  const ofYear = ofEra - (365 * year + (year >> 2) - ((year / 100) | 0))
  return (era * 400 + year) * 12 + (((5 * ofYear + 2) / 153) | 0) + 2
}

/** Session date of a month's first day, by its index: `days_from_civil` of the same source. */
export function monthStart(month: number): number {
  const ofMarch = month - 2
  const year = (ofMarch / 12) | 0
  const era = (year / 400) | 0
  const ofEra = year - era * 400
  const ofYear = ((153 * (ofMarch - year * 12) + 2) / 5) | 0
  return era * 146_097 + ofEra * 365 + (ofEra >> 2) - ((ofEra / 100) | 0) + ofYear - 719_468
}
