import { join } from 'node:path'
import { addressOf } from '../base/hash.ts'
import { computeMetrics, METRIC_FIELDS, type Metrics } from '../domain/metrics.ts'
import type { Performance } from '../domain/performance.ts'
import type { PortfolioConfig } from '../domain/portfolio.ts'
import { portfolioParametersAt } from '../experiment/portfolios.ts'
import type { ResolvedExperiment } from '../experiment/experiment.ts'
import { readPerformances } from '../lineup/results.ts'
import type { LedgerColumn } from '../store/ledgers.ts'
import type { Address, Store } from '../store/store.ts'
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
    portfolios: made.map(({ ordinal }, row) => [ordinal, members[ordinal], parameters[row]]),
  })
  if (store.meta(address) !== undefined) return address
  const performances = performanceReader(store)
  const metrics = made.map(({ place }) => computeMetrics(performances(place.artefact, place.position), inputs.experiment.profile))
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
    ...METRIC_FIELDS.map((field): LedgerColumn => ({ name: field, type: 'DOUBLE', values: column(metrics, field) })),
  ])
  draft.publish()
  return address
}

function column(metrics: readonly Metrics[], field: keyof Metrics): Float64Array {
  return Float64Array.from(metrics, (row) => row[field])
}

/** Reads each batch once. */
function performanceReader(store: Store): (artefact: Address, position: number) => Performance {
  const batches = new Map<Address, readonly Performance[]>()
  return (artefact, position) => {
    let batch = batches.get(artefact)
    if (batch === undefined) {
      batch = readPerformances(store, artefact)
      batches.set(artefact, batch)
    }
    return batch[position]
  }
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
