import fc from 'fast-check'
import { expect, it } from 'vitest'
import { formatSessionDate, formatTime, isoWeekday, monthIndex, monthStart, weekIndex, weekStart } from '../../src/domain/timeline.ts'

const day = (text: string) => Date.parse(`${text}T00:00:00Z`) / 86_400_000

it('writes dates and times in ISO 8601, UTC', () => {
  expect(formatSessionDate(day('2014-06-09'))).toBe('2014-06-09')
  expect(formatTime(Date.UTC(2014, 5, 9, 20))).toBe('2014-06-09T20:00:00Z')
  expect(formatTime(Date.UTC(2014, 5, 9, 20, 0, 0, 250))).toBe('2014-06-09T20:00:00.250Z')
})

it('counts weekdays from Monday', () => {
  expect(['1970-01-01', '2024-01-01', '2024-01-07', '1969-12-29'].map((text) => isoWeekday(day(text)))).toEqual([4, 1, 7, 1])
})

it('changes week on Mondays alone and month on the first alone', () => {
  const runs = 1_000
  const seed = 8
  fc.assert(
    fc.property(fc.integer({ min: -30_000, max: 60_000 }), (date) => {
      expect(weekIndex(date) !== weekIndex(date - 1)).toBe(isoWeekday(date) === 1)
      expect(monthIndex(date) !== monthIndex(date - 1)).toBe(formatSessionDate(date).endsWith('-01'))
      const [year, month, ofMonth] = formatSessionDate(date).split('-').map(Number)
      expect(monthIndex(date)).toBe(12 * year + month - 1)
      expect(weekStart(weekIndex(date))).toBe(date - isoWeekday(date) + 1)
      expect(monthStart(monthIndex(date))).toBe(date - ofMonth + 1)
    }),
    { seed, numRuns: runs },
  )
  console.log(`weeks and months: ${runs} random days, seed ${seed}`)
})
