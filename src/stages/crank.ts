import type { Row, Timeline } from '../domain/timeline.ts'
import type { InputRows } from './input-rows.ts'

/**
 * The staged driver's crank: hands every row of the timeline, in order, to `turn`, with its inputs filled.
 * `row` is one scratch object; nothing later than row t has been read when `turn` runs.
 */
export function turnCrank(
  timeline: Timeline,
  inputs: InputRows,
  turn: (row: Row, inputs: readonly Float64Array[]) => void,
): void {
  const row = { t: 0, closeTime: 0, sessionDate: 0 }
  const rows = timeline.closeTimes.length
  for (let t = 0; t < rows; t++) {
    row.t = t
    row.closeTime = timeline.closeTimes[t]
    row.sessionDate = timeline.sessionDates[t]
    inputs.fill(t)
    turn(row, inputs.arrays)
  }
}
