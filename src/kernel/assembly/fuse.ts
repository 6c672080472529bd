import { padded, rows, signalsAt, symbols } from './block'
import { CLEARLY_BELOW, GROSS_SLACK } from './tile'
import { cutToCap, lanesOf, magnitudeMask32, ones, signMask32 } from './lanes'
import { meanLines, meanRows } from './mean'
import {
  BY_WEIGHTS, CAP, COMBINE, GROSS, LONG_ONLY, OBEDIENCE, PATTERN, PATTERN_GROSS, PATTERN_HAS_CAPS, PATTERN_LEAST_GROSS, PATTERN_SCALE, PATTERN_WEIGHTS, SHARE,
} from './layout'

/** The share of its risk pattern's scale that a portfolio follows in a row. */
// @ts-expect-error: decorator
@inline
export function scaleOf(rules: usize, row: i32): f32 {
  const pattern = <usize>load<u32>(rules, PATTERN)
  if (pattern == 0) return 1
  return 1 - load<f32>(rules, OBEDIENCE) * (1 - load<f32>(load<u32>(pattern, PATTERN_SCALE) + (<usize>row << 2)))
}

/** The smaller of a portfolio's gross limit and its pattern's in a row. */
// @ts-expect-error: decorator
@inline
export function grossOf(rules: usize, row: i32): f32 {
  const own = load<f32>(rules, GROSS)
  const pattern = <usize>load<u32>(rules, PATTERN)
  if (pattern == 0) return own
  return min(own, load<f32>(load<u32>(pattern, PATTERN_GROSS) + (<usize>row << 2)))
}

/** Adds to {signals, capped, scaled, cut}. */
// @ts-expect-error: decorator
@inline
export function addCounts(counts: usize, opinions: i32, capped: i32, scaled: i32, cut: i32): void {
  let counted = i32x4.splat(opinions)
  counted = i32x4.replace_lane(counted, 1, capped)
  counted = i32x4.replace_lane(counted, 2, scaled)
  counted = i32x4.replace_lane(counted, 3, cut)
  v128.store(counts, i32x4.add(v128.load(counts), counted))
}

/** Every target × one factor: what is above the gross limit is cut to it. */
export function scaleAll(out: usize, factor: f32): void {
  const end = out + (<usize>padded << 2)
  const factors = f32x4.splat(factor)
  for (; out < end; out += 16) v128.store(out, f32x4.mul(v128.load(out), factors))
}

/** Room that some rows need beside their lines: of each its scale and the four sums of its gross. */
export function roomBytes(count: i32): usize {
  return (<usize>count + 3 & ~3) * 20
}

/**
 * A weighted mean of signals that all have an opinion, with a fixed share and no caps of a pattern: one step after
 * the other, each for all the rows, the combined targets kept `beyond` the others if that is not 0. False where the
 * rules are others.
 */
export function fuseRows(rules: usize, from: i32, to: i32, out: usize, beyond: usize, watches: usize, counts: usize, room: usize): bool {
  const pattern = <usize>load<u32>(rules, PATTERN)
  const isWeighed = pattern != 0 && load<i32>(rules, BY_WEIGHTS) != 0 && load<u32>(pattern, PATTERN_WEIGHTS) != 0
  if (load<i32>(rules, COMBINE) != 0 || load<f32>(rules, SHARE) == 0 || isWeighed) return false
  if (pattern != 0 && load<i32>(pattern, PATTERN_HAS_CAPS) != 0) return false
  const lineBytes = <usize>padded << 2
  const bytes = <usize>(to - from) * lineBytes
  const signals = signalsAt + <usize>from * lineBytes
  const stride = <usize>rows * lineBytes
  const sums = room + (<usize>(to - from + 3 & ~3) << 2)
  const scaled = scaleRows(rules, from, to, room)
  let capped = 0
  // Of combined targets in −1…1 a share that is not above the cap is never cut. A target of −0 is as good as 0: no quantity becomes it.
  if (beyond == 0 && lessens && load<f32>(rules, SHARE) <= load<f32>(rules, CAP)) {
    meanRows(rules, signals, stride, out, bytes, load<i32>(rules, LONG_ONLY) != 0 ? 0 : -1, room, sums)
  } else {
    meanLines(rules, signals, stride, out, bytes, -1)
    if (beyond != 0) memory.copy(out + beyond, out, bytes)
    capped = allocateRows(rules, to - from, out, room, sums)
  }
  addCounts(counts, symbols * (to - from), capped, scaled, limitRows(rules, from, to, out, sums, watches))
  return true
}

/** Whether every scale of the last rows is in 0…1. */
let lessens: bool = true

