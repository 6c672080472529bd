import type { MarketPanels } from '../domain/market-panels.ts'
import type { Instrument } from '../domain/instrument.ts'
import type { Cancellation, Fill, Order } from '../domain/order.ts'
import type { Performance } from '../domain/performance.ts'
import type { PortfolioConfig } from '../domain/portfolio.ts'
import type { MetricProfile } from '../domain/profile.ts'
import type { PatternDecisions } from '../domain/risk-decision.ts'

/**
 * The contract of stage 4: a batch of portfolios stepped together. `reference.ts` defines it in plain scalar
 * TypeScript, ORDER.md fixes every operation; any other kernel is equal to it bit for bit.
 */

/** A portfolio with its names resolved to indices into a block's signal rows and patterns. */
export interface BatchPortfolio {
  readonly config: PortfolioConfig
  /** Per subscription, in config order: index s of the signal in the block. */
  readonly signals: Int32Array
  /** Index of the risk pattern in the block; −1 = none. */
  readonly pattern: number
}

export interface KernelSetup {
  readonly instruments: readonly Instrument[]
  readonly portfolios: readonly BatchPortfolio[]
  readonly profile: MetricProfile
  /** First row that is decided and measured (the market's warmupRows). */
  readonly firstRow: number
  /** Last row of the run, where `end` applies; Infinity when there is none (live). */
  readonly lastRow: number
}

/** The panels of a market that a kernel reads. */
type KernelPanels = Pick<MarketPanels, 'open' | 'high' | 'low' | 'close' | 'volume' | 'split' | 'dividend' | 'halfSpread' | 'delisting'>

/** Raw market rows `[row][n]` from `firstRow` of the timeline on; views, never copied by the kernel. */
export interface MarketBlock extends KernelPanels {
  readonly firstRow: number
  readonly rows: number
  readonly closeTimes: Float64Array
  readonly openTimes: Float64Array
  readonly sessionDates: Int32Array
}

/** A block of consecutive rows with everything the batch reads in them. */
export interface KernelBlock {
  readonly market: MarketBlock
  /** `[s][row][n]`, float32, over the block's own rows; S is the number of distinct signals of the batch. */
  readonly signals: Float32Array
  readonly signalCount: number
  /** By pattern index. */
  readonly patterns: readonly PatternDecisions[]
}

/** What `open` asks to be booked, in booking order; also what a broker sends back. */
export interface Executions {
  readonly fills: readonly Fill[]
  readonly cancellations: readonly Cancellation[]
}

/** Receives what is worth keeping, while it happens. All methods are optional; none may keep its argument. */
export interface Recorder {
  order?(order: Order): void
  fill?(fill: Fill): void
  cancellation?(cancellation: Cancellation): void
  /** After every mark. */
  equity?(row: EquityRow): void
}

export interface EquityRow {
  readonly portfolio: number
  readonly t: number
  readonly equity: number
  readonly cash: number
  /** Σ|quantity| × M × close / equity. */
  readonly grossExposure: number
  readonly periodReturn: number
}

/** How one symbol's target came about at the latest decision: the numbers `explain` shows. */
export interface TargetTrace {
  readonly combined: number
  readonly allocated: number
  readonly scale: number
  readonly softenedScale: number
  readonly scaled: number
  readonly cap: number
  readonly capped: number
  readonly gross: number
  readonly grossFactor: number
  readonly target: number
  readonly veto: boolean
  readonly desiredQuantity: number
  readonly heldQuantity: number
  /** Names of the rules that changed or stopped the order, in the order they acted. */
  readonly rules: readonly string[]
}

/** One portfolio's book as it stands. */
export interface BookView {
  readonly cash: number
  readonly equity: number
  readonly quantities: Float64Array
  readonly entryPrices: Float64Array
  readonly marks: Float64Array
}

/**
 * The four verbs. The driver calls, for every row in order: `open`, `settle` (with what came back), `mark`,
 * `decide`; the fused loop `run` does the same without materialising executions. `row` is always a row of the
 * timeline (like `Row.t`), not of the block. Rows before `firstRow` may be handed over or left out: they only
 * set last closes; all four verbs do nothing else in them.
 */
export interface Kernel {
  /**
   * Carry and corporate actions (with delistings and what a split's lot cannot hold), booked and recorded at
   * once; then every execution of this bar as a proposal, in booking order: waiting orders at the open,
   * intrabar exits, `next-close` orders at the close. Nothing of the proposal is booked before `settle`; later
   * executions already reckon with earlier ones of the list.
   */
  open(block: KernelBlock, row: number): Executions
  /** Books executions: cash, quantities, entry prices, exit levels, trades, fees. */
  settle(executions: Executions): void
  /** Marks at the close: equity, return, metrics. */
  mark(block: KernelBlock, row: number): void
  /** Decides for every symbol with a bar; the orders now wait. `same-close` orders fill here, at once. */
  decide(block: KernelBlock, row: number): readonly Order[]
  /** The fused loop over every row of the block: bitwise the four verbs. */
  run(block: KernelBlock): void
  /** Metrics' sums of one portfolio. */
  performance(portfolio: number): Performance
  book(portfolio: number): BookView
  /** Only meaningful right after `decide` or `run` of a block that ends in the row of interest. */
  trace(portfolio: number, symbol: number): TargetTrace
  snapshot(): Uint8Array
  restore(bytes: Uint8Array): void
}

export type KernelFactory = (setup: KernelSetup, recorder?: Recorder) => Kernel
