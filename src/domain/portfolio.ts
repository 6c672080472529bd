import type { Costs } from './costs.ts'
import type { CombineMethod } from './signal.ts'

/** How a combined signal becomes a share of equity per symbol. */
export const ALLOCATIONS = ['weights', 'equal', 'active', 'signal'] as const
export type Allocation = (typeof ALLOCATIONS)[number]

export const OPPOSITE_POLICIES = ['reverse', 'close', 'ignore'] as const
export type OppositePolicy = (typeof OPPOSITE_POLICIES)[number]

/** When a `rebalance` portfolio trades: every n-th bar, or the first bar of a session, week or month. */
export type Schedule = { readonly every: 'session' | 'week' | 'month' } | { readonly everyBars: number }

export type Sizing =
  | { readonly kind: 'exposure'; readonly size: number }
  /** Units per full target (|target| = 1): one number or one per symbol. */
  | { readonly kind: 'fixedQuantity'; readonly quantity: number | Readonly<Record<string, number>> }
  /** Account currency per full target. */
  | { readonly kind: 'fixedCash'; readonly cash: number }
  | { readonly kind: 'allIn'; readonly size: number; readonly cashBuffer: number }

export interface Exits {
  /** Fraction of the entry price lost at which the position is closed; null = off. */
  readonly stopLoss: number | null
  readonly takeProfit: number | null
  /** Fraction below (above, for a short) the best price since entry. */
  readonly trailingStop: number | null
  readonly trailFrom: 'close' | 'high'
  readonly exitsFrom: 'entry-bar' | 'next-bar'
  readonly gapFill: 'open' | 'level'
  readonly reentry: 'change' | 'any'
}

export interface Limits {
  /** Largest |exposure| per symbol as a fraction of equity; null = none. */
  readonly cap: number | null
  /** Largest Σ|exposure|; null = none. */
  readonly gross: number | null
}

export interface DrawdownStop {
  /** Loss from the peak, as a fraction, at which everything is closed. */
  readonly limit: number
  /** Bars after which trading resumes; null = never. */
  readonly resumeAfterBars: number | null
}

export const EXECUTION_PROFILES = ['next-open', 'next-close', 'same-close'] as const
export type ExecutionProfile = (typeof EXECUTION_PROFILES)[number]

export interface Execution {
  readonly profile: ExecutionProfile
  readonly buyingPower: 'scale' | 'reject'
  /** Largest share of a bar's volume that one symbol's orders and exits may fill; null = no limit. */
  readonly participation: number | null
}

/**
 * One fully resolved configuration: every default filled in, every grid expanded. Its canonical JSON is what
 * an order's lineage key is made of, so nothing about workers, batches or files may enter here.
 */
export interface PortfolioConfig {
  readonly id: string
  readonly containerId: string
  /** Subscribed signals in subscription order; weights > 0. */
  readonly signals: readonly { readonly signal: string; readonly weight: number }[]
  readonly combine: CombineMethod
  /** Name of the risk pattern; null = `risk: none`. */
  readonly riskPattern: string | null
  /** 0 = follow `scale` fully, 1 = ignore it. */
  readonly riskTolerance: number
  readonly allocation: Allocation
  readonly trading: 'rebalance' | 'hold'
  readonly opposite: OppositePolicy
  readonly schedule: Schedule
  readonly sizing: Sizing
  readonly longOnly: boolean
  readonly leverage: number
  readonly limits: Limits
  readonly exits: Exits
  /** Closes counted after entry (min, max) or after exit (cooldown); 0 = off. */
  readonly minHoldBars: number
  readonly maxHoldBars: number
  readonly cooldownBars: number
  readonly drawdownStop: DrawdownStop | null
  /** Order only if |Δ value| > threshold × equity. */
  readonly threshold: number
  readonly costs: Costs
  readonly execution: Execution
  /** Starting cash in account currency. */
  readonly cash: number
  /** Units held at the start, by symbol, entered at the first bar's close price. */
  readonly positions: Readonly<Record<string, number>>
  readonly end: 'leave' | 'last-open' | 'last-close'
}
