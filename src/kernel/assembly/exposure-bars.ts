import { exposuresAt, keepsCombined, rows, seriesAt, seriesBytes } from './block'
import { CLEARLY_BELOW, GROSS_SLACK, tileStride } from './tile'
import { cutToCap, lanesOf, magnitudeMask32, minusOnes, ones, signMask32 } from './lanes'
import { lineOf, meanLines, weightOf } from './mean'
import {
  CAP, GROSS, LONG_ONLY, OBEDIENCE, PATTERN, PATTERN_CAPS, PATTERN_GROSS, PATTERN_HAS_CAPS, PATTERN_HAS_VETOES, PATTERN_LEAST_GROSS, PATTERN_SCALE, PATTERN_VETOES,
  SUBSCRIPTIONS, TILE_CAREFUL, TILE_HEAD_BYTES, TILE_TARGETS,
} from './layout'

/**
 * Phase 1 of a pair that trades one symbol: four bars in lanes, one portfolio after the other into a line of
 * targets and a line of what to watch for. Every allocation gives the one symbol all. The operations are those
 * of exposure.ts.
 */
export function exposeBars(a: usize, b: usize, tile: usize, first: i32, aHasGaps: bool, bHasGaps: bool): void {
  const lineBytes = linesBytes()
  let isWatched = exposeLine(a, exposuresAt, tile, first, rows, aHasGaps, false)
  const beyond = a == b ? 0 : lineBytes
  if (a != b) isWatched = exposeLine(b, exposuresAt + lineBytes, tile + 16, first, rows, bHasGaps, isWatched) || isWatched
  const stride = tileStride()
  const nothing = i32x4.splat(0)
  let line = exposuresAt + (<usize>(first & ~3) << 2)
  let at = tile + TILE_HEAD_BYTES + <usize>(first & ~3) * stride
  for (let row = first & ~3; row < rows; row += 4) {
    const mine = v128.load(line)
    const other = v128.load(line + beyond)
    const careful = isWatched ? v128.load(line + 2 * lineBytes) : nothing
    const early = v128.shuffle<i32>(mine, other, 0, 4, 1, 5)
    const late = v128.shuffle<i32>(mine, other, 2, 6, 3, 7)
    const earlyCareful = v128.shuffle<i32>(careful, nothing, 0, 4, 1, 5)
    const lateCareful = v128.shuffle<i32>(careful, nothing, 2, 6, 3, 7)
    putRow(at, v128.shuffle<i64>(earlyCareful, early, 0, 2), stride)
    putRow(at + stride, v128.shuffle<i64>(earlyCareful, early, 1, 3), stride)
    putRow(at + 2 * stride, v128.shuffle<i64>(lateCareful, late, 0, 2), stride)
    putRow(at + 3 * stride, v128.shuffle<i64>(lateCareful, late, 1, 3), stride)
    if (keepsCombined) putCombined(at, stride, v128.load(line + 3 * lineBytes), v128.load(line + 3 * lineBytes + beyond))
    line += 16
    at += 4 * stride
  }
}

/** What one portfolio counts in the rows up to `end`. */
export function countBars(rules: usize, counts: usize, first: i32, end: i32, gaps: bool): void {
  if (end > first) exposeLine(rules, exposuresAt, counts, first, end, gaps, false)
}

function linesBytes(): usize {
  return <usize>((rows + 3) & ~3) << 2
}

/** What to be careful of, and the targets of the only symbol; where a row is longer, of no second one. */
// @ts-expect-error: decorator
@inline
function putRow(at: usize, carefulAndTargets: v128, stride: usize): void {
  v128.store(at, carefulAndTargets, TILE_CAREFUL)
  if (stride > 16) v128.store(at, i32x4.splat(0), TILE_TARGETS + 8)
}

/** Combined targets of four rows, behind the others. */
// @ts-expect-error: decorator
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
 * One portfolio. What is watched for lies behind the lines of both, added to what is watched for already; then come
 * the lines of combined targets. Gives whether there is anything to watch for.
 */
