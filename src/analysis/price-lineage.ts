import type { MarketPanels } from '../domain/market-panels.ts'
import type { Fill, OrderKind } from '../domain/order.ts'
import type { PortfolioConfig } from '../domain/portfolio.ts'
import type { BookMoment, WatchedFill } from './order-watch.ts'

/**
 * Where the price of a fill comes from: `base × (1 ± slippageBps) ± halfSpread`, + for a buy.
 * An exit's `base` is `reference × (1 ± fraction)`, − where the price has gone against the position.
 */
export interface PriceLineage {
  /** `level`: of an exit; `last-close`: of a symbol without a bar; `stated`: the price of a delisting. */
  readonly from: 'open' | 'close' | 'last-close' | 'level' | 'stated'
  readonly base: number
  readonly slippageBps: number
  /** Half the quoted spread; 0 where it is not paid. */
  readonly halfSpread: number
  /** The price whose fraction a level is: the entry price, or the best one since. Null for all but levels. */
  readonly reference: number | null
  /** The share of the reference that was lost or gained. */
  readonly fraction: number | null
}

export interface PricedFill {
  readonly watched: Pick<WatchedFill, 'fill' | 'before'>
  /** The book when the order was decided, or before its bar. */
  readonly book: BookMoment
  readonly config: PortfolioConfig
  readonly market: MarketPanels
}

const EXITS: readonly OrderKind[] = ['stop-loss', 'take-profit', 'trailing-stop']
/** These fill at opens in every execution profile. */
const AT_OPENS: readonly OrderKind[] = ['ended', 'exit-rest', 'split-cash']

/** The numbers behind a fill's price, by the rules of kernel/ORDER.md. */
export function priceLineage(of: PricedFill): PriceLineage {
  const { fill } = of.watched
  if (EXITS.includes(fill.kind)) return exitPrice(of)
  if (fill.kind === 'delisting') return stated(fill.price)
  const { open, close } = of.market
  const cell = fill.t * of.market.instruments.length + fill.symbol
  if (fill.kind === 'split-cash') return Number.isNaN(open[cell]) ? stated(fill.price) : { ...stated(fill.price), from: 'open' }
  const { from, base } = Number.isNaN(open[cell])
    ? { from: 'last-close' as const, base: of.book.mark }
    : fillsAtOpen(fill, of.config) ? { from: 'open' as const, base: open[cell] } : { from: 'close' as const, base: close[cell] }
  return { from, base, ...costsOf(of), reference: null, fraction: null }
}

function stated(price: number): PriceLineage {
  return { from: 'stated', base: price, slippageBps: 0, halfSpread: 0, reference: null, fraction: null }
}

function fillsAtOpen({ kind }: Fill, { end, execution }: PortfolioConfig): boolean {
  if (kind === 'end-of-run') return end === 'last-open'
  return execution.profile === 'next-open' || AT_OPENS.includes(kind)
}

function costsOf({ watched: { fill }, config: { costs }, market }: PricedFill): { readonly slippageBps: number; readonly halfSpread: number } {
  if (fill.kind === 'take-profit') return { slippageBps: 0, halfSpread: 0 }
  const half = costs.paySpread ? market.halfSpread?.[fill.t * market.instruments.length + fill.symbol] : undefined
  return {
    slippageBps: fill.leg === 'increase' ? costs.entrySlippageBps : costs.exitSlippageBps,
    halfSpread: half === undefined || Number.isNaN(half) ? 0 : half,
  }
}

/** The price a fill has when it starts from `base`. */
export function priceFrom(base: number, of: { readonly side: number; readonly slippageBps: number; readonly halfSpread: number }): number {
  return base * (1 + of.side * (of.slippageBps / 10_000)) + of.side * of.halfSpread
}

/** The kernel keeps no record of levels, so they are found again: the level is the one that gives the price of the fill. */
function exitPrice(of: PricedFill): PriceLineage {
  const { fill, before } = of.watched
  const costs = costsOf(of)
  const side = Math.sign(fill.quantity)
  const open = of.market.open[fill.t * of.market.instruments.length + fill.symbol]
  const gives = (base: number) => priceFrom(base, { side, ...costs }) === fill.price
  const { stopLoss, takeProfit, trailingStop, gapFill } = of.config.exits
  const fraction = { 'stop-loss': stopLoss, 'take-profit': takeProfit, 'trailing-stop': trailingStop }[fill.kind as string] ?? NaN
  if (gapFill === 'open' && gives(open)) return { from: 'open', base: open, ...costs, reference: null, fraction }
  const held = Math.sign(before.quantity)
  const levelOf = (reference: number) => reference * (fill.kind === 'take-profit' ? 1 + held * fraction : 1 - held * fraction)
  for (const reference of references(of)) {
    if (gives(levelOf(reference))) return { from: 'level', base: levelOf(reference), ...costs, reference, fraction }
  }
  return { from: 'level', base: (fill.price - side * costs.halfSpread) / (1 + side * (costs.slippageBps / 10_000)), ...costs, reference: null, fraction }
}

/** Prices an exit's level may be a fraction of: those of the entry, and for a trailing stop the best of every bar before. */
function* references({ watched: { fill, before }, book, config, market }: PricedFill): Generator<number> {
  const symbols = market.instruments.length
  const splits: number[] = []
  const afterSplits = (price: number) => splits.reduce((value, split) => value / split, price)
  const noteSplit = (t: number) => {
    const split = market.split[t * symbols + fill.symbol]
    if (split !== 1) splits.unshift(split)
  }
  noteSplit(fill.t)
  yield afterSplits(book.entryPrice)
  yield before.entryPrice
  if (fill.kind !== 'trailing-stop') return
  const extreme = before.quantity > 0 ? market.high : market.low
  const best = config.exits.trailFrom === 'high' ? extreme : market.close
  for (let t = fill.t - 1; t >= 0; t--) {
    yield afterSplits(best[t * symbols + fill.symbol])
    noteSplit(t)
  }
}
