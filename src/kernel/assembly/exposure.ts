import { countBars, exposeBars } from './exposure-bars'
import { CLEARLY_BELOW, GROSS_SLACK, tileStride } from './tile'
import { magnitudeMask32, minusOnes, ones, signMask32 } from './lanes'
import { exposuresAt, gapsAt, keepsCombined, padded, rows, signalCount, signalsAt, symbols } from './block'
import {
  BY_WEIGHTS, CAP, COMBINE, EXPOSURE_RULES, GROSS, LONG_ONLY, OBEDIENCE, PATTERN, PATTERN_CAP, PATTERN_GROSS, PATTERN_HAS_CAPS, PATTERN_SCALE, PATTERN_VETOES, PATTERN_WEIGHTS, RULES_BYTES,
  SHARE, SUBSCRIPTIONS, SUBSCRIPTION_BYTES, TILE_CAREFUL, TILE_HEAD_BYTES, TILE_TARGETS, WEIGHTS,
} from './layout'

/** Phase 1 of a pair: its rows of the block, from `first` on, into its tile. */
export function exposePair(pair: usize, tile: usize, first: i32): void {
  const a = <usize>load<u32>(pair, EXPOSURE_RULES)
  const b = <usize>load<u32>(pair, EXPOSURE_RULES + 4)
  const aHasGaps = hasGaps(a)
  const bHasGaps = hasGaps(b)
  v128.store(tile, i32x4.splat(0))
  v128.store(tile, i32x4.splat(0), 16)
  if (readsBars(a) && readsBars(b)) exposeBars(a, b, tile, first, aHasGaps || bHasGaps)
  else exposeRows(a, b, tile, first, aHasGaps, bHasGaps)
}

/** Combined targets lie this far behind the exposures, of either portfolio. */
// @ts-ignore: decorator
@inline
function combinedBytes(): usize {
  return (<usize>padded << 3) + 16
}

function copyCombined(out: usize): void {
  const end = out + (<usize>padded << 2)
  for (; out < end; out += 16) v128.store(out + combinedBytes(), v128.load(out))
}

/** Bit 2 where a portfolio's pattern vetoes anything in a row. */
// @ts-ignore: decorator
@inline
function vetoesOf(rules: usize, row: i32): i32 {
  const pattern = <usize>load<u32>(rules, PATTERN)
  return pattern == 0 ? 0 : load<i32>(load<u32>(pattern, PATTERN_VETOES) + (<u32>row << 2))
}

/** Whether bars can lie in lanes: a weighted mean of one symbol's signals, whatever the risk model weighs. */
function readsBars(rules: usize): bool {
  return symbols == 1 && !keepsCombined && load<i32>(rules, COMBINE) == 0 && load<i32>(rules, BY_WEIGHTS) == 0
}

/** Four symbols in lanes, one portfolio after the other. */
function exposeRows(a: usize, b: usize, tile: usize, first: i32, aHasGaps: bool, bHasGaps: bool): void {
  const stride = tileStride()
  const second = exposuresAt + (<usize>padded << 2)
  let at = tile + TILE_HEAD_BYTES + <usize>first * stride
  for (let row = first; row < rows; row++) {
    const careful = expose(a, row, exposuresAt, tile, aHasGaps) | expose(b, row, second, tile + 16, bHasGaps)
    store<i32>(at, careful | vetoesOf(a, row) | vetoesOf(b, row), TILE_CAREFUL)
    interleave(exposuresAt, second, at + TILE_TARGETS)
    if (keepsCombined) interleave(exposuresAt + combinedBytes(), second + combinedBytes(), at + TILE_TARGETS + (<usize>padded << 3))
    at += stride
  }
}

/** What one portfolio has counted in the rows up to `end`: signals, capped, scaled, cut. */
export function countRows(rules: usize, first: i32, end: i32): v128 {
  const counts = exposuresAt + (<usize>padded << 3)
  v128.store(counts, i32x4.splat(0))
  const gaps = hasGaps(rules)
  if (readsBars(rules)) countBars(rules, counts, first, end, gaps)
  else for (let row = first; row < end; row++) expose(rules, row, exposuresAt, counts, gaps)
  return v128.load(counts)
}

