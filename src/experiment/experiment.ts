import type { MetricField } from '../domain/metrics.ts'
import type { PortfolioConfig } from '../domain/portfolio.ts'
import type { MetricProfile } from '../domain/profile.ts'
import type { CombineMethod } from '../domain/signal.ts'
import type { WindowRule } from '../domain/walk-forward.ts'
import type { ModelSpec } from '../models/model.ts'
import type { Axis, OpenRange } from './grid.ts'
import type { Scalar } from './names.ts'
import type { Sample } from './sample.ts'

/**
 * A fully resolved experiment: plain data (structured-cloneable, canonical as JSON) with every name bound,
 * every default filled in and grids kept as grids. `signals.ts` and `portfolios.ts` expand them by index.
 */
export interface ResolvedExperiment {
  readonly name: string
  /** Absolute folder of the experiment file: what relative paths in `market.settings` are relative to. */
  readonly folder: string
  /** ISO 4217 code of the account. */
  readonly currency: string
  readonly market: { readonly source: string; readonly settings: unknown }
  readonly strategies: readonly StrategyGroup[]
  readonly models: readonly ModelSpec[]
  /** An ensemble stands after every ensemble it reads. */
  readonly ensembles: readonly ResolvedEnsemble[]
  readonly riskModels: readonly ResolvedRiskModel[]
  readonly patterns: readonly ResolvedPattern[]
  readonly portfolios: readonly PortfolioGroup[]
  readonly walkForwards: readonly WalkForwardGroup[]
  readonly profile: MetricProfile
  readonly record: 'metrics' | 'all'
  readonly limits: PlanLimits
}

export interface PlanLimits {
  readonly maxCombinations: number
  readonly maxMemoryMiB: number
  readonly maxDiskMiB: number
}

/** Where a step's code is. */
export interface StepOrigin {
  /** Name of the definition. */
  readonly use: string
  /** Absolute path of the user's own file; absent for a built-in. */
  readonly file?: string
  /** SHA-256 of the step's transitive source. */
  readonly sourceHash: string
}

/** One entry of `strategies`: a definition with its grid. */
export interface StrategyGroup extends StepOrigin {
  readonly name: string
  readonly tags: readonly string[]
  /** Fixed parameters and the schema's defaults. */
  readonly params: Readonly<Record<string, unknown>>
  readonly axes: readonly Axis[]
  /** How combinations are drawn from the axes; null = all of them. */
  readonly sample: Sample | null
  /** Ordinals of the grid, or of the sample, that `where` kept, ascending; null = all of them. */
  readonly kept: Float64Array | null
  readonly count: number
}

export interface StrategyInstance extends StepOrigin {
  /** Also the name of its signal: `trend[fast=10,slow=50]`. */
  readonly id: string
  /** Name of its group: `trend`. */
  readonly name: string
  readonly tags: readonly string[]
  readonly params: Readonly<Record<string, unknown>>
}

/** Signals in the order they are combined; weights > 0, each signal once. */
export interface WeightedSignal {
  readonly signal: string
  readonly weight: number
}

export interface ResolvedEnsemble {
  readonly name: string
  readonly method: CombineMethod
  readonly members: readonly WeightedSignal[]
}

export interface ResolvedRiskModel extends StepOrigin {
  readonly name: string
  readonly params: Readonly<Record<string, unknown>>
}

export interface ResolvedPattern {
  readonly name: string
  readonly book: { readonly signals: readonly WeightedSignal[]; readonly combine: CombineMethod }
  /** Names of risk models, in the order their decisions are combined. */
  readonly models: readonly string[]
  /** Whether one of them decides allocation weights. */
  readonly decidesWeights: boolean
}

/** A portfolio without what tells it from the others of its group. A null allocation follows the pattern. */
export type PortfolioBody = Omit<PortfolioConfig, 'id' | 'containerId' | 'signals' | 'allocation'> & {
  readonly allocation: PortfolioConfig['allocation'] | null
}

/** Some fields of a body, nested sections in part. */
export type PortfolioLayer = {
  readonly [K in keyof PortfolioBody]?: PortfolioBody[K] extends object | null ? Partial<PortfolioBody[K]> | null : PortfolioBody[K]
}

export interface PortfolioAxis {
  readonly name: string
  /** What a sample draws from; `values` are then only what is checked of it: its ends and one between. */
  readonly range?: OpenRange
  readonly values: readonly { readonly value: Scalar; readonly layer: PortfolioLayer }[]
}

/** One entry of `portfolios`: one portfolio per signal of `each` (or one in all) × the grid, or a sample of it. */
export interface PortfolioGroup {
  readonly name: string
  readonly containerId: string
  readonly each: readonly string[] | null
  /** The subscription of all of them; empty with `each`. */
  readonly signals: readonly WeightedSignal[]
  readonly body: PortfolioBody
  readonly axes: readonly PortfolioAxis[]
  readonly sample: Sample | null
  readonly count: number
}

/** What chooses a portfolio from a training table: a metric, or a function of the experiment's own module. */
export type SelectionRule =
  | { readonly by: MetricField; readonly order: 'highest' | 'lowest' }
  /** `path` leads to the function in the module's default export. */
  | { readonly file: string; readonly sourceHash: string; readonly path: readonly (string | number)[] }

/**
 * A group whose portfolios are candidates: each is trained on the windows' training rows, and one portfolio, with
 * the group's name, trades the tests with what was selected.
 */
export interface WalkForwardGroup extends PortfolioGroup {
  readonly windows: WindowRule
  readonly select: SelectionRule
}
