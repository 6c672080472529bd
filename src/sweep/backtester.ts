import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { serialize } from 'node:v8'
import { systemClock } from '../base/clock.ts'
import { MillraceError, fromErrorReport } from '../base/errors.ts'
import { addressOf } from '../base/hash.ts'
import { METRIC_FIELDS, type MetricField } from '../domain/metrics.ts'
import type { MarketPanels } from '../domain/market-panels.ts'
import { builtInCatalogue, type Catalogue } from '../experiment/catalogue.ts'
import { locateByPath } from '../experiment/document.ts'
import { findInstallation } from '../experiment/installation.ts'
import { nameHint } from '../experiment/names.ts'
import { portfolioCount, portfolioLabelAt, type PortfolioLabel } from '../experiment/portfolios.ts'
import { resolveExperiment } from '../experiment/resolve.ts'
import type { ExperimentInput } from '../experiment/schema.ts'
import { checkAgainstUniverse } from '../experiment/universe.ts'
import { assembleMemory, memorySettings, type MemorySettings } from '../market/memory.ts'
import { marketSources } from '../market/registry.ts'
import { asStretch } from '../market/stretches.ts'
import { openLocalPool } from '../pool/local.ts'
import type { Pool, TaskOutcome } from '../pool/pool.ts'
import { writeMarket } from '../stages/market-artefact.ts'
import { openStore } from '../store/local-store.ts'
import { makeArtefact, type ArtefactMaker } from '../store/made-artefact.ts'
import type { Address, Store } from '../store/store.ts'
import { EXPERIMENT_FILE, type SweepTask, type SweptExperiment } from './sweep-task.ts'

export interface BacktesterOptions {
  /** Worker processes; default one per core. */
  readonly workers?: number
}

/** How every portfolio of an experiment did, in experiment order, by columns. */
export interface SweepResult {
  readonly count: number
  /** One value per portfolio; units as in the docs. */
  readonly metrics: Readonly<Record<MetricField, Float64Array>>
  /** Name of portfolio `index`. @throws MillraceError PORTFOLIO_NOT_FOUND */
  idOf(index: number): string
  /** What tells portfolio `index` from the others: `portfolio`, `signal`, grid paths. @throws MillraceError PORTFOLIO_NOT_FOUND */
  parametersOf(index: number): Readonly<Record<string, string | number | boolean | null>>
}

/** An experiment as a program writes it. Its market may be `{ source: 'memory', bars }`. */
export type SweepInput = Omit<ExperimentInput, 'market'> & {
  readonly market: ExperimentInput['market'] | { readonly source: 'memory'; readonly bars: MemorySettings['bars'] }
}

export interface Backtester {
  /**
   * Features, signals and portfolios in one pass, in memory: for sweeps that need their figures and nothing else.
   * The figures are those of `millrace run`, bit for bit. Models, ensembles, risk models and walk-forwards need stages of their own.
   * @throws MillraceError for everything an experiment file would be refused for, for what its steps throw, and USAGE once it is closed
   */
  run(experiment: SweepInput): Promise<SweepResult>
  /** Process ids of the workers that are up, for memory accounting. */
  processIds(): readonly number[]
  /** Ends the workers. */
  close(): Promise<void>
}

/** Most portfolios of a task, each of which computes the features it reads once more. */
const PORTFOLIOS_PER_TASK = 10_000
/** A batch that reports nothing for longer is taken for hung. */
const TASK_TIMEOUT_MS = 600_000

const catalogue: Catalogue = { ...builtInCatalogue, markets: new Map([...builtInCatalogue.markets, ['memory', memorySettings]]) }

/**
 * Opens warm worker processes for any number of sweeps.
 * @throws MillraceError USAGE for a number of workers that cannot be, and for an unknown option
 */
