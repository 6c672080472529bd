import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { createRandom } from '../../src/base/random.ts'
import { openLocalPool } from '../../src/pool/local.ts'
import type { LocalPoolOptions } from '../../src/pool/local.ts'
import type { Pool, TaskOutcome } from '../../src/pool/pool.ts'
import { describePool } from '../contracts/pool-contract.ts'
import { bundle } from './fixtures/bundle.ts'

const workerFile = bundle(new URL('fixtures/worker.ts', import.meta.url))

describePool('local, 1 worker', () => openLocalPool({ workers: 1, workerFile }))
describePool('local, 3 workers', () => openLocalPool({ workers: 3, workerFile }))

let pool: Pool
afterEach(() => pool?.close())

function open(options: Partial<LocalPoolOptions> = {}): Pool {
  pool = openLocalPool({ workers: 2, workerFile, ...options })
  return pool
}

const run = (kind: string, payload: unknown = null, more: { timeoutMs?: number; isolated?: boolean } = {}): Promise<TaskOutcome> =>
  pool.run({ id: `a ${kind}`, kind, payload, ...more })

const valueOf = (outcome: TaskOutcome): unknown => (outcome.ok ? outcome.value : outcome.error)

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !existsSync('/proc/self/stat') || readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1][0] !== 'Z'
  } catch {
    return false
  }
}

async function untilGone(pids: readonly number[], withinMs: number): Promise<void> {
  const until = performance.now() + withinMs
  while (pids.some(isAlive) && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20))
  expect(pids.filter(isAlive)).toEqual([])
}

describe('a worker that dies', () => {
  it.each([
    ['abort', /SIGABRT/],
    ['exit', /exit code 3/],
    ['kill', /SIGKILL/],
    ['rejection', /exit code 1: Error: nobody caught this/],
  ])('by %s is the task’s outcome, and the next task has a new one', async (kind, message) => {
    open({ workers: 1 })
    const before = valueOf(await run('process'))
    const outcome = await run(kind)
    expect(outcome).toMatchObject({ ok: false, crashed: true, error: { total: 1, problems: [{ code: 'WORKER_CRASHED', where: `a ${kind}`, message: expect.stringMatching(message), hint: expect.any(String) }] } })
    expect(JSON.stringify(outcome)).not.toMatch(/ {4}at /)
    const after = valueOf(await run('process'))
    expect(after).toEqual(expect.any(Number))
    expect(after).not.toBe(before)
  })

  it('of memory says so', async () => {
    open({ workers: 1, heapMb: 48 })
    expect(await run('memory')).toMatchObject({ ok: false, crashed: true, error: { problems: [{ code: 'WORKER_CRASHED', message: expect.stringContaining('ran out of memory') }] } })
    expect(valueOf(await run('square', 4))).toBe(16)
  })

  it.each(['loop', 'hang'])('never: a %s is killed after the time it may be silent', async (kind) => {
    open({ workers: 1 })
    await run('square', 1)
    const outcome = await run(kind, null, { timeoutMs: 400 })
    expect(outcome).toMatchObject({ ok: false, crashed: true, error: { problems: [{ code: 'WORKER_TIMEOUT', where: `a ${kind}` }] } })
    expect(outcome.usage.wallMs).toBeGreaterThanOrEqual(390)
    expect(outcome.usage.wallMs).toBeLessThan(3000)
    expect(valueOf(await run('square', 4))).toBe(16)
  })

  it('between tasks takes none of them with it', async () => {
    open({ workers: 1 })
    expect((await run('lateRejection')).ok).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(valueOf(await run('square', 5))).toBe(25)
  })

  it('while it starts is told with what it said', async () => {
    open({ workers: 1, workerFile: join(tmpdir(), 'no-such-worker.mjs') })
    const outcome = await run('square', 1)
    expect(outcome).toMatchObject({ ok: false, crashed: true, error: { problems: [{ code: 'WORKER_CRASHED', message: expect.stringContaining('Cannot find module') }] } })
  })

  it('among 1,000 tasks leaves the other 999 as they are', async () => {
    open({ workers: 2 })
    const bad = 437
    const outcomes = await Promise.all(Array.from({ length: 1000 }, (_, n) => (n === bad ? run('abort') : run('square', n))))
    outcomes.forEach((outcome, n) => {
      if (n === bad) expect(outcome).toMatchObject({ ok: false, crashed: true })
      else expect(valueOf(outcome)).toBe(n * n)
    })
  })
})

