import type { Instrument } from './instrument.ts'
import type { Timeline } from './timeline.ts'

/**
 * Everything a run knows of its market: panels on timeline × universe, row-major `[t][n]`, float64.
 * A symbol without a bar in a row has NaN in every price and in volume.
 */
export interface MarketPanels {
  readonly timeline: Timeline
  readonly instruments: readonly Instrument[]
  /** Rows before the experiment's `from`: they only warm up; nothing is decided or measured in them. */
  readonly warmupRows: number
  /** Bar interval in milliseconds; a daily market has 86,400,000. */
  readonly intervalMs: number
  /** Raw (unadjusted) prices: fills, marks and volume limits. */
  readonly open: Float64Array
  readonly high: Float64Array
  readonly low: Float64Array
  readonly close: Float64Array
  readonly volume: Float64Array
  /** Split coefficient effective at the bar's open; 1 = none. 1 where there is no bar. */
  readonly split: Float64Array
  /** Cash per unit (after that bar's split) credited to whoever held at the previous close; 0 = none. */
  readonly dividend: Float64Array
  /**
   * Forward adjustment g, `g[t] = g[t−1] × split[t] × (1 + dividend[t]/close[t])`, carried over rows
   * without a bar, starting at 1. Causal: later rows never restate earlier ones. Features see price × g.
   */
  readonly adjustment: Float64Array
  /** Product of the splits so far: features see volume ÷ this. */
  readonly splitProduct: Float64Array
  /** Half the quoted spread in price units, where the source has quotes; else null. */
  readonly halfSpread: Float64Array | null
  /** Price at which a delisted symbol is closed, in the row of the delisting; NaN elsewhere. null = none at all. */
  readonly delisting: Float64Array | null
}

/** The market panels a feature may read by name; adjusted unless the name starts with `raw.`. */
export const MARKET_INPUTS = [
  'open', 'high', 'low', 'close', 'volume',
  'raw.open', 'raw.high', 'raw.low', 'raw.close', 'raw.volume',
] as const

export type MarketInput = (typeof MARKET_INPUTS)[number]

/** Number of pairs of a universe of N symbols: N(N−1)/2. */
export function pairCount(symbols: number): number {
  return (symbols * (symbols - 1)) / 2
}

/** Position of the pair (i, j), i < j, in a pair panel's row: (0,1), (0,2) … (0,N−1), (1,2) … */
export function pairIndex(first: number, second: number, symbols: number): number {
  return first * symbols - (first * (first + 1)) / 2 + (second - first - 1)
}

type InputPanel = 'open' | 'high' | 'low' | 'close' | 'volume' | 'adjustment' | 'splitProduct'

/** The panels a market input is made of: of a whole history, or of some rows. */
export type MarketColumns = Pick<MarketPanels, 'instruments' | InputPanel>

interface InputParts {
  readonly panel: InputPanel
  /** What its forward-adjusted view is made with; null for the raw one. */
  readonly factors: 'adjustment' | 'splitProduct' | null
}

const PARTS: ReadonlyMap<MarketInput, InputParts> = new Map(MARKET_INPUTS.map((input): [MarketInput, InputParts] => {
  const isRaw = input.startsWith('raw.')
  const panel = (isRaw ? input.slice(4) : input) as InputPanel
  return [input, { panel, factors: isRaw ? null : panel === 'volume' ? 'splitProduct' : 'adjustment' }]
}))

function partsOf(input: MarketInput): InputParts {
  return PARTS.get(input) as InputParts
}

/** The panels that {@link readMarketInput} reads for an input. */
export function panelsOf(input: MarketInput): readonly InputPanel[] {
  const { panel, factors } = partsOf(input)
  return factors === null ? [panel] : [panel, factors]
}

/**
 * Fills `out` (N long) with one row of a market input as features see it: adjusted prices are
 * raw × g, adjusted volume is raw ÷ split product. Staged and lockstep both read rows through this.
 */
export function readMarketInput(market: MarketColumns, input: MarketInput, t: number, out: Float64Array): void {
  readMarketRows(market, input, { from: t, rows: 1 }, out)
}

/** The same of some rows, one behind the other. */
export function readMarketRows(market: MarketColumns, input: MarketInput, of: { readonly from: number; readonly rows: number }, out: Float64Array): void {
  const symbols = market.instruments.length
  const start = of.from * symbols
  const cells = of.rows * symbols
  const { panel, factors } = partsOf(input)
  const values = market[panel]
  if (factors === null) {
    for (let i = 0; i < cells; i++) out[i] = values[start + i]
  } else if (factors === 'splitProduct') {
    for (let i = 0; i < cells; i++) out[i] = values[start + i] / market.splitProduct[start + i]
  } else {
    for (let i = 0; i < cells; i++) out[i] = values[start + i] * market.adjustment[start + i]
  }
}
