import type { MarketPanels } from '../domain/market-panels.ts'

/** A market whose rows come in order, a stretch at a time. */
export interface MarketStretches extends Pick<MarketPanels, 'instruments' | 'warmupRows' | 'intervalMs'> {
  /** Of all stretches together. */
  readonly rows: number
  /** Each is a market of its rows alone, its adjustment carried on from those before; all have the same optional panels. */
  readonly stretches: Iterable<MarketPanels>
}

/** A market in one stretch. */
export function asStretch(market: MarketPanels): MarketStretches {
  const { instruments, warmupRows, intervalMs, timeline } = market
  return { instruments, warmupRows, intervalMs, rows: timeline.closeTimes.length, stretches: [market] }
}
