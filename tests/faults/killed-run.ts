import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import { openStore } from '../../src/store/local-store.ts'
import type { Address } from '../../src/store/store.ts'

export interface Death {
  /** `all`: the coordinator and its workers at once. `coordinator`: its workers are left to find out. */
  readonly who: 'all' | 'coordinator'
  readonly afterMs: number
}

export interface Ending {
  readonly killed: boolean
  readonly code: number | null
  readonly wallMs: number
  readonly output: string
}

/** Starts a process at the head of a group of its own and waits for its end, be it natural or ordered. */
export function runToDeath(command: readonly string[], death?: Death): Promise<Ending> {
  const startedAt = performance.now()
  const child = spawn(command[0], command.slice(1), { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const pid = child.pid ?? 0
  let output = ''
  child.stdout.on('data', (data: Buffer) => (output += data.toString()))
  child.stderr.on('data', (data: Buffer) => (output += data.toString()))
  const timer = death === undefined ? undefined : setTimeout(() => process.kill(death.who === 'all' ? -pid : pid, 'SIGKILL'), death.afterMs)
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      clearTimeout(timer)
      // Workers that outlive their coordinator hold its pipes: their end is not waited for.
      setImmediate(() => resolve({ killed: signal === 'SIGKILL', code, wallMs: performance.now() - startedAt, output }))
    })
  })
}

/** What can be seen of an artefact that was made once and never touched again. */
export type Sighting = Readonly<Record<Address, string>>

/**
 * Looks at everything that is visible in a store, right after a death.
 * @throws Error when anything is not whole, or something was put into quarantine
 */
export function lookAtStore(root: string): Sighting {
  const seen: Record<Address, string> = {}
  const store = openStore(root, { clock: systemClock })
  for (const address of store.addresses()) {
    const meta = store.meta(address)
    if (meta === undefined) throw new Error(`artefact ${address} is visible and damaged`)
    for (const file of meta.files) store.file(address, file.name)
    const { ino, mtimeMs } = statSync(join(root, 'artefacts', address.slice(0, 2), address.slice(2), 'meta.json'))
    seen[address] = `${ino} ${mtimeMs}`
  }
  if (existsSync(join(root, 'quarantine'))) throw new Error(`in quarantine: ${readdirSync(join(root, 'quarantine')).join(', ')}`)
  return seen
}

/** Artefacts that were seen and are gone or have been made again. */
export function remade(before: Sighting, after: Sighting): Address[] {
  return Object.keys(before).filter((address) => before[address] !== after[address])
}

/** Members that lie in two artefacts: made, and made again although they were there. */
export function madeTwice(root: string): Address[] {
  const store = openStore(root, { clock: systemClock })
  const seen = new Set<string>()
  return store.addresses().flatMap((address) => {
    const meta = store.meta(address)
    return (meta?.members ?? []).filter((member) => {
      const key = `${meta?.kind} ${member}`
      if (seen.has(key)) return true
      seen.add(key)
      return false
    })
  })
}

/** SHA-256 over the bytes of a file. */
export function digestFile(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}
