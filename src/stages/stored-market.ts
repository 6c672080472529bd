import type { Instrument } from '../domain/instrument.ts'
import type { MarketPanels } from '../domain/market-panels.ts'
import type { Address, PanelReader, Store } from '../store/store.ts'
import { marketFactsOf, TIMELINE_COLUMNS, type MarketPanelName } from './market-artefact.ts'

/** Bytes of a panel that are read at once: enough for a pread to pay, little beside a process. */
const STRETCH_BYTES = 2 ** 16
const LEAST_STRETCH_ROWS = 16
const FLOAT64_BYTES = 8

/** A market in the store whose rows are read as they are needed; its panels are opened when first read. */
export class StoredMarket {
  readonly store: Store
  readonly instruments: readonly Instrument[]
  readonly rows: number
  readonly warmupRows: number
  /** Whether a bar opens before the one before it has closed. */
  readonly barsOverlap: boolean
  /** Panels that not every market has. */
  readonly optional: readonly MarketPanelName[]
  readonly #address: Address
  readonly #panels = new Map<string, PanelReader>()

  constructor(store: Store, address: Address) {
    const { instruments, rows, warmupRows, barsOverlap, optional } = marketFactsOf(store, address)
    this.store = store
    this.instruments = instruments
    this.rows = rows
    this.warmupRows = warmupRows
    this.barsOverlap = barsOverlap
    this.optional = optional
    this.#address = address
  }

  get symbols(): readonly string[] {
    return this.instruments.map(({ symbol }) => symbol)
  }

  panel(name: MarketPanelName | 'timeline'): PanelReader {
    const known = this.#panels.get(name)
    if (known !== undefined) return known
    const panel = this.store.panel(this.#address, name)
    this.#panels.set(name, panel)
    return panel
  }

  close(): void {
    for (const panel of this.#panels.values()) panel.close()
    this.#panels.clear()
  }
}

type Columns = Pick<MarketPanels, MarketPanelName | 'instruments' | 'timeline'>
type MutableColumns = { -readonly [K in keyof Columns]: Columns[K] }

const NONE = new Float64Array(0)

/**
 * A stretch of a market's rows, moved along as later (or earlier) ones are asked for: what a reader occupies does not
 * grow with the history. The timeline and the panels asked for are there, others are empty; arrays are used again.
 */
export class MarketWindow {
  readonly #market: StoredMarket
  readonly #names: readonly MarketPanelName[]
  readonly #columns: MutableColumns
  #first = 0
  #end = 0
  #capacity = 0
  #times = NONE

  constructor(market: StoredMarket, names: Iterable<MarketPanelName>) {
    this.#market = market
    this.#names = [...new Set(names)]
    this.#columns = {
      timeline: { closeTimes: NONE, openTimes: NONE, sessionDates: new Int32Array(0) }, instruments: market.instruments,
      open: NONE, high: NONE, low: NONE, close: NONE, volume: NONE, split: NONE, dividend: NONE, adjustment: NONE, splitProduct: NONE,
      halfSpread: null, delisting: null,
    }
  }

  /** The rows that are here, by their place in the window. */
  get columns(): Columns {
    return this.#columns
  }

  /** The place of row `from` in the window, which has all rows up to `to` then. */
  seek(from: number, to = from + 1): number {
    if (from < this.#first || to > this.#end) this.#load(from, to)
    return from - this.#first
  }

  closeTime(t: number): number {
    const at = this.seek(t)
    return this.#columns.timeline.closeTimes[at]
  }

  sessionDate(t: number): number {
    const at = this.seek(t)
    return this.#columns.timeline.sessionDates[at]
  }

  #load(from: number, to: number): void {
    const widest = Math.max(TIMELINE_COLUMNS, this.#market.instruments.length)
    const stretch = Math.max(LEAST_STRETCH_ROWS, Math.floor(STRETCH_BYTES / FLOAT64_BYTES / widest))
    this.#makeRoom(Math.min(this.#market.rows, Math.max(stretch, to - from)))
    this.#first = from
    this.#end = Math.min(this.#market.rows, from + this.#capacity)
    for (const name of this.#names) this.#market.panel(name).read(from, this.#end, this.#columns[name] as Float64Array)
    this.#market.panel('timeline').read(from, this.#end, this.#times)
    const { closeTimes, openTimes, sessionDates } = this.#columns.timeline
    for (let row = 0, i = 0; row < this.#end - from; row++) {
      closeTimes[row] = this.#times[i++]
      openTimes[row] = this.#times[i++]
      sessionDates[row] = this.#times[i++]
    }
  }

  #makeRoom(rows: number): void {
    if (rows <= this.#capacity) return
    this.#capacity = rows
    this.#times = new Float64Array(rows * TIMELINE_COLUMNS)
    this.#columns.timeline = { closeTimes: new Float64Array(rows), openTimes: new Float64Array(rows), sessionDates: new Int32Array(rows) }
    for (const name of this.#names) this.#columns[name] = new Float64Array(rows * this.#market.instruments.length)
  }
}
