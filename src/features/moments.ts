import type { MemoryOf } from './define-feature.ts'

/**
 * Mean and Σ (x − mean)² of the last `length` values in constant time, without ever subtracting a value that
 * leaves, so nothing drifts in twenty years.
 *
 * Time is cut into blocks of `length`. A window is the tail of the last block and the head of this one; the
 * head's moments grow value by value (B. P. Welford, Technometrics 4, 1962), those of every tail were worked
 * out backwards when its block was full (M. van Herk, Pattern Recognition Letters 13, 1992), and the two are
 * merged (T. Chan, G. Golub & R. LeVeque, 1979). Equal values deviate by exactly 0.
 */
export type Moments = {
  /** At place k: a value of this block, or the mean of the last block's tail from k on, until replaced. */
  readonly means: number
  /** At place k: Σ (x − mean)² of that tail. */
  readonly squares: number
  /** Mean and Σ (x − mean)² of the head. */
  readonly head: number
  /** The answer: mean and Σ (x − mean)² of the window, once it is full. */
  readonly window: number
}

/** The memory moments of the last `length` values need. */
export function momentsMemory(length: number): Moments {
  return { means: length, squares: length, head: 2, window: 2 }
}

/** Takes a value in, `bars` being how many there have been with this one, and puts the answer into `window`. */
export function pushMoments(memory: MemoryOf<Moments>, bars: number, value: number): void {
  const { means, squares, head, window } = memory
  const length = means.length
  const place = (bars - 1) % length
  const headCount = place + 1
  const distance = place === 0 ? 0 : value - head[0]
  head[0] = place === 0 ? value : head[0] + distance / headCount
  head[1] = place === 0 ? 0 : head[1] + distance * (value - head[0])
  means[place] = value
  if (headCount === length) {
    window.set(head)
    workOutTails(means, squares)
    return
  }
  const tailCount = length - headCount
  const apart = head[0] - means[headCount]
  window[0] = means[headCount] + (apart * headCount) / length
  window[1] = squares[headCount] + head[1] + (apart * apart * headCount * tailCount) / length
}

/** Turns a full block's values into the moments of each of its tails, from the newest value backwards. */
function workOutTails(means: Float64Array, squares: Float64Array): void {
  const length = means.length
  let mean = 0
  let sum = 0
  for (let place = length - 1; place >= 0; place--) {
    const distance = means[place] - mean
    const count = length - place
    mean = count === 1 ? means[place] : mean + distance / count
    if (count > 1) sum += distance * (means[place] - mean)
    means[place] = mean
    squares[place] = sum
  }
}
