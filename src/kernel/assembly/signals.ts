import { gapsAt, padded, rows, signalCount, signalsAt } from './block'

/** Notes for every signal whether it has no opinion somewhere in the block. */
export function seekGaps(): void {
  const stride = <usize>padded << 2
  for (let s = 0; s < signalCount; s++) {
    let known = i32x4.splat(-1)
    let line = signalsAt + <usize>s * stride
    for (let row = 0; row < rows; row++) {
      for (let at: usize = 0; at < stride; at += 16) {
        const signals = v128.load(line + at)
        known = v128.and(known, f32x4.eq(signals, signals))
      }
      line += <usize>signalCount * stride
    }
    store<i32>(gapsAt + (<usize>s << 2), i32x4.all_true(known) ? 0 : 1)
  }
}
