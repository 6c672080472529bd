import type { CombineMethod } from '../domain/signal.ts'
import { referenceBook } from '../risk/reference-book.ts'

/** How a pattern's reference book combines its signals. */
export interface BookSpec {
  readonly combine: CombineMethod
  readonly weights: readonly number[]
}

export interface BookRows {
  /** N exposures of the row filled last. */
  readonly exposures: Float64Array
  /** `signals[i]` is N long, in the order of the spec's weights. */
  fill(signals: readonly Float64Array[]): void
}

/** The reference book, row by row; both drivers use this. */
export function createBookRows(spec: BookSpec, symbols: number): BookRows {
  const signals = new Float32Array(spec.weights.length * symbols)
  const input = {
    signals,
    offset: 0,
    indices: Int32Array.from(spec.weights, (_, index) => index),
    weights: Float32Array.from(spec.weights),
    symbols,
  }
  const combined = new Float32Array(symbols)
  const exposures = new Float64Array(symbols)
  return {
    exposures,
    fill: (rows) => {
      rows.forEach((row, index) => signals.set(row, index * symbols))
      referenceBook(spec.combine, input, combined, exposures)
    },
  }
}