export function openBacktester(options: BacktesterOptions = {}): Backtester {
  const { workers = availableParallelism(), ...unknown } = options
  for (const name of Object.keys(unknown)) {
    throw new MillraceError({ code: 'USAGE', message: `unknown option \`${name}\``, where: name, value: name, hint: nameHint(name, ['workers']) })
  }
  if (!Number.isInteger(workers) || workers < 1) {
    throw new MillraceError({ code: 'USAGE', message: 'workers are counted', where: 'workers', value: workers, hint: 'a whole number of at least 1; one per core, if left out' })
  }
  const installation = findInstallation()
  const folder = mkdtempSync(join(tmpdir(), 'millrace-sweep-'))
  const pool = openLocalPool({ workers, workerFile: installation.workerFile, logFile: join(folder, 'workers.log') })
  let isClosed = false
  return {
    run: async (input) => {
      if (isClosed) throw new MillraceError({ code: 'USAGE', message: 'this backtester is closed', hint: 'open another one, or close it after the last sweep' })
      const experiment = await resolveExperiment(input, { folder: process.cwd(), sources: installation.sources, catalogue })
      refuseStages(experiment)
      const market = await loadMarket(experiment.market)
      checkAgainstUniverse(experiment, market.instruments.map(({ symbol }) => symbol), locateByPath())
      const { market: _, ...swept } = experiment
      const own = mkdtempSync(join(folder, 'run-'))
      try {
        const store = openStore(own, { clock: systemClock, isPassing: true })
        const places = { store: own, market: await publishMarket(store, market), experiment: await publishExperiment(store, swept) }
        return collect(swept, await sweepAll(pool, places, portfolioCount(experiment)))
      } finally {
        rmSync(own, { recursive: true, force: true })
      }
    },
    processIds: () => pool.processIds(),
    close: async () => {
      isClosed = true
      await pool.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function refuseStages({ models, ensembles, riskModels, patterns, walkForwards }: SweptExperiment): void {
  const section = walkForwards.length > 0 ? 'walkForward' : models.length > 0 ? 'models' : ensembles.length > 0 ? 'ensembles' : riskModels.length + patterns.length > 0 ? 'risk' : undefined
  if (section === undefined) return
  throw new MillraceError({
    code: 'CONFIG_VALUE', message: `a sweep in memory has no stage for \`${section}\``, where: section,
    hint: 'write the experiment to a file and use `millrace run`, which stores what every stage makes',
  })
}

async function loadMarket({ source, settings }: { source: string; settings: unknown }): Promise<MarketPanels> {
  if (source === 'memory') return assembleMemory(settings as MemorySettings)
  return marketSources[source].source.load(settings, { folder: process.cwd(), clock: systemClock })
}

let published = 0

async function publish(store: Store, kind: string, make: ArtefactMaker): Promise<Address> {
  const address = addressOf({ kind, sweep: ++published })
  await makeArtefact(store, { address, kind, madeFrom: null }, make)
  return address
}

function publishMarket(store: Store, market: MarketPanels): Promise<Address> {
  return publish(store, 'market', (draft) => writeMarket(draft, asStretch(market)))
}

function publishExperiment(store: Store, experiment: SweptExperiment): Promise<Address> {
  return publish(store, 'experiment', ({ folder }) => writeFileSync(join(folder, EXPERIMENT_FILE), serialize(experiment)))
}

/** Even tasks, a whole number for each worker, so that all end at once. */
async function sweepAll(pool: Pool, places: Pick<SweepTask, 'store' | 'market' | 'experiment'>, count: number): Promise<Float64Array[]> {
  const rounds = Math.max(1, Math.ceil(count / PORTFOLIOS_PER_TASK / pool.workers))
  const tasks = Math.min(count, rounds * pool.workers)
  const outcomes = await Promise.all(Array.from({ length: tasks }, (_, i) => {
    const from = Math.floor((count * i) / tasks)
    const to = Math.floor((count * (i + 1)) / tasks)
    const payload: SweepTask = { ...places, from, to }
    return pool.run({ id: `portfolios ${from} to ${to}`, kind: 'sweep', payload, timeoutMs: TASK_TIMEOUT_MS })
  }))
  return outcomes.map(valueOf)
}

function valueOf(outcome: TaskOutcome): Float64Array {
  if (!outcome.ok) throw fromErrorReport(outcome.error)
  return outcome.value as Float64Array
}

function collect(experiment: SweptExperiment, parts: readonly Float64Array[]): SweepResult {
  const fields = METRIC_FIELDS.length
  const count = parts.reduce((sum, part) => sum + part.length, 0) / fields
  const metrics = Object.fromEntries(METRIC_FIELDS.map((field) => [field, new Float64Array(count)])) as Record<MetricField, Float64Array>
  let first = 0
  for (const part of parts) {
    const portfolios = part.length / fields
    METRIC_FIELDS.forEach((field, f) => metrics[field].set(part.subarray(f * portfolios, (f + 1) * portfolios), first))
    first += portfolios
  }
  const labelAt = (index: number): PortfolioLabel => {
    if (Number.isInteger(index) && index >= 0 && index < count) return portfolioLabelAt(experiment, index)
    throw new MillraceError({ code: 'PORTFOLIO_NOT_FOUND', message: `the sweep has ${count} portfolios`, value: index, hint: `a whole number from 0 to ${count - 1}` })
  }
  return { count, metrics, idOf: (index) => labelAt(index).id, parametersOf: (index) => labelAt(index).parameters }
}
