import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { hasSystemCode } from './durable-files.ts'
import { isRunning, ownIdentity } from './process-identity.ts'

let made = 0

/** A name no other process has, that tells whose it is. */
export function temporaryName(): string {
  const { host, pid, started } = ownIdentity()
  return [encodeURIComponent(host), pid, started, made++].join('~')
}

/** Removes from a folder what processes that no longer run have left in it. */
export function removeLeftovers(folder: string): void {
  for (const name of namesIn(folder)) {
    const [host, pid, started] = name.split('~')
    if (isRunning({ host: decodeURIComponent(host), pid: Number(pid), started: started ?? '' })) continue
    rmSync(join(folder, name), { recursive: true, force: true })
  }
}

/** The sorted names in a folder; none when there is no such folder. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted()
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  }
}
