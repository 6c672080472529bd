import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import { execute } from '../../src/cli/execute.ts'

export const PROGRAM = fileURLToPath(new URL('../../bin/millrace.mjs', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A folder to type commands in. */
export interface Desk {
  readonly folder: string
  /** Runs `millrace` with these words to its end, as a process. */
  millrace(...words: string[]): Ended
  /** The one JSON document a command prints, run as a process. */
  json<T = Record<string, unknown>>(...words: string[]): T
  /** The same command inside this process, which saves starting one; its store is the desk's. */
  type(...words: string[]): Promise<Ended>
  typeJson<T = Record<string, unknown>>(...words: string[]): Promise<T>
  /** Runs a line of shell in which `millrace` is the program. */
  shell(line: string): Ended
  start(...words: string[]): ChildProcess
  write(name: string, text: string): string
  remove(): void
}

export function openDesk(): Desk {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-cli-'))
  // As in a shell, and not as under npm, which commands that are shown would otherwise name.
  const env = { ...process.env, npm_command: undefined }
  const options = { cwd: folder, env, encoding: 'utf8', maxBuffer: 1 << 28 } as const
  const desk: Desk = {
    folder,
    millrace: (...words) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...words], options)
      return { code: status, stdout, stderr }
    },
    json: <T>(...words: string[]) => JSON.parse(desk.millrace(...words, '--json').stdout) as T,
    type: (...words) => typed([...words, '--store', join(folder, '.millrace')]),
    typeJson: async <T>(...words: string[]) => JSON.parse((await desk.type(...words, '--json')).stdout) as T,
    shell: (line) => {
      const { status, stdout, stderr } = spawnSync('bash', ['-c', `set -o pipefail; millrace() { "${process.execPath}" "${PROGRAM}" "$@"; }; ${line}`], options)
      return { code: status, stdout, stderr }
    },
    start: (...words) => spawn(process.execPath, [PROGRAM, ...words], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] }),
    write: (name, text) => {
      writeFileSync(join(folder, name), text)
      return name
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
  return desk
}

async function typed(words: readonly string[]): Promise<Ended> {
  const said = { stdout: '', stderr: '' }
  const listen = (stream: 'stdout' | 'stderr') => vi.spyOn(process[stream], 'write').mockImplementation((text) => {
    said[stream] += typeof text === 'string' ? text : Buffer.from(text).toString()
    return true
  })
  const spies = [listen('stdout'), listen('stderr')]
  const before = process.exitCode
  process.exitCode = undefined
  try {
    await execute(words)
    return { ...said, code: Number(process.exitCode ?? 0) }
  } finally {
    process.exitCode = before
    for (const spy of spies) spy.mockRestore()
  }
}

/** Four symbols, a year, a dozen portfolios: runs in a second or two. */
export const TINY = `
name: tiny
market: { source: synthetic, seed: 3, symbols: 4, bars: 200, start: 2015-01-05, from: 2015-04-01 }
strategies:
  - { name: trend, use: sma-cross, grid: { fast: [5, 10], slow: [20, 30] } }
  - { name: pair, use: spread-zscore, params: { first: SYN01, second: SYN02, window: 20, entry: 1 } }
ensembles:
  - { name: committee, method: mean, members: ["trend*"] }
risk:
  models:
    - { name: var, use: var-limit, params: { limit: 0.006, window: 20 } }
    - { name: limits, use: limits, params: { cap: 0.18, gross: 0.4 } }
  patterns:
    default: { book: { signals: [committee] }, models: [var, limits] }
costs: { feeBps: 5, feeMinimum: 1, slippageBps: 4 }
portfolios:
  - { name: single, each: "trend*", grid: { riskTolerance: [0, 0.5] } }
  - { name: mixed, signals: [pair, { signal: committee, weight: 2 }] }
  - { name: guarded, signals: [committee], exits: { stopLoss: 0.03, takeProfit: 0.05 } }
`
