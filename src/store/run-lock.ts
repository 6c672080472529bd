import { linkSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { MillraceError } from '../base/errors.ts'
import { fromText, toText } from './canonical-text.ts'
import { hasSystemCode, makeFolder, replaceFile, writeDurably } from './durable-files.ts'
import { isRunning, ownIdentity } from './process-identity.ts'
import type { ProcessIdentity } from './process-identity.ts'
import { namesIn, removeLeftovers, temporaryName } from './temporary-names.ts'

/** Who holds or held the lock of a store folder. */
interface Claim {
  readonly holder: ProcessIdentity
  /** Milliseconds since the Unix epoch, UTC. */
  readonly since: number
  readonly released: boolean
}

export interface RunLock {
  release(): void
}

/**
 * Takes the lock of a store folder for this process, or throws RUN_LOCKED naming who has it and since when. A dead
 * process's lock is taken over.
 *
 * Claims are numbered files, and the one with the highest number counts. A new one is made only when that one
 * is released or its process dead, which it then stays; linking a name that exists fails, so of two processes that
 * take over at once one gets it; and the highest is never deleted, so a number is never claimed twice.
 */
export function lockRuns(root: string, options: { clock: Clock }): RunLock {
  const folder = join(root, 'lock')
  const temporary = join(root, 'tmp')
  makeFolder(folder)
  makeFolder(temporary)
  removeLeftovers(temporary)
  const claim: Claim = { holder: ownIdentity(), since: options.clock.now(), released: false }
  for (;;) {
    const highest = latestClaim(folder)
    const current = highest === 0 ? undefined : readClaim(join(folder, claimName(highest)))
    if (current === 'vanished') continue
    if (current !== undefined && !current.released && isRunning(current.holder)) throw locked(root, current)
    const path = join(folder, claimName(highest + 1))
    if (!linkNew(join(temporary, temporaryName()), path, toText(claim))) continue
    if (latestClaim(folder) !== highest + 1) {
      rmSync(path, { force: true })
      continue
    }
    for (const name of namesIn(folder)) if (name < claimName(highest + 1)) rmSync(join(folder, name), { force: true })
    return { release: () => replaceFile(path, join(temporary, temporaryName()), toText({ ...claim, released: true })) }
  }
}

function claimName(number: number): string {
  return `${String(number).padStart(12, '0')}.json`
}

function latestClaim(folder: string): number {
  return Number.parseInt(namesIn(folder).at(-1) ?? '0', 10)
}

function readClaim(path: string): Claim | 'vanished' {
  try {
    return fromText(readFileSync(path, 'utf8')) as Claim
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT')) return 'vanished'
    throw error
  }
}

/** Makes a file with its whole content in one step; false when the name is taken. */
function linkNew(temporary: string, path: string, text: string): boolean {
  writeDurably(temporary, text)
  try {
    linkSync(temporary, path)
    return true
  } catch (error) {
    if (hasSystemCode(error, 'EEXIST')) return false
    throw error
  } finally {
    rmSync(temporary, { force: true })
  }
}

function locked(root: string, { holder, since }: Claim): MillraceError {
  return new MillraceError({
    code: 'RUN_LOCKED',
    message: `process ${holder.pid} on ${holder.host} is running an experiment here since ${new Date(since).toISOString()}`,
    where: root,
    value: holder.pid,
    hint: 'wait until it ends, or name another store folder',
  })
}
