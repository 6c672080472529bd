import { gapsAt, padded, rows, seriesAt, seriesBytes, signalsAt, subscribedAt, subscribedCount, symbols } from './block'

/** Marks the signals that have no opinion somewhere in the block, of those that the batch subscribes to. */
export function seekGaps(): void {
  for (let at = subscribedAt, end = at + (<usize>subscribedCount << 2); at < end; at += 4) {
    const s = load<i32>(at)
    store<i32>(gapsAt + (<usize>s << 2), (symbols == 1 ? isKnownSeries(s) : isKnown(s)) ? 0 : 1)
  }
}

function isKnown(s: i32): bool {
  const bytes = <usize>(rows * padded) << 2
  return isKnownLine(signalsAt + <usize>s * bytes, bytes)
}

/** Behind its rows a series holds zeros. */
function isKnownSeries(s: i32): bool {
  return isKnownLine(seriesAt + <usize>s * seriesBytes, seriesBytes)
}

function isKnownLine(line: usize, bytes: usize): bool {
  let known = i32x4.splat(-1)
  for (const end = line + bytes; line < end; line += 16) known = v128.and(known, equalsItself(line))
  return i32x4.all_true(known)
}

// @ts-expect-error: decorator
@inline
function equalsItself(at: usize): v128 {
  const signals = v128.load(at)
  return f32x4.eq(signals, signals)
}