/** The scale of each row. Gives in how many it is not 1. */
function scaleRows(rules: usize, from: i32, to: i32, scales: usize): i32 {
  const pattern = <usize>load<u32>(rules, PATTERN)
  const whole = ones()
  const end = scales + (<usize>(to - from) << 2)
  if (pattern == 0) {
    for (; scales < end; scales += 16) v128.store(scales, whole)
    lessens = true
    return 0
  }
  const obedience = v128.load32_splat(rules, OBEDIENCE)
  const decided = load<u32>(pattern, PATTERN_SCALE) + (<usize>from << 2) - scales
  let scaled = i32x4.splat(0)
  let beyond = i32x4.splat(0)
  for (let left = to - from; left > 0; left -= 4) {
    const scale = f32x4.sub(whole, f32x4.mul(obedience, f32x4.sub(whole, v128.load(decided + scales))))
    v128.store(scales, scale)
    const decides = among(left)
    scaled = i32x4.sub(scaled, v128.and(f32x4.ne(scale, whole), decides))
    const isWithin = v128.and(f32x4.ge(scale, f32x4.splat(0)), f32x4.le(scale, whole))
    beyond = v128.or(beyond, v128.andnot(decides, isWithin))
    scales += 16
  }
  lessens = !v128.any_true(beyond)
  return lanesOf(scaled)
}

/** Lanes of rows, of which so many are left. */
// @ts-expect-error: decorator
@inline
function among(left: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(left))
}

/** × share × scale, no shorts where long only, at most the cap; and the four sums of each row's sizes. Gives how many were capped. */
function allocateRows(rules: usize, count: i32, out: usize, scales: usize, sums: usize): i32 {
  const shares = v128.load32_splat(rules, SHARE)
  const cap = v128.load32_splat(rules, CAP)
  const least = f32x4.splat(load<i32>(rules, LONG_ONLY) != 0 ? 0 : f32.NEGATIVE_INFINITY)
  const magnitude = magnitudeMask32()
  const sign = signMask32()
  const lineBytes = <usize>padded << 2
  let capped = i32x4.splat(0)
  for (const last = scales + (<usize>count << 2); scales < last; scales += 4) {
    const scale = v128.load32_splat(scales)
    let sum = f32x4.splat(0)
    for (const end = out + lineBytes; out < end; out += 16) {
      const exposure = f32x4.pmax(least, f32x4.mul(f32x4.mul(v128.load(out), shares), scale))
      const size = v128.and(exposure, magnitude)
      const kept = f32x4.pmin(cap, size)
      capped = i32x4.sub(capped, f32x4.gt(size, cap))
      sum = f32x4.add(sum, kept)
      v128.store(out, cutToCap(exposure, kept, sign))
    }
    v128.store(sums, sum)
    sums += 16
  }
  return lanesOf(capped)
}

/** Holds each row's gross against its limit, four rows in lanes, and cuts what is above. Gives in how many rows. */
function limitRows(rules: usize, from: i32, to: i32, out: usize, sums: usize, watches: usize): i32 {
  const pattern = <usize>load<u32>(rules, PATTERN)
  const own = v128.load32_splat(rules, GROSS)
  if (min(load<f32>(rules, GROSS), pattern != 0 ? load<f32>(pattern, PATTERN_LEAST_GROSS) : f32.POSITIVE_INFINITY) == f32.POSITIVE_INFINITY) return 0
  const below = f32x4.splat(CLEARLY_BELOW)
  let cuts = 0
  for (let row = from; row < to; row += 4) {
    const total = grossOfFour(sums)
    let limit = own
    if (pattern != 0) limit = f32x4.pmin(own, v128.load(load<u32>(pattern, PATTERN_GROSS) + (<usize>row << 2)))
    const near = v128.and(f32x4.gt(total, f32x4.mul(limit, below)), among(to - row))
    if (v128.any_true(near)) {
      v128.store(watches, v128.or(v128.load(watches), v128.and(near, i32x4.splat(1))))
      const above = i32x4.bitmask(v128.and(near, f32x4.gt(total, f32x4.mul(limit, f32x4.splat(GROSS_SLACK)))))
      v128.store(sums, f32x4.div(limit, total))
      for (let lane = 0; lane < 4; lane++) {
        if ((above >> lane & 1) == 0) continue
        scaleAll(out + <usize>(row - from + lane) * (<usize>padded << 2), load<f32>(sums + (<usize>lane << 2)))
        cuts++
      }
    }
    sums += 64
    watches += 16
  }
  return cuts
}

/** The sums of four rows, each in the order of `sumOf`. */
// @ts-expect-error: decorator
@inline
function grossOfFour(sums: usize): v128 {
  const first = v128.load(sums)
  const second = v128.load(sums, 16)
  const third = v128.load(sums, 32)
  const fourth = v128.load(sums, 48)
  const lowEarly = v128.shuffle<i32>(first, second, 0, 4, 1, 5)
  const lowLate = v128.shuffle<i32>(third, fourth, 0, 4, 1, 5)
  const highEarly = v128.shuffle<i32>(first, second, 2, 6, 3, 7)
  const highLate = v128.shuffle<i32>(third, fourth, 2, 6, 3, 7)
  const low = f32x4.add(v128.shuffle<i64>(lowEarly, lowLate, 0, 2), v128.shuffle<i64>(lowEarly, lowLate, 1, 3))
  const high = f32x4.add(v128.shuffle<i64>(highEarly, highLate, 0, 2), v128.shuffle<i64>(highEarly, highLate, 1, 3))
  return f32x4.add(low, high)
}
