import { readMarketInput, type MarketInput, type MarketPanels } from '../domain/market-panels.ts'
import type { Address, PanelReader, Store } from '../store/store.ts'

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

/** Stable scratch arrays, one per place, filled with row t and nothing later. */
export interface InputRows {
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
  #first = 0
  #count = 0
  #values: Float64Array | Float32Array = new Float64Array(0)

  constructor(reader: PanelReader) {
    this.#reader = reader
    this.#columns = reader.shape.columns
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
    this.#values = this.#reader.read(t, end)
  }

  close(): void {
    this.#reader.close()
  }
}

/** Opens every place of a task; a panel that several places share is read once. */
export function openInputRows(store: Store, market: MarketPanels, places: readonly InputPlace[]): InputRows {
  const symbols = market.instruments.length
  const panels = new Map<string, PanelRows>()
  const panelOf = (artefact: Address, file: string): PanelRows => {
    const key = `${artefact}/${file}`
    let panel = panels.get(key)
    if (panel === undefined) {
      panel = new PanelRows(store.panel(artefact, file))
      panels.set(key, panel)
    }
    return panel
  }
  const fillers: ((t: number) => void)[] = []
  const arrays = places.map((place) => {
    const out = new Float64Array(place.kind === 'market' ? symbols : place.columns)
    if (place.kind === 'market') {
      fillers.push((t) => readMarketInput(market, place.input, t, out))
    } else {
      const panel = panelOf(place.artefact, place.file)
      fillers.push((t) => panel.copy(t, place.column, out))
    }
    return out
  })
  return {
    arrays,
    fill: (t) => {
      for (const filler of fillers) filler(t)
    },
    close: () => {
      for (const panel of panels.values()) panel.close()
    },
  }
}
