import { readMarketRows, type MarketInput, type MarketPanels } from '../domain/market-panels.ts'
import { rowBlock, type RowBlock, type Step } from '../domain/step.ts'
import type { Row } from '../domain/timeline.ts'
import { columnsOf } from '../features/define-feature.ts'
import type { FeatureRef } from '../features/feature.ts'
import { buildFeatureGraph, createFeatureStep, isMarketPanel } from '../features/graph.ts'

/** Keeps the same rows of many inputs from falling on the same few lines of the cache, as powers of two do. */
const PADDING = 136

/** Some rows of one input, `[row][column]`. */
interface Block {
  readonly columns: number
  readonly values: Float64Array
  /** Of the rows at hand: what was read from a row on. */
  readonly read: Map<number, RowBlock>
}

interface Made extends Block {
  readonly step: Step
  readonly inputs: readonly Block[]
  /** One row of every input, and of the output. */
  readonly scratch: readonly Float64Array[]
  readonly out: Float64Array
}

/**
 * Features computed as they are read, some rows at a time: memory does not grow with the history. Every feature
 * is stepped once however many read it, row by row, as any driver does.
 */
export class FeatureBlocks {
  readonly #market: MarketPanels
  readonly #raw: (Block & { readonly input: MarketInput })[] = []
  readonly #made: Made[] = []
  readonly #blocks = new Map<string, Block>()

  constructor(refs: readonly FeatureRef[], of: { readonly market: MarketPanels; readonly rows: number }) {
    this.#market = of.market
    const symbols = of.market.instruments.length
    const create = (columns: number): Block => ({ columns, values: new Float64Array(of.rows * columns + PADDING), read: new Map() })
    const nodes = buildFeatureGraph(refs)
    for (const ref of [...refs, ...nodes.flatMap((node) => node.inputs)]) {
      if (!isMarketPanel(ref) || this.#blocks.has(ref.expression)) continue
      const block = { ...create(columnsOf('symbol', symbols)), input: ref.name as MarketInput }
      this.#raw.push(block)
      this.#blocks.set(ref.expression, block)
    }
    for (const node of nodes) {
      const columns = node.columns(symbols)
      const inputs = node.inputs.map((input) => this.#find(input.expression))
      const made: Made = {
        ...create(columns), step: createFeatureStep(node, symbols), inputs,
        scratch: inputs.map((input) => new Float64Array(input.columns)), out: new Float64Array(columns),
      }
      this.#made.push(made)
      this.#blocks.set(node.ref.expression, made)
    }
  }

  /** Computes the next rows; they have to follow those before. */
  advance(rows: readonly Row[]): void {
    for (const { read } of this.#blocks.values()) read.clear()
    for (const { input, values } of this.#raw) readMarketRows(this.#market, input, { from: rows[0].t, rows: rows.length }, values)
    for (const made of this.#made) turn(made, rows)
  }

  /** Rows [from, to) of those at hand, of some inputs; a row is always read to the same end. */
  read(refs: readonly FeatureRef[], { from, to }: { readonly from: number; readonly to: number }): RowBlock[] {
    return refs.map(({ expression }) => {
      const { values, columns, read } = this.#find(expression)
      let rows = read.get(from)
      if (rows === undefined) read.set(from, (rows = rowBlock(values.subarray(from * columns, to * columns))))
      return rows
    })
  }

  #find(expression: string): Block {
    const block = this.#blocks.get(expression)
    if (block === undefined) throw new Error(`input ${expression} was not planned`)
    return block
  }
}

/** Loops: for a few values they are many times faster than `set` of a `subarray`. */
function turn({ step, inputs, scratch, out, columns, values }: Made, rows: readonly Row[]): void {
  for (let r = 0; r < rows.length; r++) {
    for (let i = 0; i < inputs.length; i++) {
      const read = inputs[i].values
      const own = scratch[i]
      const from = r * own.length
      for (let c = 0; c < own.length; c++) own[c] = read[from + c]
    }
    step.step(rows[r], scratch, out)
    const at = r * columns
    for (let c = 0; c < columns; c++) values[at + c] = out[c]
  }
}
