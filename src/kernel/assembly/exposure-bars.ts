import { exposuresAt, keepsCombined, rows, seriesAt, seriesBytes } from './block'
import { CLEARLY_BELOW, GROSS_SLACK, tileStride } from './tile'
import { lanesOf, magnitudeMask32, minusOnes, ones, signMask32 } from './lanes'
import {
  CAP, GROSS, LONG_ONLY, OBEDIENCE, PATTERN, PATTERN_CAPS, PATTERN_GROSS, PATTERN_HAS_CAPS, PATTERN_SCALE, PATTERN_VETOES, RULES_BYTES, SUBSCRIPTIONS,
  SUBSCRIPTION_BYTES, TILE_CAREFUL, TILE_HEAD_BYTES, TILE_TARGETS, WEIGHTS,
} from './layout'

/**
 * Phase 1 of a pair that trades one symbol: four bars in lanes, one portfolio after the other into a line of
 * targets and a line of what to watch for. Every allocation gives the one symbol all. The operations are those
 * of exposure.ts.
 */
export function exposeBars(a: usize, b: usize, tile: usize, first: i32, gaps: bool): void {
  const lineBytes = <usize>((rows + 3) & ~3) << 2
  exposeLine(a, exposuresAt, tile, first, rows, gaps, false)
  const beyond = a == b ? 0 : lineBytes
  if (a != b) exposeLine(b, exposuresAt + lineBytes, tile + 16, first, rows, gaps, true)
  const stride = tileStride()
  let line = exposuresAt + (<usize>(first & ~3) << 2)
  let at = tile + TILE_HEAD_BYTES + <usize>(first & ~3) * stride
  for (let row = first & ~3; row < rows; row += 4) {
    const mine = v128.load(line)
    const other = v128.load(line + beyond)
    const careful = v128.load(line + 2 * lineBytes)
    const low = v128.shuffle<i32>(mine, other, 0, 4, 1, 5)
    const high = v128.shuffle<i32>(mine, other, 2, 6, 3, 7)
    putRow(at, low, i32x4.extract_lane(careful, 0), 0)
    putRow(at + stride, low, i32x4.extract_lane(careful, 1), 1)
    putRow(at + 2 * stride, high, i32x4.extract_lane(careful, 2), 0)
    putRow(at + 3 * stride, high, i32x4.extract_lane(careful, 3), 1)
    if (keepsCombined) putCombined(at, stride, v128.load(line + 3 * lineBytes), v128.load(line + 3 * lineBytes + beyond))
    line += 16
    at += 4 * stride
  }
}

/** What one portfolio counts in the rows up to `end`. */
export function countBars(rules: usize, counts: usize, first: i32, end: i32, gaps: bool): void {
  exposeLine(rules, exposuresAt, counts, first, end, gaps, false)
}

// @ts-ignore: decorator
@inline
function putRow(at: usize, targets: v128, careful: i32, half: i32): void {
  const nothing = i32x4.splat(0)
  store<i32>(at, careful, TILE_CAREFUL)
  v128.store(at, half == 0 ? v128.shuffle<i64>(targets, nothing, 0, 2) : v128.shuffle<i64>(targets, nothing, 1, 2), TILE_TARGETS)
}

/** Combined targets of four rows, behind the others. */
// @ts-ignore: decorator
@inline
function putCombined(at: usize, stride: usize, mine: v128, other: v128): void {
  const low = v128.shuffle<i32>(mine, other, 0, 4, 1, 5)
  const high = v128.shuffle<i32>(mine, other, 2, 6, 3, 7)
  v128.store64_lane(at, low, 0, TILE_TARGETS + 32)
  v128.store64_lane(at + stride, low, 1, TILE_TARGETS + 32)
  v128.store64_lane(at + 2 * stride, high, 0, TILE_TARGETS + 32)
  v128.store64_lane(at + 3 * stride, high, 1, TILE_TARGETS + 32)
}

/**
 * One portfolio. What is watched for lies behind the lines of both, and is added to that of the first; then come
 * the lines of combined targets.
 */
function exposeLine(rules: usize, line: usize, counts: usize, first: i32, end: i32, gaps: bool, isSecond: bool): void {
  const count = load<i32>(rules, SUBSCRIPTIONS)
  const isFree = load<u32>(rules, PATTERN) == 0 && min(load<f32>(rules, CAP), load<f32>(rules, GROSS)) == f32.POSITIVE_INFINITY
  if (gaps) exposeAll(0, rules, line, counts, first, end, isSecond, false)
  else if (count == 1 && isFree) exposeAll(1, rules, line, counts, first, end, isSecond, true)
  else if (count == 1) exposeAll(1, rules, line, counts, first, end, isSecond, false)
  else if (count == 2) exposeAll(2, rules, line, counts, first, end, isSecond, false)
  else exposeAll(3, rules, line, counts, first, end, isSecond, false)
}

