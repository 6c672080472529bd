import { join } from 'node:path'
import { createPerformance, PERFORMANCE_FIELDS, type Performance } from '../domain/performance.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { LedgerColumn } from '../store/ledgers.ts'
import { handOverArtefact, makeArtefact } from '../store/made-artefact.ts'
import type { Address, ArtefactDescription, ArtefactDraft, HandedDraft, PassedDraft, Store } from '../store/store.ts'
import type { LedgerFiles } from './ledger-files.ts'

export interface BatchResults {
  /** Who made them: the staged driver's `results` (of a whole run) or `training` (of a window), or `lockstep-results`. */
  readonly kind: 'results' | 'training' | 'lockstep-results'
  readonly address: Address
  readonly madeFrom: unknown
  /** The portfolios' own addresses and ids, in batch order. */
  readonly members: readonly Address[]
  readonly ids: readonly string[]
  readonly kernel: Pick<Kernel, 'performance'>
  /** Of what was recorded, if it was. */
  readonly ledgers: LedgerFiles | undefined
  /** What else is kept with them: further facts, and ledgers by file name. */
  readonly beside?: { readonly facts: Readonly<Record<string, unknown>>; readonly tables: Readonly<Record<string, readonly LedgerColumn[]>> }
}

/** Names of the portfolios of a batch: as many as there are, so not among the facts that every reader of a file parses. */
const IDS_FILE = 'ids.json'

/** Stores what a batch did: its metric sums `[portfolio][field]` and, when recorded, its ledgers. */
export async function publishResults(store: Store, results: BatchResults): Promise<void> {
  await makeArtefact(store, describe(results), (draft) => write(draft, results))
}

/** The same, for the coordinator to publish. */
export function handOverResults(store: Store, results: BatchResults): Promise<HandedDraft> {
  return handOverArtefact(store, describe(results), (draft) => write(draft, results))
}

function describe({ address, kind, madeFrom, members, ledgers, beside }: BatchResults): ArtefactDescription {
  return { address, kind, madeFrom, members, facts: { fields: PERFORMANCE_FIELDS, recorded: ledgers !== undefined, ...beside?.facts } }
}

async function write(draft: PassedDraft | ArtefactDraft, results: BatchResults): Promise<void> {
  const rows = results.ids.length
  const columns = PERFORMANCE_FIELDS.length
  const values = new Float64Array(rows * columns)
  for (let p = 0; p < rows; p++) {
    const performance = results.kernel.performance(p)
    PERFORMANCE_FIELDS.forEach((field, index) => {
      values[p * columns + index] = performance[field]
    })
  }
  draft.addPanel('performance', { values, rows, columns })
  draft.addJson(IDS_FILE, results.ids)
  await results.ledgers?.write(draft.folder)
  for (const [file, table] of Object.entries(results.beside?.tables ?? {})) {
    // DuckDB takes longer to load than most batches of a sweep take to store: only where it is needed.
    const { writeLedger } = await import('../store/ledgers.ts')
    await writeLedger(join(draft.folder, file), table)
  }
}

/** Ids of a batch's portfolios, in batch order. */
export function readIds(store: Store, address: Address): readonly string[] {
  return store.json(address, IDS_FILE)
}

/** Reads the metric sums of a batch back, in batch order. */
export function readPerformances(store: Store, address: Address): Performance[] {
  const { count, at } = storedPerformances(store, address)
  return Array.from({ length: count }, (_, position) => at(position))
}

/** The same, each as it is asked for: a batch's numbers are read at once, and are a third of its objects. */
export function storedPerformances(store: Store, address: Address): { readonly count: number; at(position: number): Performance } {
  const panel = store.panel(address, 'performance')
  try {
    const { rows, columns } = panel.shape
    const values = panel.read(0, rows)
    return { count: rows, at: (position) => createPerformance(values, position * columns) }
  } finally {
    panel.close()
  }
}
