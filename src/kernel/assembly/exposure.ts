import { countBars, exposeBars } from './exposure-bars'
import { addCounts, fuseRows, grossOf, roomBytes, scaleAll, scaleOf } from './fuse'
import { CLEARLY_BELOW, GROSS_SLACK, tileStride } from './tile'
import { cutToCap, lanesOf, magnitudeMask32, minusOnes, ones, signMask32, sumOf } from './lanes'
import { exposuresAt, gapsAt, keepsCombined, padded, rows, signalsAt, symbols } from './block'
import {
  BY_WEIGHTS, CAP, COMBINE, EXPOSURE_RULES, LONG_ONLY, PATTERN, PATTERN_CAP, PATTERN_HAS_CAPS, PATTERN_HAS_VETOES, PATTERN_VETOES, PATTERN_WEIGHTS, RULES_BYTES,
  SHARE, SUBSCRIPTIONS, SUBSCRIPTION_BYTES, TILE_CAREFUL, TILE_HEAD_BYTES, TILE_TARGETS,
} from './layout'

/** Phase 1 of a pair: its rows of the block, from `first` on, into its tile; once for both, where they have the same rules. */
export function exposePair(pair: usize, tile: usize, first: i32): void {
  const a = <usize>load<u32>(pair, EXPOSURE_RULES)
  const b = <usize>load<u32>(pair, EXPOSURE_RULES + 4)
  const aHasGaps = hasGaps(a)
  const bHasGaps = hasGaps(b)
  v128.store(tile, i32x4.splat(0))
  v128.store(tile, i32x4.splat(0), 16)
  if (readsBars(a) && readsBars(b)) exposeBars(a, b, tile, first, aHasGaps, bHasGaps)
  else exposeRows(a, b, tile, first, aHasGaps, bHasGaps)
  if (a == b) v128.store(tile, v128.load(tile), 16)
}

function copyCombined(out: usize): void {
  const end = out + (<usize>padded << 2)
  const beyond = 2 * linesBytes()
  for (; out < end; out += 16) v128.store(out + beyond, v128.load(out))
}

/** Bit 2 of each row in which a pattern of the pair vetoes anything. */
function seeVetoes(a: usize, b: usize, from: i32, to: i32, watches: usize): void {
  memory.fill(watches, 0, <usize>(to - from) << 2)
  addVetoes(a, from, to, watches)
  if (a != b) addVetoes(b, from, to, watches)
}

function addVetoes(rules: usize, from: i32, to: i32, watches: usize): void {
  const pattern = <usize>load<u32>(rules, PATTERN)
  if (pattern == 0 || load<i32>(pattern, PATTERN_HAS_VETOES) == 0) return
  const vetoes = <usize>load<u32>(pattern, PATTERN_VETOES)
  for (let row = from; row < to; row++) {
    const watch = watches + (<usize>(row - from) << 2)
    store<i32>(watch, load<i32>(watch) | load<i32>(vetoes + (<usize>row << 2)))
  }
}

/** Whether bars can lie in lanes: a weighted mean of one symbol's signals, whatever the risk model weighs. */
function readsBars(rules: usize): bool {
  return symbols == 1 && load<i32>(rules, COMBINE) == 0 && load<i32>(rules, BY_WEIGHTS) == 0
}

/** Rows whose exposures are worked out at once, so that they stay in the first cache. */
function rowsAtOnce(): i32 {
  return min(rows, max(1, LINE_VALUES / padded))
}

const LINE_VALUES: i32 = 2048

function linesBytes(): usize {
  return <usize>(rowsAtOnce() * padded) << 2
}

function watchesBytes(): usize {
  return <usize>((rows + 11) & ~3) << 2
}

/** Room for the lines of a pair: their targets, the combined ones, and what to watch for; also for bars in lanes. */
export function exposureBytes(): usize {
  return 4 * linesBytes() + 6 * watchesBytes() + roomBytes(rows)
}

/** Four symbols in lanes, one portfolio after the other, some rows at a time. */
function exposeRows(a: usize, b: usize, tile: usize, first: i32, aHasGaps: bool, bHasGaps: bool): void {
  const stride = tileStride()
  const bytes = linesBytes()
  const watches = exposuresAt + 4 * bytes
  const other = a == b ? 0 : bytes
  const lineBytes = <usize>padded << 2
  let at = tile + TILE_HEAD_BYTES + <usize>first * stride
  for (let from = first; from < rows; from += rowsAtOnce()) {
    const to = min(rows, from + rowsAtOnce())
    seeVetoes(a, b, from, to, watches)
    exposeLines(a, from, to, exposuresAt, watches, tile, aHasGaps)
    if (a != b) exposeLines(b, from, to, exposuresAt + bytes, watches, tile + 16, bHasGaps)
    let line = exposuresAt
    for (let watch = watches, end = watches + (<usize>(to - from) << 2); watch < end; watch += 4) {
      store<i32>(at, load<i32>(watch), TILE_CAREFUL)
      interleave(line, line + other, at + TILE_TARGETS, lineBytes)
      if (keepsCombined) interleave(line + 2 * bytes, line + 2 * bytes + other, at + TILE_TARGETS + 2 * lineBytes, lineBytes)
      line += lineBytes
      at += stride
    }
  }
}

