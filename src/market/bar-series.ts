/** The bars of one symbol as its files have them: stamps not yet moved to bar closes. Columns of equal length. */
export interface BarSeries {
  readonly symbol: string
  /** Date-only stamps as UTC midnights, others as instants (ms). */
  readonly stamps: number[]
  readonly dateOnly: boolean
  readonly open: number[]
  readonly high: number[]
  readonly low: number[]
  readonly close: number[]
  readonly volume: number[]
  readonly split: number[]
  readonly dividend: number[]
  /** Empty when the file has no quotes. */
  readonly halfSpread: number[]
  /** Line of each bar, and the files they come from with the index of the first bar of each. */
  readonly lines: number[]
  readonly files: { readonly label: string; readonly start: number }[]
}

const COLUMNS = ['stamps', 'open', 'high', 'low', 'close', 'volume', 'split', 'dividend', 'halfSpread', 'lines'] as const

export function createBarSeries(of: { symbol: string; dateOnly: boolean; label: string }): BarSeries {
  return {
    symbol: of.symbol, dateOnly: of.dateOnly,
    stamps: [], open: [], high: [], low: [], close: [], volume: [], split: [], dividend: [], halfSpread: [],
    lines: [], files: [{ label: of.label, start: 0 }],
  }
}

/** Turns a newest-first series round, in place. */
export function reverseSeries(series: BarSeries): void {
  for (const column of COLUMNS) series[column].reverse()
}

/** Appends `next`, a later file of the same symbol. */
export function appendSeries(series: BarSeries, next: BarSeries): void {
  const start = series.stamps.length
  for (const file of next.files) series.files.push({ label: file.label, start: start + file.start })
  for (const column of COLUMNS) for (const value of next[column]) series[column].push(value)
}

/** `file:line` of bar `index`. */
export function placeOf(series: BarSeries, index: number): string {
  const file = series.files.findLast(({ start }) => start <= index)
  return `${file?.label}:${series.lines[index]}`
}
