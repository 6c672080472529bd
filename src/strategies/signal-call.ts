import { MillraceError } from '../base/errors.ts'
import { sourcePlace } from '../base/source-place.ts'
import { formatTime } from '../domain/timeline.ts'
import type { Row } from '../domain/timeline.ts'
import type { FeatureWidth } from '../features/feature.ts'

/** `void` promises that nothing is read; a module may still give something back, and mean it. */
export function refuseAnswer(answer: unknown, out: Float32Array): void {
  if (typeof answer !== 'object' || answer === null || answer === out) return
  throw new Error(answer instanceof Promise ? 'it is async: a signal is written before it returns' : 'it returns values: they have to be written into `out`')
}

/** Takes opinions back where an input of one row or several is missing; pairs are a strategy's own business. */
export function maskMissing(input: Float64Array, of: { width: FeatureWidth; symbols: number }, out: Float32Array): void {
  if (of.width === 'pair') return
  if (of.width === 'symbol') {
    for (let n = 0; n < out.length; n++) if (input[n] !== input[n]) out[n] = NaN
    return
  }
  for (let row = 0; row < input.length; row++) {
    if (input[row] !== input[row]) out.fill(NaN, row * of.symbols, (row + 1) * of.symbols)
  }
}

export function stepFailed(error: unknown, at: { name: string; params: unknown; row: Row }): MillraceError {
  const reason = error instanceof Error ? error.message : String(error)
  const turn = `${at.name} ${JSON.stringify(at.params)} at the bar of ${formatTime(at.row.closeTime)}`
  const place = sourcePlace(error)
  return new MillraceError({
    code: 'STEP_FAILED',
    message: `strategy ${at.name} failed: ${reason}`,
    where: place === undefined ? turn : `${place}, ${turn}`,
    value: at.params,
    hint: 'correct the signal function of the strategy, or leave this parameter set out',
  })
}
