import type { PerformanceField } from '../domain/performance.ts'

/**
 * Everything the kernel remembers of a batch, as float64 arrays: `[portfolio]` or `[portfolio][symbol]`.
 * Nothing else survives a bar, so a snapshot is these arrays, and a portfolio's part of them is independent
 * of every other's.
 */
export type Book = ReturnType<typeof createBook>

/** No order in the slot of this portfolio and symbol; otherwise 1 + the index of its kind in ORDER_KINDS. */
export const NO_ORDER = 0

export function createBook(of: { portfolios: number; symbols: number }) {
  const perPortfolio: Float64Array[] = []
  const perSymbol: Float64Array[] = []
  const each = (value = 0): Float64Array => {
    const array = new Float64Array(of.portfolios).fill(value)
    perPortfolio.push(array)
    return array
  }
  const cell = (value = 0): Float64Array => {
    const array = new Float64Array(of.portfolios * of.symbols).fill(value)
    perSymbol.push(array)
    return array
  }
  return {
    cash: each(),
    /** At the latest mark. */
    equity: each(),
    /** What returns are measured against: equity at the last mark, frozen once the portfolio has ended. */
    measuredEquity: each(),
    /** Measured equity at the end of the last complete period. */
    periodEquity: each(),
    /** Of each kind of leg since the last mark: Σ value, Σ|value|, Σ fee. The mark takes them out of `cash`. */
    reducedValue: each(),
    reducedSize: each(),
    reducedFees: each(),
    increasedValue: each(),
    increasedSize: each(),
    increasedFees: each(),
    openOrders: each(),
    /** Symbols held. */
    positions: each(),
    /** Peak the drawdown stop looks at, and the row it hit in; −1 = trading. */
    stopPeak: each(),
    stoppedAt: each(-1),

    quantity: cell(),
    /** Average fill price of the position; 0 = flat. */
    entryPrice: cell(),
    /** Row of the entry from flat, and how many bars the symbol had closed before its first close after it. */
    entryRow: cell(-1),
    entryBar: cell(),
    /** As `entryBar`, for the latest exit to flat. */
    exitBar: cell(-Infinity),
    /** Price the stop and target are fractions of, and the best price since entry the trailing stop follows. */
    levelPrice: cell(),
    bestPrice: cell(),
    /** Side an exit closed, while the combined target's sign has not differed since; else 0. */
    lockedSide: cell(),
    /** Cash taken and paid by the trade that is open. */
    tradeCash: cell(),
    /** Units filled in this bar; kept only where participation is limited. */
    barVolume: cell(),
    /** The one order that may be open: kind, units (NaN = sized at the fill), exposure wanted, decision. */
    orderKind: cell(NO_ORDER),
    orderQuantity: cell(),
    orderTarget: cell(),
    orderRow: cell(),
    orderTime: cell(),

    sums: createSums(each),
    perPortfolio,
    perSymbol,
  }
}

function createSums(each: (value?: number) => Float64Array) {
  return {
    startEquity: each(), finalEquity: each(), peakEquity: each(),
    maxDrawdown: each(), maxDrawdownPeriods: each(), drawdownPeriods: each(),
    returns: each(), firstReturn: each(NaN), sumReturns: each(), sumSquares: each(),
    sumDownsideSquares: each(), firstDownsideSquare: each(NaN), bestReturn: each(NaN), worstReturn: each(NaN),
    turnover: each(), fees: each(), orders: each(), fills: each(), cancellations: each(),
    trades: each(), winningTrades: each(), grossProfit: each(), grossLoss: each(),
    bars: each(), barsInMarket: each(), sumGrossExposure: each(),
    signalCount: each(), cappedCount: each(), vetoedCount: each(), scaledBars: each(), grossLimitedBars: each(),
    ended: each(), drawdownStops: each(),
  } satisfies Record<PerformanceField, Float64Array>
}

/** One portfolio's part of a book, kept aside while a bar is only proposed. */
export interface SavedPortfolio {
  readonly scalars: Float64Array
  readonly cells: Float64Array
}

export function createSavedPortfolio(book: Book, symbols: number): SavedPortfolio {
  return {
    scalars: new Float64Array(book.perPortfolio.length),
    cells: new Float64Array(book.perSymbol.length * symbols),
  }
}

export function savePortfolio(book: Book, portfolio: number, saved: SavedPortfolio): void {
  const symbols = saved.cells.length / book.perSymbol.length
  const start = portfolio * symbols
  book.perPortfolio.forEach((array, index) => {
    saved.scalars[index] = array[portfolio]
  })
  book.perSymbol.forEach((array, index) => saved.cells.set(array.subarray(start, start + symbols), index * symbols))
}

export function bringBackPortfolio(book: Book, portfolio: number, saved: SavedPortfolio): void {
  const symbols = saved.cells.length / book.perSymbol.length
  book.perPortfolio.forEach((array, index) => {
    array[portfolio] = saved.scalars[index]
  })
  book.perSymbol.forEach((array, index) => {
    array.set(saved.cells.subarray(index * symbols, (index + 1) * symbols), portfolio * symbols)
  })
}
