import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import { runPreparedInLockstep } from '../../src/analysis/lockstep-run.ts'
import { findInstallation } from '../../src/experiment/installation.ts'
import type { ResolvedExperiment } from '../../src/experiment/experiment.ts'
import { resolveExperiment } from '../../src/experiment/resolve.ts'
import { LEDGERS, ledgerFile, type LedgerName } from '../../src/lineup/ledger-rows.ts'
import type { LockstepOutcome } from '../../src/lockstep/lockstep.ts'
import { openLocalPool } from '../../src/pool/local.ts'
import type { Pool } from '../../src/pool/pool.ts'
import { expandPortfolios } from '../../src/stages/experiment-run.ts'
import { prepareRun, runStages, type PreparedRun, type StagedRun } from '../../src/stages/pipeline.ts'
import { ledgerDigest } from '../../src/store/ledger-digest.ts'
import { openSql } from '../../src/store/sql-session.ts'
import { openStore } from '../../src/store/local-store.ts'
import type { Address, Store } from '../../src/store/store.ts'

const installation = findInstallation()

export interface DriverOptions {
  readonly folder: string
  readonly workers: number
  readonly portfoliosPerBatch: number
  readonly rowsPerBlock?: number
  /** Use this pool instead of forked processes (leak tests). */
  readonly pool?: Pool
}

export async function resolveRaw(raw: unknown): Promise<ResolvedExperiment> {
  return resolveExperiment(raw, { folder: process.cwd(), sources: installation.sources })
}

/** One digest per ledger of everything the batches recorded. */
export type LedgerDigests = Readonly<Record<LedgerName, string>>

export async function digestLedgers(store: Store, artefacts: readonly Address[]): Promise<LedgerDigests> {
  const digests: Partial<Record<LedgerName, string>> = {}
  for (const [name, keys] of Object.entries(LEDGERS)) {
    const paths = artefacts.map((address) => store.file(address, ledgerFile(name as LedgerName)))
    digests[name as LedgerName] = await ledgerDigest(paths, keys)
  }
  return digests as LedgerDigests
}

/** Rows of every ledger, over all batches. */
export async function countLedgerRows(store: Store, artefacts: readonly Address[]): Promise<Readonly<Record<LedgerName, number>>> {
  const counts: Partial<Record<LedgerName, number>> = {}
  for (const name of Object.keys(LEDGERS) as LedgerName[]) {
    const paths = artefacts.map((address) => store.file(address, ledgerFile(name)))
    const session = await openSql({ views: { ledger: paths } })
    const { rows } = await session.query('select count(*) from ledger')
    counts[name] = Number(rows[0][0])
    session.close()
  }
  return counts as Record<LedgerName, number>
}

export interface StagedResult {
  readonly run: StagedRun
  readonly prepared: PreparedRun
  readonly digests: LedgerDigests
  readonly artefacts: readonly Address[]
  readonly failures: number
}

/** Runs an experiment staged into its own store. */
export async function runStagedDriver(experiment: ResolvedExperiment, options: DriverOptions): Promise<StagedResult> {
  const store = openStore(join(options.folder, 'store'), { clock: systemClock })
  const pool = options.pool ?? openLocalPool({ workers: options.workers, workerFile: installation.workerFile })
  const run: StagedRun = {
    experiment, store, pool,
    clock: systemClock,
    sources: installation.sources,
    machine: { cores: options.workers, memoryBytes: 2 ** 33 },
    overrides: { portfoliosPerBatch: options.portfoliosPerBatch, rowsPerBlock: options.rowsPerBlock },
    timeoutMs: 120_000,
    observer: {},
    interrupted: new AbortController().signal,
  }
  try {
    const prepared = await prepareRun(run)
    const outcome = await runStages(run, prepared)
    const artefacts = outcome.places.of(prepared.portfolios).artefacts
    return { run, prepared, artefacts, digests: await digestLedgers(store, artefacts), failures: outcome.failures.length }
  } finally {
    await pool.close()
  }
}

export interface LockstepResult {
  readonly outcome: LockstepOutcome
  readonly digests: LedgerDigests
}

/** Runs the same experiment in lockstep into the same store. */
export async function runLockstepDriver(
  staged: StagedResult,
  options: Omit<DriverOptions, 'folder' | 'pool'> & { readonly predictions: 'stored' | 'fresh' },
): Promise<LockstepResult> {
  const outcome = await runPreparedInLockstep(staged.run, staged.prepared, {
    ...options,
    configs: expandPortfolios(staged.run.experiment),
    workerFile: installation.lockstepWorkerFile,
    timeoutMs: 120_000,
    interrupted: new AbortController().signal,
  })
  return { outcome, digests: await digestLedgers(staged.run.store, outcome.artefacts) }
}