/** Whether a subscribed signal has no opinion somewhere in the block. */
export function hasGaps(rules: usize): bool {
  let entry = rules + RULES_BYTES
  for (let i = load<i32>(rules, SUBSCRIPTIONS); i > 0; i--) {
    if (load<i32>(gapsAt + (<usize>load<u32>(entry) << 2)) != 0) return true
    entry += SUBSCRIPTION_BYTES
  }
  return false
}

/** [a0 a1 a2 a3] and [b0 b1 b2 b3] become [a0 b0 a1 b1] [a2 b2 a3 b3]. */
function interleave(first: usize, second: usize, out: usize): void {
  const end = first + (<usize>padded << 2)
  while (first < end) {
    const a = v128.load(first)
    const b = v128.load(second)
    v128.store(out, v128.shuffle<i32>(a, b, 0, 4, 1, 5))
    v128.store(out, v128.shuffle<i32>(a, b, 2, 6, 3, 7), 16)
    first += 16
    second += 16
    out += 32
  }
}

/** One portfolio, one row: targets into `out`, and its counts added up. Gives whether to be careful. */
function expose(rules: usize, row: i32, out: usize, counts: usize, gaps: bool): i32 {
  const pattern = <usize>load<u32>(rules, PATTERN)
  let scale: f32 = 1
  let gross = load<f32>(rules, GROSS)
  let caps: usize = 0
  if (pattern != 0) {
    const decided = load<f32>(load<u32>(pattern, PATTERN_SCALE) + (<usize>row << 2))
    scale = 1 - load<f32>(rules, OBEDIENCE) * (1 - decided)
    const limit = load<f32>(load<u32>(pattern, PATTERN_GROSS) + (<usize>row << 2))
    if (limit < gross) gross = limit
    if (load<i32>(pattern, PATTERN_HAS_CAPS) != 0) caps = load<u32>(pattern, PATTERN_CAP) + row * (<usize>padded << 2)
  }
  const share = load<f32>(rules, SHARE)
  const longOnly = load<i32>(rules, LONG_ONLY) != 0
  const method = load<i32>(rules, COMBINE)
  const weights = pattern != 0 && load<i32>(rules, BY_WEIGHTS) != 0 ? <usize>load<u32>(pattern, PATTERN_WEIGHTS) : 0
  const isFused = !gaps && !keepsCombined && share != 0 && caps == 0 && method == 0 && weights == 0
  if (!isFused) {
    if (method == 2) combineStrongest(rules, row, out)
    else combineGapped(rules, row, out, method == 1)
    if (keepsCombined) copyCombined(out)
    if (weights != 0) allocateWeights(out, weights + <usize>row * (<usize>padded << 2), scale, longOnly)
    else allocate(out, share == 0 ? activeShare(out, longOnly) : share, scale, longOnly)
  } else {
    opinions = symbols
    missing = 0
    const count = load<i32>(rules, SUBSCRIPTIONS)
    const factor = v128.load32_splat(rules, CAP)
    if (count == 1) fuseOne(rules, row, out, share, scale, longOnly, factor)
    else if (count == 2) fuseTwo(rules, row, out, share, scale, longOnly, factor)
    else fuseMany(rules, row, out, share, scale, longOnly, factor)
  }
  if (!isFused) limitEach(out, caps, v128.load32_splat(rules, CAP))
  const cut = total > gross * GROSS_SLACK
  let counted = i32x4.splat(opinions)
  counted = i32x4.replace_lane(counted, 1, capped)
  counted = i32x4.replace_lane(counted, 2, scale != 1 ? 1 : 0)
  counted = i32x4.replace_lane(counted, 3, cut ? 1 : 0)
  v128.store(counts, i32x4.add(v128.load(counts), counted))
  if (cut) scaleAll(out, gross / total)
  const isLimited = caps != 0 || gross < f32.POSITIVE_INFINITY || load<f32>(rules, CAP) < f32.POSITIVE_INFINITY
  return (isLimited ? missing << 1 : 0) | (total > gross * CLEARLY_BELOW ? 1 : 0)
}

/** What the last row came to: symbols with a target, without, and cut to the cap; Σ|target|. */
let opinions: i32 = 0
let missing: i32 = 0
let capped: i32 = 0
let total: f32 = 0

// @ts-ignore: decorator
@inline
function lanesOf(counts: v128): i32 {
  return i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1) + i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3)
}

