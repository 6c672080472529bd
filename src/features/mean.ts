import type { MemoryOf } from './define-feature.ts'

/** The mean of the last `length` values as `moments.ts` works it out, bit for bit, where squares are not asked for. */
export type Mean = {
  /** At place k: a value of this block, or the mean of the last block's tail from k on, until replaced. */
  readonly tails: number
  readonly head: number
}

export function meanMemory(length: number): Mean {
  return { tails: length, head: 1 }
}

/** Takes a value in, `bars` being how many there have been with this one; gives the mean once the window is full. */
export function pushMean({ tails, head }: MemoryOf<Mean>, bars: number, value: number): number {
  const length = tails.length
  const place = ((bars - 1) | 0) % length
  const headCount = place + 1
  const mean = place === 0 ? value : head[0] + (value - head[0]) / headCount
  head[0] = mean
  tails[place] = value
  if (headCount === length) {
    workOutTails(tails)
    return mean
  }
  const tail = tails[headCount]
  return tail + ((mean - tail) * headCount) / length
}

/** Turns a full block's values into the mean of each of its tails, from the newest value backwards. */
function workOutTails(tails: Float64Array): void {
  const length = tails.length
  let mean = tails[length - 1]
  for (let place = length - 2; place >= 0; place--) {
    mean += (tails[place] - mean) / (length - place)
    tails[place] = mean
  }
}