/**
 * Kinds of subscription, each compiled by itself: 0 = some signal has no opinion somewhere, else 1, 2, or 3 for
 * three signals or more; and whether neither a pattern nor a limit of its own binds the portfolio.
 */
// @ts-ignore: decorator
@inline
function exposeAll(kind: i32, rules: usize, line: usize, counts: usize, first: i32, end: i32, isSecond: bool, isFree: bool): void {
  const pattern = <usize>load<u32>(rules, PATTERN)
  const lineBytes = <usize>((rows + 3) & ~3) << 2
  const watches = exposuresAt + 2 * lineBytes - line
  const early = kind == 3 ? max(0, load<i32>(rules, SUBSCRIPTIONS) - 4) : 0
  const isThree = kind == 3 && load<i32>(rules, SUBSCRIPTIONS) == 3
  const w0 = kind > 0 ? weightOf(rules, early) : i32x4.splat(0)
  const w1 = kind > 1 ? weightOf(rules, early + 1) : i32x4.splat(0)
  const w2 = kind > 2 ? weightOf(rules, early + 2) : i32x4.splat(0)
  const w3 = kind > 2 && !isThree ? weightOf(rules, early + 3) : i32x4.splat(0)
  const s0 = kind > 0 ? seriesOf(rules, early) : 0
  const s1 = kind > 1 ? seriesOf(rules, early + 1) : 0
  const s2 = kind > 2 ? seriesOf(rules, early + 2) : 0
  const s3 = kind > 2 && !isThree ? seriesOf(rules, early + 3) : s0
  const weights = v128.load32_splat(rules, WEIGHTS)
  const ownGross = v128.load32_splat(rules, GROSS)
  const ownCap = v128.load32_splat(rules, CAP)
  const obedience = v128.load32_splat(rules, OBEDIENCE)
  const isLongOnly = load<i32>(rules, LONG_ONLY) != 0
  const hasCaps = pattern != 0 && load<i32>(pattern, PATTERN_HAS_CAPS) != 0
  const scalesAt = pattern != 0 ? <usize>load<u32>(pattern, PATTERN_SCALE) : 0
  const grossAt = pattern != 0 ? <usize>load<u32>(pattern, PATTERN_GROSS) : 0
  const vetoesAt = pattern != 0 ? <usize>load<u32>(pattern, PATTERN_VETOES) : 0
  const zero = f32x4.splat(0)
  const magnitude = magnitudeMask32()
  const signs = signMask32()
  let speaking = i32x4.splat(0)
  let cappedBars = i32x4.splat(0)
  let scaledBars = i32x4.splat(0)
  let cutBars = i32x4.splat(0)
  for (let row = first & ~3; row < end; row += 4) {
    const at = <usize>row << 2
    const measured = measuredOf(row, first, end)
    let exposure: v128
    let speaks = i32x4.splat(-1)
    if (kind == 0) {
      speaks = combineGapped(rules, at)
      exposure = combined
      speaking = i32x4.sub(speaking, v128.and(speaks, measured))
    } else {
      let sum = f32x4.mul(w0, v128.load(s0 + at))
      if (kind > 2 && early > 0) sum = f32x4.add(sumEarly(rules, at, early), sum)
      if (kind > 1) sum = f32x4.add(sum, f32x4.mul(w1, v128.load(s1 + at)))
      if (kind > 2) sum = f32x4.add(f32x4.add(sum, f32x4.mul(w2, v128.load(s2 + at))), f32x4.mul(w3, v128.load(s3 + at)))
      exposure = clip(f32x4.div(sum, weights))
    }
    if (keepsCombined) v128.store(line + 3 * lineBytes + at, exposure)
    if (isFree) {
      v128.store(line + at, isLongOnly ? v128.andnot(exposure, f32x4.lt(exposure, zero)) : exposure)
      if (!isSecond) v128.store(line + watches + at, zero)
      continue
    }
    let limit = ownGross
    let cap = ownCap
    let watch = zero
    if (pattern != 0) {
      const scales = f32x4.sub(ones(), f32x4.mul(obedience, f32x4.sub(ones(), v128.load(scalesAt + at))))
      limit = f32x4.pmin(limit, v128.load(grossAt + at))
      if (hasCaps) cap = f32x4.pmin(cap, v128.load(load<u32>(pattern, PATTERN_CAPS) + at))
      exposure = f32x4.mul(exposure, scales)
      watch = v128.load(vetoesAt + at)
      scaledBars = i32x4.sub(scaledBars, v128.and(f32x4.ne(scales, ones()), measured))
    }
    if (isLongOnly) exposure = v128.andnot(exposure, f32x4.lt(exposure, zero))
    const size = v128.and(exposure, magnitude)
    const kept = f32x4.pmin(size, cap)
    cappedBars = i32x4.sub(cappedBars, v128.and(f32x4.gt(size, cap), measured))
    const total = kind == 0 ? v128.and(kept, f32x4.eq(kept, kept)) : kept
    const cut = f32x4.gt(total, f32x4.mul(limit, f32x4.splat(GROSS_SLACK)))
    let target = v128.or(kept, v128.and(exposure, signs))
    if (v128.any_true(cut)) {
      target = v128.bitselect(f32x4.mul(target, f32x4.div(limit, total)), target, cut)
      cutBars = i32x4.sub(cutBars, v128.and(cut, measured))
    }
    const near = f32x4.gt(total, f32x4.mul(limit, f32x4.splat(CLEARLY_BELOW)))
    watch = v128.or(watch, v128.and(near, i32x4.splat(1)))
    if (kind == 0) {
      const isLimited = f32x4.lt(f32x4.pmin(limit, cap), f32x4.splat(f32.POSITIVE_INFINITY))
      watch = v128.or(watch, v128.and(v128.andnot(isLimited, speaks), i32x4.splat(2)))
    }
    v128.store(line + at, target)
    v128.store(line + watches + at, isSecond ? v128.or(v128.load(line + watches + at), watch) : watch)
  }
  const spoken = kind == 0 ? lanesOf(speaking) : max(0, end - first)
  v128.store(counts, i32x4.replace_lane(i32x4.replace_lane(i32x4.replace_lane(i32x4.splat(spoken), 1, lanesOf(cappedBars)), 2, lanesOf(scaledBars)), 3, lanesOf(cutBars)))
}

