import { padded } from './block'
import { magnitudeMask32, ones } from './lanes'
import { RULES_BYTES, SHARE, SUBSCRIPTIONS, SUBSCRIPTION_BYTES, WEIGHTS } from './layout'

/**
 * Weighted means of signals that all have an opinion, clipped to [least, 1]. The values of a signal lie one behind
 * the other, bars or symbols of bars, and the next signal's `stride` further on. Nothing more is done to them in the
 * same loop than fits into the registers.
 * @param signals where the values of the first signal of all begin
 */
export function meanLines(rules: usize, signals: usize, stride: usize, out: usize, bytes: usize, least: f32): void {
  mean(false, rules, signals, stride, out, bytes, least, 0, 0)
}

/** The same, row by row, × share × the row's scale; and the four sums of each row's sizes. */
export function meanRows(rules: usize, signals: usize, stride: usize, out: usize, bytes: usize, least: f32, scales: usize, sums: usize): void {
  mean(true, rules, signals, stride, out, bytes, least, scales, sums)
}

// @ts-expect-error: decorator
@inline
function mean(allocates: bool, rules: usize, signals: usize, stride: usize, out: usize, bytes: usize, least: f32, scales: usize, sums: usize): void {
  const count = load<i32>(rules, SUBSCRIPTIONS)
  if (count == 1) meanOf(1, allocates, rules, signals, stride, out, bytes, least, scales, sums)
  else if (count == 2) meanOf(2, allocates, rules, signals, stride, out, bytes, least, scales, sums)
  else if (count < 5) meanOf(4, allocates, rules, signals, stride, out, bytes, least, scales, sums)
  else {
    sumEarly(rules, signals, stride, out, bytes, count - 4)
    meanOf(5, allocates, rules, signals, stride, out, bytes, least, scales, sums)
  }
}

/**
 * One signal, two, or 4 for the last three or four, a fourth that is not there being the first that weighs 0; 5 adds
 * those to the sums of the signals before. Each kind is compiled by itself.
 */
// @ts-expect-error: decorator
@inline
function meanOf(kind: i32, allocates: bool, rules: usize, signals: usize, stride: usize, out: usize, bytes: usize, least: f32, scales: usize, sums: usize): void {
  const count = load<i32>(rules, SUBSCRIPTIONS)
  const early = kind == 5 ? count - 4 : 0
  const isThree = kind == 4 && count == 3
  const w0 = weightOf(rules, early)
  const w1 = kind > 1 ? weightOf(rules, early + 1) : w0
  const w2 = kind > 2 ? weightOf(rules, early + 2) : w0
  const w3 = kind > 2 && !isThree ? weightOf(rules, early + 3) : f32x4.splat(0)
  const weights = v128.load32_splat(rules, WEIGHTS)
  const shares = v128.load32_splat(rules, SHARE)
  const most = ones()
  const floor = f32x4.splat(least)
  const magnitude = magnitudeMask32()
  const lineBytes = allocates ? <usize>padded << 2 : bytes
  // Pointers of their own: of some that differ by a constant the compiler works out the others anew in every turn.
  let s0 = lineOf(rules, early, signals, stride)
  let s1 = kind > 1 ? lineOf(rules, early + 1, signals, stride) : 0
  let s2 = kind > 2 ? lineOf(rules, early + 2, signals, stride) : 0
  let s3 = kind > 2 && !isThree ? lineOf(rules, early + 3, signals, stride) : s0
  for (const last = out + bytes; out < last; ) {
    const scale = allocates ? v128.load32_splat(scales) : most
    let sizes = f32x4.splat(0)
    for (const end = out + lineBytes; out < end; out += 16) {
      let sum = f32x4.mul(w0, v128.load(s0))
      if (kind == 5) sum = f32x4.add(v128.load(out), sum)
      if (kind > 1) sum = f32x4.add(sum, f32x4.mul(w1, v128.load(s1)))
      if (kind > 2) sum = f32x4.add(f32x4.add(sum, f32x4.mul(w2, v128.load(s2))), f32x4.mul(w3, v128.load(s3)))
      let target = f32x4.pmin(most, f32x4.pmax(floor, f32x4.div(sum, weights)))
      if (allocates) {
        target = f32x4.mul(f32x4.mul(target, shares), scale)
        sizes = f32x4.add(sizes, v128.and(target, magnitude))
      }
      v128.store(out, target)
      s0 += 16
      if (kind > 1) s1 += 16
      if (kind > 2) s2 += 16
      if (kind > 2) s3 += 16
    }
    if (allocates) {
      v128.store(sums, sizes)
      scales += 4
      sums += 16
    }
  }
}

function sumEarly(rules: usize, signals: usize, stride: usize, out: usize, bytes: usize, count: i32): void {
  const end = out + bytes
  for (let at = out; at < end; at += 16) v128.store(at, f32x4.splat(0))
  for (let i = 0; i < count; i++) {
    const line = lineOf(rules, i, signals, stride) - out
    const weight = weightOf(rules, i)
    for (let at = out; at < end; at += 16) v128.store(at, f32x4.add(v128.load(at), f32x4.mul(weight, v128.load(line + at))))
  }
}

// @ts-expect-error: decorator
@inline
export function lineOf(rules: usize, i: i32, signals: usize, stride: usize): usize {
  return signals + <usize>load<u32>(rules + RULES_BYTES + <usize>i * SUBSCRIPTION_BYTES) * stride
}

// @ts-expect-error: decorator
@inline
export function weightOf(rules: usize, i: i32): v128 {
  return v128.load32_splat(rules + RULES_BYTES + <usize>i * SUBSCRIPTION_BYTES, 4)
}
