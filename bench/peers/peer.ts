import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** The Python with the peers' packages: MILLRACE_BENCH_PYTHON, else what is on the path. */
const python = (): string => process.env.MILLRACE_BENCH_PYTHON ?? 'python3'

/** Why a peer cannot be measured here, or null. */
export function whyNotPeer(packageName: string): string | null {
  const { status, error } = spawnSync(python(), ['-c', `import ${packageName}`], { encoding: 'utf8' })
  if (error !== undefined) return `there is no ${python()}`
  return status === 0 ? null : `${python()} has no ${packageName}; name another by MILLRACE_BENCH_PYTHON`
}

/** A peer's process that answers every line with a line of JSON. */
export interface Peer {
  ask<T>(line: string): Promise<T>
  /** Ends its input and waits for it. */
  end(): Promise<void>
}

export function startPeer(script: string): Peer {
  const child = spawn(python(), ['-W', 'ignore', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${script} ended with ${code}`))))
  })
  ended.catch(() => undefined)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    ask: async (line) => {
      child.stdin.write(`${line}\n`)
      const { value, done } = await lines.next()
      if (done === true) await ended
      return JSON.parse(String(value))
    },
    end: () => {
      child.stdin.end()
      return ended
    },
  }
}

/** Largest resident memory a process has had so far, in MiB; 0 where the system does not tell. */
export function peakMiB(processId: number): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${processId}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}
