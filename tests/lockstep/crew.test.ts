import { afterEach, describe, expect, it } from 'vitest'
import { hire, type Member } from '../../src/lockstep/crew.ts'
import { bundleBesideDist } from '../faults/beside-dist.ts'
import type { MemberPlan } from './fixtures/member.ts'

const workerFile = bundleBesideDist(new URL('fixtures/member.ts', import.meta.url))

let member: Member | undefined
afterEach(() => member?.dismiss())

async function hired(plan: MemberPlan, timeoutMs = 20_000): Promise<Member> {
  member = await hire({ name: 'the doubler', workerFile, spec: plan, timeoutMs })
  return member
}

const rowAt = (t: number) => ({ t, closeTime: 1e12 + t, openTime: 1e12 + t - 1, sessionDate: 15_000 + t })

/** Turns rows 0 to `until`, each with its own values, and gives what the last one made. */
async function turnUntil(until: number, of: Member): Promise<Float64Array> {
  for (let t = 0; t <= until; t++) {
    of.taken.rows[0][0] = t / 8
    of.taken.rows[1].forEach((_, i, values) => {
      values[i] = t * 1000 + i
    })
    await of.turn(rowAt(t))
  }
  return of.made.rows[0]
}

describe('a member of the crew', () => {
  it.each([3, 400_000])('answers row after row of %d columns, in the same memory, and says at the end what it has to say', async (columns) => {
    const of = await hired({ columns, atRowThree: 'go on' })
    expect(of.inputs).toEqual([{ name: 'a', columns: 1 }, { name: 'b', columns }])
    const made = await turnUntil(4, of)
    expect(made).toHaveLength(columns)
    expect(made.every((value, i) => value === 2 * (4000 + i) + 0.5)).toBe(true)
    expect(await of.finish()).toBe(5)
  })

  it('keeps what is missing, infinite or tiny', async () => {
    const of = await hired({ columns: 4, atRowThree: 'go on' })
    of.taken.rows[1].set([NaN, -0, Infinity, Number.MIN_VALUE])
    await of.turn(rowAt(0))
    expect([...of.made.rows[0]]).toEqual([NaN, 0, Infinity, 2 * Number.MIN_VALUE])
  })

  it.each([
    ['throw', { code: 'STEP_FAILED', message: expect.stringContaining('not row three') as string }],
    ['end', { code: 'WORKER_CRASHED', message: expect.stringContaining('the doubler ended with exit code 7') as string }],
  ] as const)('that does %s in a row fails that row', async (atRowThree, failure) => {
    const of = await hired({ columns: 2, atRowThree })
    await turnUntil(2, of)
    await expect(of.turn(rowAt(3))).rejects.toMatchObject(failure)
  })

  it('that does not answer is given up', async () => {
    const of = await hired({ columns: 2, atRowThree: 'hang' }, 1500)
    await turnUntil(2, of)
    await expect(of.turn(rowAt(3))).rejects.toMatchObject({ code: 'WORKER_TIMEOUT', message: expect.stringContaining('silent for 1500 ms') as string })
    await expect(of.turn(rowAt(4))).rejects.toMatchObject({ code: 'WORKER_CRASHED' })
  })

  it('that has died is not asked', async () => {
    const of = await hired({ columns: 2, atRowThree: 'go on' })
    await turnUntil(1, of)
    process.kill(of.processId, 'SIGKILL')
    await expect(of.turn(rowAt(2))).rejects.toMatchObject({ code: 'WORKER_CRASHED', message: expect.stringContaining('SIGKILL') as string })
  })
})
