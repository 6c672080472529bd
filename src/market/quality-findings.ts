import { formatSessionDate, formatTime } from '../domain/timeline.ts'
import type { BarSeries } from './bar-series.ts'
import { placeOf } from './bar-series.ts'
import { MS_PER_DAY } from './interval.ts'

/** Something a person should look at: sound as data, odd as a market. */
export interface Finding {
  readonly kind: 'outlier' | 'dividend' | 'split' | 'jump' | 'already-adjusted'
  /** `file:line`. */
  readonly where: string
  /** Date or time of the bar as stamped, in UTC. */
  readonly time: string
  readonly message: string
}

export interface Gaps {
  readonly count: number
  readonly longestMs: number
  /** Stamp of the bar before the longest gap; undefined without gaps. */
  readonly longestAfter: string | undefined
}

/** What the bars of one symbol look like. */
export interface SymbolQuality {
  readonly symbol: string
  readonly bars: number
  readonly first: string
  readonly last: string
  readonly intervalMs: number
  readonly gaps: Gaps
  readonly zeroVolumes: number
  readonly splits: number
  readonly dividends: number
  /** Runs of at least {@link STALE_BARS} equal closes, and the longest. */
  readonly staleRuns: number
  readonly longestStaleRun: number
  /** Bars whose five numbers all repeat the bar before. */
  readonly repeatedBars: number
  readonly findings: readonly Finding[]
}

/** Adjusted returns beyond so many robust standard deviations are outliers. */
export const OUTLIER_SIGMAS = 10
/** A dividend above this share of the price is rather a spin-off or a mistake. */
export const LARGE_DIVIDEND = 0.3
/** A close that moved by so much without split or dividend is rather an unrecorded split. */
export const LARGE_JUMP = 0.4
export const STALE_BARS = 5
/** Longest distance of two daily bars, in days, that a weekend and a holiday explain. */
const HOLIDAY_WEEKEND_DAYS = 4

/** Looks at the sound bars of one symbol. Times are those of the file, not yet moved to bar closes. */
export function inspectSeries(series: BarSeries, intervalMs: number): SymbolQuality {
  const last = series.stamps.length - 1
  return {
    symbol: series.symbol, bars: series.stamps.length, first: stampText(series, 0), last: stampText(series, last), intervalMs,
    gaps: findGaps(series, intervalMs),
    zeroVolumes: count(series.volume, (volume) => volume === 0),
    splits: count(series.split, (split) => split !== 1),
    dividends: count(series.dividend, (dividend) => dividend !== 0),
    ...findStaleRuns(series.close),
    repeatedBars: count(series.close, (_, i) => i > 0 && repeats(series, i)),
    findings: [...findActions(series), ...findOutliers(series)].toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0)),
  }
}

function count(values: readonly number[], counts: (value: number, index: number) => boolean): number {
  let total = 0
  for (let i = 0; i < values.length; i++) if (counts(values[i], i)) total++
  return total
}

function stampText(series: BarSeries, index: number): string {
  const stamp = series.stamps[index]
  return series.dateOnly ? formatSessionDate(stamp / MS_PER_DAY) : formatTime(stamp)
}

function finding(series: BarSeries, index: number, of: { kind: Finding['kind']; message: string }): Finding {
  return { kind: of.kind, message: of.message, where: placeOf(series, index), time: stampText(series, index) }
}

/** Within a UTC day any missing bar is a gap; from day to day only more than a weekend with a holiday. */
function findGaps({ stamps, ...series }: BarSeries, intervalMs: number): Gaps {
  let total = 0
  let longestMs = 0
  let after = -1
  for (let i = 1; i < stamps.length; i++) {
    const distance = stamps[i] - stamps[i - 1]
    const sameDay = Math.floor(stamps[i] / MS_PER_DAY) === Math.floor(stamps[i - 1] / MS_PER_DAY)
    const allowed = sameDay ? intervalMs : Math.max(intervalMs, HOLIDAY_WEEKEND_DAYS * MS_PER_DAY)
    if (distance <= allowed) continue
    total++
    if (distance > longestMs) {
      longestMs = distance
      after = i - 1
    }
  }
  return { count: total, longestMs, longestAfter: after < 0 ? undefined : stampText({ ...series, stamps }, after) }
}

