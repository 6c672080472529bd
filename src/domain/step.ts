import type { Row } from './timeline.ts'

/**
 * The one contract of everything that decides: a row of numbers in, a row of numbers out, its own small
 * state. A driver hands over row t and nothing else, so looking ahead is impossible rather than forbidden.
 */
export interface Step {
  /** Bars of a symbol before its first non-NaN output. */
  readonly warmup: number
  /** `inputs[i]` and `out` are stable scratch arrays: read and written in place, never kept. */
  step(row: Row, inputs: readonly Float64Array[], out: Float64Array): void
  /**
   * The same for several rows in one call, where a step remembers nothing: outputs go to `out`, `[row][n]`, bit
   * for bit what the rows give one by one, as float32.
   */
  readonly stepRows?: (rows: readonly Row[], inputs: readonly RowBlock[], out: Float32Array) => void
  /** All state, as bytes: made by the framework from the declared arrays. */
  snapshot(): Uint8Array
  /** Puts a snapshot back; throws when it is of another layout. */
  restore(bytes: Uint8Array): void
}

/** Rows of one input, one after the other, each as wide as in `step`. */
export interface RowBlock {
  readonly values: Float64Array
  /** Whether no value is missing. */
  readonly isComplete: boolean
}

/** Rows of an input, looked through once for what is missing. */
export function rowBlock(values: Float64Array): RowBlock {
  return { values, isComplete: !hasMissing(values) }
}

function hasMissing(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (values[i] !== values[i]) return true
  return false
}

/** Length of a declared state array: per symbol, per pair of symbols, or a plain count. */
export type StateLength = 'N' | 'pairs' | number

/** Names and lengths of the arrays that are a step's whole memory. All are float64 and start at 0. */
export type StateLayout = Readonly<Record<string, StateLength>>

export type State<L extends StateLayout = StateLayout> = { readonly [K in keyof L]: Float64Array }

/** Declared arrays over one buffer, so a snapshot is one copy. */
export interface StateStore<L extends StateLayout = StateLayout> {
  readonly arrays: State<L>
  snapshot(): Uint8Array
  restore(bytes: Uint8Array): void
}

/** Makes the arrays of `layout` for a universe of `symbols`. */
export function createState<L extends StateLayout>(layout: L, symbols: number): StateStore<L> {
  const lengths = Object.values(layout).map((length) => {
    if (length === 'N') return symbols
    return length === 'pairs' ? (symbols * (symbols - 1)) / 2 : length
  })
  const total = lengths.reduce((sum, length) => sum + length, 0)
  const values = new Float64Array(total)
  const arrays: Record<string, Float64Array> = {}
  let offset = 0
  Object.keys(layout).forEach((name, index) => {
    arrays[name] = values.subarray(offset, offset + lengths[index])
    offset += lengths[index]
  })
  return {
    arrays: Object.freeze(arrays) as State<L>,
    snapshot: () => new Uint8Array(values.buffer.slice(0)),
    restore: (bytes) => {
      if (bytes.byteLength !== values.byteLength) {
        throw new Error(`snapshot of ${bytes.byteLength} bytes does not fit a state of ${values.byteLength}`)
      }
      new Uint8Array(values.buffer).set(bytes)
    },
  }
}
