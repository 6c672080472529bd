import type { Instrument } from '../domain/instrument.ts'
import type { MarketPanels } from '../domain/market-panels.ts'
import { barsOverlap } from '../kernel/vector-rules.ts'
import type { MarketStretches } from '../market/stretches.ts'
import { missingArtefact } from '../store/artefact-faults.ts'
import type { Address, ArtefactDraft, PanelWriter, Store } from '../store/store.ts'

/** Panels of a market that are always there, by their name in MarketPanels and in the artefact. */
const PANELS = [
  'open', 'high', 'low', 'close', 'volume', 'split', 'dividend', 'adjustment', 'splitProduct',
] as const
const OPTIONAL_PANELS = ['halfSpread', 'delisting'] as const
/** Of the panel `timeline`: close, open, session. */
export const TIMELINE_COLUMNS = 3

export type MarketPanelName = (typeof PANELS)[number] | (typeof OPTIONAL_PANELS)[number]

interface MarketFacts {
  readonly instruments: readonly Instrument[]
  readonly rows: number
  readonly warmupRows: number
  readonly intervalMs: number
  /** Whether a bar opens before the one before it has closed. */
  readonly barsOverlap: boolean
  readonly optional: readonly (typeof OPTIONAL_PANELS)[number][]
}

/** Writes every panel `[t][n]` and the timeline `[t][close, open, session]`, stretch by stretch; gives the artefact's facts. */
export function writeMarket(draft: ArtefactDraft, market: MarketStretches): Readonly<Record<string, unknown>> {
  const { rows, instruments, warmupRows, intervalMs } = market
  const start = (name: string, columns: number): PanelWriter => draft.startPanel(name, { type: 'float64', rows, columns })
  const timeline = start('timeline', TIMELINE_COLUMNS)
  const panels = new Map<MarketPanelName, PanelWriter>()
  let [overlap, closeTime] = [false, -Infinity]
  for (const stretch of market.stretches) {
    for (const name of [...PANELS, ...OPTIONAL_PANELS]) {
      const values = stretch[name]
      if (values === null) continue
      if (!panels.has(name)) panels.set(name, start(name, instruments.length))
      panels.get(name)?.append(values)
    }
    timeline.append(timesOf(stretch))
    overlap ||= barsOverlap(stretch.timeline, closeTime)
    closeTime = stretch.timeline.closeTimes[stretch.timeline.closeTimes.length - 1]
  }
  for (const writer of [timeline, ...panels.values()]) writer.end()
  const facts: MarketFacts = { instruments, rows, warmupRows, intervalMs, barsOverlap: overlap, optional: OPTIONAL_PANELS.filter((name) => panels.has(name)) }
  return { ...facts }
}

function timesOf({ timeline: { closeTimes, openTimes, sessionDates } }: MarketPanels): Float64Array {
  const times = new Float64Array(closeTimes.length * TIMELINE_COLUMNS)
  for (let t = 0, i = 0; t < closeTimes.length; t++) {
    times[i++] = closeTimes[t]
    times[i++] = openTimes[t]
    times[i++] = sessionDates[t]
  }
  return times
}

function timelineOf(times: Float64Array): MarketPanels['timeline'] {
  const rows = times.length / TIMELINE_COLUMNS
  const [closeTimes, openTimes, sessionDates] = [new Float64Array(rows), new Float64Array(rows), new Int32Array(rows)]
  for (let t = 0, i = 0; t < rows; t++) {
    closeTimes[t] = times[i++]
    openTimes[t] = times[i++]
    sessionDates[t] = times[i++]
  }
  return { closeTimes, openTimes, sessionDates }
}

/**
 * What is known of a stored market without its panels.
 * @throws MillraceError ARTEFACT_MISSING: whoever found it damaged has put it aside
 */
export function marketFactsOf(store: Store, address: Address): MarketFacts {
  const meta = store.meta(address)
  if (meta === undefined) throw missingArtefact(address, store.root)
  return meta.facts as unknown as MarketFacts
}

/** A market's first traded row, and the session of every row. */
export function readTimeline(store: Store, address: Address): { readonly firstRow: number; readonly sessionDates: Int32Array } {
  const facts = marketFactsOf(store, address)
  const panel = store.panel(address, 'timeline')
  try {
    const { sessionDates } = timelineOf(panel.read(0, facts.rows) as Float64Array)
    return { firstRow: facts.warmupRows, sessionDates }
  } finally {
    panel.close()
  }
}

/** Reads a whole market back, verified. */
export function readMarket(store: Store, address: Address): MarketPanels {
  const facts = marketFactsOf(store, address)
  const read = (name: string): Float64Array => {
    const panel = store.panel(address, name)
    try {
      return panel.read(0, facts.rows) as Float64Array
    } finally {
      panel.close()
    }
  }
  const panels = Object.fromEntries(PANELS.map((name) => [name, read(name)])) as Record<(typeof PANELS)[number], Float64Array>
  const optional = (name: (typeof OPTIONAL_PANELS)[number]) => (facts.optional.includes(name) ? read(name) : null)
  return {
    ...panels,
    timeline: timelineOf(read('timeline')),
    instruments: facts.instruments,
    warmupRows: facts.warmupRows,
    intervalMs: facts.intervalMs,
    halfSpread: optional('halfSpread'),
    delisting: optional('delisting'),
  }
}
