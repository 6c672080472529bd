import { z } from 'zod'
import { isoWeekday, monthIndex, weekIndex } from '../domain/timeline.ts'
import { defineMarketFeature } from './define-feature.ts'
import type { FeatureRef } from './feature.ts'
import { referFeature } from './reference.ts'

const FIELDS = ['weekday', 'month', 'first-of-session', 'first-of-week', 'first-of-month'] as const

/**
 * The session's calendar, market-wide: `weekday` 1 = Monday … 7, `month` 1..12, and `first-of-…`: 1 in the
 * first row of a session, ISO week or month (the first row of all is one), else 0.
 */
export const calendarDefinition = defineMarketFeature({
  name: 'calendar',
  params: z.object({ field: z.enum(FIELDS) }),
  inputs: [],
  warmup: () => 0,
  state: () => ({ lastSession: 1 }),
  update: (_, { lastSession }, { params, bars, row }) => {
    const { sessionDate } = row
    const before = lastSession[0]
    lastSession[0] = sessionDate
    const isFirst = (period: (date: number) => number): number => Number(bars === 1 || period(before) !== period(sessionDate))
    switch (params.field) {
      case 'weekday': return isoWeekday(sessionDate)
      case 'month': return (monthIndex(sessionDate) % 12) + 1
      case 'first-of-session': return isFirst((date) => date)
      case 'first-of-week': return isFirst(weekIndex)
      case 'first-of-month': return isFirst(monthIndex)
    }
  },
})

export const calendar = (field: (typeof FIELDS)[number]): FeatureRef => referFeature(calendarDefinition, [], { field })