function exposeLine(rules: usize, line: usize, counts: usize, first: i32, end: i32, gaps: bool, isWatched: bool): bool {
  const from = <usize>(first & ~3) << 2
  const bytes = (<usize>((end + 3) & ~3) << 2) - from
  const pattern = <usize>load<u32>(rules, PATTERN)
  const isFree = pattern == 0 && min(load<f32>(rules, CAP), load<f32>(rules, GROSS)) == f32.POSITIVE_INFINITY && !keepsCombined
  const isLongOnly = load<i32>(rules, LONG_ONLY) != 0
  if (gaps) meanGapped(rules, line + from, from, bytes)
  else meanLines(rules, seriesAt + from, seriesBytes, line + from, bytes, isFree && isLongOnly ? 0 : -1)
  if (keepsCombined) memory.copy(line + 3 * linesBytes() + from, line + from, bytes)
  const isWhole = ((first | end) & 3) == 0
  if (!gaps && isFree) storeCounts(counts, max(0, end - first), 0, 0, 0)
  else if (!gaps && isWhole && isBelow(rules)) scaleBars(rules, line, counts, first, end)
  else {
    limitBars(rules, line, counts, first, end, isWatched)
    return true
  }
  return false
}

/** Whether neither limits of the pattern nor the gross limit can bind what the own cap leaves, and nothing is vetoed. */
function isBelow(rules: usize): bool {
  const pattern = <usize>load<u32>(rules, PATTERN)
  if (pattern == 0) return load<f32>(rules, CAP) <= load<f32>(rules, GROSS) * CLEARLY_BELOW
  if (load<i32>(pattern, PATTERN_HAS_CAPS) != 0 || load<i32>(pattern, PATTERN_HAS_VETOES) != 0) return false
  return load<f32>(rules, CAP) <= min(load<f32>(rules, GROSS), load<f32>(pattern, PATTERN_LEAST_GROSS)) * CLEARLY_BELOW
}

/** Where only the own cap binds: all of four rows are decided. */
function scaleBars(rules: usize, line: usize, counts: usize, first: i32, end: i32): void {
  const pattern = <usize>load<u32>(rules, PATTERN)
  const scales = pattern != 0 ? <usize>load<u32>(pattern, PATTERN_SCALE) - line : 0
  const obedience = v128.load32_splat(rules, OBEDIENCE)
  const cap = v128.load32_splat(rules, CAP)
  const least = f32x4.splat(load<i32>(rules, LONG_ONLY) != 0 ? 0 : f32.NEGATIVE_INFINITY)
  const magnitude = magnitudeMask32()
  const signs = signMask32()
  const whole = ones()
  let capped = i32x4.splat(0)
  let scaled = i32x4.splat(0)
  let at = line + (<usize>first << 2)
  for (const last = line + (<usize>end << 2); at < last; at += 16) {
    let exposure = v128.load(at)
    if (scales != 0) {
      const scale = f32x4.sub(whole, f32x4.mul(obedience, f32x4.sub(whole, v128.load(scales + at))))
      scaled = i32x4.sub(scaled, f32x4.ne(scale, whole))
      exposure = f32x4.mul(exposure, scale)
    }
    exposure = f32x4.pmax(least, exposure)
    const size = v128.and(exposure, magnitude)
    capped = i32x4.sub(capped, f32x4.gt(size, cap))
    v128.store(at, cutToCap(exposure, f32x4.pmin(size, cap), signs))
  }
  storeCounts(counts, end - first, lanesOf(capped), lanesOf(scaled), 0)
}

