import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { MEMBERS_FILE, META_FILE, sealMeta } from './artefact-meta.ts'
import { toText } from './canonical-text.ts'
import { checksumsOf, checksumsOfFile } from './checksums.ts'
import { hasSystemCode, makeFolder, PASSING, type Durability } from './durable-files.ts'
import { encodeMembers } from './members.ts'
import { createPanelWriter } from './panel-file.ts'
import type { ArtefactDescription, ArtefactDraft, ArtefactMeta, FileMeta, PassedDraft } from './store.ts'

const FILE_PATTERN = /^[A-Za-z0-9][\w.-]*$/

/** Where a draft is written and what to do when its place is taken already. */
export interface DraftPlace {
  /** A folder of its own on the store's file system. */
  readonly folder: string
  /** Where the artefact will be seen. */
  readonly destination: string
  /** The sealed meta of what is at the destination; when it is damaged, this puts it aside and answers undefined. */
  readonly existing: () => ArtefactMeta | undefined
  readonly durability: Durability
}

/** Files that are written here as they are added; {@link ArtefactDraft.publish} makes them visible in one step. */
export function startDraft(description: ArtefactDescription, place: DraftPlace): ArtefactDraft {
  const { seal, ...files } = startFiles(description, place)
  let published: ArtefactMeta | undefined
  return {
    ...files,
    publish(facts) {
      if (published !== undefined) return published
      const sealed = seal(facts)
      place.durability.flush(place.folder)
      makeFolder(dirname(place.destination), place.durability)
      const earlier = moveIntoPlace(place)
      if (earlier === undefined) place.durability.flush(dirname(place.destination))
      else files.discard()
      published = earlier ?? sealed
      return published
    },
  }
}

/** The same, left where it is for {@link adoptDraft}. */
export function startPassedDraft(description: ArtefactDescription, folder: string): PassedDraft {
  const { seal, ...files } = startFiles(description, { folder, durability: PASSING })
  return {
    ...files,
    handOver() {
      seal()
      return { address: description.address, folder }
    },
  }
}

/** Makes a handed draft, which is at the folder of `place`, durable and then visible; nothing of it stays when that fails. */
export async function adoptDraft(place: DraftPlace): Promise<void> {
  const { folder, destination, durability } = place
  const parent = dirname(destination)
  try {
    const paths = readdirSync(folder).map((name) => join(folder, name))
    await Promise.all([...paths, folder].map((path) => durability.flushed(path)))
    makeFolder(parent, durability)
    if (moveIntoPlace(place) === undefined) await durability.flushed(parent)
  } finally {
    // Its place was taken, or could not be: nobody else knows of it.
    rmSync(folder, { recursive: true, force: true })
  }
}

type DraftFiles = Omit<ArtefactDraft, 'publish'> & {
  /** Writes what the artefact says of itself. */
  seal(facts?: Readonly<Record<string, unknown>>): ArtefactMeta
}

function startFiles(description: ArtefactDescription, { folder, durability }: Pick<DraftPlace, 'folder' | 'durability'>): DraftFiles {
  const written = new Map<string, FileMeta>()
  const unfinished = new Map<string, { abandon(): void }>()
  mkdirSync(folder, { recursive: true })

  const pathOf = (name: string): string => {
    checkFileName(name)
    if (written.has(name) || unfinished.has(name)) throw new Error(`${name} was added to the artefact before`)
    return join(folder, name)
  }
  const startPanel: ArtefactDraft['startPanel'] = (name, shape) => {
    const path = pathOf(name)
    const writer = createPanelWriter(path, shape, (panel) => {
      durability.flush(path)
      unfinished.delete(name)
      written.set(name, { name, ...panel })
    })
    unfinished.set(name, writer)
    return writer
  }
  const discard = (): void => {
    for (const writer of unfinished.values()) writer.abandon()
    unfinished.clear()
    rmSync(folder, { recursive: true, force: true })
  }

  return {
    folder,
    addPanel(name, { values, rows, columns }) {
      const writer = startPanel(name, { type: values instanceof Float64Array ? 'float64' : 'float32', rows, columns })
      writer.append(values)
      writer.end()
    },
    startPanel,
    addJson(name, value) {
      const bytes = Buffer.from(toText(value))
      durability.write(pathOf(name), bytes)
      written.set(name, { name, bytes: bytes.length, checksums: checksumsOf(bytes) })
    },
    seal(facts) {
      if (unfinished.size > 0) throw new Error(`${[...unfinished.keys()].join(', ')} of the artefact is not finished`)
      const members = description.members ?? []
      if (members.length > 0) {
        const bytes = encodeMembers(description.kind, members)
        durability.write(join(folder, MEMBERS_FILE), bytes)
        written.set(MEMBERS_FILE, { name: MEMBERS_FILE, bytes: bytes.length, checksums: checksumsOf(bytes) })
      }
      const { address, kind, madeFrom } = description
      const files = sealFiles({ folder, durability }, written)
      const record = { address, kind, madeFrom, memberCount: members.length, files, facts: { ...description.facts, ...facts } }
      durability.write(join(folder, META_FILE), sealMeta(record))
      return { address, kind, madeFrom, members, files, facts: record.facts }
    },
    discard,
  }
}

/** Every file of the folder with its checksums; those that others wrote (DuckDB …) are flushed and read back. */
function sealFiles({ folder, durability }: Pick<DraftPlace, 'folder' | 'durability'>, written: ReadonlyMap<string, FileMeta>): FileMeta[] {
  return readdirSync(folder).toSorted().map((name) => {
    const path = join(folder, name)
    if (!statSync(path).isFile()) throw new Error(`an artefact holds files only, not ${path}`)
    const known = written.get(name)
    if (known !== undefined) return known
    checkFileName(name)
    durability.flush(path)
    return { name, ...checksumsOfFile(path) }
  })
}

/** Renames the draft to its destination; answers the meta of whoever was there first. */
function moveIntoPlace(place: DraftPlace): ArtefactMeta | undefined {
  for (;;) {
    try {
      renameSync(place.folder, place.destination)
      return undefined
    } catch (error) {
      if (!hasSystemCode(error, 'ENOTEMPTY', 'EEXIST')) throw error
    }
    const existing = place.existing()
    if (existing !== undefined) return existing
  }
}

function checkFileName(name: string): void {
  if (!FILE_PATTERN.test(name) || name === META_FILE || name === MEMBERS_FILE) throw new Error(`an artefact's file can't be named ${JSON.stringify(name)}`)
}
