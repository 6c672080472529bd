import type { ZodType } from 'zod'
import type { MarketInput } from '../domain/market-panels.ts'
import type { Step } from '../domain/step.ts'

/** Values per row of a feature: N, 1 or N(N−1)/2. */
export type FeatureWidth = 'symbol' | 'market' | 'pair'

/** A feature or a market panel, by canonical expression: `sma(close,20)`. Equal expressions are one feature. */
export interface FeatureRef {
  readonly expression: string
  /** Name of the definition; for a market panel, the panel's name. */
  readonly name: string
  readonly params: Readonly<Record<string, unknown>>
  readonly inputs: readonly FeatureRef[]
}

/** One input a feature reads. */
export interface FeatureInputSlot {
  readonly name: string
  /** What it has to be as wide as; left out: any width, but the same for all such inputs of a feature. */
  readonly width?: FeatureWidth
  /** The panel read when an expression names parameters only: `atr(14)` is `atr(high,low,close,14)`. */
  readonly default?: MarketInput
}

/** A feature as the graph sees it; authors make one with a function of define-feature.ts. */
export interface FeatureDefinition<P = unknown> {
  readonly name: string
  /** An object of numbers, texts or booleans; the order of its keys is their order in an expression. */
  readonly params: ZodType<P>
  readonly inputs: readonly FeatureInputSlot[]
  /** `input`: as wide as its inputs, so that `sma` also smooths a market-wide or a pair feature. */
  readonly width: FeatureWidth | 'input'
  /** Bars before the first non-NaN output, of this feature alone (its inputs' warm-up is added). */
  warmup(params: P): number
  /**
   * A fresh step; `inputs` of the step are the ref's inputs, in order. `size` is the number of symbols, or
   * for `width: 'input'` the number of values in a row of its inputs.
   */
  create(params: P, size: number): Step
}

/** What a feature may be made of: a ref, or a market panel. */
export type FeatureInput = FeatureRef | MarketInput

/** Anything a step may read: what a feature is made of, or an expression as text: `zscore(sma(close,5),20)`. */
export type StepInput = FeatureInput | `${string}(${string})`
