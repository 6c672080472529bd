import { systemClock } from '../base/clock.ts'
import { MillraceError } from '../base/errors.ts'
import { canonicalJson } from '../base/hash.ts'
import { marketSources } from '../market/registry.ts'
import { asStretch } from '../market/stretches.ts'
import { makeArtefact } from '../store/made-artefact.ts'
import type { Address } from '../store/store.ts'
import { writeMarket } from './market-artefact.ts'
import { storeAt } from './worker-cache.ts'

export interface MarketTask {
  readonly store: string
  readonly address: Address
  /** `identity` is what the source said of itself when the run was planned. */
  readonly madeFrom: { readonly identity: unknown }
  readonly source: string
  readonly settings: unknown
  /** Folder that the settings' relative paths start from. */
  readonly folder: string
}

/**
 * Stage 0: reads the source, checked, into market panels.
 * @throws MillraceError those of the source; FILE_UNREADABLE when a file was changed since the run was planned
 */
export async function marketTask(task: MarketTask): Promise<void> {
  const store = storeAt(task.store)
  const source = marketSources[task.source].source
  const context = { folder: task.folder, clock: systemClock }
  const market = source.stretches?.(task.settings, context) ?? asStretch(await source.load(task.settings, context))
  await makeArtefact(store, { address: task.address, kind: 'market', madeFrom: task.madeFrom }, async (draft) => {
    const facts = writeMarket(draft, market)
    if (canonicalJson(await source.identity(task.settings, context)) !== canonicalJson(task.madeFrom.identity)) throw changedMeanwhile()
    return facts
  })
}

function changedMeanwhile(): MillraceError {
  return new MillraceError({
    code: 'FILE_UNREADABLE',
    message: 'the market’s files were changed while they were being read',
    where: 'market',
    hint: 'run the experiment again once they are complete',
  })
}