// @ts-ignore: decorator
@inline
function sumOf(sums: v128): f32 {
  return (f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 1)) + (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3))
}

// @ts-ignore: decorator
@inline
function signalRow(rules: usize, row: i32, i: usize): usize {
  const entry = rules + RULES_BYTES + i * SUBSCRIPTION_BYTES
  return signalsAt + (<usize>(row * signalCount) + load<u32>(entry)) * (<usize>padded << 2)
}

// @ts-ignore: decorator
@inline
function weightOf(rules: usize, i: usize): v128 {
  return v128.load32_splat(rules + RULES_BYTES + i * SUBSCRIPTION_BYTES, 4)
}

/** From Σ w·s to the exposure of four symbols, before its cap. A target of −0 is as good as 0: no quantity becomes it. */
// @ts-ignore: decorator
@inline
function finish(sum: v128, weights: v128, shares: v128, scales: v128, longOnly: bool, most: v128, least: v128): v128 {
  const mean = f32x4.div(sum, weights)
  const clipped = f32x4.pmin(most, f32x4.pmax(least, mean))
  const exposure = f32x4.mul(f32x4.mul(clipped, shares), scales)
  return longOnly ? f32x4.pmax(f32x4.splat(0), exposure) : exposure
}

// @ts-ignore: decorator
@inline
function cutToCap(exposure: v128, size: v128, sign: v128): v128 {
  return v128.or(size, v128.and(exposure, sign))
}

function fuseOne(rules: usize, row: i32, out: usize, share: f32, scale: f32, longOnly: bool, cap: v128): void {
  let first = signalRow(rules, row, 0)
  const end = out + (<usize>padded << 2)
  const w = weightOf(rules, 0)
  const weights = v128.load32_splat(rules, WEIGHTS)
  const shares = f32x4.splat(share)
  const scales = f32x4.splat(scale)
  const magnitude = magnitudeMask32()
  const sign = signMask32()
  const most = ones()
  const least = minusOnes()
  let sums = f32x4.splat(0)
  let cuts = i32x4.splat(0)
  for (; out < end; out += 16) {
    const exposure = finish(f32x4.mul(w, v128.load(first)), weights, shares, scales, longOnly, most, least)
    const size = v128.and(exposure, magnitude)
    const kept = f32x4.pmin(cap, size)
    cuts = i32x4.sub(cuts, f32x4.gt(size, cap))
    sums = f32x4.add(sums, kept)
    v128.store(out, cutToCap(exposure, kept, sign))
    first += 16
  }
  capped = lanesOf(cuts)
  total = sumOf(sums)
}

function fuseTwo(rules: usize, row: i32, out: usize, share: f32, scale: f32, longOnly: bool, cap: v128): void {
  let first = signalRow(rules, row, 0)
  let second = signalRow(rules, row, 1)
  const end = out + (<usize>padded << 2)
  const w0 = weightOf(rules, 0)
  const w1 = weightOf(rules, 1)
  const weights = v128.load32_splat(rules, WEIGHTS)
  const shares = f32x4.splat(share)
  const scales = f32x4.splat(scale)
  const magnitude = magnitudeMask32()
  const sign = signMask32()
  const most = ones()
  const least = minusOnes()
  let sums = f32x4.splat(0)
  let cuts = i32x4.splat(0)
  for (; out < end; out += 16) {
    const sum = f32x4.add(f32x4.mul(w0, v128.load(first)), f32x4.mul(w1, v128.load(second)))
    const exposure = finish(sum, weights, shares, scales, longOnly, most, least)
    const size = v128.and(exposure, magnitude)
    const kept = f32x4.pmin(cap, size)
    cuts = i32x4.sub(cuts, f32x4.gt(size, cap))
    sums = f32x4.add(sums, kept)
    v128.store(out, cutToCap(exposure, kept, sign))
    first += 16
    second += 16
  }
  capped = lanesOf(cuts)
  total = sumOf(sums)
}

