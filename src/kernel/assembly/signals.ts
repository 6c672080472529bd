import { gapsAt, padded, rows, seriesAt, seriesBytes, signalCount, signalsAt, symbols } from './block'

/** Marks the signals that have no opinion somewhere in the block. */
export function seekGaps(): void {
  for (let s = 0; s < signalCount; s++) store<i32>(gapsAt + (<usize>s << 2), (symbols == 1 ? isKnownSeries(s) : isKnown(s)) ? 0 : 1)
}

function isKnown(s: i32): bool {
  const stride = <usize>padded << 2
  let known = i32x4.splat(-1)
  let line = signalsAt + <usize>s * stride
  for (let row = 0; row < rows; row++) {
    for (let at: usize = 0; at < stride; at += 16) known = v128.and(known, equalsItself(line + at))
    line += <usize>signalCount * stride
  }
  return i32x4.all_true(known)
}

/** Behind its rows a series holds zeros. */
function isKnownSeries(s: i32): bool {
  const series = seriesAt + <usize>s * seriesBytes
  let known = i32x4.splat(-1)
  for (let at: usize = 0; at < seriesBytes; at += 16) known = v128.and(known, equalsItself(series + at))
  return i32x4.all_true(known)
}

// @ts-ignore: decorator
@inline
function equalsItself(at: usize): v128 {
  const signals = v128.load(at)
  return f32x4.eq(signals, signals)
}
