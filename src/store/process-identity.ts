import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { hasSystemCode } from './durable-files.ts'

/** Which process this is, so surely that a later process with the same number is not taken for it. */
export interface ProcessIdentity {
  readonly host: string
  readonly pid: number
  /** Boot and tick of the process's start where the system tells (Linux), else empty. */
  readonly started: string
}

let own: ProcessIdentity | undefined

export function ownIdentity(): ProcessIdentity {
  own ??= { host: hostname(), pid: process.pid, started: startOf(process.pid) ?? '' }
  return own
}

/** Whether that process still runs. One of another host can't be asked and counts as running. */
export function isRunning(identity: ProcessIdentity): boolean {
  if (identity.host !== hostname()) return true
  try {
    process.kill(identity.pid, 0)
  } catch (error) {
    // EPERM: it runs, under another user, and may hide its start
    return !hasSystemCode(error, 'ESRCH')
  }
  return identity.started === '' || startOf(identity.pid) === identity.started
}

/** proc(5): after the name in parentheses, `stat` has the state first and the start time as its 20th value. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const values = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (values[0] === 'Z') return undefined
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8)
    return `${boot}-${values[19]}`
  } catch {
    return undefined
  }
}
