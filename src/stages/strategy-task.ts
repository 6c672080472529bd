import type { StepOrigin } from '../experiment/experiment.ts'
import { createStrategyGroup } from '../lineup/strategy-group.ts'
import { rowBlock } from '../domain/step.ts'
import type { Row } from '../domain/timeline.ts'
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

/** Rows handed to the instances at once: few enough to stay in the cache. */
const ROWS_PER_TURN = 64

/** Stage 1: signals of a chunk of instances, float32 `[t][k][n]`. */
export async function strategyTask(task: StrategyTask, report: (done: number, total: number) => void): Promise<void> {
  const store = storeAt(task.store)
  const market = marketAt(store, task.market)
  const rows = market.timeline.closeTimes.length
  const symbols = market.instruments.length
  const universe = market.instruments.map((instrument) => instrument.symbol)
  const group = await createStrategyGroup({ jobs: task.jobs, universe })
  const columns = task.jobs.length * symbols
  const values = new Float32Array(rows * columns)
  const inputs = openInputRows(store, market, group.inputs.map(({ expression }) => task.inputs[expression]))
  const blocks = inputs.arrays.map(({ length }) => new Float64Array(ROWS_PER_TURN * length))
  const turned = new Float32Array(ROWS_PER_TURN * columns)
  const waiting: Row[] = []
  try {
    turnCrank(market.timeline, inputs, (row, arrays) => {
      arrays.forEach((array, i) => blocks[i].set(array, waiting.length * array.length))
      waiting.push({ ...row })
      if (waiting.length < ROWS_PER_TURN && row.t < rows - 1) return
      const filled = blocks.map((block, i) => rowBlock(block.subarray(0, waiting.length * arrays[i].length)))
      group.turnRows(waiting, filled, turned)
      placeRows(turned, { first: row.t + 1 - waiting.length, rows: waiting.length, symbols, columns }, values)
      waiting.length = 0
      report(row.t + 1, rows)
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

/** Signals `[k][row][n]` into rows `[t][k][n]` of the panel, from row `first` on. */
function placeRows(turned: Float32Array, of: { first: number; rows: number; symbols: number; columns: number }, values: Float32Array): void {
  const { first, rows, symbols, columns } = of
  for (let row = 0; row < rows; row++) {
    for (let column = 0, to = (first + row) * columns; column < columns; column += symbols) {
      for (let n = 0, from = column * rows + row * symbols; n < symbols; n++) values[to++] = turned[from + n]
    }
  }
}
