import { toSignal } from '../domain/signal.ts'
import type { RowBlock, StateLayout, Step } from '../domain/step.ts'
import type { Row } from '../domain/timeline.ts'
import type { FeatureWidth } from '../features/feature.ts'
import type { ResolvedStep } from '../features/step-definition.ts'
import { maskMissing, refuseAnswer, stepFailed } from './signal-call.ts'
import type { SignalContext, StrategyDefinition } from './strategy.ts'

/**
 * The step of a `perSymbol` strategy. A block of rows is one call over rows × N symbols; where that throws, the
 * rows are turned one by one to name the bar.
 */
export function createPerSymbolStep<P, L extends StateLayout>(of: {
  readonly definition: StrategyDefinition<P, L>
  readonly resolved: ResolvedStep<P, L>
  readonly widths: readonly FeatureWidth[]
  readonly symbols: number
  readonly trusted: boolean
}): Step {
  const { definition, widths, symbols, trusted } = of
  const { params, warmup } = of.resolved
  const context = new ParamsAlone(params) as SignalContext<P, L>
  const acceptsMissing = definition.acceptsMissing === true
  const own: Float64Array[] = widths.map(() => NOTHING)
  const handed: Float64Array[] = widths.map(() => NOTHING)
  const said = new Float32Array(symbols)
  /** What the strategy may read: a copy of its own, unless it is trusted to leave inputs as they are. */
  const hand = (input: Float64Array, i: number, cells: number): Float64Array => {
    if (trusted && input.length === cells) return input
    if (own[i].length !== cells) own[i] = new Float64Array(cells)
    widen(input, cells / input.length, own[i])
    return own[i]
  }
  /** Lets the strategy write what it says to rows that stand one after the other. */
  const turn = (inputs: readonly RowBlock[], out: Float32Array): void => {
    for (let i = 0; i < handed.length; i++) handed[i] = hand(inputs[i].values, i, out.length)
    out.fill(NaN)
    refuseAnswer(definition.signal(handed, out, context), out)
    if (acceptsMissing) return
    for (let i = 0; i < handed.length; i++) {
      if (!inputs[i].isComplete) maskMissing(inputs[i].values, { width: widths[i], symbols }, out)
    }
  }
  const turnRow = (row: Row, inputs: readonly Float64Array[]): void => {
    try {
      turn(inputs.map((values) => ({ values, isComplete: false })), said)
    } catch (error) {
      throw stepFailed(error, { name: definition.name, params, row })
    }
  }
  return {
    warmup,
    step: (row, inputs, out) => {
      turnRow(row, inputs)
      for (let n = 0; n < symbols; n++) out[n] = toSignal(said[n])
    },
    stepRows: (rows, inputs, out) => {
      try {
        turn(inputs, out)
      } catch {
        rows.forEach((row, r) => {
          turnRow(row, inputs.map(({ values }) => rowOf(values, { r, rows: rows.length })))
          out.set(said, r * symbols)
        })
      }
    },
    snapshot: () => new Uint8Array(0),
    restore: refuseState,
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

function refuseState(bytes: Uint8Array): void {
  if (bytes.byteLength !== 0) throw new Error(`snapshot of ${bytes.byteLength} bytes does not fit a step that remembers nothing`)
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
