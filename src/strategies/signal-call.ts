import { MillraceError } from '../base/errors.ts'
import { sourcePlace } from '../base/source-place.ts'
import { toSignal } from '../domain/signal.ts'
import { formatTime } from '../domain/timeline.ts'
import type { Row } from '../domain/timeline.ts'
import type { FeatureWidth } from '../features/feature.ts'

/** `void` promises that nothing is read; a module may still give something back, and mean it. */
export function refuseAnswer(answer: unknown, out: Float64Array): void {
  if (typeof answer !== 'object' || answer === null || answer === out) return
  throw new Error(answer instanceof Promise ? 'it is async: a signal is written before it returns' : 'it returns values: they have to be written into `out`')
}

/** What a strategy wrote, of one row or several, and what it was given. */
export interface Written {
  readonly inputs: readonly Float64Array[]
  readonly widths: readonly FeatureWidth[]
  readonly symbols: number
  readonly acceptsMissing: boolean
}

/** Makes signals of what was written: NaN where an input is missing, float32, clipped. */
export function finishSignals({ inputs, widths, symbols, acceptsMissing }: Written, out: Float64Array): void {
  if (!acceptsMissing) {
    for (let i = 0; i < inputs.length; i++) {
      if (widths[i] === 'market') maskRows(inputs[i], symbols, out)
      else if (widths[i] !== 'pair') maskSymbols(inputs[i], out)
    }
  }
  for (let n = 0; n < out.length; n++) out[n] = toSignal(out[n])
}

function maskSymbols(input: Float64Array, out: Float64Array): void {
  for (let n = 0; n < out.length; n++) if (input[n] !== input[n]) out[n] = NaN
}

function maskRows(input: Float64Array, symbols: number, out: Float64Array): void {
  for (let row = 0; row < input.length; row++) if (input[row] !== input[row]) out.fill(NaN, row * symbols, (row + 1) * symbols)
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
