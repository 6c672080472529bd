import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { corruptArtefact, missingArtefact } from './artefact-faults.ts'
import { MEMBERS_FILE, META_FILE, unsealMeta } from './artefact-meta.ts'
import type { MetaRecord } from './artefact-meta.ts'
import { fromText } from './canonical-text.ts'
import { checksumsOf, checksumsOfFile } from './checksums.ts'
import { adoptDraft, startDraft, startPassedDraft, type DraftPlace } from './draft.ts'
import { DURABLE, hasSystemCode, makeFolder, PASSING, type Durability } from './durable-files.ts'
import { checkAddress, type AddressList } from './address-list.ts'
import { MemberPlaces } from './member-places.ts'
import { decodeMembers, membersOf, MemberTable } from './members.ts'
import { openPanel } from './panel-file.ts'
import { namesIn, removeLeftovers, temporaryName } from './temporary-names.ts'
import type { Address, ArtefactMeta, ArtefactDescription, ArtefactDraft, FileMeta, HandedDraft, PanelReader, PassedDraft, Store } from './store.ts'

export interface PruneResult {
  readonly artefacts: number
  readonly bytes: number
}

export interface LocalStore extends Store {
  /** Addresses of everything that is visible, sorted. */
  addresses(): Address[]
  /** Removes every artefact that is not in `keep`; the caller holds the run lock. `dryRun` only counts. */
  prune(keep: ReadonlySet<Address>, options?: { dryRun?: boolean }): PruneResult
  /** Bytes and artefacts by kind. */
  usage(): ReadonlyMap<string, PruneResult>
}

/**
 * The store in a local folder: `artefacts/ab/cdef…`, `tmp`, `quarantine`. Opening it removes what dead
 * processes left in `tmp`. Nothing is made before something is written.
 */
export function openStore(root: string, { clock, isPassing = false }: StoreOptions): LocalStore {
  removeLeftovers(join(root, 'tmp'))
  return new FolderStore(root, { clock, durability: isPassing ? PASSING : DURABLE })
}

export interface StoreOptions {
  readonly clock: Clock
  /** The store is gone when this process is: nothing waits for the disk. */
  readonly isPassing?: boolean
}

class FolderStore implements LocalStore {
  readonly root: string
  readonly #clock: Clock
  readonly #durability: Durability
  readonly #verifiedFiles = new Set<string>()
  /** What sealed metas that were read say of their files: a task opens hundreds of one artefact. */
  readonly #sealedFiles = new Map<Address, readonly FileMeta[]>()
  #tables = new Map<string, MemberTable>()
  #indexed = new Set<Address>()

  constructor(root: string, { clock, durability }: { clock: Clock; durability: Durability }) {
    this.root = resolve(root)
    this.#clock = clock
    this.#durability = durability
  }

