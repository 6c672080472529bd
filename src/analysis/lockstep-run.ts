import type { PortfolioConfig } from '../domain/portfolio.ts'
import { runLockstep, type LockstepOutcome, type LockstepRun } from '../lockstep/lockstep.ts'
import { readMarket } from '../stages/market-artefact.ts'
import type { PreparedRun, StagedRun } from '../stages/pipeline.ts'
import type { Address, PanelReader, Store } from '../store/store.ts'

/** What the lockstep driver needs beside a prepared run. */
export interface LockstepOptions
  extends Pick<LockstepRun, 'workerFile' | 'workers' | 'portfoliosPerBatch' | 'timeoutMs' | 'interrupted' | 'predictions' | 'onBar'> {
  readonly configs: readonly PortfolioConfig[]
}

/**
 * Runs a prepared experiment in lockstep, over the same market artefact, lineup and portfolio addresses as the
 * staged driver. Stored predictions are read where the staged driver has left them.
 */
export async function runPreparedInLockstep(run: StagedRun, prepared: PreparedRun, options: LockstepOptions): Promise<LockstepOutcome> {
  const predictions = openPredictions(run.store, prepared)
  try {
    return await runLockstep({
      ...options,
      lineup: prepared.lineup,
      market: readMarket(run.store, prepared.market),
      marketAddress: prepared.market,
      addressOfPortfolio: prepared.addresses.portfolio,
      profile: run.experiment.profile,
      record: run.experiment.record,
      storeRoot: run.store.root,
      storedPredictions: predictions.read,
    })
  } finally {
    predictions.close()
  }
}

function openPredictions(store: Store, prepared: PreparedRun): { read: LockstepRun['storedPredictions']; close(): void } {
  const panels = new Map<string, PanelReader>()
  for (const { spec } of prepared.lineup.models) {
    const artefact: Address = prepared.addresses.signal(spec.name)
    if (store.has(artefact)) panels.set(spec.name, store.panel(artefact, 'predictions'))
  }
  const close = () => {
    for (const panel of panels.values()) panel.close()
  }
  if (panels.size < prepared.lineup.models.length) {
    close()
    return { read: null, close: () => undefined }
  }
  return { read: (model, t, out) => void panels.get(model)?.read(t, t + 1, out), close }
}
