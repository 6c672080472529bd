import { addressOf } from '../base/hash.ts'
import { fromErrorReport } from '../base/errors.ts'
import { breathe, STEPS_PER_BREATH } from '../base/turn.ts'
import type { Instrument } from '../domain/instrument.ts'
import type { ResolvedExperiment } from '../experiment/experiment.ts'
import { locateByPath } from '../experiment/document.ts'
import { portfolioCount } from '../experiment/portfolios.ts'
import type { Locate } from '../experiment/problems.ts'
import { features } from '../features/registry.ts'
import { kernelShares } from '../lineup/kernel-choice.ts'
import { createLineup, type Lineup } from '../lineup/lineup.ts'
import { marketSources } from '../market/registry.ts'
import { AddressList } from '../store/address-list.ts'
import type { Address } from '../store/store.ts'
import type { SourceHashes } from '../experiment/installation.ts'
import { createAddresses, type Addresses } from './addresses.ts'
import { planCores, type CorePlan, type Machine, type Overrides } from './core-plan.ts'
import { readTimeline } from './market-artefact.ts'
import { planFusion, type Fusion } from './fusion.ts'
import type { MarketTask } from './market-task.ts'
import type { ModelCheckTask } from './model-check-task.ts'
import type { Failure, PlannedStage } from './observer.ts'
import { subscriptionsOf } from './member-load.ts'
import { countStage, planStage, runStage, type StageRun, type Unavailable } from './run-stage.ts'
import { startStage } from './stage-timing.ts'
import { Places, type StageWork } from './stage-work.ts'
import { cutWalkForwards, planWalkForwards, trainingWork, walkForwardWork, type CutWalkForward, type PlannedWalkForward, type WalkForwardContext } from './walk-forward-work.ts'
import { ensembleWork, featureWork, modelWork, portfolioWork, riskWork, strategyWork, type WorkContext } from './work.ts'

/** A run of an experiment by the staged driver. */
export interface StagedRun extends StageRun {
  readonly experiment: ResolvedExperiment
  readonly sources: SourceHashes
  readonly machine: Machine
  /** Where parts of the experiment's file stand, portfolios by their names. */
  readonly locate?: Locate
  /** Sizes that are not for the core plan to decide. */
  readonly overrides?: Overrides
}

/** A run that knows its market: everything it will make has an address. */
export interface PreparedRun {
  readonly market: Address
  readonly rows: number
  readonly instruments: readonly Instrument[]
  readonly lineup: Lineup
  readonly addresses: Addresses
  readonly stages: readonly (readonly StageWork[])[]
  /** Addresses of the experiment's portfolios, in its order. */
  readonly portfolios: AddressList
  readonly walkForwards: readonly PlannedWalkForward[]
  /** Stages 1 and 4 go together for these; null = every signal is stored. */
  readonly fusion: Fusion | null
  readonly cores: CorePlan
  readonly plan: readonly PlannedStage[]
}

export interface StagedOutcome {
  readonly places: Places
  readonly failures: readonly Failure[]
}

/**
 * The order of the stages. Nothing else states it: market → features → strategies → models → ensembles → risk
 * → portfolios → training → walk-forward.
 */
async function stagesOf(context: WorkContext, walkForward: WalkForwardContext, planned: readonly PlannedWalkForward[]): Promise<StageWork[][]> {
  return [
    featureWork(context),
    [strategyWork(context)],
    [modelWork(context)],
    ensembleWork(context),
    [riskWork(context)],
    [await portfolioWork(context)],
    [await trainingWork(walkForward, planned)],
    [walkForwardWork(walkForward, planned)],
  ].map((works) => works.filter((work) => work.members.addresses.length > 0) as StageWork[])
}

/** What the market tells of a run before anything of it is multiplied out. */
export type MeasuredRun = Pick<PreparedRun, 'rows' | 'lineup' | 'fusion'> & { readonly walkForwards: readonly CutWalkForward[] }

/**
 * Reads the market (or finds it stored), lines up the experiment and plans every stage.
 * @param judge throws for what should not be planned
 */
