import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { openInlinePool } from '../../src/pool/inline.ts'
import { runIsolating } from '../../src/pool/isolate.ts'
import type { IsolatingOutcome } from '../../src/pool/isolate.ts'
import { openLocalPool } from '../../src/pool/local.ts'
import type { Pool } from '../../src/pool/pool.ts'
import { bundle } from './fixtures/bundle.ts'
import { handlers } from './fixtures/handlers.ts'

let pool: Pool
afterEach(() => pool.close())

interface Poisoned {
  readonly members: readonly number[]
  readonly poison: readonly number[]
  readonly how: string
  readonly timeoutMs?: number
}

async function runPoisoned({ members, poison, how, timeoutMs }: Poisoned): Promise<IsolatingOutcome<number> & { tasks: number }> {
  let tasks = 0
  const outcome = await runIsolating(pool, {
    members,
    taskFor(part) {
      tasks++
      return { id: `from ${part[0]}`, kind: 'poisoned', payload: { members: part, poison, how }, timeoutMs }
    },
  })
  return { ...outcome, tasks }
}

/** Every member is either finished with its own value or a culprit, in order, exactly once. */
function expectWhole(outcome: IsolatingOutcome<number>, { members, poison }: Poisoned): void {
  expect(outcome.finished.flatMap((part) => part.members)).toEqual(members.filter((member) => !poison.includes(member)))
  expect(outcome.finished.flatMap((part) => part.value)).toEqual(members.filter((member) => !poison.includes(member)).map((member) => member * member))
  expect(outcome.culprits.map((culprit) => culprit.member)).toEqual(members.filter((member) => poison.includes(member)))
}

describe('runIsolating', () => {
  it('runs one task when nothing fails, and none for nobody', async () => {
    pool = openInlinePool(handlers)
    expect(await runPoisoned({ members: [3, 1, 2], poison: [], how: 'throw' })).toMatchObject({ finished: [{ members: [3, 1, 2], value: [9, 1, 4] }], culprits: [], tasks: 1 })
    expect(await runPoisoned({ members: [], poison: [], how: 'throw' })).toMatchObject({ finished: [], culprits: [], tasks: 0 })
  })

  it('takes over each part before the next one runs where its maker may die', async () => {
    pool = openInlinePool(handlers)
    const happened: string[] = []
    await runIsolating(pool, {
      members: [1, 2, 3, 4],
      taskFor(part) {
        happened.push(`task of ${part.join(' ')}`)
        return { id: `from ${part[0]}`, kind: 'poisoned', payload: { members: part, poison: [4], how: 'throw' } }
      },
      takeOver: async (value) => void happened.push(`${JSON.stringify(value)} taken over`),
    })
    expect(happened).toEqual(['task of 1 2 3 4', 'task of 1 2', 'task of 3 4', '[1,4] taken over', 'task of 3', 'task of 4', '[9] taken over'])
  })

  it('finds exactly the culprits, whichever and however many they are', async () => {
    pool = openInlinePool(handlers)
    const seed = 7
    const numRuns = 200
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(10_000), { maxLength: 60 }), fc.func(fc.nat(9)), async (members, dice) => {
        const poison = members.filter((member) => dice(member) === 0)
        const work = { members, poison, how: 'throw' }
        const outcome = await runPoisoned(work)
        expectWhole(outcome, work)
        for (const { member, error, crashed } of outcome.culprits) {
          expect(crashed).toBe(false)
          expect(error.problems).toMatchObject([{ code: 'STEP_FAILED', message: `member ${member} is bad` }])
        }
        expect(outcome.tasks).toBeLessThanOrEqual(1 + 2 * poison.length * Math.ceil(Math.log2(Math.max(2, members.length))))
      }),
      { seed, numRuns },
    )
    console.log(`runIsolating: seed ${seed}, ${numRuns} member lists`)
  })

  it('reports progress in members, never more than there are, and all in the end', async () => {
    pool = openInlinePool(handlers)
    const seen: number[] = []
    await runIsolating(pool, {
      members: [1, 2, 3, 4, 5, 6, 7],
      taskFor: (members) => ({ id: 'p', kind: 'poisoned', payload: { members, poison: [3], how: 'throw' } }),
      onProgress: ({ done, total }) => {
        expect(total).toBe(7)
        expect(done).toBeLessThanOrEqual(7)
        seen.push(done)
      },
    })
    expect(seen.at(-1)).toBe(7)
  })

  it('throws what no member is guilty of instead of blaming each', async () => {
    pool = openInlinePool({
      full: async () => {
        throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
      },
    })
    let tasks = 0
    const taskFor = (): { id: string; kind: string; payload: null } => ({ id: `t${tasks++}`, kind: 'full', payload: null })
    await expect(runIsolating(pool, { members: [1, 2, 3, 4], taskFor })).rejects.toMatchObject({ code: 'MACHINE_FAULT', hint: expect.stringContaining('disk space') })
    expect(tasks).toBe(1)
  })
})

describe('runIsolating in worker processes', () => {
  const workerFile = bundle(new URL('fixtures/worker.ts', import.meta.url))
  const open = (heapMb?: number): void => {
    pool = openLocalPool({ workers: 2, workerFile, heapMb })
  }

  it.each([
    ['throw', 1000],
    ['abort', 1000],
    ['exit', 8],
    ['rejection', 8],
  ])('names the one that ends by %s; the others of %d are done', async (how, count) => {
    open()
    const member = Math.floor(count * 0.613)
    const work = { members: Array.from({ length: count }, (_, i) => i), poison: [member], how }
    const outcome = await runPoisoned(work)
    expectWhole(outcome, work)
    expect(outcome.culprits).toMatchObject([{ member, crashed: how !== 'throw', error: { total: 1, problems: [{ code: how === 'throw' ? 'STEP_FAILED' : 'WORKER_CRASHED' }] } }])
    expect(outcome.tasks).toBeLessThanOrEqual(21)
  })

  it('names the one that loops for ever', async () => {
    open()
    const work = { members: Array.from({ length: 8 }, (_, i) => i), poison: [5], how: 'loop', timeoutMs: 400 }
    const outcome = await runPoisoned(work)
    expectWhole(outcome, work)
    expect(outcome.culprits).toMatchObject([{ member: 5, crashed: true, error: { problems: [{ code: 'WORKER_TIMEOUT' }] } }])
  })

  it('names the one that takes all memory', async () => {
    open(48)
    const work = { members: [0, 1, 2], poison: [1], how: 'memory' }
    const outcome = await runPoisoned(work)
    expectWhole(outcome, work)
    expect(outcome.culprits).toMatchObject([{ member: 1, crashed: true, error: { problems: [{ code: 'WORKER_CRASHED', message: expect.stringContaining('memory') }] } }])
  })

  it('does not blame a member whose warm worker was left dying by an earlier task', async () => {
    pool = openLocalPool({ workers: 1, workerFile })
    await pool.run({ id: 'earlier', kind: 'lateRejection', payload: null })
    const outcome = await runIsolating(pool, { members: [1], taskFor: () => ({ id: 'innocent', kind: 'sleep', payload: 100 }) })
    expect(outcome).toMatchObject({ finished: [{ members: [1], value: 100 }], culprits: [] })
  })
})
