import { MillraceError } from '../base/errors.ts'
import { addressOf } from '../base/hash.ts'
import type { PortfolioConfig } from '../domain/portfolio.ts'
import type { ResolvedExperiment } from '../experiment/experiment.ts'
import { readPerformances } from '../lineup/results.ts'
import { runLockstep, type LockstepOutcome, type LockstepRun } from '../lockstep/lockstep.ts'
import { expandPortfolios, noteEnd, startRecord, type ExperimentRun } from '../stages/experiment-run.ts'
import { readMarket } from '../stages/market-artefact.ts'
import { publishMetrics } from '../stages/metrics-ledger.ts'
import type { PreparedRun, StagedRun } from '../stages/pipeline.ts'
import { describeArtefacts, fingerprintOf } from '../stages/run-artefacts.ts'
import type { RunRecord } from '../stages/run-record.ts'
import { startStage } from '../stages/stage-timing.ts'
import { Places } from '../stages/stage-work.ts'
import type { AddressList } from '../store/address-list.ts'
import type { Address, MemberPlace, PanelReader, Store } from '../store/store.ts'
import { samePerformance } from './replay.ts'

/** What the lockstep driver needs beside a prepared run. */
export interface LockstepOptions
  extends Pick<LockstepRun, 'workerFile' | 'workers' | 'portfoliosPerBatch' | 'timeoutMs' | 'interrupted' | 'predictions' | 'onHired' | 'onBar'> {
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
      addresses: prepared.portfolios,
      code: addressOf(Object.entries(run.sources).filter(([file]) => file.startsWith('lockstep/'))),
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

/** A lockstep run that is recorded like a staged one. */
export type RecordedLockstepRun = ExperimentRun & Omit<LockstepOptions, 'configs' | 'onBar'>

/**
 * Where predictions come from: as wished, or else stored where the staged driver has left all of them.
 * @throws MillraceError USAGE when stored ones are wished for and a model has none
 */
export function choosePredictions(store: Store, prepared: PreparedRun, wish?: 'stored' | 'fresh'): 'stored' | 'fresh' {
  const missing = prepared.lineup.models.filter(({ spec }) => !store.has(prepared.addresses.signal(spec.name))).map(({ spec }) => spec.name)
  if (wish === 'stored' && missing.length > 0) {
    throw new MillraceError({
      code: 'USAGE',
      message: `no predictions of ${missing.join(', ')} are stored`,
      value: '--predictions stored',
      hint: 'run the experiment staged first, or use --predictions fresh',
    })
  }
  return wish ?? (missing.length === 0 ? 'stored' : 'fresh')
}

/**
 * Runs a prepared experiment in lockstep, keeping its record up to date, and compares its results with the
 * staged ones that are stored.
 * @throws MillraceError after the record says `failed` or `interrupted`
 */
export async function runRecordedInLockstep(of: RecordedLockstepRun, prepared: PreparedRun): Promise<RunRecord> {
  const { experiment, store, predictions } = of
  refuseWalkForwards(experiment)
  const configs = expandPortfolios(experiment)
  const fingerprint = fingerprintOf({ experiment, driver: 'lockstep', predictions }, prepared)
  const { record, note, observer } = startRecord(of, { driver: 'lockstep', fingerprint, plan: [], sizes: { workers: of.workers, portfoliosPerBatch: of.portfoliosPerBatch } }, () => [prepared.market])
  const run: StagedRun = { ...of, observer }
  try {
    const finish = startStage(run, 'lockstep', { total: prepared.rows, cached: 0 })
    const outcome = await runPreparedInLockstep(run, prepared, {
      ...of, configs, onBar: (progress) => observer.stageProgress?.('lockstep', progress),
    })
    finish({ made: prepared.rows, cpuMs: 0 })
    const places = placesOf(store, prepared, outcome.artefacts)
    const metrics = await publishMetrics(store, { ...run, driver: 'lockstep', portfolios: prepared.portfolios, walkForwards: [], places })
    note({
      status: 'finished',
      artefacts: describeArtefacts(store, prepared, { places, metrics }),
      reached: undefined,
      lockstep: {
        bars: outcome.bars, predictions, compared: outcome.predictions, flips: outcome.flips,
        ...compareWithStaged(store, { places, portfolios: prepared.portfolios }),
      },
    })
    return record()
  } catch (error) {
    throw noteEnd(of, error, note)
  }
}

/**
 * A walk-forward trains on whole windows before it trades one bar: there is nothing to turn bar by bar.
 * @throws MillraceError USAGE
 */
export function refuseWalkForwards({ walkForwards }: Pick<ResolvedExperiment, 'walkForwards'>): void {
  if (walkForwards.length === 0) return
  throw new MillraceError({
    code: 'USAGE',
    message: `lockstep steps every portfolio once, bar by bar; the walk-forward ${walkForwards[0].name} trains its candidates on whole windows first`,
    where: `portfolios.${walkForwards[0].name}.walkForward`, value: '--driver lockstep',
    hint: 'run it staged; its steps are the same in both drivers',
  })
}

/** Where the results are, and whatever the staged driver has stored of what they were made from. */
function placesOf(store: Store, prepared: PreparedRun, results: readonly Address[]): Places {
  const places = new Places()
  for (const { stage, artefactKind, members: { addresses } } of prepared.stages.flat()) {
    if (stage !== 'portfolios') places.put(addresses, store.findMembers(artefactKind, addresses))
  }
  const own = places.of(prepared.portfolios)
  for (const artefact of results) {
    store.meta(artefact)?.members.forEach((address, position) => own.set(prepared.portfolios.indexOf(address), { artefact, position }))
  }
  return places
}

function compareWithStaged(store: Store, { places, portfolios }: { readonly places: Places; readonly portfolios: AddressList }): { staged: number; identical: number } {
  const batches = new Map<Address, ReturnType<typeof readPerformances>>()
  const performanceAt = ({ artefact, position }: MemberPlace) => {
    const batch = batches.get(artefact) ?? readPerformances(store, artefact)
    batches.set(artefact, batch)
    return batch[position]
  }
  const own = places.of(portfolios)
  const found = store.findMembers('results', portfolios)
  let staged = 0
  let identical = 0
  for (let ordinal = 0; ordinal < portfolios.length; ordinal++) {
    const [place, ownPlace] = [found.at(ordinal), own.at(ordinal)]
    if (place === undefined) continue
    staged++
    if (ownPlace !== undefined && samePerformance(performanceAt(ownPlace), performanceAt(place))) identical++
  }
  return { staged, identical }
}
