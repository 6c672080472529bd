import { MillraceError } from '../base/errors.ts'
import type { Step } from '../domain/step.ts'
import type { Row } from '../domain/timeline.ts'
import { createStrategyStep } from '../strategies/strategy-step.ts'
import type { StepOrigin } from '../experiment/experiment.ts'
import { strategyDefinition } from './definitions.ts'

/** A chunk of instances with the positions of their inputs among the chunk's. */
export interface StrategyGroup {
  readonly steps: readonly Step[]
  /** Per instance, index into the group's inputs of each input of the step. */
  readonly inputIndices: readonly (readonly number[])[]
  /**
   * Turns every instance over consecutive rows: `inputs[i]` holds input i as `[row][column]`, and signals become
   * `[row][k][n]`. Steps that remember see one row at a time; the others get all of them in one call.
   */
  turnRows(rows: readonly Row[], inputs: readonly Float64Array[], signals: Float32Array): void
}

export interface StrategyGroupSetup {
  readonly jobs: readonly (StepOrigin & { readonly params: Readonly<Record<string, unknown>> })[]
  /** The group's inputs, in order. */
  readonly expressions: readonly string[]
  readonly universe: readonly string[]
}

/** Makes the steps of a group; all drivers use this. */
export async function createStrategyGroup(of: StrategyGroupSetup): Promise<StrategyGroup> {
  const position = new Map(of.expressions.map((expression, index) => [expression, index]))
  const steps: Step[] = []
  const inputIndices: number[][] = []
  for (const job of of.jobs) {
    const definition = await strategyDefinition(job)
    const made = createStrategyStep({ definition, params: job.params, universe: of.universe })
    steps.push(made.step)
    inputIndices.push(
      made.features.map((feature) => {
        const index = position.get(feature.expression)
        if (index === undefined) throw new Error(`input ${feature.expression} was not planned`)
        return index
      }),
    )
  }
  return { steps, inputIndices, turnRows: createTurn(of, steps, inputIndices) }
}

function createTurn(
  { jobs, universe }: StrategyGroupSetup, steps: readonly Step[], inputIndices: readonly (readonly number[])[],
): StrategyGroup['turnRows'] {
  const symbols = universe.length
  const indices = steps.map((_, k) => k)
  const byRow = indices.filter((k) => steps[k].stepRows === undefined)
  const atOnce = indices.filter((k) => steps[k].stepRows !== undefined)
  // What is built in is proven by its tests; a user's own strategy is taken at its word only once it has shown it.
  const unproven = new Set(atOnce.filter((k) => jobs[k].file !== undefined))
  const scratch: Float64Array[] = []
  const out = new Float64Array(symbols)
  let outs = new Float64Array(0)
  return (rows, inputs, signals) => {
    inputs.forEach((input, i) => {
      if (scratch[i]?.length !== input.length / rows.length) scratch[i] = new Float64Array(input.length / rows.length)
    })
    const fill = (r: number): void => inputs.forEach((input, i) => scratch[i].set(input.subarray(r * scratch[i].length, (r + 1) * scratch[i].length)))
    if (byRow.length > 0) {
      const inputsOf = byRow.map((k) => inputIndices[k].map((index) => scratch[index]))
      for (let r = 0; r < rows.length; r++) {
        fill(r)
        for (let i = 0; i < byRow.length; i++) {
          steps[byRow[i]].step(rows[r], inputsOf[i], out)
          signals.set(out, (r * steps.length + byRow[i]) * symbols)
        }
      }
    }
    if (outs.length !== rows.length * symbols) outs = new Float64Array(rows.length * symbols)
    for (const k of atOnce) {
      steps[k].stepRows?.(rows, inputIndices[k].map((index) => inputs[index]), outs)
      if (unproven.has(k) && outs.some((value) => value === value)) {
        prove(steps[k], { rows, scratch: inputIndices[k].map((index) => scratch[index]), outs, name: jobs[k].use }, fill)
        unproven.delete(k)
      }
      spread(outs, { k, count: steps.length, symbols }, signals)
    }
  }
}

/** Signals `[row][n]` of instance k into `[row][k][n]`. */
function spread(outs: Float64Array, { k, count, symbols }: { k: number; count: number; symbols: number }, signals: Float32Array): void {
  for (let from = 0, to = k * symbols; from < outs.length; from += symbols, to += count * symbols) {
    for (let n = 0; n < symbols; n++) signals[to + n] = outs[from + n]
  }
}

/** One of the first rows with an opinion, turned alone, has to come to the same: a signal that reads its neighbours does not. */
function prove(step: Step, of: { rows: readonly Row[]; scratch: readonly Float64Array[]; outs: Float64Array; name: string }, fill: (r: number) => void): void {
  const symbols = of.outs.length / of.rows.length
  const out = new Float64Array(symbols)
  for (let r = 0; r < of.rows.length; r++) {
    fill(r)
    step.step(of.rows[r], of.scratch, out)
    for (let n = 0; n < symbols; n++) {
      if (Object.is(out[n], of.outs[r * symbols + n])) continue
      throw new MillraceError({
        code: 'STEP_FAILED', message: `strategy ${of.name} says \`perSymbol\`, but its signal depends on more than a symbol's own inputs in one row`,
        value: out[n], hint: 'leave `perSymbol` out',
      })
    }
  }
}
