import { MillraceError, toErrorReport } from '../base/errors.ts'
import type { PortfolioConfig } from '../domain/portfolio.ts'
import { portfolioAt, portfolioCount } from '../experiment/portfolios.ts'
import type { ResolvedExperiment } from '../experiment/experiment.ts'
import { checkAgainstUniverse } from '../experiment/universe.ts'
import type { Address, MemberPlace } from '../store/store.ts'
import { publishMetrics } from './metrics-ledger.ts'
import type { StageObserver, StageTiming } from './observer.ts'
import { prepareRun, runStages, type PreparedRun, type StagedOutcome, type StagedRun } from './pipeline.ts'
import type { Environment, RunArtefacts, RunRecord } from './run-record.ts'
import { placeOf, type Places } from './stage-work.ts'

/** A staged run with somewhere to write down how it goes. */
export interface ExperimentRun extends Omit<StagedRun, 'configs' | 'observer'> {
  readonly experimentFile: string
  readonly environment: Environment
  readonly observer: StageObserver
  /** Called whenever the record has changed: at the start, after every stage, at the end. */
  readonly save: (record: RunRecord) => void
}

/** How often a damaged artefact is set aside and made again before the run gives up. */
const REPAIRS = 5

/** Every configuration of an experiment, in its order. */
export function expandPortfolios(experiment: ResolvedExperiment): PortfolioConfig[] {
  return Array.from({ length: portfolioCount(experiment) }, (_, index) => portfolioAt(experiment, index))
}

/**
 * Runs an experiment staged, from market to metrics, keeping its record up to date.
 * @throws MillraceError after the record says `failed` or `interrupted`
 */
export async function runExperiment(of: ExperimentRun): Promise<RunRecord> {
  const timings: StageTiming[] = []
  const observer: StageObserver = {
    ...of.observer,
    stageFinished: (stage, timing) => {
      timings.push(timing)
      of.observer.stageFinished?.(stage, timing)
      note({ timings: [...timings] })
    },
  }
  let record = firstRecord(of)
  const note = (change: Partial<RunRecord>) => {
    record = { ...record, ...change }
    of.save(record)
  }
  note({})
  const run: StagedRun = { ...of, observer, configs: expandPortfolios(of.experiment) }
  const finishedAt = () => new Date(of.clock.now()).toISOString()
  try {
    const { prepared, outcome } = await runRepairing(run, (plan) => note({ plan }))
    const metrics = await publishMetrics(of.store, { ...run, addresses: prepared.addresses, places: outcome.places })
    note({
      status: outcome.failures.length > 0 ? 'partial' : 'finished',
      failures: outcome.failures,
      artefacts: describeArtefacts(run, prepared, { places: outcome.places, metrics }),
      finishedAt: finishedAt(),
    })
    return record
  } catch (error) {
    const interrupted = of.interrupted.aborted
    note({ status: interrupted ? 'interrupted' : 'failed', error: toErrorReport(error), finishedAt: finishedAt() })
    if (!interrupted) throw error
    throw new MillraceError({
      code: 'INTERRUPTED',
      message: 'the run was interrupted; everything finished so far is kept',
      hint: 'the same command goes on where it stopped',
    })
  }
}

function firstRecord(of: ExperimentRun): RunRecord {
  return {
    name: of.experiment.name,
    driver: 'staged',
    status: 'running',
    experimentFile: of.experimentFile,
    experiment: of.experiment,
    startedAt: new Date(of.clock.now()).toISOString(),
    plan: [],
    timings: [],
    failures: [],
    environment: of.environment,
  }
}

/** A damaged artefact found on the way is set aside, and what it held is made again. */
async function runRepairing(
  run: StagedRun,
  planned: (plan: PreparedRun['plan']) => void,
): Promise<{ prepared: PreparedRun; outcome: StagedOutcome }> {
  for (let repairs = 0; ; repairs++) {
    try {
      const prepared = await prepareRun(run)
      checkAgainstUniverse(run.experiment, prepared.lineup.universe)
      if (repairs === 0) planned(prepared.plan)
      return { prepared, outcome: await runStages(run, prepared) }
    } catch (error) {
      const damaged = damagedArtefact(error)
      if (damaged === undefined || repairs >= REPAIRS) throw error
      run.store.quarantine(damaged, (error as MillraceError).message)
    }
  }
}

function damagedArtefact(error: unknown): Address | undefined {
  if (!(error instanceof MillraceError) || error.code !== 'ARTEFACT_CORRUPT') return undefined
  return typeof error.value === 'string' ? error.value : undefined
}

function describeArtefacts(
  run: StagedRun,
  prepared: PreparedRun,
  of: { readonly places: Places; readonly metrics: Address },
): RunArtefacts {
  const { lineup, addresses } = prepared
  const known = (entries: readonly (readonly [string, Address])[]): Record<string, MemberPlace> =>
    Object.fromEntries(entries.filter(([, address]) => of.places.has(address)).map(([name, address]) => [name, placeOf(of.places, address)]))
  const signals = [
    ...lineup.strategies.map((entry) => entry.id),
    ...lineup.models.map((entry) => entry.spec.name),
    ...lineup.ensembles.map((entry) => entry.name),
  ]
  const decisions = lineup.patterns.flatMap((pattern) =>
    pattern.models.flatMap((model) => {
      const place = of.places.get(addresses.decision(pattern.name, model.name))
      return place === undefined ? [] : [[`${pattern.name}/${model.name}`, { artefact: place.artefact, fields: model.decides }] as const]
    }),
  )
  const results = run.configs.flatMap((config) => of.places.get(addresses.portfolio(config))?.artefact ?? [])
  return {
    market: prepared.market,
    rows: prepared.rows,
    symbols: lineup.universe,
    features: known(lineup.features.map((node) => [node.ref.expression, addresses.feature(node.ref.expression)])),
    signals: known(signals.map((name) => [name, addresses.signal(name)])),
    decisions: Object.fromEntries(decisions),
    results: [...new Set(results)],
    metrics: of.metrics,
  }
}
