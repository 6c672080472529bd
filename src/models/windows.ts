import { MillraceError } from '../base/errors.ts'
import { createState } from '../domain/step.ts'
import type { FeatureWidth } from '../features/feature.ts'

/** The last L bars of every symbol's features, and the float32 windows a model predicts from. */
export interface WindowBuffer {
  /** Values of one window: bars × features, newest bar last. */
  readonly windowLength: number
  /**
   * Advances every symbol that has a bar in this row. `inputs` are the features in order (N or 1 long), then
   * any price panel (N long): a NaN there says that the symbol has no bar.
   */
  push(inputs: readonly Float64Array[]): void
  /**
   * Appends the windows of the row just pushed to `out`, from window `at` on, in universe order: one for each
   * symbol that has a bar and no NaN in its last L bars. `symbols` receives whose they are.
   * @returns how many
   */
  collect(out: Float32Array, at: number, symbols: Int32Array): number
  snapshot(): Uint8Array
  restore(bytes: Uint8Array): void
}

/**
 * A window buffer for a universe of `symbols`. A symbol's window counts its own bars: rows without one
 * neither advance nor break it; a bar with a NaN feature breaks it until L further bars are whole.
 *
 * @throws MillraceError CONFIG_VALUE when a feature is a pair feature.
 */
export function createWindowBuffer(of: {
  symbols: number
  widths: readonly FeatureWidth[]
  window: number
}): WindowBuffer {
  const { symbols, widths, window } = of
  const pair = widths.indexOf('pair')
  if (pair >= 0) {
    throw new MillraceError({
      code: 'CONFIG_VALUE',
      message: 'a pair feature cannot be a model input: a window belongs to one symbol',
      where: `features[${pair}]`,
      hint: 'use a per-symbol or a market-wide feature',
    })
  }
  const features = widths.length
  const windowLength = window * features
  const { arrays, snapshot, restore } = createState(
    { ring: symbols * windowLength, bars: 'N', whole: 'N', present: 'N' },
    symbols,
  )
  const { ring, bars, whole, present } = arrays

  const pushSymbol = (inputs: readonly Float64Array[], n: number): void => {
    const start = n * windowLength + (bars[n] % window) * features
    let isWhole = true
    for (let f = 0; f < features; f++) {
      const value = inputs[f][widths[f] === 'market' ? 0 : n]
      ring[start + f] = value
      if (value !== value) isWhole = false
    }
    bars[n]++
    whole[n] = isWhole ? Math.min(whole[n] + 1, window) : 0
  }

  const copyWindow = (n: number, out: Float32Array, start: number): void => {
    const oldest = (bars[n] % window) * features
    const base = n * windowLength
    for (let i = 0; i < windowLength; i++) out[start + i] = ring[base + ((oldest + i) % windowLength)]
  }

  return {
    windowLength,
    snapshot,
    restore,
    push: (inputs) => {
      const price = inputs[features]
      for (let n = 0; n < symbols; n++) {
        present[n] = price[n] === price[n] ? 1 : 0
        if (present[n] === 1) pushSymbol(inputs, n)
      }
    },
    collect: (out, at, found) => {
      let count = 0
      for (let n = 0; n < symbols; n++) {
        if (present[n] === 0 || whole[n] < window) continue
        copyWindow(n, out, (at + count) * windowLength)
        found[count++] = n
      }
      return count
    },
  }
}
