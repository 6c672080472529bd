import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { distance } from 'fastest-levenshtein'
import type { Clock } from '../base/clock.ts'
import { MillraceError } from '../base/errors.ts'
import { fromText, toText } from './canonical-text.ts'
import { hasSystemCode, makeFolder, replaceFile } from './durable-files.ts'
import type { Address } from './store.ts'
import { namesIn, temporaryName } from './temporary-names.ts'

const MANIFEST = 'manifest.json'
const NEAREST_SHOWN = 3

/** The runs of a store folder, each with a manifest of type `Manifest`, which its driver defines. */
export interface Runs<Manifest> {
  /** Makes a new run and writes its first manifest; answers its id, which sorts by time. */
  begin(manifest: Manifest): string
  /** Replaces the manifest in one step. */
  save(id: string, manifest: Manifest): void
  /** Throws RUN_NOT_FOUND, or ARTEFACT_CORRUPT when the manifest can't be read. */
  read(id: string): Manifest
  /** Ids, newest first. */
  ids(): string[]
  /** The id meant by `latest`, an id or the unique beginning of one. Throws RUN_NOT_FOUND with the nearest ids. */
  resolve(reference: string): string
  /** The run's own folder, for files beside its manifest. */
  folder(id: string): string
  /** Every artefact address that stands anywhere in the manifest: what prune has to keep for this run. */
  addressesIn(id: string): ReadonlySet<Address>
}

/** `<root>/runs/<id>/manifest.json`. Nothing is made before a run begins. */
export function openRuns<Manifest>(root: string, options: { clock: Clock }): Runs<Manifest> {
  const folder = join(root, 'runs')
  const folderOf = (id: string): string => join(folder, id)
  const ids = (): string[] => namesIn(folder).filter((id) => existsSync(join(folder, id, MANIFEST))).toReversed()
  const textOf = (id: string): string => {
    if (!ids().includes(id)) throw runNotFound(id, ids())
    return readFileSync(join(folderOf(id), MANIFEST), 'utf8')
  }
  const save = (id: string, manifest: Manifest): void => {
    makeFolder(join(root, 'tmp'))
    replaceFile(join(folderOf(id), MANIFEST), join(root, 'tmp', temporaryName()), toText(manifest))
  }
  return {
    begin(manifest) {
      makeFolder(folder)
      const id = makeRunFolder(folder, options.clock.now())
      save(id, manifest)
      return id
    },
    save,
    read(id) {
      const text = textOf(id)
      try {
        return fromText(text) as Manifest
      } catch {
        const where = join(folderOf(id), MANIFEST)
        throw new MillraceError({ code: 'ARTEFACT_CORRUPT', message: `the manifest of run ${id} is damaged`, where, hint: 'delete the run’s folder and run the experiment again' })
      }
    },
    ids,
    resolve: (reference) => resolveRun(reference, ids()),
    folder: folderOf,
    addressesIn: (id) => new Set(textOf(id).match(/\b[0-9a-f]{64}\b/g)),
  }
}

/** `20261122-181900-042`: the time in UTC, moved on by a millisecond while a run has that id already. */
function makeRunFolder(folder: string, now: number): string {
  for (let time = now; ; time++) {
    const [date, clock, milliseconds] = new Date(time).toISOString().split(/[T.Z]/)
    const id = [date.replaceAll('-', ''), clock.replaceAll(':', ''), milliseconds].join('-')
    try {
      mkdirSync(join(folder, id))
      return id
    } catch (error) {
      if (!hasSystemCode(error, 'EEXIST')) throw error
    }
  }
}

function resolveRun(reference: string, ids: readonly string[]): string {
  if (reference === 'latest' && ids.length > 0) return ids[0]
  if (ids.includes(reference)) return reference
  const matches = reference === '' ? [] : ids.filter((id) => id.startsWith(reference))
  if (matches.length === 1) return matches[0]
  throw runNotFound(reference, matches.length > 0 ? matches : ids)
}

function runNotFound(reference: string, ids: readonly string[]): MillraceError {
  const nearest = ids.toSorted((one, other) => distance(reference, one) - distance(reference, other)).slice(0, NEAREST_SHOWN)
  const several = ids.length > 0 && ids.every((id) => id.startsWith(reference)) && reference !== ''
  return new MillraceError({
    code: 'RUN_NOT_FOUND',
    message: several ? `${ids.length} runs begin with ${reference}` : `there is no run ${reference}`,
    value: reference,
    hint: nearest.length > 0 ? `did you mean ${nearest.join(', ')}, or latest?` : 'run an experiment first',
  })
}
