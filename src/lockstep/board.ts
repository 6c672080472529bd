import type { Slot } from '../lineup/role.ts'

/** The rows of the current bar, by name, each where whoever makes it leaves it. */
export interface Board {
  /** Shows the rows of some slots; a name can be written by one role only. */
  show(slots: readonly Slot[], rows: readonly Float64Array[]): void
  row(name: string): Float64Array
  /** What copies the rows of some slots, in order, into one array: a message. */
  gatherer(slots: readonly Slot[]): (into: Float64Array) => void
}

export function createBoard(): Board {
  const shown = new Map<string, Float64Array>()
  const row = (name: string): Float64Array => {
    const values = shown.get(name)
    if (values === undefined) throw new Error(`no role writes ${name}`)
    return values
  }
  return {
    row,
    show: (slots, rows) => slots.forEach(({ name }, index) => {
      if (shown.has(name)) throw new Error(`two roles write ${name}`)
      shown.set(name, rows[index])
    }),
    gatherer: (slots) => {
      const rows = slots.map(({ name }) => row(name))
      return (into) => {
        let offset = 0
        for (const values of rows) {
          into.set(values, offset)
          offset += values.length
        }
      }
    },
  }
}
