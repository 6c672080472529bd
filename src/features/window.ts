/** Length of the array that holds the last `length` values: each is kept twice, so that they are contiguous. */
export function windowMemory(length: number): number {
  return 2 * length
}

/**
 * Puts `value` in as the newest, `bars` being how many values there have been with this one.
 * @returns where the oldest of the last `length` values is; the newest is at `oldest + length − 1`.
 */
export function pushValue(window: Float64Array, bars: number, value: number): number {
  const length = window.length / 2
  const place = (bars - 1) % length
  window[place] = value
  window[place + length] = value
  return place + 1
}
