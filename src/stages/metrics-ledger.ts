import { join } from 'node:path'
import { addressOf } from '../base/hash.ts'
import { computeMetrics, METRIC_FIELDS } from '../domain/metrics.ts'
import type { Performance } from '../domain/performance.ts'
import type { MetricProfile } from '../domain/profile.ts'
import type { PortfolioConfig } from '../domain/portfolio.ts'
import { portfolioParametersAt } from '../experiment/portfolios.ts'
import type { ResolvedExperiment } from '../experiment/experiment.ts'
import { readPerformances } from '../lineup/results.ts'
import type { LedgerColumn } from '../store/ledgers.ts'
import type { Address, MemberPlace, Store } from '../store/store.ts'
import type { SourceHashes } from '../experiment/installation.ts'
import type { Addresses } from './addresses.ts'
import type { Places } from './stage-work.ts'
import type { PlannedWalkForward } from './walk-forward-work.ts'

export const METRICS_FILE = 'metrics.parquet'

export interface MetricsLedgerInputs {
  readonly experiment: ResolvedExperiment
  readonly configs: readonly PortfolioConfig[]
  readonly addresses: Pick<Addresses, 'portfolio'>
  readonly walkForwards: readonly Pick<PlannedWalkForward, 'group' | 'address'>[]
  readonly places: Places
  readonly sources: SourceHashes
  /** Whose results: those of lockstep are measured again, never looked up among the staged ones. */
  readonly driver: 'staged' | 'lockstep'
}

/**
 * Computes every portfolio's metrics under the experiment's profile from the stored sums, and keeps them as
 * one ledger: a row a portfolio, in experiment order, with what tells it from the others, then a row for every
 * walk-forward. Failed portfolios have no row.
 */
export async function publishMetrics(store: Store, inputs: MetricsLedgerInputs): Promise<Address> {
  const members = [...inputs.configs.map(inputs.addresses.portfolio), ...inputs.walkForwards.map(({ address }) => address)]
  const stitched = inputs.walkForwards.map(({ group }) => ({ id: group.name, containerId: group.containerId }))
  const made = [...inputs.configs, ...stitched].flatMap((config, index) => {
    const place = inputs.places.get(members[index])
    return place === undefined ? [] : [{ config, ordinal: index, place }]
  })
  const parameters = made.map(({ config, ordinal }) =>
    (ordinal < inputs.configs.length ? portfolioParametersAt(inputs.experiment, ordinal) : { portfolio: config.id, signal: null }))
  const address = addressOf({
    kind: 'metrics',
    code: inputs.sources['stages/metrics-ledger.ts'],
    driver: inputs.driver,
    profile: inputs.experiment.profile,
    portfolios: slices(made.length).map(([from, to]) => addressOf(made.slice(from, to).map(({ ordinal }, i) => [ordinal, members[ordinal], parameters[from + i]]))),
  })
  if (store.meta(address) !== undefined) return address
  const metrics = metricColumns(made.map(({ place }) => place), { store, profile: inputs.experiment.profile })
  const draft = store.draft({
    address,
    kind: 'metrics',
    madeFrom: { experiment: inputs.experiment.name, driver: inputs.driver, profile: inputs.experiment.profile, portfolios: made.length },
    facts: { rows: made.length, profile: inputs.experiment.profile.name },
  })
  const { writeLedger } = await import('../store/ledgers.ts')
  await writeLedger(join(draft.folder, METRICS_FILE), [
    { name: 'portfolio', type: 'VARCHAR', values: made.map(({ config }) => config.id) },
    { name: 'ordinal', type: 'INTEGER', values: made.map(({ ordinal }) => ordinal) },
    { name: 'containerId', type: 'VARCHAR', values: made.map(({ config }) => config.containerId) },
    ...parameterColumns(parameters),
    { name: 'profile', type: 'VARCHAR', values: made.map(() => inputs.experiment.profile.name) },
    ...METRIC_FIELDS.map((field, f): LedgerColumn => ({ name: field, type: 'DOUBLE', values: metrics[f] })),
  ])
  draft.publish()
  return address
}

/** Rows whose text is hashed at once: that of a million would not fit a string. */
const ROWS_PER_SLICE = 10_000

function slices(rows: number): (readonly [from: number, to: number])[] {
  return Array.from({ length: Math.ceil(rows / ROWS_PER_SLICE) }, (_, i) => [i * ROWS_PER_SLICE, Math.min(rows, (i + 1) * ROWS_PER_SLICE)])
}

/** A column per metric. Of the stored sums, only the batch at hand is in memory. */
function metricColumns(places: readonly MemberPlace[], of: { store: Store; profile: MetricProfile }): Float64Array[] {
  const columns = METRIC_FIELDS.map(() => new Float64Array(places.length))
  let artefact: Address | undefined
  let batch: readonly Performance[] = []
  places.forEach((place, row) => {
    if (place.artefact !== artefact) {
      artefact = place.artefact
      batch = readPerformances(of.store, artefact)
    }
    const metrics = computeMetrics(batch[place.position], of.profile)
    METRIC_FIELDS.forEach((field, f) => {
      columns[f][row] = metrics[field]
    })
  })
  return columns
}

/** A column per grid parameter, numeric where every value is; its group's name is the column `groupName`. */
function parameterColumns(rows: readonly Readonly<Record<string, unknown>>[]): LedgerColumn[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  return names.map((name): LedgerColumn => {
    const values = rows.map((row) => row[name] ?? null)
    const columnName = name === 'portfolio' ? 'groupName' : name.replaceAll('.', '_')
    if (values.some((value) => value !== null) && values.every((value) => value === null || typeof value === 'number')) {
      return { name: columnName, type: 'DOUBLE', values: values.map((value) => (value === null ? NaN : (value as number))) }
    }
    return { name: columnName, type: 'VARCHAR', values: values.map((value) => (value === null ? null : String(value))) }
  })
}
