import { join, resolve } from 'node:path'
import { systemClock } from '../base/clock.ts'
import { openStore } from '../store/local-store.ts'
import type { Store } from '../store/store.ts'
import { findInstallation, type Installation } from './installation.ts'

/** The folder a command works in: its store, and the installation it belongs to. */
export interface Workspace {
  readonly store: Store
  readonly installation: Installation
}

/** Opens `.millrace` under the current folder, or the folder given by `--store`. */
export function openWorkspace(options: { readonly store?: string }): Workspace {
  const root = resolve(options.store ?? join(process.cwd(), '.millrace'))
  return { store: openStore(root, { clock: systemClock }), installation: findInstallation() }
}
