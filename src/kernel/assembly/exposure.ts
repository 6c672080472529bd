import { exposuresAt, padded, rows, signalCount, signalsAt, tileAt } from './block'
import {
  CAP, EXPOSURE_RULES, GROSS, LONG_ONLY, OBEDIENCE, PATTERN, PATTERN_CAP, PATTERN_GROSS, PATTERN_SCALE, RULES_BYTES, SHARE,
  SUBSCRIPTIONS, SUBSCRIPTION_BYTES, TILE_CAPPED, TILE_CUT, TILE_GROSS, TILE_SCALED, TILE_SIGNALS, TILE_TARGETS,
} from './layout'

/** 1 + 1e-6 in float32. */
const GROSS_SLACK: f32 = 1.0 + 1e-6

/** Bytes of one row of the tile. */
export function tileStride(): usize {
  return TILE_TARGETS + (<usize>padded << 3)
}

/** Phase 1 of a pair: every row of the block into the tile. Four symbols in lanes, one portfolio after the other. */
export function exposePair(pair: usize): void {
  const stride = tileStride()
  const second = exposuresAt + (<usize>padded << 2)
  for (let row = 0; row < rows; row++) {
    const tile = tileAt + row * stride
    expose(load<u32>(pair, EXPOSURE_RULES), row, exposuresAt, tile)
    expose(load<u32>(pair, EXPOSURE_RULES + 4), row, second, tile + 8)
    interleave(exposuresAt, second, tile + TILE_TARGETS)
  }
}

/** [a0 a1 a2 a3] and [b0 b1 b2 b3] become [a0 b0 a1 b1] [a2 b2 a3 b3]. */
function interleave(first: usize, second: usize, out: usize): void {
  for (let n = 0; n < padded; n += 4) {
    const a = v128.load(first + (<usize>n << 2))
    const b = v128.load(second + (<usize>n << 2))
    v128.store(out + (<usize>n << 3), v128.shuffle<i32>(a, b, 0, 4, 1, 5))
    v128.store(out + (<usize>n << 3), v128.shuffle<i32>(a, b, 2, 6, 3, 7), 16)
  }
}

/** One portfolio, one row: targets into `out` (float32), its counts into its lane of the tile row at `tile`. */
function expose(rules: usize, row: i32, out: usize, tile: usize): void {
  const active = combine(rules, row, out, tile)
  let share = load<f32>(rules, SHARE)
  if (share == 0) share = active == 0 ? 1 : <f32>1 / <f32>active
  const pattern = <usize>load<u32>(rules, PATTERN)
  let scale: f32 = 1
  let gross = load<f32>(rules, GROSS)
  if (pattern != 0) {
    const decided = load<f32>(load<u32>(pattern, PATTERN_SCALE) + (<usize>row << 2))
    scale = 1 - load<f32>(rules, OBEDIENCE) * (1 - decided)
    const limit = load<f32>(load<u32>(pattern, PATTERN_GROSS) + (<usize>row << 2))
    if (limit < gross) gross = limit
  }
  limitEach(rules, row, out, share, scale, tile)
  store<f64>(tile, scale != 1 ? 1 : 0, TILE_SCALED)
  store<f64>(tile, limitGross(out, gross) ? 1 : 0, TILE_CUT)
  store<f64>(tile, gross, TILE_GROSS)
}

/** Weighted mean over the signals with an opinion, in subscription order. Returns the number of targets. */
function combine(rules: usize, row: i32, out: usize, tile: usize): i32 {
  const stride = <usize>padded << 2
  const signals = signalsAt + row * signalCount * stride
  const count = load<i32>(rules, SUBSCRIPTIONS)
  const zero = f32x4.splat(0)
  const longOnly = load<i32>(rules, LONG_ONLY) != 0
  let opinions = i32x4.splat(0)
  let active = i32x4.splat(0)
  for (let at: usize = 0; at < stride; at += 16) {
    let sum = zero
    let weights = zero
    let entry = rules + RULES_BYTES
    for (let i = 0; i < count; i++) {
      const signal = v128.load(signals + load<u32>(entry) * stride + at)
      const weight = v128.load32_splat(entry, 4)
      const speaks = f32x4.eq(signal, signal)
      sum = f32x4.add(sum, v128.and(f32x4.mul(weight, signal), speaks))
      weights = f32x4.add(weights, v128.and(weight, speaks))
      entry += SUBSCRIPTION_BYTES
    }
    const mean = f32x4.div(sum, weights)
    const clipped = f32x4.pmin(f32x4.splat(1), f32x4.pmax(f32x4.splat(-1), mean))
    const speaks = f32x4.gt(weights, zero)
    const combined = v128.bitselect(f32x4.add(clipped, zero), f32x4.splat(f32.NaN), speaks)
    v128.store(out + at, combined)
    opinions = i32x4.sub(opinions, speaks)
    active = i32x4.sub(active, longOnly ? f32x4.gt(combined, zero) : f32x4.gt(f32x4.abs(combined), zero))
  }
  store<f64>(tile, total(opinions), TILE_SIGNALS)
  return total(active)
}

function total(counts: v128): i32 {
  return i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1) + i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3)
}

/** × share × scale, no shorts where long only, then the cap. NaN stays NaN. */
function limitEach(rules: usize, row: i32, out: usize, share: f32, scale: f32, tile: usize): void {
  const stride = <usize>padded << 2
  const pattern = <usize>load<u32>(rules, PATTERN)
  const caps = pattern == 0 ? 0 : load<u32>(pattern, PATTERN_CAP) + row * stride
  const own = v128.load32_splat(rules, CAP)
  const zero = f32x4.splat(0)
  const shortsAllowed = i32x4.splat(load<i32>(rules, LONG_ONLY) != 0 ? 0 : -1)
  const shares = f32x4.splat(share)
  const scales = f32x4.splat(scale)
  let capped = i32x4.splat(0)
  for (let at: usize = 0; at < stride; at += 16) {
    let exposure = f32x4.mul(f32x4.mul(v128.load(out + at), shares), scales)
    exposure = v128.bitselect(zero, exposure, v128.andnot(f32x4.lt(exposure, zero), shortsAllowed))
    const cap = pattern == 0 ? own : f32x4.pmin(v128.load(caps + at), own)
    const above = f32x4.gt(exposure, cap)
    const below = f32x4.lt(exposure, f32x4.neg(cap))
    exposure = v128.bitselect(cap, v128.bitselect(f32x4.neg(cap), exposure, below), above)
    capped = i32x4.sub(capped, v128.or(above, below))
    v128.store(out + at, f32x4.add(exposure, zero))
  }
  store<f64>(tile, total(capped), TILE_CAPPED)
}

/** Whether Σ|target|, as four interleaved sums, was above the limit and has been cut to it. */
function limitGross(out: usize, gross: f32): bool {
  if (gross == f32.POSITIVE_INFINITY) return false
  const stride = <usize>padded << 2
  let sums = f32x4.splat(0)
  for (let at: usize = 0; at < stride; at += 16) {
    const target = v128.load(out + at)
    sums = f32x4.add(sums, v128.and(f32x4.abs(target), f32x4.eq(target, target)))
  }
  const sum: f32 = (f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 1)) + (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3))
  if (!(sum > gross * GROSS_SLACK)) return false
  const factor = f32x4.splat(gross / sum)
  for (let at: usize = 0; at < stride; at += 16) {
    v128.store(out + at, f32x4.add(f32x4.mul(v128.load(out + at), factor), f32x4.splat(0)))
  }
  return true
}
