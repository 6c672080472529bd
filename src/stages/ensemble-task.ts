import type { CombineMethod } from '../domain/signal.ts'
import { createEnsembleStep } from '../ensembles/ensemble.ts'
import { makeArtefact } from '../store/made-artefact.ts'
import type { Address } from '../store/store.ts'
import { turnCrank } from './crank.ts'
import { openInputRows, type InputPlace } from './input-rows.ts'
import { StoredMarket } from './stored-market.ts'
import { storeAt } from './worker-cache.ts'

export interface EnsembleTask {
  readonly store: string
  readonly market: Address
  readonly address: Address
  readonly madeFrom: unknown
  readonly name: string
  readonly method: CombineMethod
  readonly weights: readonly number[]
  /** The members' signals, in the order of `weights`. */
  readonly inputs: readonly InputPlace[]
}

/** Stage 3: one signal made from others, stored like a strategy's. */
export async function ensembleTask(task: EnsembleTask): Promise<void> {
  const store = storeAt(task.store)
  const market = new StoredMarket(store, task.market)
  const { rows } = market
  const columns = market.instruments.length
  const step = createEnsembleStep({ method: task.method, weights: task.weights, symbols: columns })
  const out = new Float64Array(columns)
  const rounded = new Float32Array(columns)
  const inputs = openInputRows(market, task.inputs)
  const facts = { labels: [task.name], symbols: market.symbols }
  try {
    await makeArtefact(store, { address: task.address, kind: 'signals', madeFrom: task.madeFrom, members: [task.address], facts }, (draft) => {
      const signals = draft.startPanel('signals', { type: 'float32', rows, columns })
      turnCrank(rows, inputs, (row, arrays) => {
        step.step(row, arrays, out)
        rounded.set(out)
        signals.append(rounded)
      })
      signals.end()
    })
  } finally {
    inputs.close()
    market.close()
  }
}
