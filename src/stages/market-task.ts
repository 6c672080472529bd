import { systemClock } from '../base/clock.ts'
import { marketSources } from '../market/registry.ts'
import type { Address } from '../store/store.ts'
import { marketFacts, writeMarket } from './market-artefact.ts'
import { storeAt } from './worker-cache.ts'

export interface MarketTask {
  readonly store: string
  readonly address: Address
  readonly madeFrom: unknown
  readonly source: string
  readonly settings: unknown
  /** Folder that the settings' relative paths start from. */
  readonly folder: string
}

/** Stage 0: reads the source, checked, into market panels. */
export async function marketTask(task: MarketTask): Promise<void> {
  const store = storeAt(task.store)
  const source = marketSources[task.source].source
  const market = await source.load(task.settings, { folder: task.folder, clock: systemClock })
  const draft = store.draft({
    address: task.address,
    kind: 'market',
    madeFrom: task.madeFrom,
    facts: marketFacts(market),
  })
  writeMarket(draft, market)
  draft.publish()
}
