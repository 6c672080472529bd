import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { addressOf } from '../base/hash.ts'
import { computeMetrics, METRIC_FIELDS, type Metrics } from '../domain/metrics.ts'
import type { Performance } from '../domain/performance.ts'
import { portfolioLabelAt, type PortfolioLabel } from '../experiment/portfolios.ts'
import type { ResolvedExperiment } from '../experiment/experiment.ts'
import { storedPerformances } from '../lineup/results.ts'
import type { AddressList } from '../store/address-list.ts'
import { missingArtefact } from '../store/artefact-faults.ts'
import type { LedgerColumn } from '../store/ledgers.ts'
import { makeArtefact } from '../store/made-artefact.ts'
import type { Address, MemberPlace, Store } from '../store/store.ts'
import type { SourceHashes } from '../experiment/installation.ts'
import { cutChunks, type Places } from './stage-work.ts'
import type { PlannedWalkForward } from './walk-forward-work.ts'

/** Rows in a file: DuckDB holds all of one before it writes any. */
const ROWS_PER_FILE = 10_000
/** Rows that are worked out at once: few enough for what they leave behind to be collected young. */
const ROWS_PER_PART = 1_000

export interface MetricsLedgerInputs {
  readonly experiment: ResolvedExperiment
  /** Addresses of the experiment's portfolios, in its order. */
  readonly portfolios: AddressList
  readonly walkForwards: readonly Pick<PlannedWalkForward, 'group' | 'address'>[]
  readonly places: Places
  readonly sources: SourceHashes
  /** Whose results: those of lockstep are measured again, never looked up among the staged ones. */
  readonly driver: 'staged' | 'lockstep'
}

/**
 * Computes every portfolio's metrics under the experiment's profile from the stored sums, and keeps them as
 * one ledger: a row a portfolio, in experiment order, with what tells it from the others, then a row for every
 * walk-forward. Failed portfolios have no row. Only a file's rows at a time are in memory.
 */
export async function publishMetrics(store: Store, inputs: MetricsLedgerInputs): Promise<Address> {
  const { experiment, driver } = inputs
  const { profile } = experiment
  const made = madeOrdinals(inputs)
  const parameters = parametersOf(experiment)
  // A member's address says what it is called, too.
  const rows = createHash('sha256')
  for (const ordinal of made) rows.update(`${ordinal} ${addressAt(inputs, ordinal)} `)
  const address = addressOf({
    kind: 'metrics', code: inputs.sources['stages/metrics-ledger.ts'], driver, profile, parameters, rows: rows.digest('hex'),
  })
  if (store.meta(address) !== undefined) return address
  const files = made.length === 0 ? [made] : cutChunks(made, ROWS_PER_FILE)
  const { writeLedgerInParts } = await import('../store/ledgers.ts')
  const read = createReader(store)
  const columnsOf = (part: Int32Array): LedgerColumn[] => {
    const ordinals = [...part]
    return [
      ...labelColumns(inputs, ordinals, parameters), { name: 'profile', type: 'VARCHAR', values: ordinals.map(() => profile.name) },
      ...metricColumns(ordinals, (ordinal) => computeMetrics(read(placeAt(inputs, ordinal) as MemberPlace), profile)),
    ]
  }
  const description = {
    address, kind: 'metrics', madeFrom: { experiment: experiment.name, driver, profile, portfolios: made.length },
    facts: { rows: made.length, files: files.length, profile: profile.name },
  }
  await makeArtefact(store, description, async ({ folder }) => {
    for (const [index, file] of files.entries()) {
      await writeLedgerInParts(join(folder, metricsFile(index)), { fields: columnsOf(file.subarray(0, 0)), parts: lazily(cutChunks(file, ROWS_PER_PART), columnsOf) })
    }
  })
  return address
}

function* lazily<T, U>(items: readonly T[], make: (item: T) => U): Generator<U> {
  for (const item of items) yield make(item)
}

/** Portfolios in experiment order, then stitched ones. */
function addressAt({ portfolios, walkForwards }: MetricsLedgerInputs, ordinal: number): Address {
  return ordinal < portfolios.length ? portfolios.at(ordinal) : walkForwards[ordinal - portfolios.length].address
}

