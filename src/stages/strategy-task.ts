import { handOverArtefact } from '../store/made-artefact.ts'
import type { Address, HandedDraft } from '../store/store.ts'
import { openSignalRows, type SignalJob, type SignalJobs } from './signal-rows.ts'
import { StoredMarket } from './stored-market.ts'
import { storeAt } from './worker-cache.ts'

export interface StrategyJob extends SignalJob {
  readonly address: Address
}

export interface StrategyTask extends SignalJobs {
  readonly store: string
  readonly market: Address
  readonly address: Address
  readonly madeFrom: unknown
  readonly jobs: readonly StrategyJob[]
}

/** Rows handed to the instances at once: few enough to stay in the cache. */
const ROWS_PER_TURN = 64

/** Stage 1: signals of a chunk of instances, float32 `[t][k][n]`. */
export async function strategyTask(task: StrategyTask, report: (done: number, total: number) => void): Promise<HandedDraft> {
  const store = storeAt(task.store)
  const market = new StoredMarket(store, task.market)
  const { rows, symbols: universe } = market
  const symbols = universe.length
  const columns = task.jobs.length * symbols
  const turned = new Float32Array(ROWS_PER_TURN * columns)
  const placed = new Float32Array(ROWS_PER_TURN * columns)
  const members = task.jobs.map((job) => job.address)
  const facts = { labels: task.jobs.map((job) => job.id), symbols: universe }
  const signals = await openSignalRows({ ...task, market })
  try {
    return await handOverArtefact(store, { address: task.address, kind: 'signals', madeFrom: task.madeFrom, members, facts }, (draft) => {
      const panel = draft.startPanel('signals', { type: 'float32', rows, columns })
      for (let first = 0; first < rows; first += ROWS_PER_TURN) {
        const count = Math.min(ROWS_PER_TURN, rows - first)
        signals.turn(count, turned)
        placeRows(turned, { rows: count, symbols, columns }, placed)
        panel.append(placed.subarray(0, count * columns))
        report(first + count, rows)
      }
      panel.end()
    })
  } finally {
    signals.close()
    market.close()
  }
}

/** Signals `[k][row][n]` into rows `[t][k][n]`. */
function placeRows(turned: Float32Array, of: { rows: number; symbols: number; columns: number }, values: Float32Array): void {
  const { rows, symbols, columns } = of
  for (let row = 0; row < rows; row++) {
    for (let column = 0, to = row * columns; column < columns; column += symbols) {
      for (let n = 0, from = column * rows + row * symbols; n < symbols; n++) values[to++] = turned[from + n]
    }
  }
}
