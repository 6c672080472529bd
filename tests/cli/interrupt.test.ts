import { readdirSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import type { ChildProcess } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDesk, TINY, type Desk } from './command-line.ts'

/** Four slow strategy instances in four chunks of work beside quick ones: a run of some seconds. */
const SLOW = TINY.replace('strategies:', 'strategies:\n  - { name: slow, use: ./slow.ts, grid: { period: [3, 4, 5] } }')
  .replace('portfolios:', 'portfolios:\n  - { name: late, each: "slow*" }')
const SLOW_STRATEGY = `import { defineStrategy, sma, z } from 'millrace'
export default defineStrategy({
  name: 'slow', params: z.object({ period: z.int() }), features: ({ period }) => [sma('close', period)],
  signal: ([mean], out) => {
    const until = performance.now() + 8
    while (performance.now() < until);
    for (let n = 0; n < out.length; n++) out[n] = mean[n] > 30 ? 1 : 0
  },
})
`

let desk: Desk

beforeEach(() => {
  desk = openDesk()
  desk.write('slow.ts', SLOW_STRATEGY)
  desk.write('slow.yaml', SLOW)
})
afterEach(() => desk.remove())

/** Waits until the command has said this on stderr; everything it says is in `said`. */
async function until(child: ChildProcess, expected: RegExp, said: { text: string }): Promise<void> {
  child.stderr?.on('data', (data: Buffer) => {
    said.text += data.toString()
  })
  while (!expected.test(said.text)) {
    if (child.exitCode !== null) throw new Error(`ended before it said ${expected.source}:\n${said.text}`)
    await new Promise((resolve) => {
      setTimeout(resolve, 20)
    })
  }
}

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  it('ends a run promptly, says that it resumes, and leaves nothing running or half-written', async () => {
    const child = desk.start('run', 'slow.yaml', '--workers', '2')
    const said = { text: '' }
    await until(child, /^features: /m, said)
    const started = performance.now()
    child.kill(signal)
    const [code] = (await once(child, 'close')) as [number]
    const took = performance.now() - started
    console.log(`${signal}: ended after ${took.toFixed(0)} ms`)
    expect(code).toBe(130)
    expect(took).toBeLessThan(3000)
    expect(said.text).toContain('INTERRUPTED: the run was interrupted; everything finished so far is kept')
    expect(said.text).toContain('the same command goes on where it stopped')
    expect(desk.json<{ runs: { status: string }[] }>('runs').runs.map(({ status }) => status)).toEqual(['interrupted'])
    expect(desk.millrace('top', 'latest')).toMatchObject({ code: 2, stderr: expect.stringContaining('RUN_UNFINISHED') as string })
    expect(readdirSync(join(desk.folder, '.millrace/tmp'))).toEqual([])
  })
})

describe('after an interruption', () => {
  it('the same command makes what is missing, and the results are those of a run that was not', async () => {
    const child = desk.start('run', 'slow.yaml', '--workers', '1', '--batch', '2')
    const said = { text: '' }
    await until(child, /^strategies: /m, said)
    child.kill('SIGINT')
    await once(child, 'close')
    const pruned = desk.json<{ artefacts: number }>('store', 'prune', '--dry-run')
    expect(pruned.artefacts).toBe(0)
    const resumed = desk.json<{ status: string; timings: { stage: string; made: number; cached: number }[] }>('run', 'slow.yaml')
    expect(resumed.status).toBe('finished')
    expect(resumed.timings.find(({ stage }) => stage === 'strategies')).toMatchObject({ made: 0, cached: 8 })
    const query = 'select * from metrics order by ordinal'
    const rows = (of: Desk) => of.json<{ rows: unknown[] }>('sql', 'latest', query).rows
    const other = openDesk()
    other.write('slow.ts', SLOW_STRATEGY)
    other.write('slow.yaml', SLOW)
    other.millrace('run', 'slow.yaml', '--quiet')
    expect(rows(desk)).toEqual(rows(other))
    other.remove()
  }, 60_000)

  it('a second Ctrl-C ends at once, and the next run takes the lock over', async () => {
    const child = desk.start('run', 'slow.yaml')
    await until(child, /^features: /m, { text: '' })
    child.kill('SIGINT')
    child.kill('SIGINT')
    const [code] = (await once(child, 'close')) as [number]
    expect(code).toBe(130)
    expect(desk.millrace('run', 'slow.yaml', '--quiet').code).toBe(0)
  }, 60_000)
})

describe('two runs in one folder', () => {
  it('the second is refused, naming the process that has the lock', async () => {
    const child = desk.start('run', 'slow.yaml')
    await until(child, /^features: /m, { text: '' })
    const second = desk.millrace('run', 'slow.yaml')
    expect(second.code).toBe(2)
    expect(second.stderr).toContain('RUN_LOCKED')
    expect(second.stderr).toContain(String(child.pid))
    child.kill('SIGINT')
    await once(child, 'close')
  })
})
