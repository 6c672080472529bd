import type { Step } from '../domain/step.ts'
import { createStrategyStep } from '../strategies/strategy-step.ts'
import type { StepOrigin } from '../experiment/experiment.ts'
import { strategyDefinition } from './definitions.ts'

/** A chunk of instances with the positions of their inputs among the chunk's. */
export interface StrategyGroup {
  readonly steps: readonly Step[]
  /** Per instance, index into the group's inputs of each input of the step. */
  readonly inputIndices: readonly (readonly number[])[]
}

/** Makes the steps of a group; both drivers use this. `expressions` are the group's inputs, in order. */
export async function createStrategyGroup(of: {
  readonly jobs: readonly (StepOrigin & { readonly params: Readonly<Record<string, unknown>> })[]
  readonly expressions: readonly string[]
  readonly universe: readonly string[]
}): Promise<StrategyGroup> {
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
  return { steps, inputIndices }
}