/** One portfolio's rows: its targets, its counts added up, and what to watch for added to what is. */
function exposeLines(rules: usize, from: i32, to: i32, out: usize, watches: usize, counts: usize, gaps: bool): void {
  if (!gaps && fuseRows(rules, from, to, out, keepsCombined ? 2 * linesBytes() : 0, watches, counts, watches + watchesBytes())) return
  for (let row = from; row < to; row++) {
    const watch = watches + (<usize>(row - from) << 2)
    store<i32>(watch, load<i32>(watch) | expose(rules, row, out, counts))
    out += <usize>padded << 2
  }
}

/** What one portfolio has counted in the rows up to `end`: signals, capped, scaled, cut. */
export function countRows(rules: usize, first: i32, end: i32): v128 {
  const counts = exposuresAt + exposureBytes() - 16
  v128.store(counts, i32x4.splat(0))
  if (readsBars(rules)) countBars(rules, counts, first, end, hasGaps(rules))
  else for (let row = first; row < end; row++) expose(rules, row, exposuresAt, counts)
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
// @ts-expect-error: decorator
@inline
function interleave(first: usize, second: usize, out: usize, bytes: usize): void {
  for (const end = first + bytes; first < end; first += 16) {
    const a = v128.load(first)
    const b = v128.load(second)
    v128.store(out, v128.shuffle<i32>(a, b, 0, 4, 1, 5))
    v128.store(out, v128.shuffle<i32>(a, b, 2, 6, 3, 7), 16)
    second += 16
    out += 32
  }
}

/** One portfolio, one row, whatever its rules: targets into `out`, and its counts added up. Gives whether to be careful. */
function expose(rules: usize, row: i32, out: usize, counts: usize): i32 {
  const pattern = <usize>load<u32>(rules, PATTERN)
  const scale = scaleOf(rules, row)
  const gross = grossOf(rules, row)
  const caps = pattern != 0 && load<i32>(pattern, PATTERN_HAS_CAPS) != 0 ? load<u32>(pattern, PATTERN_CAP) + row * (<usize>padded << 2) : 0
  const share = load<f32>(rules, SHARE)
  const longOnly = load<i32>(rules, LONG_ONLY) != 0
  const method = load<i32>(rules, COMBINE)
  const weights = pattern != 0 && load<i32>(rules, BY_WEIGHTS) != 0 ? <usize>load<u32>(pattern, PATTERN_WEIGHTS) : 0
  if (method == 2) combineStrongest(rules, row, out)
  else combineGapped(rules, row, out, method == 1)
  if (keepsCombined) copyCombined(out)
  if (weights != 0) allocateWeights(out, weights + <usize>row * (<usize>padded << 2), scale, longOnly)
  else allocate(out, share == 0 ? activeShare(out, longOnly) : share, scale, longOnly)
  limitEach(out, caps, v128.load32_splat(rules, CAP))
  const cut = total > gross * GROSS_SLACK
  addCounts(counts, opinions, capped, i32(scale != 1), i32(cut))
  if (cut) scaleAll(out, gross / total)
  const isLimited = caps != 0 || gross < f32.POSITIVE_INFINITY || load<f32>(rules, CAP) < f32.POSITIVE_INFINITY
  return (isLimited ? missing << 1 : 0) | (total > gross * CLEARLY_BELOW ? 1 : 0)
}

/** What the last row came to: symbols with a target, without, and cut to the cap; Σ|target|. */
let opinions: i32 = 0
let missing: i32 = 0
let capped: i32 = 0
let total: f32 = 0

/** Weighted mean over the signals with an opinion, or the side that most weight votes for; NaN where there is none. */
function combineGapped(rules: usize, row: i32, out: usize, votes: bool): void {
  const stride = <usize>padded << 2
  const signals = signalsAt + <usize>row * stride
  const count = load<i32>(rules, SUBSCRIPTIONS)
  const zero = f32x4.splat(0)
  let speaking = i32x4.splat(0)
  for (let at: usize = 0; at < stride; at += 16) {
    let sum = zero
    let weights = zero
    let entry = rules + RULES_BYTES
    for (let i = 0; i < count; i++) {
      const signal = v128.load(signals + <usize>load<u32>(entry) * <usize>rows * stride + at)
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
// @ts-expect-error: decorator
@inline
function sideOf(value: v128): v128 {
  const size = v128.and(ones(), f32x4.ne(value, f32x4.splat(0)))
  return v128.or(size, v128.and(value, signMask32()))
}

/** The signal with the largest weight × |signal|, the first of equals; NaN where none has an opinion. */
function combineStrongest(rules: usize, row: i32, out: usize): void {
  const stride = <usize>padded << 2
  const signals = signalsAt + <usize>row * stride
  const count = load<i32>(rules, SUBSCRIPTIONS)
  const magnitude = magnitudeMask32()
  let speaking = i32x4.splat(0)
  for (let at: usize = 0; at < stride; at += 16) {
    let strongest = minusOnes()
    let chosen = f32x4.splat(f32.NaN)
    let entry = rules + RULES_BYTES
    for (let i = 0; i < count; i++) {
      const signal = v128.load(signals + <usize>load<u32>(entry) * <usize>rows * stride + at)
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
