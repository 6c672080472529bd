import type { StepOrigin } from '../experiment/experiment.ts'
import { createStrategyGroup } from '../lineup/strategy-group.ts'
import type { Address } from '../store/store.ts'
import { turnCrank } from './crank.ts'
import { openInputRows, type InputPlace } from './input-rows.ts'
import { marketAt, storeAt } from './worker-cache.ts'

export interface StrategyJob extends StepOrigin {
  readonly id: string
  readonly address: Address
  readonly params: Readonly<Record<string, unknown>>
}

export interface StrategyTask {
  readonly store: string
  readonly market: Address
  readonly address: Address
  readonly madeFrom: unknown
  readonly jobs: readonly StrategyJob[]
  /** Every feature the jobs read, by expression. */
  readonly inputs: Readonly<Record<string, InputPlace>>
}

/** Stage 1: signals of a chunk of instances, float32 `[t][k][n]`. */
export async function strategyTask(task: StrategyTask, report: (done: number, total: number) => void): Promise<void> {
  const store = storeAt(task.store)
  const market = marketAt(store, task.market)
  const rows = market.timeline.closeTimes.length
  const symbols = market.instruments.length
  const universe = market.instruments.map((instrument) => instrument.symbol)
  const expressions = Object.keys(task.inputs)
  const group = await createStrategyGroup({ jobs: task.jobs, expressions, universe })
  const columns = task.jobs.length * symbols
  const values = new Float32Array(rows * columns)
  const out = new Float64Array(symbols)
  const inputs = openInputRows(store, market, Object.values(task.inputs))
  const inputsOf = group.inputIndices.map((indices) => indices.map((index) => inputs.arrays[index]))
  try {
    turnCrank(market.timeline, inputs, (row) => {
      for (let k = 0; k < group.steps.length; k++) {
        group.steps[k].step(row, inputsOf[k], out)
        values.set(out, row.t * columns + k * symbols)
      }
      if (row.t % 512 === 511) report(row.t, rows)
    })
  } finally {
    inputs.close()
  }
  const draft = store.draft({
    address: task.address,
    kind: 'signals',
    madeFrom: task.madeFrom,
    members: task.jobs.map((job) => job.address),
    facts: { labels: task.jobs.map((job) => job.id), symbols: universe },
  })
  draft.addPanel('signals', { values, rows, columns })
  draft.publish()
}
