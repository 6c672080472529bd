import { describe, expect, it } from 'vitest'
import type { Schedule } from '../../src/domain/portfolio.ts'
import { play } from './market-fixture.ts'

/** Rows in which a portfolio that always wants something else decides. */
function decidesIn(schedule: Schedule, of: { sessionDates: readonly number[]; firstRow?: number }): number[] {
  const { sessionDates, firstRow } = of
  const hours = sessionDates.map((date, t) => t - sessionDates.indexOf(date))
  const { orders } = play({
    market: { A: { bars: sessionDates.map(() => 100), signal: sessionDates.map((_, t) => (t % 2 === 0 ? 0.5 : 0.25) + t / 64) } },
    sessionDates, firstRow,
    openHours: hours.map((hour) => 10 + hour), closeHours: hours.map((hour) => 11 + hour),
    portfolio: { schedule },
  })
  return orders.map(({ decidedAt }) => decidedAt)
}

describe('schedules', () => {
  // 1970-01-28 is a Wednesday (day 27): Wed, Wed, Thu, Fri, Mon 2 February, Mon, Tue.
  const sessionDates = [27, 27, 28, 29, 32, 32, 33]

  it('every bar, and every n bars from the first measured row', () => {
    expect(decidesIn({ everyBars: 1 }, { sessionDates })).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(decidesIn({ everyBars: 3 }, { sessionDates })).toEqual([0, 3, 6])
    expect(decidesIn({ everyBars: 3 }, { sessionDates, firstRow: 1 })).toEqual([1, 4])
  })

  it('the first bar of a session, a week, a month', () => {
    expect(decidesIn({ every: 'session' }, { sessionDates })).toEqual([0, 2, 3, 4, 6])
    expect(decidesIn({ every: 'week' }, { sessionDates })).toEqual([0, 4])
    expect(decidesIn({ every: 'month' }, { sessionDates: [27, 27, 30, 31, 33] })).toEqual([0, 3])
  })

  it('takes the first measured row as the first of all', () => {
    expect(decidesIn({ every: 'week' }, { sessionDates, firstRow: 2 })).toEqual([2, 4])
  })

  it('still lets a limit act between two decisions', () => {
    const { orders } = play({
      market: { A: { bars: [100, 100, 200, 200], signal: [0.5, NaN, NaN, NaN] } },
      portfolio: { schedule: { every: 'month' }, limits: { cap: 0.5, gross: null } },
    })
    expect(orders[1]).toMatchObject({ decidedAt: 2, kind: 'cap' })
  })
})
