import type { Instrument } from '../domain/instrument.ts'
import type { MarketPanels } from '../domain/market-panels.ts'
import type { Address, ArtefactDraft, Store } from '../store/store.ts'

/** Panels of a market that are always there, by their name in MarketPanels and in the artefact. */
const PANELS = [
  'open', 'high', 'low', 'close', 'volume', 'split', 'dividend', 'adjustment', 'splitProduct',
] as const
const OPTIONAL_PANELS = ['halfSpread', 'delisting'] as const

interface MarketFacts {
  readonly instruments: readonly Instrument[]
  readonly rows: number
  readonly warmupRows: number
  readonly intervalMs: number
  readonly optional: readonly string[]
}

export function marketFacts(market: MarketPanels): Readonly<Record<string, unknown>> {
  const facts: MarketFacts = {
    instruments: market.instruments,
    rows: market.timeline.closeTimes.length,
    warmupRows: market.warmupRows,
    intervalMs: market.intervalMs,
    optional: OPTIONAL_PANELS.filter((name) => market[name] !== null),
  }
  return { ...facts }
}

/** Writes every panel `[t][n]` and the timeline `[t][close, open, session]`. */
export function writeMarket(draft: ArtefactDraft, market: MarketPanels): void {
  const rows = market.timeline.closeTimes.length
  const columns = market.instruments.length
  for (const name of [...PANELS, ...OPTIONAL_PANELS]) {
    const values = market[name]
    if (values !== null) draft.addPanel(name, { values, rows, columns })
  }
  const times = new Float64Array(rows * 3)
  for (let t = 0; t < rows; t++) {
    times[3 * t] = market.timeline.closeTimes[t]
    times[3 * t + 1] = market.timeline.openTimes[t]
    times[3 * t + 2] = market.timeline.sessionDates[t]
  }
  draft.addPanel('timeline', { values: times, rows, columns: 3 })
}

/** A market's first traded row, and the session of every row. */
export function readTimeline(store: Store, address: Address): { readonly firstRow: number; readonly sessionDates: Int32Array } {
  const facts = store.meta(address)?.facts as MarketFacts | undefined
  if (facts === undefined) throw new Error(`market artefact ${address} is not in the store`)
  const panel = store.panel(address, 'timeline')
  try {
    const times = panel.read(0, facts.rows)
    return { firstRow: facts.warmupRows, sessionDates: Int32Array.from({ length: facts.rows }, (_, t) => times[3 * t + 2]) }
  } finally {
    panel.close()
  }
}

/** Reads a whole market back, verified. */
export function readMarket(store: Store, address: Address): MarketPanels {
  const meta = store.meta(address)
  if (meta === undefined) throw new Error(`market artefact ${address} is not in the store`)
  const facts = meta.facts as unknown as MarketFacts
  const read = (name: string): Float64Array => {
    const panel = store.panel(address, name)
    try {
      return panel.read(0, facts.rows) as Float64Array
    } finally {
      panel.close()
    }
  }
  const times = read('timeline')
  const column = (index: number) => Float64Array.from({ length: facts.rows }, (_, t) => times[3 * t + index])
  const panels = Object.fromEntries(PANELS.map((name) => [name, read(name)])) as Record<(typeof PANELS)[number], Float64Array>
  const optional = (name: string) => (facts.optional.includes(name) ? read(name) : null)
  return {
    ...panels,
    timeline: { closeTimes: column(0), openTimes: column(1), sessionDates: Int32Array.from(column(2)) },
    instruments: facts.instruments,
    warmupRows: facts.warmupRows,
    intervalMs: facts.intervalMs,
    halfSpread: optional('halfSpread'),
    delisting: optional('delisting'),
  }
}
