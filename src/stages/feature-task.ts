import { buildFeatureGraph, createFeatureStep } from '../features/graph.ts'
import type { FeatureRef } from '../features/feature.ts'
import { makeArtefact } from '../store/made-artefact.ts'
import type { Address } from '../store/store.ts'
import { turnCrank } from './crank.ts'
import { openInputRows, type InputPlace } from './input-rows.ts'
import { StoredMarket } from './stored-market.ts'
import { storeAt } from './worker-cache.ts'

/** One feature to compute and where its direct inputs are. */
export interface FeatureJob {
  readonly ref: FeatureRef
  readonly address: Address
  readonly inputs: readonly InputPlace[]
}

export interface FeatureTask {
  readonly store: string
  readonly market: Address
  readonly address: Address
  readonly madeFrom: unknown
  readonly jobs: readonly FeatureJob[]
}

/** Name of the panel of the feature at `position` among the artefact's members. */
export function featureFile(position: number): string {
  return `feature-${position}`
}

/** Stage 0: computes each feature of a chunk over the whole history, one panel each. */
export async function featureTask(task: FeatureTask, report: (done: number, total: number) => void): Promise<void> {
  const store = storeAt(task.store)
  const market = new StoredMarket(store, task.market)
  const { rows } = market
  const members = task.jobs.map((job) => job.address)
  const facts = { expressions: task.jobs.map((job) => job.ref.expression) }
  try {
    await makeArtefact(store, { address: task.address, kind: 'features', madeFrom: task.madeFrom, members, facts }, (draft) => {
      task.jobs.forEach((job, position) => {
        const node = buildFeatureGraph([job.ref]).find((candidate) => candidate.ref.expression === job.ref.expression)
        if (node === undefined) throw new Error(`feature ${job.ref.expression} is not in its own graph`)
        const columns = node.columns(market.instruments.length)
        const step = createFeatureStep(node, market.instruments.length)
        const out = new Float64Array(columns)
        const panel = draft.startPanel(featureFile(position), { type: 'float64', rows, columns })
        const inputs = openInputRows(market, job.inputs)
        try {
          turnCrank(rows, inputs, (row, arrays) => {
            step.step(row, arrays, out)
            panel.append(out)
          })
        } finally {
          inputs.close()
        }
        panel.end()
        report(position + 1, task.jobs.length)
      })
    })
  } finally {
    market.close()
  }
}
