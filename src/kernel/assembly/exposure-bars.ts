import { rows, seriesAt, seriesBytes } from './block'
import { CLEARLY_BELOW, GROSS_SLACK, tileStride } from './tile'
import { magnitudeMask32, minusOnes, ones, signMask32 } from './lanes'
import {
  CAP, GROSS, LONG_ONLY, OBEDIENCE, PATTERN, PATTERN_CAPS, PATTERN_GROSS, PATTERN_HAS_CAPS, PATTERN_SCALE, PATTERN_VETOES, RULES_BYTES, SUBSCRIPTIONS,
  SUBSCRIPTION_BYTES, TILE_CAREFUL, TILE_HEAD_BYTES, TILE_TARGETS, WEIGHTS,
} from './layout'

/**
 * Phase 1 of a pair that trades one symbol: four bars in lanes. Every allocation gives the one symbol all. The
 * operations are those of exposure.ts.
 */
export function exposeBars(a: usize, b: usize, tile: usize, first: i32, gaps: bool): void {
  const stride = tileStride()
  for (let row = first & ~3; row < rows; row += 4) {
    const mine = exposeFour(a, tile, row, first, rows, gaps)
    const watchMine = watch
    const other = exposeFour(b, tile + 16, row, first, rows, gaps)
    const careful = v128.or(watch, watchMine)
    const at = tile + TILE_HEAD_BYTES + <usize>row * stride
    const low = v128.shuffle<i32>(mine, other, 0, 4, 1, 5)
    const high = v128.shuffle<i32>(mine, other, 2, 6, 3, 7)
    putRow(at, low, i32x4.extract_lane(careful, 0), 0)
    putRow(at + stride, low, i32x4.extract_lane(careful, 1), 1)
    putRow(at + 2 * stride, high, i32x4.extract_lane(careful, 2), 0)
    putRow(at + 3 * stride, high, i32x4.extract_lane(careful, 3), 1)
  }
}

/** What one portfolio counts in the rows up to `end`, added to `counts`. */
export function countBars(rules: usize, counts: usize, first: i32, end: i32, gaps: bool): void {
  for (let row = first & ~3; row < end; row += 4) exposeFour(rules, counts, row, first, end, gaps)
}

// @ts-ignore: decorator
@inline
function putRow(at: usize, targets: v128, careful: i32, half: i32): void {
  store<i32>(at, careful, TILE_CAREFUL)
  v128.store(at, i32x4.splat(0), TILE_TARGETS)
  store<u64>(at, half == 0 ? i64x2.extract_lane(targets, 0) : i64x2.extract_lane(targets, 1), TILE_TARGETS)
}

/** Bars of the last four in which what is held may have to be limited, or kept. */
let watch: v128 = i32x4.splat(0)

