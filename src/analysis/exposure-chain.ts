import type { PortfolioConfig } from '../domain/portfolio.ts'
import { decisionFieldOffset, type DecisionField } from '../domain/risk-decision.ts'
import type { TargetTrace } from '../kernel/kernel.ts'

const fround = Math.fround

/** What one risk model decided for the row, as it was stored. */
export interface StoredDecision {
  /** `pattern/model` */
  readonly name: string
  readonly fields: readonly DecisionField[]
  readonly values: ArrayLike<number>
}

/**
 * One step from the combined signal to the target, in the order they act: what acted, with which value, and
 * the exposure before and after it (shares of equity, float32).
 */
export interface ExposureStep {
  readonly rule: 'allocation' | 'scale' | 'long-only' | 'cap' | 'gross' | 'veto'
  /** `pattern/model`, or `portfolio` for its own settings. */
  readonly by: string
  /** The weight, scale, cap or gross limit; for a veto 1 or NaN. Null where there is no number. */
  readonly value: number | null
  readonly before: number
  readonly after: number
  /** Scale: what is left of it under the portfolio's risk tolerance. Gross: what every target is multiplied by. */
  readonly factor?: number
  /** Gross: Σ|exposure| of all symbols before it. Allocation: the number of targets, for `active`. */
  readonly of?: number
}

interface Chain {
  readonly config: PortfolioConfig
  /** Every symbol's. */
  readonly traces: readonly TargetTrace[]
  readonly n: number
  readonly decisions: readonly StoredDecision[]
}

/** The chain of one symbol's target, by the kernel's own operations: its last `after` is the target. */
export function exposureChain(chain: Chain): ExposureStep[] {
  const steps = [allocate(chain)]
  const last = () => steps[steps.length - 1].after
  steps.push(...scale(chain, last()))
  if (chain.config.longOnly && last() < 0) steps.push({ rule: 'long-only', by: 'portfolio', value: null, before: last(), after: 0 })
  steps.push(...cap(chain, last()))
  steps.push(...gross(chain, last()))
  for (const decision of chain.decisions) {
    const value = vetoOf(decision, chain)
    if (value !== undefined) steps.push({ rule: 'veto', by: decision.name, value, before: last(), after: last() })
  }
  return steps
}

function allocate({ config, traces, n, decisions }: Chain): ExposureStep {
  const { combined, allocated } = traces[n]
  const common = { rule: 'allocation', before: combined, after: allocated } as const
  if (config.allocation === 'weights') {
    const decision = decisions.findLast((candidate) => candidate.fields.includes('weights'))
    const value = decision === undefined ? undefined : valueOf(decision, 'weights', { n, symbols: traces.length })
    if (decision !== undefined && value !== undefined) return { ...common, by: decision.name, value }
  }
  if (config.allocation === 'equal') return { ...common, by: 'portfolio', value: fround(1 / traces.length), of: traces.length }
  if (config.allocation !== 'active') return { ...common, by: 'portfolio', value: 1 }
  const active = traces.filter((trace) => trace.combined > 0 || (trace.combined < 0 && !config.longOnly)).length
  return { ...common, by: 'portfolio', value: active === 0 ? 1 : fround(1 / active), of: active }
}

/** Scales multiply in pattern order; each line shows what is left after softening the product so far. */
function scale({ config, traces, n, decisions }: Chain, allocated: number): ExposureStep[] {
  const obedience = fround(1 - fround(config.riskTolerance))
  const steps: ExposureStep[] = []
  let product = 1
  let before = allocated
  for (const decision of decisions) {
    const value = valueOf(decision, 'scale', { n, symbols: traces.length })
    if (value === undefined || value !== value) continue
    product = fround(product * value)
    const factor = fround(1 - fround(obedience * fround(1 - product)))
    const after = fround(allocated * factor) + 0
    steps.push({ rule: 'scale', by: decision.name, value, before, after, factor })
    before = after
  }
  return steps
}

function cap({ config, traces, n, decisions }: Chain, scaled: number): ExposureStep[] {
  const caps = decisions.map((decision) => ({ by: decision.name, value: valueOf(decision, 'cap', { n, symbols: traces.length }) }))
  if (config.limits.cap !== null) caps.push({ by: 'portfolio', value: fround(config.limits.cap) })
  const steps: ExposureStep[] = []
  let before = scaled
  for (const { by, value } of caps) {
    if (value === undefined || value !== value) continue
    const after = before > value ? value : before < -value ? -value + 0 : before
    steps.push({ rule: 'cap', by, value, before, after })
    before = after
  }
  return steps
}

/** The smallest gross limit is the one that acts; the others are shown and change nothing. */
function gross({ config, traces, n, decisions }: Chain, capped: number): ExposureStep[] {
  const { gross: binding, grossFactor, target } = traces[n]
  const limits = decisions.map((decision) => ({ by: decision.name, value: valueOf(decision, 'gross', { n, symbols: traces.length }) }))
  if (config.limits.gross !== null) limits.push({ by: 'portfolio', value: fround(config.limits.gross) })
  const total = grossOf(traces)
  let acts = true
  return limits.flatMap(({ by, value }): ExposureStep[] => {
    if (value === undefined || value !== value) return []
    const binds = acts && value === binding
    if (binds) acts = false
    return [{ rule: 'gross', by, value, before: capped, after: binds || !acts ? target : capped, factor: binds ? grossFactor : 1, of: total }]
  })
}

/** Σ|exposure| as the kernel adds it up: four interleaved float32 sums; NaN counts as 0. */
function grossOf(traces: readonly TargetTrace[]): number {
  const sums = [0, 0, 0, 0]
  traces.forEach(({ capped }, n) => {
    sums[n & 3] = fround(sums[n & 3] + (capped === capped ? Math.abs(capped) : 0))
  })
  return fround(fround(sums[0] + sums[1]) + fround(sums[2] + sums[3]))
}

/** 1 where a model vetoes, NaN where it could not decide something, which vetoes too; else undefined. */
function vetoOf(decision: StoredDecision, { n, traces }: Chain): number | undefined {
  const at = { n, symbols: traces.length }
  const undecided = decision.fields.some((field) => Number.isNaN(valueOf(decision, field, at)))
  if (undecided) return NaN
  const value = valueOf(decision, 'veto', at)
  return value === undefined || value === 0 ? undefined : value
}

/** A model's decision of one field for symbol n; undefined where it does not decide that. */
export function valueOf(decision: StoredDecision, field: DecisionField, at: { readonly n: number; readonly symbols: number }): number | undefined {
  const offset = decisionFieldOffset(decision.fields, field, at.symbols)
  if (offset < 0) return undefined
  return decision.values[offset + (field === 'scale' || field === 'gross' ? 0 : at.n)]
}
