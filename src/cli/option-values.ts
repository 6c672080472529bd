import { InvalidArgumentError, Option } from 'commander'

/** For commander: a whole number of at least 1. */
export function positiveCount(text: string): number {
  const count = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count) || count < 1) throw new InvalidArgumentError('It must be a whole number of at least 1.')
  return count
}

/** For commander: a calendar date. */
export function calendarDate(text: string): string {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN
  if (Number.isNaN(day) || new Date(day).toISOString().slice(0, 10) !== text) throw new InvalidArgumentError('It must be a date such as 2014-06-09.')
  return text
}

/** For commander: names with commas between them. */
export function nameList(text: string): string[] {
  return text.split(',').map((name) => name.trim()).filter((name) => name !== '')
}

export function formatOption(formats: readonly string[]): Option {
  return new Option('--format <format>', 'how results are written').choices(formats).default('table')
}
