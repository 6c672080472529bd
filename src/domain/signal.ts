/**
 * Signals and how several become one. A signal is float32 in [−1, 1] per symbol and bar; NaN = no opinion,
 * 0 = wants flat. Every operation here rounds to float32 (`Math.fround`) so that lanes of a SIMD kernel,
 * the reference kernel, ensembles and reference books agree bit for bit.
 */
export const COMBINE_METHODS = ['mean', 'vote', 'strongest'] as const
export type CombineMethod = (typeof COMBINE_METHODS)[number]

const fround = Math.fround

/** Rounds to float32, clips to [−1, 1], turns −0 into 0 and every NaN into the canonical one. */
export function toSignal(value: number): number {
  if (value !== value) return NaN
  const rounded = fround(value)
  if (rounded > 1) return 1
  if (rounded < -1) return -1
  return rounded === 0 ? 0 : rounded
}

const BITS_OF_ONE = 0x3f800000
const BITS_OF_MINUS_ZERO = -0x80000000
const WITHOUT_SIGN = 0x7fffffff

/** Makes signals of float32 values in place, as `toSignal` does: those within bounds, by their bits, are signals already. */
export function settleSignals(values: Float32Array): void {
  const { length } = values
  const bits = new Int32Array(values.buffer, values.byteOffset, length)
  // A length read once, and an element read once, make this four times faster.
  for (let i = 0; i < length; i++) {
    const own = bits[i]
    if ((own & WITHOUT_SIGN) > BITS_OF_ONE || own === BITS_OF_MINUS_ZERO) values[i] = toSignal(values[i])
  }
}

export interface CombineInput {
  /** Rows of S signals. */
  readonly signals: Float32Array
  /** Where the row to combine begins in the first signal. */
  readonly offset: number
  /** From a signal's row to the next signal's same row; default N, `[s][n]` of one row. */
  readonly stride?: number
  /** Which signals take part, in subscription order, and their weights (> 0). */
  readonly indices: Int32Array
  readonly weights: Float32Array
  readonly symbols: number
}

/**
 * Combines the subscribed signals of one row into `out` (N long).
 * - `mean`: Σ w·s / Σ w over signals with an opinion, sums in subscription order.
 * - `vote`: sign of Σ w·sign(s); a tie is 0.
 * - `strongest`: the s with the largest w·|s|; the first of equals.
 * All NaN gives NaN.
 */
export function combineSignals(method: CombineMethod, input: CombineInput, out: Float32Array): void {
  for (let n = 0; n < input.symbols; n++) out[n] = combineOne(method, input, n)
}

function combineOne(method: CombineMethod, input: CombineInput, n: number): number {
  const { signals, offset, indices, weights, symbols, stride = symbols } = input
  let sum = 0
  let weightSum = 0
  let strongest = -1
  let chosen = NaN
  for (let i = 0; i < indices.length; i++) {
    const signal = signals[offset + indices[i] * stride + n]
    if (signal !== signal) continue
    const weight = weights[i]
    if (method === 'strongest') {
      const strength = fround(weight * Math.abs(signal))
      if (strength > strongest) {
        strongest = strength
        chosen = signal
      }
      continue
    }
    const vote = method === 'vote' ? Math.sign(signal) : signal
    sum = fround(sum + fround(weight * vote))
    weightSum = fround(weightSum + weight)
  }
  if (method === 'strongest') return chosen
  if (weightSum === 0) return NaN
  if (method === 'vote') return sum > 0 ? 1 : sum < 0 ? -1 : 0
  return toSignal(fround(sum / weightSum))
}
