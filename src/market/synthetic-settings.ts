import { z } from 'zod'
import { parseDate } from './calendar-date.ts'
import { instrumentsSettings } from './instrument-settings.ts'
import { INTERVAL_PATTERN, parseInterval } from './interval.ts'

const dateText = z.string().refine((text) => !Number.isNaN(parseDate(text)), 'expected a date such as 2014-06-09')

/** Length of the synthetic market's session, 09:30 to 16:00, in milliseconds. */
export const SESSION_MS = 6.5 * 3_600_000

const intervalText = z.string().regex(INTERVAL_PATTERN, 'expected an interval such as 1d, 1h or 5m').refine(
  (text) => text === '1d' || parseInterval(text) <= SESSION_MS, 'expected 1d or an interval within a session of 6.5 hours',
)

/** Settings of the `synthetic` source: a market made from a seed. */
export const syntheticSettings = z.strictObject({
  source: z.literal('synthetic').default('synthetic'),
  seed: z.union([z.int(), z.string().min(1)]).default(1),
  symbols: z.int().min(1).max(5000).default(20),
  /** Rows of the timeline. */
  bars: z.int().min(2).max(5_000_000).default(1260),
  /** `1d`, or shorter than a session: as many whole bars as fit from 09:30 to 16:00. */
  interval: intervalText.default('1d'),
  /** First day; sessions are Monday to Friday, without holidays, New York time. */
  start: dateText.default('2010-01-04'),
  sectors: z.int().min(1).max(100).default(5),
  /** Strength of what can be learned (see synthetic-symbol.ts); 0 = nothing, all excess returns are noise. */
  predictability: z.number().min(0).max(5).default(1),
  /** Share of symbols that are listed only some time into the run. */
  lateListings: z.number().min(0).max(0.9).default(0),
  splits: z.boolean().default(true),
  dividends: z.boolean().default(true),
  /** First and last session date that is traded; earlier bars warm up, later ones are left out. */
  from: dateText.optional(),
  to: dateText.optional(),
  ...instrumentsSettings,
})

export type SyntheticSettings = z.output<typeof syntheticSettings>
