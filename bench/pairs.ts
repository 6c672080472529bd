import type { SweepInput, SweepResult } from '../src/api.ts'
import { createRandom } from '../src/base/random.ts'

export const FEE_BPS = 10
export const CASH = 1_000_000
const DAY_MS = 86_400_000

export interface Bars {
  readonly open: Float64Array
  readonly close: Float64Array
}

/** Ends of the two ranges of windows, both in. */
export interface PairGrid {
  readonly fast: readonly [from: number, to: number]
  readonly slow: readonly [from: number, to: number]
}

const range = ([from, to]: readonly [from: number, to: number]): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)

/** Fast and slow windows of every pair, in Millrace's order. */
export function pairsOf({ fast, slow }: PairGrid): (readonly [fast: number, slow: number])[] {
  return range(fast).flatMap((f) => range(slow).map((s) => [f, s] as const))
}

export function randomBars(rows: number): Bars {
  const random = createRandom(`vectorbt/${rows}`)
  const open = new Float64Array(rows)
  const close = new Float64Array(rows)
  let last = 100
  for (let t = 0; t < rows; t++) {
    open[t] = last * Math.exp(0.003 * random.normal())
    close[t] = open[t] * Math.exp(0.0003 + 0.012 * random.normal())
    last = close[t]
  }
  return { open, close }
}

/** As every peer's script reads them: open, then close. */
export function barsFile({ open, close }: Bars): Buffer {
  return Buffer.concat([Buffer.from(open.buffer), Buffer.from(close.buffer)])
}

/** Long from the open after the fast average is above the slow one, else flat: with all the cash, or `units` of them. */
export function pairsExperiment({ fast, slow }: PairGrid, units?: number) {
  return {
    name: 'pairs',
    market: { source: 'memory' as const, instruments: { X: { lot: 0 } } },
    strategies: [{ name: 'cross', use: 'sma-cross', grid: { fast: { from: fast[0], to: fast[1], step: 1 }, slow: { from: slow[0], to: slow[1], step: 1 } } }],
    portfolios: [{
      name: 'each', each: 'cross*', risk: 'none', cash: CASH, longOnly: true, trading: 'hold' as const, costs: { feeBps: FEE_BPS },
      sizing: units === undefined ? { kind: 'allIn' as const } : { kind: 'fixedQuantity' as const, quantity: units },
    }],
  }
}

/** The same with its bars, for a run in this process. */
export function withBars(experiment: ReturnType<typeof pairsExperiment>, { open, close }: Bars): SweepInput {
  const closeTimes = Float64Array.from(close, (_, t) => (t + 1) * DAY_MS)
  return { ...experiment, market: { ...experiment.market, bars: { X: { closeTimes, open, close } } } }
}

export type ComparedFigure = 'totalReturn' | 'sharpe' | 'maxDrawdown'

/** Largest difference of any figure of any pair, a peer's being `[pair][figure]`; a drawdown's sign is a convention. */
export function largestDifference(result: SweepResult, theirs: Float64Array, fields: readonly ComparedFigure[]): number {
  let largest = 0
  for (let p = 0; p < result.count; p++) {
    fields.forEach((field, f) => {
      const their = theirs[fields.length * p + f]
      const difference = Math.abs(result.metrics[field][p] - (field === 'maxDrawdown' ? Math.abs(their) : their))
      if (!(difference <= largest)) largest = difference
    })
  }
  return largest
}
