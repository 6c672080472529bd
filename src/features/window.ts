/**
 * The last `length` values of a symbol, oldest first, as a pure function of those values: statistics are
 * recomputed from the window, so nothing drifts in twenty years and the bits of a value depend on its window
 * alone, not on where the history began.
 */

/** Length of the array that holds a window: every value is kept twice, so the window is always contiguous. */
export function windowMemory(length: number): number {
  return 2 * length
}

/**
 * Puts `value` in as the newest, `bars` being how many values the window has had with this one.
 * @returns where the oldest of the last `length` values is; the newest is at `oldest + length − 1`.
 */
export function pushValue(window: Float64Array, bars: number, value: number): number {
  const length = window.length / 2
  const at = (bars - 1) % length
  window[at] = value
  window[at + length] = value
  return at + 1
}

/**
 * Arithmetic mean of the window that begins at `oldest`: the oldest value plus the mean distance from it, so
 * that equal values have exactly their own mean and a deviation of exactly 0. Two partial sums overlap.
 */
export function windowMean(window: Float64Array, oldest: number): number {
  const length = window.length / 2
  const end = oldest + length
  const anchor = window[oldest]
  let a = 0
  let b = 0
  let i = oldest
  for (; i + 1 < end; i += 2) {
    a += window[i] - anchor
    b += window[i + 1] - anchor
  }
  if (i < end) a += window[i] - anchor
  return anchor + (a + b) / length
}

/** Σ (x − mean)² over the window, the second of two passes, which cancels nothing. */
export function squaredDeviations(window: Float64Array, oldest: number, mean: number): number {
  const end = oldest + window.length / 2
  let a = 0
  let b = 0
  let i = oldest
  for (; i + 1 < end; i += 2) {
    const first = window[i] - mean
    const second = window[i + 1] - mean
    a += first * first
    b += second * second
  }
  if (i < end) a += (window[i] - mean) * (window[i] - mean)
  return a + b
}
