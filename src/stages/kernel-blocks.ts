import { combineDecisions, createPatternDecisions, type DecisionField, type PatternDecisions } from '../domain/risk-decision.ts'
import type { KernelBlock } from '../kernel/kernel.ts'
import type { Address, PanelReader } from '../store/store.ts'
import { marketBlock } from '../lineup/batch.ts'
import { blockRows } from './block-rows.ts'
import type { SignalRows } from './signal-rows.ts'
import { MarketWindow, type StoredMarket } from './stored-market.ts'

/** Where a stored signal is: its chunk, and its place among the chunk's instances. */
export interface SignalPlace {
  readonly artefact: Address
  readonly position: number
}

/** A stored signal, or instance k of those that are made as they are read. */
export type SignalSource = SignalPlace | { readonly made: number }

/** One model's stored decisions, by the fields it decides. */
export interface DecisionPlace {
  readonly artefact: Address
  readonly fields: readonly DecisionField[]
}

export interface BlockInputs {
  readonly market: StoredMarket
  /** In the batch's signal order. */
  readonly signals: readonly SignalSource[]
  /** Makes the signals that are not stored. */
  readonly made?: SignalRows
  /** In the batch's pattern order: the models of each. */
  readonly patterns: readonly (readonly DecisionPlace[])[]
  /** Rows in a block, where a plan has said how many. */
  readonly rowsPerBlock?: number
}

/** What kernels read of every market. */
const BLOCK_PANELS = ['open', 'high', 'low', 'close', 'volume', 'split', 'dividend'] as const

/**
 * Hands out the history, or rows [firstRow, endRow) of it, as kernel blocks, in order: rows that are read once into kernel
 * memory and shared by every portfolio of the batch. Buffers are reused: a block is valid until the next.
 * Memory does not grow with the history or the number of portfolios.
 */
export function* kernelBlocks(inputs: BlockInputs, firstRow: number, endRow?: number): Generator<KernelBlock> {
  const { market } = inputs
  const rows = endRow ?? market.rows
  const symbols = market.instruments.length
  const rowsPerBlock = inputs.rowsPerBlock ?? blockRows({ symbols, signals: inputs.signals.length })
  const window = new MarketWindow(market, [...BLOCK_PANELS, ...market.optional])
  const panels = new Map<Address, PanelBlocks>()
  const open = (artefact: Address, file: string): PanelBlocks => {
    const known = panels.get(artefact)
    if (known !== undefined) return known
    const opened = new PanelBlocks(market.store.panel(artefact, file), rowsPerBlock)
    panels.set(artefact, opened)
    return opened
  }
  const chunks = groupByChunk(inputs.signals)
  const fused = openFused(inputs, { rowsPerBlock, firstRow })
  const patterns = inputs.patterns.map((models) =>
    createPatternDecisions({
      rows: rowsPerBlock,
      symbols,
      hasWeights: models.some((model) => model.fields.includes('weights')),
    }),
  )
  const signals = new Float32Array(rowsPerBlock * inputs.signals.length * symbols)
  try {
    for (let from = firstRow; from < rows; from += rowsPerBlock) {
      const to = Math.min(rows, from + rowsPerBlock)
      for (const [artefact, wanted] of chunks) {
        const panel = open(artefact, 'signals')
        copySignals(panel.read(from, to), { wanted, symbols, rows: to - from, columns: panel.columns }, signals)
      }
      fused?.copy(to - from, signals)
      inputs.patterns.forEach((models, index) => {
        const sources = models.map((model) => {
          const panel = open(model.artefact, 'decisions')
          return { fields: model.fields, values: panel.read(from, to), columns: panel.columns }
        })
        fillPattern(sources, { rows: to - from, symbols }, patterns[index])
      })
      const at = window.seek(from, to)
      yield { market: { ...marketBlock(window.columns, at, at + to - from), firstRow: from }, signals, signalCount: inputs.signals.length, patterns }
    }
  } finally {
    for (const panel of panels.values()) panel.close()
  }
}

/** A stored panel, float32, block by block into one array. */
class PanelBlocks {
  readonly columns: number
  readonly #reader: PanelReader
  readonly #values: Float32Array

  constructor(reader: PanelReader, rowsPerBlock: number) {
    this.columns = reader.shape.columns
    this.#reader = reader
    this.#values = new Float32Array(rowsPerBlock * this.columns)
  }

  read(from: number, to: number): Float32Array {
    return this.#reader.read(from, to, this.#values) as Float32Array
  }

  close(): void {
    this.#reader.close()
  }
}

/** Signals that are made block by block, up to the first one now. */
function openFused({ signals, made, market }: BlockInputs, of: { rowsPerBlock: number; firstRow: number }): { copy(rows: number, out: Float32Array): void } | undefined {
  if (made === undefined) return undefined
  const symbols = market.instruments.length
  const indices = signals.flatMap((source, index) => ('made' in source ? [{ index, k: source.made }] : []))
  const turned = new Float32Array(of.rowsPerBlock * indices.length * symbols)
  for (let t = 0; t < of.firstRow; t += of.rowsPerBlock) made.turn(Math.min(of.rowsPerBlock, of.firstRow - t), turned)
  return {
    copy: (rows, out) => {
      made.turn(rows, turned)
      const cells = rows * symbols
      for (const { index, k } of indices) out.set(turned.subarray(k * cells, (k + 1) * cells), index * cells)
    },
  }
}

interface WantedSignal {
  /** Index s in the batch, and k in the chunk. */
  readonly index: number
  readonly position: number
}

function groupByChunk(signals: readonly SignalSource[]): Map<Address, WantedSignal[]> {
  const chunks = new Map<Address, WantedSignal[]>()
  signals.forEach((place, index) => {
    if ('made' in place) return
    const wanted = chunks.get(place.artefact) ?? []
    wanted.push({ index, position: place.position })
    chunks.set(place.artefact, wanted)
  })
  return chunks
}

interface CopyShape {
  readonly wanted: readonly WantedSignal[]
  readonly symbols: number
  readonly rows: number
  readonly columns: number
}

function copySignals(values: Float32Array, shape: CopyShape, out: Float32Array): void {
  const { symbols } = shape
  for (let row = 0; row < shape.rows; row++) {
    for (const { index, position } of shape.wanted) {
      const source = row * shape.columns + position * symbols
      const target = (index * shape.rows + row) * symbols
      for (let n = 0; n < symbols; n++) out[target + n] = values[source + n]
    }
  }
}

interface PatternSource {
  readonly fields: readonly DecisionField[]
  readonly values: Float32Array
  readonly columns: number
}

function fillPattern(sources: readonly PatternSource[], of: { rows: number; symbols: number }, out: PatternDecisions): void {
  for (let row = 0; row < of.rows; row++) {
    combineDecisions(
      sources.map((source) => ({ fields: source.fields, values: source.values, offset: row * source.columns })),
      { row, symbols: of.symbols },
      out,
    )
  }
}
