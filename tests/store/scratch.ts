import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** A folder for one test file, in memory where the system has such a place: fault tests write a thousand times. */
export function scratchFolder(name: string): string {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), `millrace-${name}-`))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
