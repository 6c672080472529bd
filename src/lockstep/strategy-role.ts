import type { StepOrigin } from '../experiment/experiment.ts'
import type { Role, Slot } from '../lineup/role.ts'
import { featureSlot, signalSlot } from '../lineup/slots.ts'
import { createStrategyGroup } from '../lineup/strategy-group.ts'

export interface StrategyRoleSpec {
  readonly universe: readonly string[]
  readonly jobs: readonly (StepOrigin & {
    readonly id: string
    readonly params: Readonly<Record<string, unknown>>
  })[]
  /** Every feature the jobs read, with its width. */
  readonly inputs: readonly { readonly expression: string; readonly columns: number }[]
}

/** A share of the strategy instances. */
export async function createStrategyRole(spec: StrategyRoleSpec): Promise<Role> {
  const group = await createStrategyGroup({ jobs: spec.jobs, universe: spec.universe })
  const columns = new Map(spec.inputs.map((input) => [input.expression, input.columns]))
  const inputs: Slot[] = group.inputs.map(({ expression }) => ({ name: featureSlot(expression), columns: columns.get(expression) ?? spec.universe.length }))
  return {
    inputs,
    outputs: spec.jobs.map((job) => ({ name: signalSlot(job.id), columns: spec.universe.length })),
    turn: (row, rows, signals) => {
      group.steps.forEach((step, k) => {
        step.step(row, group.inputIndices[k].map((at) => rows[at]), signals[k])
      })
    },
  }
}
