import { minusOnes, ones } from './lanes'
import { RULES_BYTES, SUBSCRIPTIONS, SUBSCRIPTION_BYTES, WEIGHTS } from './layout'

/**
 * Weighted means of signals that all have an opinion, clipped to [least, 1]. The values of a signal lie one behind
 * the other, bars or symbols of bars, and the next signal's `stride` further on. Nothing else is done to them in the
 * same loop: what it needs would not fit into the registers.
 * @param signals where the values of the first signal of all begin
 */
export function meanLines(rules: usize, signals: usize, stride: usize, out: usize, bytes: usize, least: f32): void {
  const count = load<i32>(rules, SUBSCRIPTIONS)
  if (count == 1) meanOfOne(rules, signals, stride, out, bytes, least)
  else if (count == 2) meanOfTwo(rules, signals, stride, out, bytes, least)
  else if (count < 5) meanOfFour(rules, signals, stride, out, bytes, least, 0)
  else {
    sumEarly(rules, signals, stride, out, bytes, count - 4)
    meanOfFour(rules, signals, stride, out, bytes, least, count - 4)
  }
}

function meanOfOne(rules: usize, signals: usize, stride: usize, out: usize, bytes: usize, least: f32): void {
  const w0 = weightOf(rules, 0)
  const weights = v128.load32_splat(rules, WEIGHTS)
  const most = ones()
  const floor = f32x4.splat(least)
  let s0 = lineOf(rules, 0, signals, stride)
  for (const end = out + bytes; out < end; out += 16) {
    const mean = f32x4.div(f32x4.mul(w0, v128.load(s0)), weights)
    v128.store(out, f32x4.pmin(most, f32x4.pmax(floor, mean)))
    s0 += 16
  }
}

function meanOfTwo(rules: usize, signals: usize, stride: usize, out: usize, bytes: usize, least: f32): void {
  const w0 = weightOf(rules, 0)
  const w1 = weightOf(rules, 1)
  const weights = v128.load32_splat(rules, WEIGHTS)
  const most = ones()
  const floor = f32x4.splat(least)
  let s0 = lineOf(rules, 0, signals, stride)
  let s1 = lineOf(rules, 1, signals, stride)
  for (const end = out + bytes; out < end; out += 16) {
    const sum = f32x4.add(f32x4.mul(w0, v128.load(s0)), f32x4.mul(w1, v128.load(s1)))
    v128.store(out, f32x4.pmin(most, f32x4.pmax(floor, f32x4.div(sum, weights))))
    s0 += 16
    s1 += 16
  }
}

/** The last three or four signals, where there are more added to the sums of those before; a fourth that is not there is the first, weighing 0. */
// @ts-ignore: decorator
@inline
function meanOfFour(rules: usize, signals: usize, stride: usize, out: usize, bytes: usize, least: f32, early: i32): void {
  const isThree = load<i32>(rules, SUBSCRIPTIONS) == 3
  const w0 = weightOf(rules, early)
  const w1 = weightOf(rules, early + 1)
  const w2 = weightOf(rules, early + 2)
  const w3 = isThree ? f32x4.splat(0) : weightOf(rules, early + 3)
  const weights = v128.load32_splat(rules, WEIGHTS)
  const most = ones()
  const floor = f32x4.splat(least)
  let s0 = lineOf(rules, early, signals, stride)
  let s1 = lineOf(rules, early + 1, signals, stride)
  let s2 = lineOf(rules, early + 2, signals, stride)
  let s3 = isThree ? s0 : lineOf(rules, early + 3, signals, stride)
  for (const end = out + bytes; out < end; out += 16) {
    let sum = f32x4.mul(w0, v128.load(s0))
    if (early > 0) sum = f32x4.add(v128.load(out), sum)
    sum = f32x4.add(sum, f32x4.mul(w1, v128.load(s1)))
    sum = f32x4.add(f32x4.add(sum, f32x4.mul(w2, v128.load(s2))), f32x4.mul(w3, v128.load(s3)))
    v128.store(out, f32x4.pmin(most, f32x4.pmax(floor, f32x4.div(sum, weights))))
    // Each its own: of pointers that differ by a constant the compiler works out the others anew in every turn.
    s0 += 16
    s1 += 16
    s2 += 16
    s3 += 16
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

// @ts-ignore: decorator
@inline
export function lineOf(rules: usize, i: i32, signals: usize, stride: usize): usize {
  return signals + <usize>load<u32>(rules + RULES_BYTES + <usize>i * SUBSCRIPTION_BYTES) * stride
}

// @ts-ignore: decorator
@inline
export function weightOf(rules: usize, i: i32): v128 {
  return v128.load32_splat(rules + RULES_BYTES + <usize>i * SUBSCRIPTION_BYTES, 4)
}
