import { combineSignals, type CombineInput, type CombineMethod } from '../domain/signal.ts'

/**
 * A risk pattern's reference book: what its signals would hold, equally allocated, in one row. Fills `out`
 * (N long) with the exposure per symbol, float32: combined signal × 1/N; NaN where no signal has an opinion.
 * Risk decisions are measured on this, never on a portfolio's own positions.
 *
 * @param combined scratch, N long
 */
export function referenceBook(method: CombineMethod, input: CombineInput, combined: Float32Array, out: Float64Array): void {
  combineSignals(method, input, combined)
  const share = Math.fround(1 / input.symbols)
  for (let n = 0; n < input.symbols; n++) {
    const exposure = Math.fround(combined[n] * share)
    out[n] = exposure !== exposure ? NaN : exposure === 0 ? 0 : exposure
  }
}
