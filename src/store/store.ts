import type { Address, AddressList } from './address-list.ts'
import type { MemberPlaces } from './member-places.ts'

export type { Address } from './address-list.ts'
export type { MemberPlace } from './member-places.ts'

/**
 * The store's contract. An artefact is immutable and content-addressed: its address is the hash of everything
 * that determines it, never of its bytes. It is one folder with data files and a sealed `meta.json`, written
 * under a temporary name, fsynced, checksummed and renamed.
 */
export type PanelType = 'float64' | 'float32'

/** What a folder holds. `members` names the instances inside, in column order, by their own addresses. */
export interface ArtefactMeta {
  readonly address: Address
  readonly kind: string
  /** What made it: task name, parameters, input addresses; shown by lineage, hashed into the address. */
  readonly madeFrom: unknown
  readonly members: readonly Address[]
  readonly files: readonly FileMeta[]
  /** Free, small, kind-specific facts (labels, warm-up, counts). */
  readonly facts: Readonly<Record<string, unknown>>
}

export interface FileMeta {
  readonly name: string
  readonly bytes: number
  /** CRC-32 of every 1 MiB of the file, so that a block read checks only what it read. */
  readonly checksums: readonly number[]
  /** For panels: where the values start in the file, so that a block is one pread. */
  readonly panel?: PanelShape
}

/** A panel of `rows` × `columns`, row-major; column labels are in the artefact's facts. */
export interface PanelShape {
  readonly type: PanelType
  readonly rows: number
  readonly columns: number
  readonly valuesAt: number
}

export interface PanelReader {
  readonly shape: PanelShape
  /** Reads rows [from, to) into `out` (or a new array), verifying checksums. Throws ARTEFACT_CORRUPT, the artefact quarantined. */
  read(from: number, to: number, out?: Float64Array | Float32Array): Float64Array | Float32Array
  close(): void
}

export interface PanelWriter {
  /** The next values in row-major order: of a row, a part of one or many. */
  append(values: Float64Array | Float32Array): void
  /** Call it after the last row. */
  end(): void
}

/** A sealed artefact that only its maker and whoever it was handed to know of. */
export interface HandedDraft {
  readonly address: Address
  readonly folder: string
}

/** Files of an artefact being made; nothing is visible before `publish`. */
export interface ArtefactDraft {
  /** Absolute folder to write further files into (Parquet by DuckDB, ONNX …). */
  readonly folder: string
  /** Arrow IPC, uncompressed, one record batch; `values` is row-major rows × columns. */
  addPanel(name: string, panel: { values: Float64Array | Float32Array; rows: number; columns: number }): void
  /** The same, of rows that come one after the other. */
  startPanel(name: string, shape: Omit<PanelShape, 'valuesAt'>): PanelWriter
  addJson(name: string, value: unknown): void
  /**
   * Fsyncs, checksums every file of the folder, seals meta.json, renames into place. Idempotent. `facts` that were found
   * out on the way join those of the description.
   */
  publish(facts?: Readonly<Record<string, unknown>>): ArtefactMeta
  discard(): void
}

/** A draft whose maker does not wait for the disk: another process, which does, publishes it. */
export interface PassedDraft extends Omit<ArtefactDraft, 'publish'> {
  /** Checksums every file of the folder and seals meta.json. */
  handOver(): HandedDraft
}

export interface ArtefactDescription {
  readonly address: Address
  readonly kind: string
  readonly madeFrom: unknown
  readonly members?: readonly Address[]
  readonly facts?: Readonly<Record<string, unknown>>
}

export interface Store {
  readonly root: string
  has(address: Address): boolean
  /** The sealed meta; undefined when absent. A meta that does not verify is quarantined and counts as absent. */
  meta(address: Address): ArtefactMeta | undefined
  /** Which of `addresses` are members of artefacts of that kind, and where. */
  findMembers(kind: string, addresses: AddressList): MemberPlaces
  draft(description: ArtefactDescription): ArtefactDraft
  /** A draft for somebody else to {@link adopt}. */
  passedDraft(description: ArtefactDescription): PassedDraft
  /**
   * Flushes what a draft consists of and renames it into place. Throws ARTEFACT_MISSING where it is gone: its maker died, and
   * was tidied up after.
   */
  adopt(handed: HandedDraft): Promise<void>
  panel(address: Address, name: string): PanelReader
  json<T>(address: Address, name: string): T
  /** Absolute path of a verified file (whole-file check on first use), for DuckDB or onnxruntime. */
  file(address: Address, name: string): string
  /** Moves a bad artefact aside so that it is made again. */
  quarantine(address: Address, reason: string): void
}
