import { MillraceError } from '../base/errors.ts'
import type { RowBlock, Step } from '../domain/step.ts'
import type { Row } from '../domain/timeline.ts'
import type { FeatureRef } from '../features/feature.ts'
import { createStrategyStep } from '../strategies/strategy-step.ts'
import type { StepOrigin } from '../experiment/experiment.ts'
import { strategyDefinition } from './definitions.ts'

/** A chunk of instances and everything they read, each input once. */
export interface StrategyGroup {
  readonly steps: readonly Step[]
  /** Features and market panels, in the order the instances first name them. */
  readonly inputs: readonly FeatureRef[]
  /** Per instance, index into `inputs` of each input of the step. */
  readonly inputIndices: readonly (readonly number[])[]
  /**
   * Turns every instance over consecutive rows: `read[i]` holds input i as `[row][column]`, and signals become
   * `[k][row][n]`. Steps that remember see one row at a time; the others get all of them in one call.
   */
  turnRows(rows: readonly Row[], read: readonly RowBlock[], signals: Float32Array): void
}

export interface StrategyGroupSetup {
  readonly jobs: readonly (StepOrigin & { readonly params: Readonly<Record<string, unknown>> })[]
  readonly universe: readonly string[]
}

/** Makes the steps of a group; all drivers use this. */
export async function createStrategyGroup(of: StrategyGroupSetup): Promise<StrategyGroup> {
  const inputs = new Map<string, { ref: FeatureRef; index: number }>()
  const steps: Step[] = []
  const inputIndices: number[][] = []
  for (const job of of.jobs) {
    const definition = await strategyDefinition(job)
    const { step, features } = createStrategyStep({ definition, params: job.params, universe: of.universe }, { trusted: job.file === undefined })
    steps.push(step)
    inputIndices.push(features.map((ref) => {
      const input = inputs.get(ref.expression) ?? { ref, index: inputs.size }
      inputs.set(ref.expression, input)
      return input.index
    }))
  }
  return { steps, inputs: [...inputs.values()].map(({ ref }) => ref), inputIndices, turnRows: createTurn(of, steps, inputIndices) }
}

function createTurn({ jobs, universe }: StrategyGroupSetup, steps: readonly Step[], inputIndices: readonly (readonly number[])[]): StrategyGroup['turnRows'] {
  const symbols = universe.length
  const indices = steps.map((_, k) => k)
  const byRow = indices.filter((k) => steps[k].stepRows === undefined)
  const atOnce = indices.filter((k) => steps[k].stepRows !== undefined)
  // What is built in is proven by its tests; a user's own strategy is taken at its word only once it has shown it.
  const unproven = new Set(atOnce.filter((k) => jobs[k].file !== undefined))
  /** Files of strategies one of whose instances has shown it. */
  const shown = new Set<string>()
  const scratch: Float64Array[] = []
  const out = new Float64Array(symbols)
  const blocks: RowBlock[] = []
  /** What one step says to all rows: it stays in the first cache, and a view of every step's part would not. */
  let said = new Float32Array(0)
  return (rows, read, signals) => {
    const cells = rows.length * symbols
    if (byRow.length + unproven.size > 0) {
      read.forEach(({ values }, i) => {
        if (scratch[i]?.length !== values.length / rows.length) scratch[i] = new Float64Array(values.length / rows.length)
      })
    }
    const fill = (r: number): void => read.forEach(({ values }, i) => copyRow(values, r, scratch[i]))
    const rowsOf = byRow.map((k) => inputIndices[k].map((index) => scratch[index]))
    for (let r = 0; byRow.length > 0 && r < rows.length; r++) {
      fill(r)
      for (let i = 0; i < byRow.length; i++) {
        steps[byRow[i]].step(rows[r], rowsOf[i], out)
        copyRounded(out, signals, byRow[i] * cells + r * symbols)
      }
    }
    if (atOnce.length === 0) return
    if (said.length !== cells) said = new Float32Array(cells)
    for (const k of atOnce) {
      const wanted = inputIndices[k]
      if (blocks.length !== wanted.length) blocks.length = wanted.length
      for (let i = 0; i < wanted.length; i++) blocks[i] = read[wanted[i]]
      steps[k].stepRows?.(rows, blocks, said)
      signals.set(said, k * cells)
    }
    // A single row has no neighbours that could be read.
    if (rows.length === 1) return
    for (const k of unproven) {
      const made = signals.subarray(k * cells, (k + 1) * cells)
      if (!made.some((value) => value === value)) continue
      const { file = '', use: name } = jobs[k]
      const some = shown.has(file) ? { from: (k * SHOWN_ROWS) % rows.length, rows: SHOWN_ROWS } : { from: 0, rows: rows.length }
      prove(steps[k], { ...some, all: rows, scratch: inputIndices[k].map((index) => scratch[index]), made, name }, fill)
      unproven.delete(k)
      shown.add(file)
    }
  }
}

/** A loop: between arrays of two kinds it is many times faster than `set`. */
function copyRounded(values: Float64Array, out: Float32Array, at: number): void {
  for (let i = 0; i < values.length; i++) out[at + i] = values[i]
}

/** A loop: for a few values it is many times faster than `set` of a `subarray`. */
function copyRow(input: Float64Array, r: number, out: Float64Array): void {
  for (let i = 0, from = r * out.length; i < out.length; i++, from++) out[i] = input[from]
}

/** Rows in which the other instances of a strategy show it, each in others, once one has shown it in a whole block. */
const SHOWN_ROWS = 16

interface Proof {
  readonly all: readonly Row[]
  /** Of all rows, those to look at. */
  readonly from: number
  readonly rows: number
  readonly scratch: readonly Float64Array[]
  readonly made: Float32Array
  readonly name: string
}

/** Rows turned alone have to come to the same: a signal that reads its neighbours does not. */
function prove(step: Step, of: Proof, fill: (r: number) => void): void {
  const symbols = of.made.length / of.all.length
  const out = new Float64Array(symbols)
  for (let r = of.from; r < Math.min(of.from + of.rows, of.all.length); r++) {
    fill(r)
    step.step(of.all[r], of.scratch, out)
    for (let n = 0; n < symbols; n++) {
      if (Object.is(out[n], of.made[r * symbols + n])) continue
      throw new MillraceError({
        code: 'STEP_FAILED', message: `strategy ${of.name} says \`perSymbol\`, but its signal depends on more than a symbol's own inputs in one row`,
        value: out[n], hint: 'leave `perSymbol` out',
      })
    }
  }
}
