import { settleSignals, toSignal } from '../domain/signal.ts'
import type { RowBlock, StateLayout, Step } from '../domain/step.ts'
import type { Row } from '../domain/timeline.ts'
import type { FeatureWidth } from '../features/feature.ts'
import type { ResolvedStep } from '../features/step-definition.ts'
import { maskMissing, refuseAnswer, stepFailed } from './signal-call.ts'
import type { SignalContext, StrategyDefinition } from './strategy.ts'

/** What the step of a `perSymbol` strategy is made of. */
export interface PerSymbolSetup<P, L extends StateLayout> {
  readonly definition: StrategyDefinition<P, L>
  readonly resolved: ResolvedStep<P, L>
  readonly widths: readonly FeatureWidth[]
  readonly symbols: number
  readonly trusted: boolean
}

/**
 * The step of a `perSymbol` strategy. A block of rows is one call over rows × N symbols; where that throws, the
 * rows are turned one by one to name the bar. One object: a sweep has thousands of these, and turns each of them
 * for few rows at a time, so that what they consist of would have to come from memory again and again.
 */
export class PerSymbolStep<P, L extends StateLayout> implements Step {
  readonly warmup: number
  readonly #of: PerSymbolSetup<P, L>
  readonly #definition: StrategyDefinition<P, L>
  readonly #acceptsMissing: boolean
  readonly #trusted: boolean
  readonly #context: SignalContext<P, L>
  /** Copies of inputs, where the strategy is not trusted to leave them as they are, or sees a market-wide one beside every symbol. */
  readonly #own: Float64Array[] = []
  readonly #handed: Float64Array[]

  constructor(of: PerSymbolSetup<P, L>) {
    this.warmup = of.resolved.warmup
    this.#of = of
    this.#definition = of.definition
    this.#acceptsMissing = of.definition.acceptsMissing === true
    this.#trusted = of.trusted
    this.#context = new ParamsAlone(of.resolved.params) as SignalContext<P, L>
    this.#handed = of.widths.map(() => NOTHING)
  }

  step(row: Row, inputs: readonly Float64Array[], out: Float64Array): void {
    const said = new Float32Array(this.#of.symbols)
    this.#turnRow(row, inputs, said)
    for (let n = 0; n < said.length; n++) out[n] = toSignal(said[n])
  }

  stepRows(rows: readonly Row[], inputs: readonly RowBlock[], out: Float32Array): void {
    try {
      this.#turn(inputs, out)
    } catch {
      const { symbols } = this.#of
      rows.forEach((row, r) => {
        const part = inputs.map(({ values }) => rowOf(values, { r, rows: rows.length }))
        this.#turnRow(row, part, out.subarray(r * symbols, (r + 1) * symbols))
      })
    }
    // What is trusted writes signals.
    if (!this.#trusted) settleSignals(out)
  }

  snapshot(): Uint8Array {
    return new Uint8Array(0)
  }

  restore(bytes: Uint8Array): void {
    if (bytes.byteLength !== 0) throw new Error(`snapshot of ${bytes.byteLength} bytes does not fit a step that remembers nothing`)
  }

  /** Lets the strategy write what it says to rows that stand one after the other. */
  #turn(inputs: readonly RowBlock[], out: Float32Array): void {
    const handed = this.#handed
    for (let i = 0; i < handed.length; i++) handed[i] = this.#hand(inputs[i].values, i, out.length)
    out.fill(NaN)
    refuseAnswer(this.#definition.signal(handed, out, this.#context), out)
    if (this.#acceptsMissing) return
    for (let i = 0; i < handed.length; i++) {
      if (!inputs[i].isComplete) maskMissing(inputs[i].values, { width: this.#of.widths[i], symbols: this.#of.symbols }, out)
    }
  }

  /** What the strategy may read: a copy of its own, unless it is trusted to leave inputs as they are. */
  #hand(input: Float64Array, i: number, cells: number): Float64Array {
    if (this.#trusted && input.length === cells) return input
    if (this.#own[i]?.length !== cells) this.#own[i] = new Float64Array(cells)
    widen(input, cells / input.length, this.#own[i])
    return this.#own[i]
  }

  #turnRow(row: Row, inputs: readonly Float64Array[], out: Float32Array): void {
    try {
      this.#turn(inputs.map((values) => ({ values, isComplete: false })), out)
    } catch (error) {
      throw stepFailed(error, { name: this.#definition.name, params: this.#of.resolved.params, row })
    }
  }
}

const NOTHING = new Float64Array(0)

function rowOf(values: Float64Array, { r, rows }: { r: number; rows: number }): Float64Array {
  const width = values.length / rows
  return values.subarray(r * width, (r + 1) * width)
}

/** A copy, as other instances read the same rows; a market-wide value `times` over, once for every symbol. */
function widen(input: Float64Array, times: number, out: Float64Array): void {
  if (times === 1) out.set(input)
  else for (let i = 0; i < input.length; i++) out.fill(input[i], i * times, (i + 1) * times)
}

/** The context of a step that cannot tell one row, or one symbol, from another. */
class ParamsAlone {
  readonly params: unknown

  constructor(params: unknown) {
    this.params = params
  }

  get row(): never {
    return refuseToTell('row')
  }

  get symbols(): never {
    return refuseToTell('symbols')
  }

  get universe(): never {
    return refuseToTell('universe')
  }

  get state(): never {
    return refuseToTell('state')
  }
}

function refuseToTell(name: string): never {
  throw new Error(`a \`perSymbol\` strategy sees no \`${name}\`: to read it, leave \`perSymbol\` out`)
}