/** Whatever limits there are. */
function limitBars(rules: usize, line: usize, counts: usize, first: i32, end: i32, isWatched: bool): void {
  const pattern = <usize>load<u32>(rules, PATTERN)
  const watches = exposuresAt + 2 * linesBytes()
  const ownGross = v128.load32_splat(rules, GROSS)
  const ownCap = v128.load32_splat(rules, CAP)
  const obedience = v128.load32_splat(rules, OBEDIENCE)
  const isLongOnly = load<i32>(rules, LONG_ONLY) != 0
  const hasCaps = pattern != 0 && load<i32>(pattern, PATTERN_HAS_CAPS) != 0
  const zero = f32x4.splat(0)
  const signs = signMask32()
  let speaking = i32x4.splat(0)
  let capped = i32x4.splat(0)
  let scaled = i32x4.splat(0)
  let cuts = i32x4.splat(0)
  for (let row = first & ~3; row < end; row += 4) {
    const at = <usize>row << 2
    const measured = measuredOf(row, first, end)
    let exposure = v128.load(line + at)
    const speaks = f32x4.eq(exposure, exposure)
    speaking = i32x4.sub(speaking, v128.and(speaks, measured))
    let limit = ownGross
    let cap = ownCap
    let watch = isWatched ? v128.load(watches + at) : zero
    if (pattern != 0) {
      const scales = f32x4.sub(ones(), f32x4.mul(obedience, f32x4.sub(ones(), v128.load(load<u32>(pattern, PATTERN_SCALE) + at))))
      limit = f32x4.pmin(limit, v128.load(load<u32>(pattern, PATTERN_GROSS) + at))
      if (hasCaps) cap = f32x4.pmin(cap, v128.load(load<u32>(pattern, PATTERN_CAPS) + at))
      exposure = f32x4.mul(exposure, scales)
      watch = v128.or(watch, v128.load(load<u32>(pattern, PATTERN_VETOES) + at))
      scaled = i32x4.sub(scaled, v128.and(f32x4.ne(scales, ones()), measured))
    }
    if (isLongOnly) exposure = v128.andnot(exposure, f32x4.lt(exposure, zero))
    const size = v128.and(exposure, magnitudeMask32())
    const kept = f32x4.pmin(size, cap)
    capped = i32x4.sub(capped, v128.and(f32x4.gt(size, cap), measured))
    const total = v128.and(kept, speaks)
    const cut = f32x4.gt(total, f32x4.mul(limit, f32x4.splat(GROSS_SLACK)))
    let target = cutToCap(exposure, kept, signs)
    if (v128.any_true(cut)) {
      target = v128.bitselect(f32x4.mul(target, f32x4.div(limit, total)), target, cut)
      cuts = i32x4.sub(cuts, v128.and(cut, measured))
    }
    const near = f32x4.gt(total, f32x4.mul(limit, f32x4.splat(CLEARLY_BELOW)))
    const isLimited = f32x4.lt(f32x4.pmin(limit, cap), f32x4.splat(f32.POSITIVE_INFINITY))
    watch = v128.or(watch, v128.and(v128.andnot(isLimited, speaks), i32x4.splat(2)))
    v128.store(line + at, target)
    v128.store(watches + at, v128.or(watch, v128.and(near, i32x4.splat(1))))
  }
  storeCounts(counts, lanesOf(speaking), lanesOf(capped), lanesOf(scaled), lanesOf(cuts))
}

// @ts-expect-error: decorator
@inline
function storeCounts(counts: usize, signals: i32, capped: i32, scaled: i32, cuts: i32): void {
  store<i32>(counts, signals)
  store<i32>(counts, capped, 4)
  store<i32>(counts, scaled, 8)
  store<i32>(counts, cuts, 12)
}

/** Weighted means over the signals with an opinion; NaN where there is none. */
function meanGapped(rules: usize, out: usize, from: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    let sum = f32x4.splat(0)
    let weights = f32x4.splat(0)
    for (let i = 0; i < load<i32>(rules, SUBSCRIPTIONS); i++) {
      const signal = v128.load(lineOf(rules, i, seriesAt + from, seriesBytes) + at)
      const weight = weightOf(rules, i)
      const speaks = f32x4.eq(signal, signal)
      sum = f32x4.add(sum, v128.and(f32x4.mul(weight, signal), speaks))
      weights = f32x4.add(weights, v128.and(weight, speaks))
    }
    const mean = f32x4.pmin(ones(), f32x4.pmax(minusOnes(), f32x4.div(sum, weights)))
    v128.store(out + at, v128.bitselect(mean, f32x4.splat(f32.NaN), f32x4.gt(weights, f32x4.splat(0))))
  }
}

/** Lanes whose row is decided: not before the first, nor from `end` on. */
// @ts-expect-error: decorator
@inline
function measuredOf(row: i32, first: i32, end: i32): v128 {
  if (row >= first && row + 4 <= end) return i32x4.splat(-1)
  const at = i32x4.add(i32x4.splat(row), i32x4(0, 1, 2, 3))
  return v128.and(i32x4.ge_s(at, i32x4.splat(first)), i32x4.lt_s(at, i32x4.splat(end)))
}