function placeAt({ portfolios, walkForwards, places }: MetricsLedgerInputs, ordinal: number): MemberPlace | undefined {
  return ordinal < portfolios.length ? places.of(portfolios).at(ordinal) : places.find(walkForwards[ordinal - portfolios.length].address)
}

function madeOrdinals(inputs: MetricsLedgerInputs): Int32Array {
  const ordinals = new Int32Array(inputs.portfolios.length + inputs.walkForwards.length)
  let made = 0
  for (let ordinal = 0; ordinal < ordinals.length; ordinal++) if (placeAt(inputs, ordinal) !== undefined) ordinals[made++] = ordinal
  return ordinals.subarray(0, made)
}

/** The files of a metrics ledger, verified, in the order of its rows. */
export function metricsFiles(store: Pick<Store, 'root' | 'meta' | 'file'>, address: Address): string[] {
  const meta = store.meta(address)
  if (meta === undefined) throw missingArtefact(address, store.root)
  return Array.from({ length: meta.facts.files as number }, (_, index) => store.file(address, metricsFile(index)))
}

function metricsFile(index: number): string {
  return `metrics-${index}.parquet`
}

interface Parameter {
  readonly name: string
  readonly type: 'DOUBLE' | 'VARCHAR'
}

/** A column per grid parameter, numeric where every value is, after those of the group's name and of the signal of `each`. */
function parametersOf({ portfolios }: ResolvedExperiment): Parameter[] {
  const types = new Map<string, Parameter['type'] | undefined>([['portfolio', 'VARCHAR'], ['signal', 'VARCHAR']])
  for (const { name, values } of portfolios.flatMap(({ axes }) => axes)) {
    const kinds = values.filter(({ value }) => value !== null).map(({ value }) => (typeof value === 'number' ? 'DOUBLE' : 'VARCHAR'))
    types.set(name, [types.get(name), ...kinds].includes('VARCHAR') ? 'VARCHAR' : kinds[0] ?? types.get(name))
  }
  return Array.from(types, ([name, type = 'VARCHAR']) => ({ name, type }))
}

/** What rows are called, and what tells them from one another: the group's name is the column `groupName`. */
function labelColumns(inputs: MetricsLedgerInputs, ordinals: readonly number[], parameters: readonly Parameter[]): LedgerColumn[] {
  const labels = ordinals.map((ordinal) => labelOf(inputs, ordinal))
  return [
    { name: 'portfolio', type: 'VARCHAR', values: labels.map(({ id }) => id) },
    { name: 'ordinal', type: 'INTEGER', values: ordinals },
    { name: 'containerId', type: 'VARCHAR', values: labels.map(({ containerId }) => containerId) },
    ...parameters.map(({ name: parameter, type }): LedgerColumn => {
      const values = labels.map((label) => label.parameters[parameter] ?? null)
      const name = parameter === 'portfolio' ? 'groupName' : parameter.replaceAll('.', '_')
      if (type === 'DOUBLE') return { name, type, values: Float64Array.from(values, (value) => (value === null ? NaN : (value as number))) }
      return { name, type, values: values.map((value) => (value === null ? null : String(value))) }
    }),
  ]
}

function labelOf({ experiment, portfolios, walkForwards }: MetricsLedgerInputs, ordinal: number): PortfolioLabel {
  if (ordinal < portfolios.length) return portfolioLabelAt(experiment, ordinal)
  const { name: id, containerId } = walkForwards[ordinal - portfolios.length].group
  return { id, containerId, parameters: { portfolio: id, signal: null } }
}

function metricColumns(ordinals: readonly number[], metricsOf: (ordinal: number) => Metrics): LedgerColumn[] {
  const columns = METRIC_FIELDS.map((name) => ({ name, type: 'DOUBLE', values: new Float64Array(ordinals.length) }) as const)
  ordinals.forEach((ordinal, row) => {
    const metrics = metricsOf(ordinal)
    for (const { name, values } of columns) values[row] = metrics[name]
  })
  return columns
}

/** Reads stored sums; those of the batch read last are at hand. */
function createReader(store: Store): (place: MemberPlace) => Performance {
  let artefact: Address | undefined
  let batch: ReturnType<typeof storedPerformances> | undefined
  return (place) => {
    if (batch === undefined || place.artefact !== artefact) batch = storedPerformances(store, (artefact = place.artefact))
    return batch.at(place.position)
  }
}