/** Four bars of one portfolio: their targets; what was counted is added to `counts`. */
function exposeFour(rules: usize, counts: usize, row: i32, first: i32, end: i32, gaps: bool): v128 {
  const at = <usize>row << 2
  const pattern = <usize>load<u32>(rules, PATTERN)
  const zero = f32x4.splat(0)
  const speaks = gaps ? combineGapped(rules, at) : combineAll(rules, at)
  let exposure = combined
  let scales = ones()
  let limit = v128.load32_splat(rules, GROSS)
  let cap = v128.load32_splat(rules, CAP)
  let vetoes = i32x4.splat(0)
  if (pattern != 0) {
    const decided = v128.load(load<u32>(pattern, PATTERN_SCALE) + <u32>at)
    scales = f32x4.sub(ones(), f32x4.mul(v128.load32_splat(rules, OBEDIENCE), f32x4.sub(ones(), decided)))
    limit = f32x4.pmin(limit, v128.load(load<u32>(pattern, PATTERN_GROSS) + <u32>at))
    if (load<i32>(pattern, PATTERN_HAS_CAPS) != 0) cap = f32x4.pmin(cap, v128.load(load<u32>(pattern, PATTERN_CAPS) + <u32>at))
    exposure = f32x4.mul(exposure, scales)
    vetoes = v128.load(load<u32>(pattern, PATTERN_VETOES) + <u32>at)
  }
  if (load<i32>(rules, LONG_ONLY) != 0) exposure = v128.andnot(exposure, f32x4.lt(exposure, zero))
  const size = v128.and(exposure, magnitudeMask32())
  const sign = v128.and(exposure, signMask32())
  const kept = f32x4.pmin(size, cap)
  const capped = f32x4.gt(size, cap)
  const total = v128.and(kept, f32x4.eq(kept, kept))
  const cut = f32x4.gt(total, f32x4.mul(limit, f32x4.splat(GROSS_SLACK)))
  let target = v128.or(kept, sign)
  if (v128.any_true(cut)) target = v128.bitselect(f32x4.mul(target, f32x4.div(limit, total)), target, cut)
  const isLimited = f32x4.lt(f32x4.pmin(limit, cap), f32x4.splat(f32.POSITIVE_INFINITY))
  const near = f32x4.gt(total, f32x4.mul(limit, f32x4.splat(CLEARLY_BELOW)))
  watch = v128.or(v128.or(vetoes, v128.and(v128.andnot(isLimited, speaks), i32x4.splat(2))), v128.and(near, i32x4.splat(1)))
  const measured = measuredOf(row, first, end)
  addCounts(counts, v128.and(speaks, measured), v128.and(capped, measured), v128.and(f32x4.ne(scales, ones()), measured), v128.and(cut, measured))
  return target
}

/** The last four combined targets. */
let combined: v128 = i32x4.splat(0)

// @ts-ignore: decorator
@inline
function clip(mean: v128): v128 {
  return f32x4.pmin(ones(), f32x4.pmax(minusOnes(), mean))
}

/** Weighted mean of signals that all have an opinion. */
// @ts-ignore: decorator
@inline
function combineAll(rules: usize, at: usize): v128 {
  let sum = f32x4.splat(0)
  let entry = rules + RULES_BYTES
  for (let i = load<i32>(rules, SUBSCRIPTIONS); i > 0; i--) {
    const signal = v128.load(seriesAt + <usize>load<u32>(entry) * seriesBytes + at)
    sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(entry, 4), signal))
    entry += SUBSCRIPTION_BYTES
  }
  combined = clip(f32x4.div(sum, v128.load32_splat(rules, WEIGHTS)))
  return i32x4.splat(-1)
}

/** Weighted mean over the signals with an opinion; NaN where there is none. */
function combineGapped(rules: usize, at: usize): v128 {
  let sum = f32x4.splat(0)
  let weights = f32x4.splat(0)
  let entry = rules + RULES_BYTES
  for (let i = load<i32>(rules, SUBSCRIPTIONS); i > 0; i--) {
    const signal = v128.load(seriesAt + <usize>load<u32>(entry) * seriesBytes + at)
    const weight = v128.load32_splat(entry, 4)
    const speaks = f32x4.eq(signal, signal)
    sum = f32x4.add(sum, v128.and(f32x4.mul(weight, signal), speaks))
    weights = f32x4.add(weights, v128.and(weight, speaks))
    entry += SUBSCRIPTION_BYTES
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

/** Adds to {signals, capped, scaled, cut} how many lanes each mask has. */
// @ts-ignore: decorator
@inline
function addCounts(counts: usize, speaks: v128, capped: v128, scaled: v128, cut: v128): void {
  const a = i32x4.add(v128.shuffle<i32>(speaks, capped, 0, 4, 1, 5), v128.shuffle<i32>(speaks, capped, 2, 6, 3, 7))
  const b = i32x4.add(v128.shuffle<i32>(scaled, cut, 0, 4, 1, 5), v128.shuffle<i32>(scaled, cut, 2, 6, 3, 7))
  const sums = i32x4.add(v128.shuffle<i64>(a, b, 0, 2), v128.shuffle<i64>(a, b, 1, 3))
  v128.store(counts, i32x4.sub(v128.load(counts), sums))
}
