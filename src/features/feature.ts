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

/** What an author writes; `defineFeature` checks it. */
export interface FeatureDefinition<P = never> {
  readonly name: string
  readonly params: ZodType<P>
  readonly width: FeatureWidth
  /** Bars before the first non-NaN output, of this feature alone (its inputs' warm-up is added). */
  warmup(params: P): number
  /** A fresh step for a universe of `symbols`; `inputs` of the step are the ref's inputs, in order. */
  create(params: P, symbols: number): Step
}

/** Anything a strategy may name as an input: a ref, or a market panel. */
export type FeatureInput = FeatureRef | MarketInput
