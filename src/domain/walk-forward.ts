import type { MetricField, Metrics } from './metrics.ts'

/** How a walk-forward cuts the traded rows; lengths count bars (rows) or sessions. */
export interface WindowRule {
  readonly unit: 'bars' | 'sessions'
  readonly train: number
  readonly test: number
  /** From one test to the next; at most `test`: with less, the next window takes over before a test is over. */
  readonly step: number
  /** Every training begins at the first traded row. */
  readonly anchored: boolean
}

/** Rows of the timeline, the first and the last both in. */
export interface RowRange {
  readonly first: number
  readonly last: number
}

/** Train on some rows, then trade the next ones with what was selected. */
export interface Window {
  readonly train: RowRange
  /** Where its parameters are in force: up to the next window's first row. */
  readonly test: RowRange
}

/**
 * Windows over the rows from `firstRow` on. The last test may be shorter than the others; none is empty.
 * @param sessionDates of every row of the timeline
 * @returns none when there are no rows left to test after the first training
 */
export function cutWindows(rule: WindowRule, of: { readonly firstRow: number; readonly sessionDates: Int32Array }): Window[] {
  const starts = unitStarts(rule.unit, of)
  const rowOf = (unit: number): number => starts[unit] ?? of.sessionDates.length
  const windows: Window[] = []
  for (let first = rule.train; first < starts.length; first += rule.step) {
    windows.push({
      train: { first: rowOf(rule.anchored ? 0 : first - rule.train), last: rowOf(first) - 1 },
      test: { first: rowOf(first), last: rowOf(first + rule.step) - 1 },
    })
  }
  return windows
}

/** Bars or sessions from the first traded row on. */
export function countUnits(unit: WindowRule['unit'], of: { readonly firstRow: number; readonly sessionDates: Int32Array }): number {
  return unitStarts(unit, of).length
}

/** First row of every unit: of every row, or of every session. */
function unitStarts(unit: WindowRule['unit'], { firstRow, sessionDates }: { firstRow: number; sessionDates: Int32Array }): number[] {
  const starts: number[] = []
  for (let row = firstRow; row < sessionDates.length; row++) {
    if (unit === 'bars' || row === firstRow || sessionDates[row] !== sessionDates[row - 1]) starts.push(row)
  }
  return starts
}

/** One portfolio's training in a window. */
export interface TrainedPortfolio {
  /** Its number in the group. */
  readonly ordinal: number
  readonly id: string
  /** `portfolio`, `signal` and the paths of the grid. */
  readonly parameters: Readonly<Record<string, number | string | boolean | null>>
  readonly metrics: Readonly<Metrics>
}

/** What a selection knows: the training rows' figures and nothing of the rows that follow. */
export interface TrainingTable {
  readonly window: number
  readonly portfolios: readonly TrainedPortfolio[]
}

/** Chooses a portfolio by its ordinal, or none. Has to be pure: the same table, the same choice. */
export type SelectPortfolio = (table: TrainingTable) => number | null

/** The best figure; of equal ones the lowest ordinal. NaN never wins: none when every figure is NaN. */
export function selectByMetric(trained: readonly Readonly<Metrics>[], rule: { readonly by: MetricField; readonly order: 'highest' | 'lowest' }): number | null {
  const sign = rule.order === 'highest' ? 1 : -1
  let selected: number | null = null
  let best = NaN
  trained.forEach((metrics, ordinal) => {
    const figure = sign * metrics[rule.by]
    if (Number.isNaN(figure) || (selected !== null && figure <= best)) return
    selected = ordinal
    best = figure
  })
  return selected
}
