import { decisionWidth } from '../domain/risk-decision.ts'
import { createRiskStep } from '../risk/risk-step.ts'
import { makeArtefact } from '../store/made-artefact.ts'
import type { Address } from '../store/store.ts'
import { createBookRows, type BookSpec } from '../lineup/book-rows.ts'
import { turnCrank } from './crank.ts'
import type { StepOrigin } from '../experiment/experiment.ts'
import { riskModelDefinition } from '../lineup/definitions.ts'
import { openInputRows, type InputPlace } from './input-rows.ts'
import { StoredMarket } from './stored-market.ts'
import { storeAt } from './worker-cache.ts'

export interface RiskTask extends StepOrigin {
  readonly store: string
  readonly market: Address
  readonly address: Address
  readonly madeFrom: unknown
  readonly name: string
  readonly params: Readonly<Record<string, unknown>>
  /** Features in the order of the risk step's `features`. */
  readonly features: readonly InputPlace[]
  readonly book: BookSpec
  /** Signals of the reference book, in the order of its weights. */
  readonly bookSignals: readonly InputPlace[]
}

/** Stage 3: one risk model's decisions for one pattern, float32 `[t][fields]`. */
export async function riskTask(task: RiskTask): Promise<void> {
  const store = storeAt(task.store)
  const market = new StoredMarket(store, task.market)
  const symbols = market.instruments.length
  const universe = market.symbols
  const definition = await riskModelDefinition(task)
  const { step } = createRiskStep({ definition, params: task.params, universe })
  const book = createBookRows(task.book, symbols)
  const columns = decisionWidth(definition.decides, symbols)
  const { rows } = market
  const out = new Float64Array(columns)
  const rounded = new Float32Array(columns)
  const inputs = openInputRows(market, [...task.features, ...task.bookSignals])
  const features = inputs.arrays.slice(0, task.features.length)
  const signals = inputs.arrays.slice(task.features.length)
  const stepInputs = [...features, book.exposures]
  const facts = { name: task.name, fields: definition.decides, symbols: universe }
  try {
    await makeArtefact(store, { address: task.address, kind: 'decisions', madeFrom: task.madeFrom, members: [task.address], facts }, (draft) => {
      const decisions = draft.startPanel('decisions', { type: 'float32', rows, columns })
      turnCrank(rows, inputs, (row) => {
        book.fill(signals)
        step.step(row, stepInputs, out)
        rounded.set(out)
        decisions.append(rounded)
      })
      decisions.end()
    })
  } finally {
    inputs.close()
    market.close()
  }
}
