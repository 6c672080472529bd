import { afterEach, describe, expect, it } from 'vitest'
import type { Pool, TaskProgress } from '../../src/pool/pool.ts'

/** What every pool must do with the handlers of tests/pool/fixtures/handlers.ts. */
export function describePool(name: string, open: () => Pool): void {
  describe(`pool contract: ${name}`, () => {
    let pool: Pool
    afterEach(() => pool.close())

    it('runs tasks and answers each with its own value', async () => {
      pool = open()
      const outcomes = await Promise.all(Array.from({ length: 50 }, (_, n) => pool.run({ id: `t${n}`, kind: 'square', payload: n })))
      outcomes.forEach((outcome, n) => {
        expect(outcome).toMatchObject({ ok: true, value: n * n, task: { id: `t${n}` } })
        expect(outcome.usage.wallMs).toBeGreaterThanOrEqual(0)
        expect(outcome.usage.cpuMs).toBeGreaterThanOrEqual(0)
      })
    })

    it('goes on after a rest', async () => {
      pool = open()
      await pool.run({ id: 'before', kind: 'square', payload: 3 })
      await pool.rest()
      expect(await pool.run({ id: 'after', kind: 'square', payload: 4 })).toMatchObject({ ok: true, value: 16 })
    })

    it('carries NaN, infinities, −0 and typed arrays as they are', async () => {
      pool = open()
      const payload = { values: new Float64Array([NaN, -0, Infinity]), single: new Float32Array([0.1]), map: new Map([['a', -Infinity]]), missing: NaN }
      const outcome = await pool.run({ id: 'echo', kind: 'echo', payload })
      expect(outcome).toMatchObject({ ok: true, value: payload })
      expect(outcome.ok && Object.is((outcome.value as typeof payload).values[1], -0)).toBe(true)
    })

    it('reports progress, and always its end', async () => {
      pool = open()
      const seen: TaskProgress[] = []
      await pool.run({ id: 'p', kind: 'progress', payload: 100_000 }, (progress) => seen.push(progress))
      expect(seen.at(-1)).toMatchObject({ done: 100_000, total: 100_000, task: { id: 'p' } })
      expect(seen.length).toBeLessThan(100)
    })

    it('turns what a task throws into an outcome and goes on', async () => {
      pool = open()
      const [bug, fault, unknown, unspeakable, good] = await Promise.all([
        pool.run({ id: 'bug', kind: 'throw', payload: null }),
        pool.run({ id: 'fault', kind: 'refuse', payload: null }),
        pool.run({ id: 'unknown', kind: 'no such kind', payload: null }),
        pool.run({ id: 'unspeakable', kind: 'unspeakable', payload: null }),
        pool.run({ id: 'good', kind: 'square', payload: 3 }),
      ])
      expect(bug).toMatchObject({ ok: false, crashed: false, error: { total: 1, problems: [{ code: 'STEP_FAILED', message: 'TypeError: a step has a bug' }] } })
      expect(JSON.stringify(bug)).not.toContain('    at ')
      expect(fault).toMatchObject({ ok: false, error: { problems: [{ code: 'ONNX_INVALID', where: 'model.onnx', hint: 'export it again' }] } })
      expect(unknown).toMatchObject({ ok: false, error: { problems: [{ message: 'no handler for tasks of kind no such kind' }] } })
      expect(unspeakable).toMatchObject({ ok: false, error: { problems: [{ code: 'STEP_FAILED' }] } })
      expect(good).toMatchObject({ ok: true, value: 9 })
    })

    it('rejects a payload that can not be sent, and goes on', async () => {
      pool = open()
      await expect(pool.run({ id: 'x', kind: 'echo', payload: () => 1 })).rejects.toThrow(/could not be cloned/)
      expect(await pool.run({ id: 'good', kind: 'square', payload: 3 })).toMatchObject({ value: 9 })
    })

    it('rejects what it can no longer run once it is closed', async () => {
      pool = open()
      const waiting = pool.run({ id: 'a', kind: 'sleep', payload: 50 }).catch((error: unknown) => error)
      const queued = Array.from({ length: 5 }, () => pool.run({ id: 'b', kind: 'square', payload: 1 }).catch((error: unknown) => error))
      await pool.close()
      await waiting
      for (const outcome of await Promise.all(queued)) expect(outcome).toMatchObject({ code: 'INTERRUPTED' })
      await expect(pool.run({ id: 'c', kind: 'square', payload: 1 })).rejects.toMatchObject({ code: 'INTERRUPTED' })
    })
  })
}