export async function prepareRun(run: StagedRun, judge: (measured: MeasuredRun) => void = () => undefined): Promise<PreparedRun> {
  const market = await makeMarket(run)
  const meta = run.store.meta(market)
  if (meta === undefined) throw new Error(`the market ${market} vanished from the store`)
  const facts = meta.facts as { rows: number; instruments: readonly Instrument[] }
  const lineup = await createLineup(run.experiment, facts.instruments.map((instrument) => instrument.symbol), run.interrupted)
  const addressesOf = (record: 'metrics' | 'all') => createAddresses({
    lineup,
    market,
    sources: run.sources,
    featureSource: (name) => features[name].source,
    profile: run.experiment.profile,
    record,
  })
  const addresses = addressesOf(run.experiment.record)
  await addressSignals(lineup.strategies, addresses, run.interrupted)
  const walkForward: WalkForwardContext = { locate: locateByPath(run.experiment.name), ...run, storeRoot: run.store.root, market, rows: facts.rows, lineup, addresses: addressesOf('metrics') }
  const cut = cutWalkForwards(walkForward, () => readTimeline(run.store, market))
  const fusion = planFusion({ experiment: run.experiment, lineup, addresses, store: run.store, rows: facts.rows, wish: run.overrides?.signals })
  judge({ rows: facts.rows, lineup, fusion, walkForwards: cut })
  const walkForwards = await planWalkForwards(walkForward, cut)
  const context: WorkContext = {
    storeRoot: run.store.root,
    market,
    rows: facts.rows,
    lineup,
    addresses,
    experiment: run.experiment,
    subscriptions: subscriptionsOf(run.experiment.portfolios),
    kernels: kernelShares(run.experiment),
    fused: fusion?.signals ?? new Set(),
    interrupted: run.interrupted,
  }
  const stages = await stagesOf(context, walkForward, walkForwards)
  const counts = stages.flatMap((works) => countStage(run.store, works) ?? [])
  const cores = planCores(run.machine, {
    rows: facts.rows,
    symbols: facts.instruments.length,
    levels: counts.flatMap(({ levels }) => levels),
    portfolios: portfolioCount(run.experiment),
    subscriptions: subscriptionsOf([...run.experiment.portfolios, ...run.experiment.walkForwards]),
  }, run.overrides)
  const plan = counts.map((count) => planStage(count, cores.share))
  const portfolios = stages.flat().find(({ stage }) => stage === 'portfolios')?.members.addresses ?? new AddressList()
  return { market, rows: facts.rows, instruments: facts.instruments, lineup, addresses, stages, portfolios, walkForwards, fusion, cores, plan }
}

/** Signals ask for their addresses all over planning; here they get them, with breath between. */
async function addressSignals(strategies: Lineup['strategies'], addresses: Addresses, interrupted: AbortSignal): Promise<void> {
  for (const [index, { id }] of strategies.entries()) {
    if (index % STEPS_PER_BREATH === 0) await breathe(interrupted)
    addresses.signal(id)
  }
}

/**
 * Runs every stage of a prepared run; what is stored already is not made again. `places` fills as it goes, so
 * that whoever gave it knows how far an interrupted run has come.
 */
export async function runStages(run: StagedRun, prepared: PreparedRun, places = new Places()): Promise<StagedOutcome> {
  const unavailable: Unavailable = new Map()
  await checkModels(run, prepared)
  run.observer.planned?.(prepared.plan)
  for (const works of prepared.stages) await runStage(run, works, { places, unavailable, plan: prepared.cores })
  return { places, failures: [...unavailable.values()] }
}

/**
 * Refuses a model file that is no model before anything is computed. One that brings its process down is left to
 * its stage, where it is confined and named.
 */
async function checkModels(run: StagedRun, prepared: PreparedRun): Promise<void> {
  const unmade = prepared.lineup.models.filter(({ spec }) => !run.store.has(prepared.addresses.signal(spec.name)))
  for (const { spec } of unmade) {
    const payload: ModelCheckTask = { spec }
    const outcome = await run.pool.run({ id: `model ${spec.name}`, kind: 'model-check', payload, timeoutMs: run.timeoutMs, isolated: true })
    if (!outcome.ok && !outcome.crashed) throw fromErrorReport(outcome.error)
  }
}

/** Stage 0, first half: the market artefact's address, made now if it is not stored. */
async function makeMarket(run: StagedRun): Promise<Address> {
  const { source: name, settings } = run.experiment.market
  const { source, file } = marketSources[name]
  const identity = await source.identity(settings, { folder: run.experiment.folder, clock: run.clock })
  const madeFrom = { source: name, identity, code: [run.sources[file], run.sources['stages/market-task.ts']] }
  const address = addressOf({ kind: 'market', ...madeFrom })
  if (run.store.meta(address) !== undefined) return address
  const payload: MarketTask = {
    store: run.store.root, address, madeFrom, source: name, settings, folder: run.experiment.folder,
  }
  const finish = startStage(run, 'market', { total: 1, cached: 0 })
  const outcome = await run.pool.run({ id: 'market', kind: 'market', payload, timeoutMs: run.timeoutMs })
  if (!outcome.ok) throw fromErrorReport(outcome.error)
  finish({ made: 1, cpuMs: outcome.usage.cpuMs })
  return address
}
