import type { Row } from '../domain/timeline.ts'
import type { InputRows } from './input-rows.ts'

/**
 * The staged driver's crank: hands every row of the timeline, in order, to `turn`, with its inputs filled.
 * `row` is one scratch object; nothing later than row t has been read when `turn` runs.
 */
export function turnCrank(rows: number, inputs: InputRows, turn: (row: Row, inputs: readonly Float64Array[]) => void): void {
  for (let t = 0; t < rows; t++) {
    inputs.fill(t)
    turn(inputs.row, inputs.arrays)
  }
}
