import { totalColumns, type Slot } from '../lineup/role.ts'

/** The rows of the current bar, by name: roles read theirs from it and write theirs to it. */
export interface Board {
  /** Adds a slot; a name can be written by one role only. */
  add(slot: Slot): void
  row(name: string): Float64Array
  /** Copies the named rows, in order, into one new array: a message. */
  gather(slots: readonly Slot[]): Float64Array
  scatter(slots: readonly Slot[], values: Float64Array): void
}

export function createBoard(): Board {
  const rows = new Map<string, Float64Array>()
  const row = (name: string): Float64Array => {
    const values = rows.get(name)
    if (values === undefined) throw new Error(`no role writes ${name}`)
    return values
  }
  return {
    row,
    add: (slot) => {
      if (rows.has(slot.name)) throw new Error(`two roles write ${slot.name}`)
      rows.set(slot.name, new Float64Array(slot.columns))
    },
    gather: (slots) => {
      const values = new Float64Array(totalColumns(slots))
      let offset = 0
      for (const slot of slots) {
        values.set(row(slot.name), offset)
        offset += slot.columns
      }
      return values
    },
    scatter: (slots, values) => {
      let offset = 0
      for (const slot of slots) {
        row(slot.name).set(values.subarray(offset, offset + slot.columns))
        offset += slot.columns
      }
    },
  }
}
