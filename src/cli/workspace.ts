import { join, resolve } from 'node:path'
import { openRun, type OpenedRun } from '../analysis/opened-run.ts'
import { systemClock } from '../base/clock.ts'
import { MillraceError } from '../base/errors.ts'
import type { RunRecord } from '../stages/run-record.ts'
import { openStore, type LocalStore } from '../store/local-store.ts'
import { openRuns, type Runs } from '../store/manifests.ts'
import { findInstallation, type Installation } from '../experiment/installation.ts'
import type { GlobalOptions } from './invocation.ts'

/** The folder a command works in: its store and runs, and the installation it belongs to. */
export interface Workspace {
  readonly store: LocalStore
  readonly runs: Runs<RunRecord>
  readonly installation: Installation
}

/** Opens `.millrace` under the current folder, or the folder given by `--store`. */
export function openWorkspace(options: Pick<GlobalOptions, 'store'>): Workspace {
  const root = resolve(options.store ?? join(process.cwd(), '.millrace'))
  return {
    store: openStore(root, { clock: systemClock }),
    runs: openRuns<RunRecord>(root, { clock: systemClock }),
    installation: findInstallation(),
  }
}

/** Opens the run that a command names. */
export function openNamedRun(reference: string, options: Pick<GlobalOptions, 'store'>): OpenedRun {
  return openRun(openWorkspace(options), reference)
}

/** The record of a run; undefined when it is damaged, which must not hide or stop the other runs. */
export function soundRecord(runs: Runs<RunRecord>, id: string, note?: (damage: MillraceError) => void): RunRecord | undefined {
  try {
    return runs.read(id)
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'ARTEFACT_CORRUPT') throw error
    note?.(error)
    return undefined
  }
}
