import { padded, rows, signalsAt, symbols } from './block'
import { CLEARLY_BELOW, GROSS_SLACK } from './tile'
import { cutToCap, lanesOf, magnitudeMask32, minusOnes, ones, signMask32, sumOf } from './lanes'
import {
  BY_WEIGHTS, CAP, COMBINE, GROSS, LONG_ONLY, OBEDIENCE, PATTERN, PATTERN_GROSS, PATTERN_HAS_CAPS, PATTERN_SCALE, PATTERN_WEIGHTS, RULES_BYTES, SHARE, SUBSCRIPTIONS,
  SUBSCRIPTION_BYTES, WEIGHTS,
} from './layout'

/** The share of its risk pattern's scale that a portfolio follows in a row. */
// @ts-ignore: decorator
@inline
export function scaleOf(rules: usize, row: i32): f32 {
  const pattern = <usize>load<u32>(rules, PATTERN)
  if (pattern == 0) return 1
  return 1 - load<f32>(rules, OBEDIENCE) * (1 - load<f32>(load<u32>(pattern, PATTERN_SCALE) + (<usize>row << 2)))
}

/** The smaller of a portfolio's gross limit and its pattern's in a row. */
// @ts-ignore: decorator
@inline
export function grossOf(rules: usize, row: i32): f32 {
  const own = load<f32>(rules, GROSS)
  const pattern = <usize>load<u32>(rules, PATTERN)
  if (pattern == 0) return own
  return min(own, load<f32>(load<u32>(pattern, PATTERN_GROSS) + (<usize>row << 2)))
}

/** Adds one row to {signals, capped, scaled, cut}. */
// @ts-ignore: decorator
@inline
export function addCounts(counts: usize, opinions: i32, capped: i32, scaled: bool, cut: bool): void {
  let counted = i32x4.splat(opinions)
  counted = i32x4.replace_lane(counted, 1, capped)
  counted = i32x4.replace_lane(counted, 2, i32(scaled))
  counted = i32x4.replace_lane(counted, 3, i32(cut))
  v128.store(counts, i32x4.add(v128.load(counts), counted))
}

/** Every target × one factor: what is above the gross limit is cut to it. */
export function scaleAll(out: usize, factor: f32): void {
  const end = out + (<usize>padded << 2)
  const factors = f32x4.splat(factor)
  for (; out < end; out += 16) v128.store(out, f32x4.mul(v128.load(out), factors))
}

/**
 * A weighted mean of signals that all have an opinion, with a fixed share and no caps of a pattern: combined,
 * allocated, scaled, capped and summed up in one go, the combined targets kept `beyond` the others if that is not 0.
 * False where the rules are others.
 */
export function fuseRows(rules: usize, from: i32, to: i32, out: usize, beyond: usize, watches: usize, counts: usize): bool {
  const pattern = <usize>load<u32>(rules, PATTERN)
  const isWeighed = pattern != 0 && load<i32>(rules, BY_WEIGHTS) != 0 && load<u32>(pattern, PATTERN_WEIGHTS) != 0
  if (load<i32>(rules, COMBINE) != 0 || load<f32>(rules, SHARE) == 0 || isWeighed) return false
  if (pattern != 0 && load<i32>(pattern, PATTERN_HAS_CAPS) != 0) return false
  const count = load<i32>(rules, SUBSCRIPTIONS)
  if (count == 1) fuse(1, rules, from, to, out, beyond, watches, counts)
  else if (count == 2) fuse(2, rules, from, to, out, beyond, watches, counts)
  else fuse(3, rules, from, to, out, beyond, watches, counts)
  return true
}