describe('a worker that lives', () => {
  it('is not killed while it reports, even if it never lets go of its event loop', async () => {
    open({ workers: 1 })
    expect(valueOf(await run('busy', 1500, { timeoutMs: 600 }))).toBe(1500)
  })

  it('is kept warm, but for isolated tasks a fresh one is started and ended', async () => {
    open({ workers: 1 })
    const warm = [await run('count'), await run('count')].map(valueOf)
    expect(warm).toEqual([1, 2])
    const pids = new Set<unknown>()
    for (let i = 0; i < 3; i++) {
      expect(valueOf(await run('count', null, { isolated: true }))).toBe(1)
      pids.add(valueOf(await run('process', null, { isolated: true })))
    }
    expect(pids.size).toBe(3)
    await untilGone(Array.from(pids, Number), 1000)
    expect(valueOf(await run('count'))).toBe(3)
    expect(pool.processIds()).toEqual([valueOf(await run('process'))])
  })

  it('is there until what it left behind of an isolated task can have been taken over', async () => {
    open({ workers: 1 })
    const pid = await run('process', null, { isolated: true }).then(valueOf).then(Number)
    expect(isAlive(pid)).toBe(true)
    await untilGone([pid], 1000)
  })

  it('ends when the pool rests, unless it has something to do', async () => {
    open({ workers: 2 })
    const [one, other] = (await Promise.all([run('process'), run('process')])).map(valueOf)
    expect(one).not.toBe(other)
    const busy = run('sleep', 300)
    await pool.rest()
    const left = pool.processIds()
    expect([[one], [other]]).toContainEqual(left)
    await untilGone([Number(one), Number(other)].filter((id) => !left.includes(id)), 1000)
    expect(valueOf(await busy)).toBe(300)
    expect((await Promise.all([run('square', 2), run('square', 3)])).map(valueOf)).toEqual([4, 9])
  })

  it('inherits no secrets', async () => {
    process.env.EXCHANGE_SECRET = 'do not tell'
    open({ env: { OMP_NUM_THREADS: '1' } })
    const environment = valueOf(await run('environment'))
    delete process.env.EXCHANGE_SECRET
    expect(environment).toMatchObject({ OMP_NUM_THREADS: '1', PATH: process.env.PATH })
    expect(environment).not.toHaveProperty('EXCHANGE_SECRET')
  })

  it('keeps the stack of what a task threw in the log, not in the report', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-pool-log-'))
    afterAll(() => rmSync(folder, { recursive: true, force: true }))
    open({ logFile: join(folder, 'workers.log') })
    const outcome = await run('throw')
    expect(outcome).toMatchObject({ ok: false, error: { problems: [{ where: expect.stringMatching(/worker-\d+\.mjs:\d+:\d+$/) }] } })
    await expect.poll(() => readFileSync(join(folder, 'workers.log'), 'utf8')).toMatch(/a throw: TypeError: a step has a bug\n {4}at /)
  })

  it('goes on when the log takes no more', async () => {
    open({ logFile: join(tmpdir(), 'millrace-no-such-folder', 'workers.log') })
    expect(await run('throw')).toMatchObject({ ok: false })
    expect(valueOf(await run('count'))).toBe(1)
  })

  it('dies with its coordinator, even in an endless loop', async () => {
    open()
    const coordinator = fork(bundle(new URL('fixtures/coordinator.ts', import.meta.url)), [workerFile], { execArgv: [] })
    const [pids] = (await once(coordinator, 'message')) as [number[]]
    expect(pids).toHaveLength(2)
    expect(pids.every(isAlive)).toBe(true)
    coordinator.kill('SIGKILL')
    await untilGone(pids, 5000)
  })
})

describe('a pool', () => {
  it('closes within a second, whatever its workers do', async () => {
    open({ workers: 3 })
    await Promise.all([run('sleep', 20), run('sleep', 20), run('sleep', 20)])
    const pids = pool.processIds()
    expect(pids).toHaveLength(3)
    const running = ['loop', 'hang', 'memory', 'loop', 'square'].map((kind) => run(kind).catch((error: unknown) => error))
    await new Promise((resolve) => setTimeout(resolve, 100))
    const started = performance.now()
    await pool.close()
    expect(performance.now() - started).toBeLessThan(1000)
    for (const outcome of await Promise.all(running)) expect(outcome).toMatchObject({ code: 'INTERRUPTED' })
    await untilGone(pids, 500)
    expect(pool.processIds()).toEqual([])
  })

  it('gives the same outcomes for any number of workers and any order of completion', async () => {
    const seed = 20261122
    const random = createRandom(seed)
    const tasks = Array.from({ length: 60 }, (_, n) => ({ n, ms: random.integer(8), kind: n === 27 ? 'exit' : n % 13 === 5 ? 'throw' : 'square' }))
    const results: string[] = []
    for (const workers of [1, 2, 3, 7]) {
      open({ workers })
      const finished: number[] = []
      const outcomes = await Promise.all(tasks.map(async ({ n, ms, kind }) => {
        await new Promise((resolve) => setTimeout(resolve, workers === 1 ? 0 : ms))
        const outcome = await run(kind, n)
        finished.push(n)
        return outcome
      }))
      results.push(JSON.stringify(outcomes.map((outcome) => (outcome.ok ? outcome.value : [outcome.crashed, outcome.error]))))
      await pool.close()
    }
    console.log(`pool: seed ${seed}, ${results.length} × ${tasks.length} tasks`)
    expect(new Set(results).size).toBe(1)
  })
})
