import { combineSignals } from '../domain/signal.ts'
import type { KernelBlock } from './kernel.ts'
import type { PortfolioRules } from './rules.ts'

const fround = Math.fround

/** 1 + 1e-6 in float32: the slack of a gross limit, because signals are float32. */
export const GROSS_SLACK = fround(1 + 1e-6)

/**
 * Phase 1: from signals and risk decisions to a target per symbol. It reads no portfolio state, and every
 * operation rounds to float32, so any kernel may compute it for whole blocks ahead of phase 2.
 */
export interface Exposure {
  /** NaN = no opinion. */
  readonly combined: Float32Array
  /** Share of equity wanted, after allocation, scale, cap and gross; NaN = keep the quantity. */
  readonly target: Float32Array
  /** What `allocation` multiplies by, where it is one number for all symbols. */
  share: number
  softenedScale: number
  /** The smaller of the pattern's and the portfolio's own; Infinity = none. */
  gross: number
  /** 1 unless gross cut the row. */
  grossFactor: number
  signalCount: number
  cappedCount: number
  /** Scratch of `combineSignals`. */
  readonly input: { signals: Float32Array; offset: number; stride: number; indices: Int32Array; weights: Float32Array; symbols: number }
}

export function createExposure(symbols: number): Exposure {
  const none = { signals: new Float32Array(0), offset: 0, stride: 0, indices: new Int32Array(0), weights: new Float32Array(0), symbols }
  return {
    combined: new Float32Array(symbols), target: new Float32Array(symbols),
    share: 1, softenedScale: 1, gross: Infinity, grossFactor: 1, signalCount: 0, cappedCount: 0, input: none,
  }
}

/** Computes row `row` of the block for one portfolio into `out`. */
export function computeExposure(rules: PortfolioRules, block: KernelBlock, row: number, out: Exposure): void {
  const { symbols } = out.input
  out.input.signals = block.signals
  out.input.offset = row * symbols
  out.input.stride = block.market.rows * symbols
  out.input.indices = rules.signals
  out.input.weights = rules.signalWeights
  combineSignals(rules.combine, out.input, out.combined)
  out.share = commonShare(rules, out)
  out.softenedScale = softenedScale(rules, block, row)
  limitEach(rules, block, row, out)
  limitGross(rules, block, row, out)
}

function commonShare(rules: PortfolioRules, { combined }: Exposure): number {
  if (rules.allocation === 'equal') return fround(1 / combined.length)
  if (rules.allocation !== 'active') return 1
  let active = 0
  for (let n = 0; n < combined.length; n++) {
    const signal = combined[n]
    if (signal > 0 || (signal < 0 && !rules.longOnly)) active++
  }
  return active === 0 ? 1 : fround(1 / active)
}

/** 1 − (1 − tolerance)(1 − scale). */
export function softenedScale(rules: PortfolioRules, block: KernelBlock, row: number): number {
  if (rules.pattern < 0) return 1
  const scale = block.patterns[rules.pattern].scale[row]
  return fround(1 - fround(rules.obedience * fround(1 - scale)))
}

/** A combined signal × its share of equity. An unknown weight keeps the quantity, unless flat is wanted. */
export function allocated(combined: number, share: number): number {
  if (share !== share) return combined === 0 ? 0 : NaN
  return fround(combined * share)
}

function limitEach(rules: PortfolioRules, block: KernelBlock, row: number, out: Exposure): void {
  const { combined, target, softenedScale: scale } = out
  const symbols = combined.length
  const pattern = rules.pattern < 0 ? null : block.patterns[rules.pattern]
  const weights = rules.allocation === 'weights' && pattern !== null ? pattern.weights : null
  const caps = pattern === null ? null : pattern.cap
  const start = row * symbols
  let signalCount = 0
  let cappedCount = 0
  for (let n = 0; n < symbols; n++) {
    const signal = combined[n]
    if (signal === signal) signalCount++
    let exposure = fround(allocated(signal, weights === null ? out.share : weights[start + n]) * scale)
    if (rules.longOnly && exposure < 0) exposure = 0
    const cap = caps === null || rules.cap < caps[start + n] ? rules.cap : caps[start + n]
    if (exposure > cap) {
      exposure = cap
      cappedCount++
    } else if (exposure < -cap) {
      exposure = -cap
      cappedCount++
    }
    target[n] = exposure + 0
  }
  out.signalCount = signalCount
  out.cappedCount = cappedCount
}

function limitGross(rules: PortfolioRules, block: KernelBlock, row: number, out: Exposure): void {
  const pattern = rules.pattern < 0 ? Infinity : block.patterns[rules.pattern].gross[row]
  out.gross = pattern < rules.gross ? pattern : rules.gross
  out.grossFactor = 1
  if (out.gross === Infinity) return
  const { target } = out
  const total = absoluteSum(target)
  if (!(total > fround(out.gross * GROSS_SLACK))) return
  out.grossFactor = fround(out.gross / total)
  for (let n = 0; n < target.length; n++) target[n] = fround(target[n] * out.grossFactor) + 0
}

/** Σ|e| as four interleaved float32 sums, (s0 + s1) + (s2 + s3); NaN counts as 0. */
export function absoluteSum(values: Float32Array): number {
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0
  for (let n = 0; n < values.length; n++) {
    const value = values[n]
    const size = value === value ? Math.abs(value) : 0
    const lane = n & 3
    if (lane === 0) s0 = fround(s0 + size)
    else if (lane === 1) s1 = fround(s1 + size)
    else if (lane === 2) s2 = fround(s2 + size)
    else s3 = fround(s3 + size)
  }
  return fround(fround(s0 + s1) + fround(s2 + s3))
}