/** One signal, two, or 3 for more: all but the last four are summed up first; one that is not there is the first, weighing 0. */
// @ts-ignore: decorator
@inline
function fuse(kind: i32, rules: usize, from: i32, to: i32, out: usize, beyond: usize, watches: usize, counts: usize): void {
  const count = load<i32>(rules, SUBSCRIPTIONS)
  const early = kind == 3 ? max(0, count - 4) : 0
  const isThree = kind == 3 && count == 3
  let s0 = signalRow(rules, from, early)
  let s1 = kind > 1 ? signalRow(rules, from, early + 1) : 0
  let s2 = kind > 2 ? signalRow(rules, from, early + 2) : 0
  let s3 = kind > 2 && !isThree ? signalRow(rules, from, early + 3) : s0
  const w0 = weightOf(rules, early)
  const w1 = kind > 1 ? weightOf(rules, early + 1) : f32x4.splat(0)
  const w2 = kind > 2 ? weightOf(rules, early + 2) : f32x4.splat(0)
  const w3 = kind > 2 && !isThree ? weightOf(rules, early + 3) : f32x4.splat(0)
  const weights = v128.load32_splat(rules, WEIGHTS)
  const shares = v128.load32_splat(rules, SHARE)
  const cap = v128.load32_splat(rules, CAP)
  const longOnly = load<i32>(rules, LONG_ONLY) != 0
  const magnitude = magnitudeMask32()
  const sign = signMask32()
  const most = ones()
  const least = minusOnes()
  for (let row = from; row < to; row++) {
    const scale = scaleOf(rules, row)
    const gross = grossOf(rules, row)
    if (kind == 3 && early > 0) sumEarly(rules, row, out, early)
    const scales = f32x4.splat(scale)
    const start = out
    let sums = f32x4.splat(0)
    let cuts = i32x4.splat(0)
    for (const end = out + (<usize>padded << 2); out < end; out += 16) {
      let sum = f32x4.mul(w0, v128.load(s0))
      if (kind == 3 && early > 0) sum = f32x4.add(v128.load(out), sum)
      if (kind > 1) sum = f32x4.add(sum, f32x4.mul(w1, v128.load(s1)))
      if (kind > 2) sum = f32x4.add(f32x4.add(sum, f32x4.mul(w2, v128.load(s2))), f32x4.mul(w3, v128.load(s3)))
      const clipped = f32x4.pmin(most, f32x4.pmax(least, f32x4.div(sum, weights)))
      if (beyond != 0) v128.store(out + beyond, clipped)
      let exposure = f32x4.mul(f32x4.mul(clipped, shares), scales)
      // A target of −0 is as good as 0: no quantity becomes it.
      if (longOnly) exposure = f32x4.pmax(f32x4.splat(0), exposure)
      const size = v128.and(exposure, magnitude)
      const kept = f32x4.pmin(cap, size)
      cuts = i32x4.sub(cuts, f32x4.gt(size, cap))
      sums = f32x4.add(sums, kept)
      v128.store(out, cutToCap(exposure, kept, sign))
      s0 += 16
      if (kind > 1) s1 += 16
      if (kind > 2) s2 += 16
      if (kind > 2) s3 += 16
    }
    const total = sumOf(sums)
    const cut = total > gross * GROSS_SLACK
    addCounts(counts, symbols, lanesOf(cuts), scale != 1, cut)
    if (cut) scaleAll(start, gross / total)
    if (total > gross * CLEARLY_BELOW) store<i32>(watches, load<i32>(watches) | 1)
    watches += 4
  }
}

// @ts-ignore: decorator
@inline
function signalRow(rules: usize, row: i32, i: i32): usize {
  const entry = rules + RULES_BYTES + <usize>i * SUBSCRIPTION_BYTES
  return signalsAt + (<usize>load<u32>(entry) * <usize>rows + <usize>row) * (<usize>padded << 2)
}

// @ts-ignore: decorator
@inline
function weightOf(rules: usize, i: i32): v128 {
  return v128.load32_splat(rules + RULES_BYTES + <usize>i * SUBSCRIPTION_BYTES, 4)
}

function sumEarly(rules: usize, row: i32, out: usize, count: i32): void {
  const stride = <usize>padded << 2
  for (let at: usize = 0; at < stride; at += 16) v128.store(out + at, f32x4.splat(0))
  for (let i = 0; i < count; i++) {
    const signals = signalRow(rules, row, i)
    const weight = weightOf(rules, i)
    for (let at: usize = 0; at < stride; at += 16) {
      v128.store(out + at, f32x4.add(v128.load(out + at), f32x4.mul(weight, v128.load(signals + at))))
    }
  }
}
