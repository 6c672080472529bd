import { totalColumns, viewsOf, type RoleRow, type Slot } from '../lineup/role.ts'

/**
 * A row on its way between the coordinator and a role, both ways: times first, then the values of the slots in
 * order, all float64 in the machine's own byte order. Both sides know the slots, so a frame has no other head,
 * and make it once: every bar goes through the same memory.
 */
export interface RowFrame {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** All values, in the order of the slots. */
  readonly values: Float64Array
  /** One view per slot. */
  readonly rows: readonly Float64Array[]
  stamp(row: RoleRow): void
  row(): RoleRow
}

/** Where in a process of the crew its rows come in and go out. */
export const ROW_PIPE = 3

const TIMES = ['t', 'closeTime', 'openTime', 'sessionDate'] as const

export function createRowFrame(slots: readonly Slot[]): RowFrame {
  const all = new Float64Array(TIMES.length + totalColumns(slots))
  const values = all.subarray(TIMES.length)
  return {
    bytes: new Uint8Array(all.buffer),
    values,
    rows: viewsOf(slots, values),
    stamp: (row) => TIMES.forEach((time, index) => {
      all[index] = row[time]
    }),
    row: () => ({ t: all[0], closeTime: all[1], openTime: all[2], sessionDate: all[3] }),
  }
}