// @ts-ignore: decorator
@inline
function weightOf(rules: usize, i: i32): v128 {
  return v128.load32_splat(rules + RULES_BYTES + <usize>i * SUBSCRIPTION_BYTES, 4)
}

// @ts-ignore: decorator
@inline
function seriesOf(rules: usize, i: i32): usize {
  return seriesAt + <usize>load<u32>(rules + RULES_BYTES + <usize>i * SUBSCRIPTION_BYTES) * seriesBytes
}

/** The last four combined targets. */
let combined: v128 = i32x4.splat(0)

// @ts-ignore: decorator
@inline
function clip(mean: v128): v128 {
  return f32x4.pmin(ones(), f32x4.pmax(minusOnes(), mean))
}

/** Σ w·s of all signals but the last four. */
function sumEarly(rules: usize, at: usize, count: i32): v128 {
  let sum = f32x4.splat(0)
  for (let i = 0; i < count; i++) sum = f32x4.add(sum, f32x4.mul(weightOf(rules, i), v128.load(seriesOf(rules, i) + at)))
  return sum
}

/** Weighted mean over the signals with an opinion; NaN where there is none. */
function combineGapped(rules: usize, at: usize): v128 {
  let sum = f32x4.splat(0)
  let weights = f32x4.splat(0)
  for (let i = 0; i < load<i32>(rules, SUBSCRIPTIONS); i++) {
    const signal = v128.load(seriesOf(rules, i) + at)
    const weight = weightOf(rules, i)
    const speaks = f32x4.eq(signal, signal)
    sum = f32x4.add(sum, v128.and(f32x4.mul(weight, signal), speaks))
    weights = f32x4.add(weights, v128.and(weight, speaks))
  }
  const speaks = f32x4.gt(weights, f32x4.splat(0))
  combined = v128.bitselect(clip(f32x4.div(sum, weights)), f32x4.splat(f32.NaN), speaks)
  return speaks
}

/** Lanes whose row is decided: not before the first, nor from `end` on. */
// @ts-ignore: decorator
@inline
function measuredOf(row: i32, first: i32, end: i32): v128 {
  if (row >= first && row + 4 <= end) return i32x4.splat(-1)
  const at = i32x4.add(i32x4.splat(row), i32x4(0, 1, 2, 3))
  return v128.and(i32x4.ge_s(at, i32x4.splat(first)), i32x4.lt_s(at, i32x4.splat(end)))
}