  has(address: Address): boolean {
    return existsSync(join(this.#folder(address), META_FILE))
  }

  meta(address: Address): ArtefactMeta | undefined {
    const record = this.#record(address)
    if (record === undefined) return undefined
    const { memberCount, ...rest } = record
    if (memberCount === 0) return { ...rest, members: [] }
    const list = this.#readMembers(address)
    return list === undefined ? undefined : { ...rest, members: membersOf(list) }
  }

  findMembers(kind: string, addresses: AddressList): MemberPlaces {
    for (;;) {
      this.#indexMembers()
      const places = this.#tables.get(kind)?.find(addresses) ?? new MemberPlaces(addresses.length)
      if (places.artefacts.every((address) => this.#record(address) !== undefined)) return places
      this.#forgetMembers()
    }
  }

  draft(description: ArtefactDescription): ArtefactDraft {
    return startDraft(description, this.#placeFor(description.address))
  }

  passedDraft(description: ArtefactDescription): PassedDraft {
    return startPassedDraft(description, this.#temporaryPath())
  }

  async adopt({ address, folder }: HandedDraft): Promise<void> {
    const place = this.#placeFor(address)
    // Under a name of this process, it stays when its maker dies.
    if (!moveAside(folder, place.folder)) throw missingArtefact(address, folder)
    await adoptDraft(place)
  }

  panel(address: Address, name: string): PanelReader {
    const file = this.#fileMeta(address, name)
    const onDamage = (reason: string): void => this.#setAside(address, reason)
    return openPanel({ path: join(this.#folder(address), name), address, file, onDamage })
  }

  json<T>(address: Address, name: string): T {
    const file = this.#fileMeta(address, name)
    const path = join(this.#folder(address), name)
    const bytes = readFileSync(path)
    this.#compare({ address, path, file }, { bytes: bytes.length, checksums: checksumsOf(bytes) })
    return fromText(bytes.toString()) as T
  }

  file(address: Address, name: string): string {
    const path = join(this.#folder(address), name)
    const file = this.#fileMeta(address, name)
    if (this.#verifiedFiles.has(path)) return path
    this.#compare({ address, path, file }, checksumsOfFile(path))
    this.#verifiedFiles.add(path)
    return path
  }

  quarantine(address: Address, reason: string): void {
    const name = `${new Date(this.#clock.now()).toISOString().replaceAll(':', '')}~${address}~${temporaryName()}`
    const target = join(this.root, 'quarantine', name)
    makeFolder(join(this.root, 'quarantine'))
    if (!moveAside(this.#folder(address), target)) return
    writeFileSync(join(target, 'reason.txt'), `${reason}\n`)
    this.#forget(address)
  }

  addresses(): Address[] {
    const artefacts = join(this.root, 'artefacts')
    return namesIn(artefacts).flatMap((prefix) => namesIn(join(artefacts, prefix)).map((rest) => prefix + rest))
  }

  prune(keep: ReadonlySet<Address>, options: { dryRun?: boolean } = {}): PruneResult {
    let artefacts = 0
    let bytes = 0
    for (const address of this.addresses()) {
      if (keep.has(address)) continue
      artefacts++
      bytes += this.#bytesOf(address)
      if (options.dryRun !== true) this.#remove(address)
    }
    return { artefacts, bytes }
  }

  usage(): ReadonlyMap<string, PruneResult> {
    const usage = new Map<string, PruneResult>()
    for (const address of this.addresses()) {
      const kind = this.#record(address)?.kind
      if (kind === undefined) continue
      const { artefacts, bytes } = usage.get(kind) ?? { artefacts: 0, bytes: 0 }
      usage.set(kind, { artefacts: artefacts + 1, bytes: bytes + this.#bytesOf(address) })
    }
    return usage
  }

  /** Where an artefact is drafted, and where it will be. */
  #placeFor(address: Address): DraftPlace {
    const existing = (): ArtefactMeta | undefined => this.meta(address)
    return { folder: this.#temporaryPath(), destination: this.#folder(address), existing, durability: this.#durability }
  }

  #folder(address: Address): string {
    checkAddress(address)
    return join(this.root, 'artefacts', address.slice(0, 2), address.slice(2))
  }

  #temporaryPath(): string {
    return join(this.root, 'tmp', temporaryName())
  }

  /** The sealed meta without its members; a folder whose meta or file lengths are wrong is quarantined. */
  #record(address: Address): MetaRecord | undefined {
    const folder = this.#folder(address)
    const text = readIfThere(join(folder, META_FILE))
    if (text === undefined && !existsSync(folder)) return undefined
    const record = text === undefined ? { reason: `${META_FILE} is missing` } : unsealMeta(text.toString(), address)
    const reason = 'reason' in record ? record.reason : wrongLength(folder, record.files)
    if (reason === undefined) return record as MetaRecord
    this.quarantine(address, reason)
    return undefined
  }

  #fileMeta(address: Address, name: string): FileMeta {
    const folder = this.#folder(address)
    const isNamed = (candidate: FileMeta): boolean => candidate.name === name
    const known = this.#sealedFiles.get(address)?.find(isNamed)
    if (known !== undefined && wrongLength(folder, [known]) === undefined) return known
    const record = this.#record(address)
    if (record === undefined) throw missingArtefact(address, folder)
    this.#sealedFiles.set(address, record.files)
    const file = record.files.find(isNamed)
    if (file === undefined) throw new Error(`artefact ${address} of kind ${record.kind} has no file ${name}`)
    return file
  }

  #compare(place: { address: Address; path: string; file: FileMeta }, found: { bytes: number; checksums: number[] }): void {
    const { address, path, file } = place
    const wrong = found.checksums.findIndex((checksum, chunk) => checksum !== file.checksums[chunk])
    if (found.bytes === file.bytes && wrong < 0) return
    const reason = found.bytes === file.bytes
      ? `the checksum of ${file.name} is wrong in MiB ${wrong}`
      : `${file.name} has ${found.bytes} bytes instead of ${file.bytes}`
    this.#setAside(address, reason)
    throw corruptArtefact({ address, path, reason })
  }

  /** Whoever finds the damage sees to it that the next run makes it again; where nothing may be moved, it stays. */
  #setAside(address: Address, reason: string): void {
    try {
      this.quarantine(address, reason)
    } catch (error) {
      if (!hasSystemCode(error, 'EROFS', 'EACCES', 'EPERM')) throw error
    }
  }

  /** Takes in the members of artefacts that were published since the last time. */
  #indexMembers(): void {
    for (const address of this.addresses()) {
      if (this.#indexed.has(address)) continue
      this.#indexed.add(address)
      const list = this.#readMembers(address)
      if (list === undefined) continue
      const table = this.#tables.get(list.kind) ?? new MemberTable()
      table.add(address, list)
      this.#tables.set(list.kind, table)
    }
  }

  #readMembers(address: Address): ReturnType<typeof decodeMembers> {
    const bytes = readIfThere(join(this.#folder(address), MEMBERS_FILE))
    if (bytes === undefined) return undefined
    const list = decodeMembers(bytes)
    if (list === undefined) this.quarantine(address, `${MEMBERS_FILE} is damaged`)
    return list
  }

  #forgetMembers(): void {
    this.#tables = new Map()
    this.#indexed = new Set()
  }

  #forget(address: Address): void {
    this.#sealedFiles.delete(address)
    if (this.#indexed.has(address)) this.#forgetMembers()
    const folder = this.#folder(address)
    for (const path of this.#verifiedFiles) if (path.startsWith(folder)) this.#verifiedFiles.delete(path)
  }

  #bytesOf(address: Address): number {
    const folder = this.#folder(address)
    return namesIn(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
  }

  /** Out of sight in one step, then deleted: a kill in between leaves nothing half-deleted visible. */
  #remove(address: Address): void {
    const aside = this.#temporaryPath()
    makeFolder(join(this.root, 'tmp'))
    if (moveAside(this.#folder(address), aside)) rmSync(aside, { recursive: true, force: true })
    this.#forget(address)
  }
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT')) return undefined
    throw error
  }
}

function wrongLength(folder: string, files: readonly FileMeta[]): string | undefined {
  for (const file of files) {
    const found = statSync(join(folder, file.name), { throwIfNoEntry: false })
    if (found === undefined) return `${file.name} is missing`
    if (found.size !== file.bytes) return `${file.name} has ${found.size} bytes instead of ${file.bytes}`
  }
  return undefined
}

/** Renames a folder; false when it is gone already. */
function moveAside(from: string, to: string): boolean {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT')) return false
    throw error
  }
}
