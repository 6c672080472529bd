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
  const turned = steps.map((step, k): Turned => ({ step, k, wanted: inputIndices[k], row: [], blocks: [] }))
  const byRow = turned.filter(({ step }) => step.stepRows === undefined)
  const atOnce = turned.filter(({ step }) => step.stepRows !== undefined)
  // What is built in is proven by its tests; a user's own strategy is taken at its word only once it has shown it.
  const unproven = new Set(atOnce.filter(({ k }) => jobs[k].file !== undefined))
  /** Files of strategies one of whose instances has shown it. */
  const shown = new Set<string>()
  /** A row of every input; the first rows say how wide they are. */
  let scratch: Float64Array[] = []
  /** What one step says to all rows: it stays in the first cache, and a view of every step's part would not. */
  let said = new Float32Array(0)
  return (rows, read, signals) => {
    const cells = rows.length * symbols
    if (scratch.length < read.length && byRow.length + unproven.size > 0) {
      scratch = read.map(({ values }) => new Float64Array(values.length / rows.length))
      for (const each of turned) each.row = each.wanted.map((index) => scratch[index])
    }
    if (byRow.length > 0) turnByRow(byRow, { rows, read, scratch, symbols }, signals)
    if (atOnce.length === 0) return
    if (said.length !== cells) said = new Float32Array(cells)
    turnAtOnce(atOnce, { rows, read, said }, signals)
    // A single row has no neighbours that could be read.
    if (rows.length === 1) return
    for (const each of unproven) {
      const { step, k, row } = each
      const made = signals.subarray(k * cells, (k + 1) * cells)
      const { file = '', use: name } = jobs[k]
      // The last row has no next one that could be read.
      const opinion = firstOpinion(made.subarray(0, cells - symbols), { symbols, from: k * SHOWN_ROWS })
      if (opinion === undefined) continue
      const some = shown.has(file) ? { from: opinion, rows: SHOWN_ROWS } : { from: 0, rows: rows.length }
      prove(step, { ...some, all: rows, scratch: row, made, name }, (r) => fillRow(read, r, scratch))
      unproven.delete(each)
      shown.add(file)
    }
  }
}

/** An instance, what it reads, and room for it. */
interface Turned {
  readonly step: Step
  readonly k: number
  /** Index of each of its inputs among the group's. */
  readonly wanted: readonly number[]
  /** A row of each, shared with others that read it. */
  row: readonly Float64Array[]
  readonly blocks: RowBlock[]
}

/** Small loops of one kind of step: each is compiled once, whatever strategies come. */
function turnByRow(
  turned: readonly Turned[],
  { rows, read, scratch, symbols }: { rows: readonly Row[]; read: readonly RowBlock[]; scratch: readonly Float64Array[]; symbols: number },
  signals: Float32Array,
): void {
  const cells = rows.length * symbols
  const out = new Float64Array(symbols)
  for (let r = 0; r < rows.length; r++) {
    fillRow(read, r, scratch)
    for (let i = 0; i < turned.length; i++) {
      const { step, k, row } = turned[i]
      step.step(rows[r], row, out)
      copyRounded(out, signals, k * cells + r * symbols)
    }
  }
}

function turnAtOnce(
  turned: readonly Turned[], { rows, read, said }: { rows: readonly Row[]; read: readonly RowBlock[]; said: Float32Array }, signals: Float32Array,
): void {
  for (let i = 0; i < turned.length; i++) {
    const { step, k, wanted, blocks } = turned[i]
    for (let j = 0; j < wanted.length; j++) blocks[j] = read[wanted[j]]
    step.stepRows?.(rows, blocks, said)
    signals.set(said, k * said.length)
  }
}

function fillRow(read: readonly RowBlock[], r: number, scratch: readonly Float64Array[]): void {
  for (let i = 0; i < read.length; i++) copyRow(read[i].values, r, scratch[i])
}

/** A loop: between arrays of two kinds it is many times faster than `set`. */
function copyRounded(values: Float64Array, out: Float32Array, at: number): void {
  for (let i = 0; i < values.length; i++) out[at + i] = values[i]
}

/** A loop: for a few values it is many times faster than `set` of a `subarray`. */
function copyRow(input: Float64Array, r: number, out: Float64Array): void {
  for (let i = 0, from = r * out.length; i < out.length; i++, from++) out[i] = input[from]
}

/**
 * Rows in which the other instances of a strategy show it, once one has shown it in a whole block. They have its code in
 * common and differ in parameters alone: what one of these makes it read elsewhere shows in a few rows, while whole blocks of
 * thousands of instances, a row at a time, would take longer than all of their signals.
 */
const SHOWN_ROWS = 16

/** The first row that an instance says anything in, from row `from` on and then from the beginning: each shows it in others. */
function firstOpinion(made: Float32Array, { symbols, from }: { readonly symbols: number; readonly from: number }): number | undefined {
  for (let i = 0; i < made.length; i++) {
    const at = (from * symbols + i) % made.length
    if (made[at] === made[at]) return Math.floor(at / symbols)
  }
  return undefined
}

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
