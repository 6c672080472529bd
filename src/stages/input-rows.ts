import { panelsOf, readMarketInput, type MarketInput } from '../domain/market-panels.ts'
import type { Row } from '../domain/timeline.ts'
import type { Address, PanelReader } from '../store/store.ts'
import { MarketWindow, type StoredMarket } from './stored-market.ts'

/** Where a step's input comes from: a market panel, or columns [column, column + columns) of a stored panel. */
export type InputPlace =
  | { readonly kind: 'market'; readonly input: MarketInput }
  | {
      readonly kind: 'panel'
      readonly artefact: Address
      readonly file: string
      readonly column: number
      readonly columns: number
    }

/** Stable scratch: a row, and an array for each place, filled for row t from nothing later. */
export interface InputRows {
  readonly row: Row
  readonly arrays: readonly Float64Array[]
  fill(t: number): void
  close(): void
}

/** Rows read from a panel at once: large enough for the disk, small enough to be constant memory. */
const ROWS_PER_READ = 256

/** Reads a stored panel forward, block by block. */
class PanelRows {
  readonly #reader: PanelReader
  readonly #columns: number
  readonly #values: Float64Array | Float32Array
  #first = 0
  #count = 0

  constructor(reader: PanelReader) {
    const { type, rows, columns } = reader.shape
    const cells = Math.min(rows, ROWS_PER_READ) * columns
    this.#reader = reader
    this.#columns = columns
    this.#values = type === 'float64' ? new Float64Array(cells) : new Float32Array(cells)
  }

  copy(t: number, column: number, out: Float64Array): void {
    if (t < this.#first || t >= this.#first + this.#count) this.#load(t)
    const start = (t - this.#first) * this.#columns + column
    for (let i = 0; i < out.length; i++) out[i] = this.#values[start + i]
  }

  #load(t: number): void {
    const end = Math.min(this.#reader.shape.rows, t + ROWS_PER_READ)
    this.#first = t
    this.#count = end - t
    this.#reader.read(t, end, this.#values)
  }

  close(): void {
    this.#reader.close()
  }
}

/** Opens every place of a task; a panel that several places share is read once. */
export function openInputRows(market: StoredMarket, places: readonly InputPlace[]): InputRows {
  const window = new MarketWindow(market, places.flatMap((place) => (place.kind === 'market' ? panelsOf(place.input) : [])))
  const panels = new Map<string, PanelRows>()
  const panelOf = (artefact: Address, file: string): PanelRows => {
    const key = `${artefact}/${file}`
    let panel = panels.get(key)
    if (panel === undefined) {
      panel = new PanelRows(market.store.panel(artefact, file))
      panels.set(key, panel)
    }
    return panel
  }
  const fillers: ((t: number) => void)[] = []
  const arrays = places.map((place) => {
    const out = new Float64Array(place.kind === 'market' ? market.instruments.length : place.columns)
    if (place.kind === 'market') {
      fillers.push((t) => readMarketInput(window.columns, place.input, window.seek(t), out))
    } else {
      const panel = panelOf(place.artefact, place.file)
      fillers.push((t) => panel.copy(t, place.column, out))
    }
    return out
  })
  const row = { t: 0, closeTime: 0, sessionDate: 0 }
  return {
    row,
    arrays,
    fill: (t) => {
      row.t = t
      row.closeTime = window.closeTime(t)
      row.sessionDate = window.sessionDate(t)
      for (const filler of fillers) filler(t)
    },
    close: () => {
      for (const panel of panels.values()) panel.close()
    },
  }
}
