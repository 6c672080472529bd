/** Dates of the proleptic Gregorian calendar as days since 1970-01-01. */

/** Days since 1970-01-01 of a date (month 1–12), or NaN when the calendar has no such day. */
export function daysOfDate(year: number, month: number, day: number): number {
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month))) return NaN
  // H. Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March, so that the leap day is last.
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

const DASH = 45

/** Days since 1970-01-01 of `2014-06-09`, or NaN. Digit by digit, for it runs once per bar. */
export function parseDate(text: string): number {
  if (text.length !== 10 || text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH) return NaN
  const year = digitsAt(text, 0) * 100 + digitsAt(text, 2)
  return daysOfDate(year, digitsAt(text, 5), digitsAt(text, 8))
}

/** The two digits at `index` as a number, or NaN. */
function digitsAt(text: string, index: number): number {
  const tens = text.charCodeAt(index) - 48
  const ones = text.charCodeAt(index + 1) - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN
}
