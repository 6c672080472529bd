import type { Cancellation, Fill, Order, OrderKind } from '../domain/order.ts'
import type { Book } from './book.ts'
import type { DecisionTrace } from './decision-trace.ts'
import type { Exposure } from './exposure.ts'
import type { FillPlan } from './fill-plan.ts'
import type { EquityRow, KernelBlock, Recorder } from './kernel.ts'
import { toLots } from './lots.ts'
import type { PortfolioRules } from './rules.ts'
import type { Tape } from './tape.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/**
 * One portfolio's turn in one bar: where the kernel stands and all that a rule may touch. There is one of
 * these in a kernel, moved from turn to turn, so that the hot loop makes no objects.
 */
export interface Turn {
  readonly symbols: number
  readonly names: readonly string[]
  readonly lots: Float64Array
  readonly multipliers: Float64Array
  /** Margin per unit; NaN = price × M. */
  readonly margins: Float64Array
  readonly firstRow: number
  readonly lastRow: number
  readonly book: Book
  readonly tape: Tape
  readonly everyRules: readonly PortfolioRules[]
  /** Of the metric profile: whether returns are per bar, and the risk-free rate of one period. */
  readonly returnsPerBar: boolean
  readonly riskFree: number
  readonly exposure: Exposure
  readonly plan: FillPlan
  readonly trace: DecisionTrace
  /** Per symbol, of the decision being made: units wanted, why if a rule forces it, and TRACE bits. */
  readonly desired: Float64Array
  readonly kinds: OrderKind[]
  readonly acted: Int32Array

  /** Whoever is told; a proposal has its own. */
  events: Recorder
  block: KernelBlock
  /** Row of the timeline, row of the block, and that row's first cell in `[row][symbol]` arrays. */
  t: number
  row: number
  cell: number
  portfolio: number
  rules: PortfolioRules
  /** The portfolio's first cell in `[portfolio][symbol]` arrays. */
  own: number

  /** Scratch records, handed to `events` and overwritten. */
  readonly order: Writable<Order>
  readonly fill: Writable<Fill>
  readonly cancellation: Writable<Cancellation>
  readonly equityRow: Writable<EquityRow>
}

/** Moves a turn to another portfolio. */
export function turnTo(turn: Turn, portfolio: number): void {
  turn.portfolio = portfolio
  turn.rules = turn.everyRules[portfolio]
  turn.own = portfolio * turn.symbols
}

/** Half the quoted spread of the symbol's bar, for portfolios that pay it. */
export function halfSpread(turn: Turn, n: number): number {
  const panel = turn.block.market.halfSpread
  return panel === null || !turn.rules.paySpread ? 0 : panel[turn.cell + n]
}

/** Units the symbol's volume still allows this portfolio in this bar, in whole lots. */
export function volumeLeft(turn: Turn, n: number): number {
  const { participation } = turn.rules
  if (participation === Infinity) return Infinity
  const allowed = participation * turn.block.market.volume[turn.cell + n] - turn.book.barVolume[turn.own + n]
  return allowed > 0 ? toLots(allowed, turn.lots[n]) : 0
}
