import { MillraceError } from '../base/errors.ts'
import { nearestName } from '../features/params.ts'
import { findPortfolio, portfolioAt, portfolioCount, portfolioLabelAt } from '../experiment/portfolios.ts'
import type { ResolvedExperiment } from '../experiment/experiment.ts'
import type { PortfolioConfig } from '../domain/portfolio.ts'
import type { RunArtefacts, RunRecord } from '../stages/run-record.ts'
import type { Runs } from '../store/manifests.ts'
import type { Address, Store } from '../store/store.ts'

/** A finished run, opened for questions. */
export interface OpenedRun {
  readonly id: string
  readonly store: Store
  readonly record: RunRecord
  readonly experiment: ResolvedExperiment
  readonly artefacts: RunArtefacts
}

/**
 * Opens the run meant by `latest`, an id or the unique beginning of one.
 * @throws MillraceError RUN_NOT_FOUND; RUN_UNFINISHED when it has no results (yet)
 */
export function openRun(of: { readonly store: Store; readonly runs: Runs<RunRecord> }, reference: string): OpenedRun {
  const id = of.runs.resolve(reference)
  const record = of.runs.read(id)
  if (record.artefacts === undefined) throw unfinished(id, record)
  return { id, store: of.store, record, experiment: record.experiment, artefacts: record.artefacts }
}

function unfinished(id: string, record: RunRecord): MillraceError {
  const state = record.status === 'running' ? 'is running, or its process was killed' : record.status === 'failed' ? 'failed' : 'was interrupted'
  return new MillraceError({
    code: 'RUN_UNFINISHED',
    message: `run ${id} ${state}: it has no results`,
    value: id,
    hint: `\`millrace run ${record.experimentFile}\` goes on where it stopped; \`millrace runs\` lists the finished ones`,
  })
}

/**
 * The newest finished run of that fingerprint whose results are all still stored: a run that would do the same
 * has nothing to do.
 */
export function findSameRun(of: { readonly store: Store; readonly runs: Runs<RunRecord> }, fingerprint: Address): OpenedRun | undefined {
  for (const id of of.runs.ids()) {
    if (!of.runs.addressesIn(id).has(fingerprint)) continue
    const record = of.runs.read(id)
    if (record.fingerprint !== fingerprint || record.status !== 'finished' || record.artefacts === undefined) continue
    const { metrics, results } = record.artefacts
    if ([metrics, ...results].every((address) => of.store.has(address))) return openRun(of, id)
  }
  return undefined
}

/** @throws MillraceError PORTFOLIO_NOT_FOUND with the nearest id */
export function portfolioOf(run: OpenedRun, id: string): PortfolioConfig {
  const index = findPortfolio(run.experiment, id)
  if (index >= 0) return portfolioAt(run.experiment, index)
  const ids = Array.from({ length: Math.min(5000, portfolioCount(run.experiment)) }, (_, at) => portfolioLabelAt(run.experiment, at).id)
  const nearest = ids.find((candidate) => candidate.startsWith(id)) ?? nearestName(id, ids)
  throw new MillraceError({
    code: 'PORTFOLIO_NOT_FOUND',
    message: `run ${run.id} has no portfolio of that name`,
    value: id,
    hint: `${nearest === undefined ? '' : `did you mean \`${nearest}\`? `}\`millrace top ${run.id}\` lists the best`,
  })
}

/**
 * The place of something a run has stored.
 * @throws MillraceError ARTEFACT_MISSING: a lockstep run stores results only, a staged one may lack what failed
 */
export function storedPlace<P>(run: OpenedRun, places: Readonly<Record<string, P>>, name: string): P {
  if (Object.hasOwn(places, name)) return places[name]
  const lockstep = run.record.driver === 'lockstep'
  throw new MillraceError({
    code: 'ARTEFACT_MISSING',
    message: `run ${run.id} has not stored ${name}`,
    value: name,
    hint: lockstep
      ? 'a lockstep run stores results only; run the experiment staged first, then features, signals and decisions are found'
      : 'it failed in that run; `millrace runs` says why',
  })
}