function findStaleRuns(closes: readonly number[]): { staleRuns: number; longestStaleRun: number } {
  let staleRuns = 0
  let longest = 0
  for (let i = 1, run = 1; i <= closes.length; i++) {
    if (i < closes.length && closes[i] === closes[i - 1]) {
      run++
      continue
    }
    if (run >= STALE_BARS) staleRuns++
    longest = Math.max(longest, run)
    run = 1
  }
  return { staleRuns, longestStaleRun: longest >= STALE_BARS ? longest : 0 }
}

function repeats(series: BarSeries, i: number): boolean {
  return (['open', 'high', 'low', 'close', 'volume'] as const).every((name) => series[name][i] === series[name][i - 1])
}

const percent = (fraction: number) => `${fraction >= 0 ? '+' : ''}${(100 * fraction).toFixed(1)} %`

/** Splits and dividends that look wrong, and jumps that look like ones not recorded. */
function findActions(series: BarSeries): Finding[] {
  const findings: Finding[] = []
  for (let i = 0; i < series.stamps.length; i++) {
    const { [i]: split } = series.split
    const share = series.dividend[i] / series.close[i]
    const move = i === 0 ? 0 : series.close[i] / series.close[i - 1] - 1
    if (share > LARGE_DIVIDEND) {
      findings.push(finding(series, i, { kind: 'dividend', message: `dividend ${series.dividend[i]} is ${percent(share)} of the close: a spin-off or a split coded as cash?` }))
    }
    if (split !== 1 && !isSimpleRatio(split)) {
      findings.push(finding(series, i, { kind: 'split', message: `split ${split} is no simple ratio: a spin-off coded as a split?` }))
    }
    if (i > 0 && isBigSplit(split) && Math.abs(Math.log(1 + move)) < Math.abs(Math.log(split)) / 3) {
      findings.push(finding(series, i, { kind: 'already-adjusted', message: `split ${split} did not move the price (${percent(move)}): already adjusted? then say prices: adjusted` }))
    }
    if (split === 1 && share <= LARGE_DIVIDEND && Math.abs(move) >= LARGE_JUMP) {
      findings.push(finding(series, i, { kind: 'jump', message: `close moved ${percent(move)} without split or dividend: one not recorded?` }))
    }
  }
  return findings
}

function isBigSplit(split: number): boolean {
  return split >= 1.4 || split <= 1 / 1.4
}

/** 2, 3:2, 1:20, also as `7.00000700001` or `0.3333`: one side at most 10, to one part in 500. */
function isSimpleRatio(split: number): boolean {
  const ratio = split > 1 ? split : 1 / split
  for (let denominator = 1; denominator <= 10; denominator++) {
    const numerator = Math.round(ratio * denominator)
    if (numerator > denominator && Math.abs(ratio * denominator / numerator - 1) < 0.002) return true
  }
  return false
}

/** Adjusted close-to-close log returns further from their median than OUTLIER_SIGMAS × 1.4826 × MAD. */
function findOutliers(series: BarSeries): Finding[] {
  const { close, split, dividend } = series
  const returns = new Float64Array(Math.max(0, close.length - 1))
  for (let i = 1; i < close.length; i++) returns[i - 1] = Math.log((close[i] / close[i - 1]) * split[i] * (1 + dividend[i] / close[i]))
  const centre = median(returns)
  // 1.4826 × the median absolute deviation estimates a normal distribution's deviation (F. Hampel, 1974).
  const sigma = 1.4826 * median(returns.map((value) => Math.abs(value - centre)))
  if (!(sigma > 0)) return []
  const findings: Finding[] = []
  returns.forEach((value, i) => {
    const sigmas = Math.abs(value - centre) / sigma
    if (sigmas > OUTLIER_SIGMAS) findings.push(finding(series, i + 1, { kind: 'outlier', message: `adjusted return ${percent(Math.exp(value) - 1)} is ${sigmas.toFixed(0)} robust deviations out` }))
  })
  return findings
}

function median(values: Float64Array): number {
  if (values.length === 0) return NaN
  const sorted = values.toSorted()
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
