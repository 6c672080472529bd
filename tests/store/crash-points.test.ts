import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { lockRuns } from '../../src/store/run-lock.ts'
import { openStore } from '../../src/store/local-store.ts'
import { openRuns } from '../../src/store/manifests.ts'
import { addressAt, isWhole, publishNumber } from './fixtures/writing.ts'
import { scratchFolder } from './scratch.ts'

/** Calls that change the disk until the process "dies": from then on every one of them fails, as in a dead process. */
const life = vi.hoisted(() => ({ calls: Infinity }))

class Killed extends Error {}

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  const mortal = <Args extends unknown[], Result>(call: (...args: Args) => Result, last?: (...args: Args) => void) => (...args: Args): Result => {
    if (--life.calls >= 0) return call(...args)
    if (life.calls === -1) last?.(...args)
    throw new Killed()
  }
  const halfOf = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, Math.floor(bytes.length / 2))
  return {
    ...fs,
    openSync: mortal(fs.openSync),
    writeSync: mortal(
      (file: number, bytes: Uint8Array, at: number, length: number) => fs.writeSync(file, bytes, at, length),
      (file, bytes) => fs.writeSync(file, halfOf(bytes)),
    ),
    writeFileSync: mortal(fs.writeFileSync),
    fsyncSync: mortal(fs.fsyncSync),
    renameSync: mortal(fs.renameSync),
    linkSync: mortal(fs.linkSync),
    mkdirSync: mortal(fs.mkdirSync),
    rmSync: mortal(fs.rmSync),
  }
})

const folder = scratchFolder('crash')

/** Runs `act` once for every call at which it can die, then without dying; `look` sees what each death leaves. */
function dieEverywhere(act: (root: string) => void, look: (root: string, survived: boolean) => void): number {
  for (let calls = 0; ; calls++) {
    const root = join(folder, `${readdirSync(folder).length}`)
    let survived = false
    life.calls = Infinity
    prepare(root)
    life.calls = calls
    try {
      act(root)
      survived = true
    } catch (error) {
      if (!(error instanceof Killed)) throw error
    } finally {
      life.calls = Infinity
    }
    look(root, survived)
    if (survived) return calls
  }
}

const open = (root: string): ReturnType<typeof openStore> => openStore(root, { clock: systemClock })
const runsOf = (root: string): ReturnType<typeof openRuns<{ status: string }>> => openRuns(root, { clock: systemClock })
const RUN = '20010909-014640-000'

/** A store with artefact 1 and a run. */
function prepare(root: string): void {
  publishNumber(open(root), 1)
  openRuns<{ status: string }>(root, { clock: { now: () => 1e12, monotonic: () => 0 } }).begin({ status: 'old' })
}

describe('a process that dies at any call that changes the disk', () => {
  it('while publishing leaves the artefact whole or absent, and the next process publishes it', () => {
    const points = dieEverywhere((root) => publishNumber(open(root), 3), (root, survived) => {
      expect(isWhole(open(root), 3) || !survived).toBe(true)
      expect(isWhole(open(root), 1)).toBe(true)
      publishNumber(open(root), 3)
      expect(isWhole(open(root), 3)).toBe(true)
      expect(readdirSync(root)).not.toContain('quarantine')
    })
    console.log(`publish: dies at ${points} points`)
    expect(points).toBeGreaterThan(15)
  })

  it('while putting into quarantine or pruning leaves the artefact whole or absent', () => {
    const acts = [(root: string) => open(root).quarantine(addressAt(1), 'test'), (root: string) => void open(root).prune(new Set())]
    for (const act of acts) {
      const points = dieEverywhere(act, (root, survived) => {
        expect(isWhole(open(root), 1) && survived).toBe(false)
        publishNumber(open(root), 1)
        expect(isWhole(open(root), 1)).toBe(true)
      })
      expect(points).toBeGreaterThan(1)
    }
  })

  it('while saving a manifest leaves the old one or the new one', () => {
    const points = dieEverywhere((root) => runsOf(root).save(RUN, { status: 'new' }), (root, survived) => {
      expect(['old', 'new']).toContain(runsOf(root).read(RUN).status)
      if (survived) expect(runsOf(root).read(RUN)).toEqual({ status: 'new' })
    })
    expect(points).toBeGreaterThan(4)
  })

  it('while beginning a run leaves the other runs as they were', () => {
    dieEverywhere((root) => void runsOf(root).begin({ status: 'new' }), (root, survived) => {
      expect(runsOf(root).ids().at(-1)).toBe(RUN)
      for (const id of runsOf(root).ids()) expect(runsOf(root).read(id).status).toBe(id === RUN ? 'old' : 'new')
      if (survived) expect(runsOf(root).ids()).toHaveLength(2)
    })
  })

  it('while taking or giving back the lock leaves it readable', () => {
    dieEverywhere((root) => lockRuns(root, { clock: systemClock }).release(), (root, survived) => {
      try {
        lockRuns(root, { clock: systemClock })
      } catch (error) {
        // the claim is that of this very process, which still runs
        expect(survived).toBe(false)
        expect(error).toMatchObject({ code: 'RUN_LOCKED', value: process.pid })
      }
    })
  })
})
