import { join } from 'node:path'
import { addressOf } from '../base/hash.ts'
import { computeMetrics, METRIC_FIELDS } from '../domain/metrics.ts'
import type { Performance } from '../domain/performance.ts'
import { portfolioLabelAt, type PortfolioLabel } from '../experiment/portfolios.ts'
import type { ResolvedExperiment } from '../experiment/experiment.ts'
import { readPerformances } from '../lineup/results.ts'
import type { LedgerColumn } from '../store/ledgers.ts'
import type { Address, MemberPlace, Store } from '../store/store.ts'
import type { SourceHashes } from '../experiment/installation.ts'
import { cutChunks, placeOf, type Places } from './stage-work.ts'
import type { PlannedWalkForward } from './walk-forward-work.ts'

export const METRICS_FILE = 'metrics.parquet'

export interface MetricsLedgerInputs {
  readonly experiment: ResolvedExperiment
  /** Addresses of the experiment's portfolios, in its order. */
  readonly portfolios: readonly Address[]
  readonly walkForwards: readonly Pick<PlannedWalkForward, 'group' | 'address'>[]
  readonly places: Places
  readonly sources: SourceHashes
  /** Whose results: those of lockstep are measured again, never looked up among the staged ones. */
  readonly driver: 'staged' | 'lockstep'
}

/**
 * Computes every portfolio's metrics under the experiment's profile from the stored sums, and keeps them as
 * one ledger: a row a portfolio, in experiment order, with what tells it from the others, then a row for every
 * walk-forward. Failed portfolios have no row. Only some rows at a time are in memory.
 */
export async function publishMetrics(store: Store, inputs: MetricsLedgerInputs): Promise<Address> {
  const { experiment, driver, places } = inputs
  const { profile } = experiment
  const members = [...inputs.portfolios, ...inputs.walkForwards.map(({ address }) => address)]
  const made = Int32Array.from(members.keys()).filter((ordinal) => places.has(members[ordinal]))
  const parts = cutChunks([...made], ROWS_PER_PART)
  const parameters = new ParameterColumns()
  const address = addressOf({
    kind: 'metrics', code: inputs.sources['stages/metrics-ledger.ts'], driver, profile,
    portfolios: parts.map((ordinals) => addressOf(labelsOf(inputs, ordinals).map((label, i) => {
      parameters.learn(label.parameters)
      return [ordinals[i], members[ordinals[i]], label.parameters]
    }))),
  })
  if (store.meta(address) !== undefined) return address
  const draft = store.draft({
    address, kind: 'metrics', madeFrom: { experiment: experiment.name, driver, profile, portfolios: made.length },
    facts: { rows: made.length, profile: profile.name },
  })
  const read = createReader(store)
  const columnsOf = (ordinals: readonly number[]): LedgerColumn[] => {
    const labels = labelsOf(inputs, ordinals)
    const metrics = ordinals.map((ordinal) => computeMetrics(read(placeOf(places, members[ordinal])), profile))
    return [
      { name: 'portfolio', type: 'VARCHAR', values: labels.map(({ id }) => id) },
      { name: 'ordinal', type: 'INTEGER', values: ordinals },
      { name: 'containerId', type: 'VARCHAR', values: labels.map(({ containerId }) => containerId) },
      ...parameters.columnsOf(labels),
      { name: 'profile', type: 'VARCHAR', values: ordinals.map(() => profile.name) },
      ...METRIC_FIELDS.map((field): LedgerColumn => ({ name: field, type: 'DOUBLE', values: Float64Array.from(metrics, (row) => row[field]) })),
    ]
  }
  const { writeLedgerInParts } = await import('../store/ledgers.ts')
  await writeLedgerInParts(join(draft.folder, METRICS_FILE), { fields: columnsOf([]), parts: lazily(parts, columnsOf) })
  draft.publish()
  return address
}

/** Rows that are worked out, hashed and written at once. */
const ROWS_PER_PART = 10_000

function* lazily<T, U>(items: readonly T[], make: (item: T) => U): Generator<U> {
  for (const item of items) yield make(item)
}

/** What rows are called: portfolios in experiment order, then stitched ones. */
function labelsOf({ experiment, portfolios, walkForwards }: MetricsLedgerInputs, ordinals: readonly number[]): PortfolioLabel[] {
  return ordinals.map((ordinal) => {
    if (ordinal < portfolios.length) return portfolioLabelAt(experiment, ordinal)
    const { name: id, containerId } = walkForwards[ordinal - portfolios.length].group
    return { id, containerId, parameters: { portfolio: id, signal: null } }
  })
}

/** Reads stored sums; those of the batch read last are at hand. */
function createReader(store: Store): (place: MemberPlace) => Performance {
  let artefact: Address | undefined
  let batch: readonly Performance[] = []
  return (place) => {
    if (place.artefact !== artefact) batch = readPerformances(store, (artefact = place.artefact))
    return batch[place.position]
  }
}

/** A column per grid parameter, numeric where every value is; its group's name is the column `groupName`. */
class ParameterColumns {
  readonly #names = new Map<string, 'DOUBLE' | 'VARCHAR' | undefined>()

  learn(parameters: PortfolioLabel['parameters']): void {
    for (const [name, value] of Object.entries(parameters)) {
      const kind = value === null ? undefined : typeof value === 'number' ? 'DOUBLE' : 'VARCHAR'
      const before = this.#names.get(name)
      this.#names.set(name, before === 'VARCHAR' || kind === undefined ? before : kind)
    }
  }

  columnsOf(labels: readonly PortfolioLabel[]): LedgerColumn[] {
    return Array.from(this.#names, ([parameter, type]): LedgerColumn => {
      const values = labels.map(({ parameters }) => parameters[parameter] ?? null)
      const name = parameter === 'portfolio' ? 'groupName' : parameter.replaceAll('.', '_')
      if (type === 'DOUBLE') return { name, type, values: values.map((value) => (value === null ? NaN : (value as number))) }
      return { name, type: 'VARCHAR', values: values.map((value) => (value === null ? null : String(value))) }
    })
  }
}
