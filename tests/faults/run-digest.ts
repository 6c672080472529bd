import { createHash } from 'node:crypto'
import { systemClock } from '../../src/base/clock.ts'
import { addressOf } from '../../src/base/hash.ts'
import { LEDGERS, ledgerFile, type LedgerName } from '../../src/lineup/ledger-rows.ts'
import { readIds, readPerformances } from '../../src/lineup/results.ts'
import { featureFile } from '../../src/stages/feature-task.ts'
import { metricsFiles } from '../../src/stages/metrics-ledger.ts'
import type { RunRecord } from '../../src/stages/run-record.ts'
import { ledgerDigest } from '../../src/store/ledger-digest.ts'
import { openStore } from '../../src/store/local-store.ts'
import { openRuns } from '../../src/store/manifests.ts'
import { openSql } from '../../src/store/sql-session.ts'
import { missingArtefact } from '../../src/store/artefact-faults.ts'
import type { Address, ArtefactMeta, FileMeta, PanelReader, Store } from '../../src/store/store.ts'

/** Digests of what a run made, by what a person calls it; whichever chunks and batches it lies in. */
export type RunDigest = Readonly<Record<string, string>>

export function latestRecord(storeRoot: string): RunRecord {
  const runs = openRuns<RunRecord>(storeRoot, { clock: systemClock })
  return runs.read(runs.ids()[0])
}

/** Every market, feature, signal, prediction and decision panel, every portfolio's sums, every ledger and the metrics. */
export async function digestRun(storeRoot: string, record: RunRecord): Promise<RunDigest> {
  const store = openStore(storeRoot, { clock: systemClock })
  const { artefacts } = record
  if (artefacts === undefined) throw new Error(`the run is ${record.status} and lists no artefacts`)
  const symbols = artefacts.symbols.length
  const digest: Record<string, string> = {}
  for (const { name } of panelsOf(store, artefacts.market)) digest[`market ${name}`] = digestColumns(store.panel(artefacts.market, name))
  for (const [name, { artefact, position }] of Object.entries(artefacts.features)) {
    digest[`feature ${name}`] = digestColumns(store.panel(artefact, featureFile(position)))
  }
  for (const [name, { artefact, position }] of Object.entries(artefacts.signals)) {
    digest[`signal ${name}`] = digestColumns(store.panel(artefact, 'signals'), { from: position * symbols, count: symbols })
    if (metaOf(store, artefact).facts.predictions === true) digest[`predictions ${name}`] = digestColumns(store.panel(artefact, 'predictions'))
  }
  for (const [name, { artefact }] of Object.entries(artefacts.decisions)) {
    digest[`decisions ${name}`] = digestColumns(store.panel(artefact, 'decisions'))
  }
  for (const [id, performance] of performancesOf(store, record)) digest[`performance ${id}`] = addressOf(textsOf(Object.values(performance)))
  digest.metrics = await ledgerDigest(metricsFiles(store, artefacts.metrics), ['portfolio'])
  if (record.experiment.record === 'all') {
    for (const name of Object.keys(LEDGERS) as LedgerName[]) digest[name] = await digestLedger(store, record, name)
  }
  return digest
}

function metaOf(store: Store, address: Address): ArtefactMeta {
  const meta = store.meta(address)
  if (meta === undefined) throw missingArtefact(address, store.root)
  return meta
}

function panelsOf(store: Store, address: Address): readonly FileMeta[] {
  return metaOf(store, address).files.filter((file) => file.panel !== undefined)
}

function digestColumns(panel: PanelReader, columns?: { readonly from: number; readonly count: number }): string {
  const { rows, columns: width } = panel.shape
  const { from, count } = columns ?? { from: 0, count: width }
  const values = panel.read(0, rows)
  panel.close()
  const hash = createHash('sha256')
  for (let t = 0; t < rows; t++) hash.update(values.slice(t * width + from, t * width + from + count))
  return hash.digest('hex')
}

function* performancesOf(store: Store, record: RunRecord): Generator<readonly [string, Record<string, number>]> {
  for (const address of record.artefacts?.results ?? []) {
    const strangers = record.artefacts?.strangers[address] ?? []
    const performances = readPerformances(store, address)
    for (const [position, id] of readIds(store, address).entries()) if (!strangers.includes(id)) yield [id, performances[position]]
  }
}

/** Text keeps what JSON would lose: NaN, infinities and the sign of 0. */
function textsOf(values: readonly number[]): string[] {
  return values.map((value) => (Object.is(value, -0) ? '-0' : String(value)))
}

async function digestLedger(store: Store, record: RunRecord, name: LedgerName): Promise<string> {
  const { results = [], strangers = {} } = record.artefacts ?? {}
  const files = results.map((address) => {
    const path = store.file(address, ledgerFile(name))
    return strangers[address] === undefined ? path : { path, column: 'portfolio', without: strangers[address] }
  })
  const session = await openSql({ views: { ledger: files } })
  try {
    const { rows } = await session.query(`select * from ledger order by ${LEDGERS[name].map((column) => `"${column}"`).join(', ')}`)
    return addressOf(rows.map((row) => row.map((value) => (typeof value === 'number' ? textsOf([value])[0] : value))))
  } finally {
    session.close()
  }
}
