import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDesk, TINY, type Desk } from './command-line.ts'

/** Slow strategy instances beside quick ones: a run of some seconds. */
const SLOW = TINY.replace('strategies:', 'strategies:\n  - { name: slow, use: ./slow.ts, grid: { period: [3, 4] } }')
  .replace('portfolios:', 'portfolios:\n  - { name: late, each: "slow*" }')
const SLOW_STRATEGY = `import { defineStrategy, sma, z } from 'millrace'
export default defineStrategy({
  name: 'slow', params: z.object({ period: z.int() }), features: ({ period }) => [sma('close', period)],
  signal: ([mean], out) => {
    const until = performance.now() + 5
    while (performance.now() < until);
    for (let n = 0; n < out.length; n++) out[n] = mean[n] > 30 ? 1 : 0
  },
})
`

function openSlowDesk(): Desk {
  const desk = openDesk()
  desk.write('slow.ts', SLOW_STRATEGY)
  desk.write('slow.yaml', SLOW)
  return desk
}

interface Said {
  text: string
}

/** What a process says on stderr, from now on. */
function listenTo(child: ChildProcess): Said {
  const said = { text: '' }
  child.stderr?.on('data', (data: Buffer) => {
    said.text += data.toString()
  })
  return said
}

async function until(child: ChildProcess, said: Said, expected: RegExp): Promise<void> {
  while (!expected.test(said.text)) {
    if (child.exitCode !== null) throw new Error(`ended before it said ${expected.source}:\n${said.text}`)
    await new Promise((resolve) => {
      setTimeout(resolve, 20)
    })
  }
}

describe('a run that is interrupted', () => {
  let desk: Desk
  beforeEach(() => {
    desk = openSlowDesk()
  })
  afterEach(() => desk.remove())

  it('by Ctrl-C ends promptly, keeps what is finished, and resumes to the results of a run that was not', async () => {
    const child = desk.start('run', 'slow.yaml', '--workers', '2')
    const ended = once(child, 'close') as Promise<[number]>
    const said = listenTo(child)
    await until(child, said, /^features: /m)
    const started = performance.now()
    child.kill('SIGINT')
    const [code] = await ended
    const took = performance.now() - started
    console.log(`Ctrl-C: ended after ${took.toFixed(0)} ms`)
    expect(code).toBe(130)
    expect(took).toBeLessThan(3000)
    expect(said.text).toContain('INTERRUPTED: the run was interrupted; everything finished so far is kept')
    expect(said.text).toContain('the same command goes on where it stopped')
    expect(readdirSync(join(desk.folder, '.millrace/tmp'))).toEqual([])
    expect((await desk.typeJson<{ runs: { status: string }[] }>('runs')).runs.map(({ status }) => status)).toEqual(['interrupted'])
    expect(await desk.type('top', 'latest')).toMatchObject({ code: 2, stderr: expect.stringContaining('RUN_UNFINISHED') as string })
    expect(await desk.typeJson('store', 'prune', '--dry-run')).toMatchObject({ artefacts: 0 })

    const resumed = desk.json<{ status: string; timings: { stage: string; made: number }[] }>('run', 'slow.yaml')
    expect(resumed.status).toBe('finished')
    expect(resumed.timings.find(({ stage }) => stage === 'features')).toMatchObject({ made: 0 })
    const other = openSlowDesk()
    other.millrace('run', 'slow.yaml', '--quiet')
    const rows = async (of: Desk) => (await of.typeJson<{ rows: unknown[] }>('sql', 'latest', 'select * from metrics order by ordinal')).rows
    expect(await rows(desk)).toEqual(await rows(other))
    other.remove()
  }, 120_000)

  it('by SIGTERM, too; meanwhile a second run in the folder is refused', async () => {
    const child = desk.start('run', 'slow.yaml')
    const ended = once(child, 'close')
    const said = listenTo(child)
    await until(child, said, /^features: /m)
    const second = desk.millrace('run', 'slow.yaml')
    expect(second.code).toBe(2)
    expect(second.stderr).toMatch(new RegExp(`RUN_LOCKED: process ${child.pid} `))
    child.kill('SIGTERM')
    expect(await ended).toEqual([130, null])
  }, 120_000)

  it('by a second Ctrl-C ends at once', async () => {
    const child = desk.start('run', 'slow.yaml')
    const ended = once(child, 'close')
    const said = listenTo(child)
    await until(child, said, /^plan of tiny/m)
    child.kill('SIGINT')
    await until(child, said, /stopping/)
    child.kill('SIGINT')
    // a shell says 130 for both: struck while it was already leaving, the process dies of the signal itself
    expect([[130, null], [null, 'SIGINT']]).toContainEqual(await ended)
  }, 120_000)
})

describe('a plan that is interrupted', () => {
  const windows = '{ name: rolling, each: "trend*", grid: { threshold: { from: 0, to: 0.9999, step: 0.0001 } }, walkForward: { train: 10, test: 1 } }'
  const many = '{ name: many, use: sma-cross, grid: { fast: { from: 2, to: 601, step: 1 }, slow: { from: 700, to: 1499, step: 1 } } }'

  it.each([
    { what: 'count what a walk-forward would train', raw: TINY.replace('portfolios:', `portfolios:\n  - ${windows}`).replace(/bars: \d+/, 'bars: 20000') },
    { what: 'line up strategy instances', raw: TINY.replace('strategies:', `strategies:\n  - ${many}`).replace('portfolios:', 'portfolios:\n  - { name: sweep, each: "many*" }') },
  ])('ends promptly, also where all it does is to $what', async ({ raw }) => {
    const desk = openDesk()
    desk.write('large.yaml', raw)
    const child = desk.start('plan', 'large.yaml', '--allow-large')
    const ended = once(child, 'close')
    const said = listenTo(child)
    await until(child, said, /^market: /m)
    const started = performance.now()
    child.kill('SIGINT')
    expect(await ended).toEqual([130, null])
    expect(performance.now() - started).toBeLessThan(3000)
    expect(said.text).toContain('INTERRUPTED')
    desk.remove()
  }, 120_000)
})