/** Three signals or more: all but the last four are summed up first; a signal that is not there is the first, weighing 0. */
function fuseMany(rules: usize, row: i32, out: usize, share: f32, scale: f32, longOnly: bool, cap: v128): void {
  const count = load<i32>(rules, SUBSCRIPTIONS)
  const early = count > 4 ? count - 4 : 0
  if (early > 0) sumEarly(rules, row, out, early)
  const base = <usize>early
  const end = out + (<usize>padded << 2)
  let s0 = signalRow(rules, row, base)
  let s1 = signalRow(rules, row, base + 1)
  let s2 = signalRow(rules, row, base + 2)
  const isThree = count == 3
  let s3 = isThree ? s0 : signalRow(rules, row, base + 3)
  const w0 = weightOf(rules, base)
  const w1 = weightOf(rules, base + 1)
  const w2 = weightOf(rules, base + 2)
  const w3 = isThree ? f32x4.splat(0) : weightOf(rules, base + 3)
  const weights = v128.load32_splat(rules, WEIGHTS)
  const shares = f32x4.splat(share)
  const scales = f32x4.splat(scale)
  const magnitude = magnitudeMask32()
  const sign = signMask32()
  const most = ones()
  const least = minusOnes()
  let sums = f32x4.splat(0)
  let cuts = i32x4.splat(0)
  for (; out < end; out += 16) {
    let sum = f32x4.mul(w0, v128.load(s0))
    if (early > 0) sum = f32x4.add(v128.load(out), sum)
    sum = f32x4.add(sum, f32x4.mul(w1, v128.load(s1)))
    sum = f32x4.add(sum, f32x4.mul(w2, v128.load(s2)))
    sum = f32x4.add(sum, f32x4.mul(w3, v128.load(s3)))
    const exposure = finish(sum, weights, shares, scales, longOnly, most, least)
    const size = v128.and(exposure, magnitude)
    const kept = f32x4.pmin(cap, size)
    cuts = i32x4.sub(cuts, f32x4.gt(size, cap))
    sums = f32x4.add(sums, kept)
    v128.store(out, cutToCap(exposure, kept, sign))
    s0 += 16
    s1 += 16
    s2 += 16
    s3 += 16
  }
  capped = lanesOf(cuts)
  total = sumOf(sums)
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

/** Weighted mean over the signals with an opinion, or the side that most weight votes for; NaN where there is none. */
function combineGapped(rules: usize, row: i32, out: usize, votes: bool): void {
  const stride = <usize>padded << 2
  const signals = signalsAt + <usize>(row * signalCount) * stride
  const count = load<i32>(rules, SUBSCRIPTIONS)
  const zero = f32x4.splat(0)
  let speaking = i32x4.splat(0)
  for (let at: usize = 0; at < stride; at += 16) {
    let sum = zero
    let weights = zero
    let entry = rules + RULES_BYTES
    for (let i = 0; i < count; i++) {
      const signal = v128.load(signals + load<u32>(entry) * stride + at)
      const weight = v128.load32_splat(entry, 4)
      const speaks = f32x4.eq(signal, signal)
      const opinion = votes ? sideOf(signal) : signal
      sum = f32x4.add(sum, v128.and(f32x4.mul(weight, opinion), speaks))
      weights = f32x4.add(weights, v128.and(weight, speaks))
      entry += SUBSCRIPTION_BYTES
    }
    const mean = f32x4.pmin(f32x4.splat(1), f32x4.pmax(f32x4.splat(-1), f32x4.div(sum, weights)))
    const clipped = votes ? sideOf(sum) : mean
    const speaks = f32x4.gt(weights, zero)
    v128.store(out + at, v128.bitselect(f32x4.add(clipped, zero), f32x4.splat(f32.NaN), speaks))
    speaking = i32x4.sub(speaking, speaks)
  }
  countOpinions(speaking)
}

/** Padding is 0 in every signal: it speaks, and wants nothing. */
function countOpinions(speaking: v128): void {
  opinions = lanesOf(speaking) - (padded - symbols)
  missing = opinions == symbols ? 0 : 1
}

/** −1, 0 or 1. */
// @ts-ignore: decorator
@inline
function sideOf(value: v128): v128 {
  const size = v128.and(ones(), f32x4.ne(value, f32x4.splat(0)))
  return v128.or(size, v128.and(value, signMask32()))
}

/** The signal with the largest weight × |signal|, the first of equals; NaN where none has an opinion. */
function combineStrongest(rules: usize, row: i32, out: usize): void {
  const stride = <usize>padded << 2
  const signals = signalsAt + <usize>(row * signalCount) * stride
  const count = load<i32>(rules, SUBSCRIPTIONS)
  const magnitude = magnitudeMask32()
  let speaking = i32x4.splat(0)
  for (let at: usize = 0; at < stride; at += 16) {
    let strongest = minusOnes()
    let chosen = f32x4.splat(f32.NaN)
    let entry = rules + RULES_BYTES
    for (let i = 0; i < count; i++) {
      const signal = v128.load(signals + load<u32>(entry) * stride + at)
      const strength = f32x4.mul(v128.load32_splat(entry, 4), v128.and(signal, magnitude))
      const beats = f32x4.gt(strength, strongest)
      strongest = v128.bitselect(strength, strongest, beats)
      chosen = v128.bitselect(signal, chosen, beats)
      entry += SUBSCRIPTION_BYTES
    }
    v128.store(out + at, chosen)
    speaking = i32x4.sub(speaking, f32x4.eq(chosen, chosen))
  }
  countOpinions(speaking)
}

/** × the pattern's weight of the symbol × scale. A weight that is not known keeps the quantity, unless flat is wanted. */
function allocateWeights(out: usize, weights: usize, scale: f32, longOnly: bool): void {
  const end = out + (<usize>padded << 2)
  const zero = f32x4.splat(0)
  const scales = f32x4.splat(scale)
  let known = i32x4.splat(-1)
  for (; out < end; out += 16) {
    const signal = v128.load(out)
    const weight = v128.load(weights)
    const wantsFlat = v128.and(f32x4.ne(weight, weight), f32x4.eq(signal, zero))
    const exposure = f32x4.mul(v128.andnot(f32x4.mul(signal, weight), wantsFlat), scales)
    v128.store(out, longOnly ? v128.bitselect(zero, exposure, f32x4.lt(exposure, zero)) : exposure)
    known = v128.and(known, f32x4.eq(exposure, exposure))
    weights += 16
  }
  if (!i32x4.all_true(known)) missing = 1
}

/** 1 / number of targets that are not 0 (and, long only, not negative). */
function activeShare(out: usize, longOnly: bool): f32 {
  const end = out + (<usize>padded << 2)
  const zero = f32x4.splat(0)
  let active = i32x4.splat(0)
  for (; out < end; out += 16) {
    const combined = v128.load(out)
    active = i32x4.sub(active, longOnly ? f32x4.gt(combined, zero) : f32x4.gt(f32x4.abs(combined), zero))
  }
  const count = lanesOf(active)
  return count == 0 ? 1 : <f32>1 / <f32>count
}

/** × share × scale, no shorts where long only. NaN stays NaN. */
function allocate(out: usize, share: f32, scale: f32, longOnly: bool): void {
  const end = out + (<usize>padded << 2)
  const zero = f32x4.splat(0)
  const shares = f32x4.splat(share)
  const scales = f32x4.splat(scale)
  for (; out < end; out += 16) {
    const exposure = f32x4.mul(f32x4.mul(v128.load(out), shares), scales)
    v128.store(out, longOnly ? v128.bitselect(zero, exposure, f32x4.lt(exposure, zero)) : exposure)
  }
}

/** The cap of each symbol; counts what it cuts and sums up the rest. */
function limitEach(out: usize, caps: usize, own: v128): void {
  const end = out + (<usize>padded << 2)
  const magnitude = magnitudeMask32()
  const sign = signMask32()
  let sums = f32x4.splat(0)
  let cuts = i32x4.splat(0)
  for (; out < end; out += 16) {
    let cap = own
    if (caps != 0) {
      cap = f32x4.pmin(own, v128.load(caps))
      caps += 16
    }
    const exposure = v128.load(out)
    const size = v128.and(exposure, magnitude)
    const kept = f32x4.pmin(size, cap)
    cuts = i32x4.sub(cuts, f32x4.gt(size, cap))
    sums = f32x4.add(sums, v128.and(kept, f32x4.eq(exposure, exposure)))
    v128.store(out, cutToCap(exposure, kept, sign))
  }
  capped = lanesOf(cuts)
  total = sumOf(sums)
}

/** Every target × one factor: what is above the gross limit is cut to it. */
function scaleAll(out: usize, factor: f32): void {
  const end = out + (<usize>padded << 2)
  const factors = f32x4.splat(factor)
  for (; out < end; out += 16) v128.store(out, f32x4.mul(v128.load(out), factors))
}
