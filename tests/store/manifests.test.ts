import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { addressOf } from '../../src/base/hash.ts'
import { openRuns } from '../../src/store/manifests.ts'
import { scratchFolder } from './scratch.ts'

const folder = scratchFolder('runs')
let roots = 0

interface Manifest {
  readonly status: string
  readonly sharpe?: number
  readonly places?: unknown
}

function open(times: number[]): ReturnType<typeof openRuns<Manifest>> {
  const root = join(folder, String(roots++))
  return openRuns<Manifest>(root, { clock: { now: () => times.shift() ?? 0, monotonic: () => 0 } })
}

const NOON = Date.UTC(2026, 10, 22, 12, 0, 5, 42)

describe('openRuns', () => {
  it('names runs by time, newest first, and keeps their manifests', () => {
    const runs = open([NOON, NOON, NOON + 60_000])
    const ids = [runs.begin({ status: 'running' }), runs.begin({ status: 'second' }), runs.begin({ status: 'third', sharpe: NaN })]
    expect(ids).toEqual(['20261122-120005-042', '20261122-120005-043', '20261122-120105-042'])
    expect(runs.ids()).toEqual(ids.toReversed())
    runs.save(ids[0], { status: 'finished' })
    expect(runs.read(ids[0])).toEqual({ status: 'finished' })
    expect(runs.read(ids[2])).toEqual({ status: 'third', sharpe: NaN })
    expect(readdirSync(runs.folder(ids[0]))).toEqual(['manifest.json'])
  })

  it('resolves latest, ids and unique beginnings, and names the nearest otherwise', () => {
    const runs = open([NOON, NOON + 60_000, NOON + 86_400_000])
    const ids = [1, 2, 3].map(() => runs.begin({ status: 'finished' }))
    expect(runs.resolve('latest')).toBe(ids[2])
    expect(runs.resolve(ids[0])).toBe(ids[0])
    expect(runs.resolve('20261122-1201')).toBe(ids[1])
    expect(runs.resolve('20261123')).toBe(ids[2])
    const failing = (reference: string): unknown => {
      try {
        return runs.resolve(reference)
      } catch (error) {
        return error
      }
    }
    expect(failing('20261122')).toMatchObject({ code: 'RUN_NOT_FOUND', message: '2 runs begin with 20261122', hint: expect.stringContaining(ids[1]) })
    expect(failing('20261122-120006-042')).toMatchObject({ code: 'RUN_NOT_FOUND', message: 'there is no run 20261122-120006-042', hint: expect.stringContaining(`did you mean ${ids[0]}`) })
    for (const reference of ['', '../../etc', 'lat']) expect(failing(reference)).toMatchObject({ code: 'RUN_NOT_FOUND' })
    expect(() => runs.read('../runs')).toThrow(expect.objectContaining({ code: 'RUN_NOT_FOUND' }))
  })

  it('says so when there is no run at all', () => {
    const runs = open([])
    expect(runs.ids()).toEqual([])
    expect(() => runs.resolve('latest')).toThrow(expect.objectContaining({ code: 'RUN_NOT_FOUND', hint: 'run an experiment first' }))
  })

  it('overlooks a run that was killed before its first manifest, and tells of a damaged one', () => {
    const runs = open([NOON])
    const id = runs.begin({ status: 'running' })
    mkdirSync(runs.folder('20991231-000000-000'))
    expect(runs.ids()).toEqual([id])
    writeFileSync(join(runs.folder(id), 'manifest.json'), '{"status":"fin')
    expect(() => runs.read(id)).toThrow(expect.objectContaining({ code: 'ARTEFACT_CORRUPT', where: join(runs.folder(id), 'manifest.json') }))
  })

  it('lists every address a manifest names', () => {
    const runs = open([NOON])
    const [one, other] = [addressOf(1), addressOf(2)]
    const id = runs.begin({ status: 'finished', places: { [one]: { deep: [other, `${one}0`, 'abc'] } } })
    expect(runs.addressesIn(id)).toEqual(new Set([one, other]))
  })
})
