import type { Row } from '../domain/timeline.ts'

/**
 * A role is one process's part of a bar in lockstep (and, later, live): a list of named rows in, a list of
 * named rows out. Rows travel as one float64 array each way; float32 values pass through unchanged.
 */
export interface Slot {
  readonly name: string
  readonly columns: number
}

export interface Role {
  readonly inputs: readonly Slot[]
  readonly outputs: readonly Slot[]
  /** `inputs` and `outputs` are views on the message, in the order of the slots. */
  turn(row: RoleRow, inputs: readonly Float64Array[], outputs: readonly Float64Array[]): void | Promise<void>
  /** After the last bar: whatever the role has to publish. */
  finish?(): Promise<unknown>
}

/** The row as it travels: with the open time that fills need. */
export interface RoleRow extends Row {
  readonly openTime: number
}

export function totalColumns(slots: readonly Slot[]): number {
  return slots.reduce((sum, slot) => sum + slot.columns, 0)
}

/** Views of `values`, one per slot, in order. */
export function viewsOf(slots: readonly Slot[], values: Float64Array): Float64Array[] {
  let offset = 0
  return slots.map((slot) => {
    const view = values.subarray(offset, offset + slot.columns)
    offset += slot.columns
    return view
  })
}
