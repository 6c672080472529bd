import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { lockRuns } from '../../src/store/run-lock.ts'
import { openStore } from '../../src/store/local-store.ts'
import { openRuns } from '../../src/store/manifests.ts'
import { addressAt, handOverNumber, isWhole, publishNumber } from './fixtures/writing.ts'
import { scratchFolder } from './scratch.ts'

/** Calls that change the disk until the process "dies": from then on every one of them fails, as in a dead process. */
const life = vi.hoisted(() => ({ calls: Infinity }))

class Killed extends Error {}

/** Names of what was flushed to the disk by a process that went on with something else, and of what it renamed. */
const order = vi.hoisted<string[]>(() => [])

vi.mock('node:fs/promises', async (original) => {
  const fs = await original<typeof import('node:fs/promises')>()
  return {
    ...fs,
    open: async (path: string, flags: string) => {
      if (--life.calls < 0) throw new Killed()
      const file = await fs.open(path, flags)
      return { sync: () => file.sync().then(() => void order.push(`flush ${path}`)), close: () => file.close() }
    },
  }
})

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
    renameSync: mortal((from: string, to: string) => {
      fs.renameSync(from, to)
      order.push(`rename ${from} ${to}`)
    }),
    linkSync: mortal(fs.linkSync),
    mkdirSync: mortal(fs.mkdirSync),
    rmSync: mortal(fs.rmSync),
  }
})

const folder = scratchFolder('crash')

/** Runs `act` once for every call at which it can die, then without dying; `look` sees what each death leaves. */
async function dieEverywhere(act: (root: string) => unknown, look: (root: string, survived: boolean) => unknown): Promise<number> {
  for (let calls = 0; ; calls++) {
    const root = join(folder, `${readdirSync(folder).length}`)
    let survived = false
    life.calls = Infinity
    prepare(root)
    life.calls = calls
    try {
      await act(root)
      survived = true
    } catch (error) {
      if (!(error instanceof Killed)) throw error
    } finally {
      life.calls = Infinity
    }
    await look(root, survived)
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
  it('while publishing leaves the artefact whole or absent, and the next process publishes it', async () => {
    const points = await dieEverywhere((root) => publishNumber(open(root), 3), (root, survived) => {
      expect(isWhole(open(root), 3) || !survived).toBe(true)
      expect(isWhole(open(root), 1)).toBe(true)
      publishNumber(open(root), 3)
      expect(isWhole(open(root), 3)).toBe(true)
      expect(readdirSync(root)).not.toContain('quarantine')
    })
    console.log(`publish: dies at ${points} points`)
    expect(points).toBeGreaterThan(15)
  })

  it('while adopting what was handed over leaves the artefact whole or absent, and the next process makes it', async () => {
    const act = async (root: string): Promise<void> => open(root).adopt(handOverNumber(open(root), 3))
    const points = await dieEverywhere(act, async (root, survived) => {
      expect(isWhole(open(root), 3) || !survived).toBe(true)
      await act(root)
      expect(isWhole(open(root), 3)).toBe(true)
      expect(readdirSync(root)).not.toContain('quarantine')
    })
    console.log(`adopt: dies at ${points} points`)
    expect(points).toBeGreaterThan(15)
  })

  it('has flushed every file and the folder of what was handed over before its name is seen, and its name after', async () => {
    const root = join(folder, 'order')
    const handed = handOverNumber(open(root), 3)
    order.length = 0
    await open(root).adopt(handed)
    const seen = order.findIndex((step) => step.startsWith('rename') && step.includes('/artefacts/'))
    const own = (order[0].split(' ').at(-1) ?? '')
    expect(order.slice(1, seen).toSorted()).toEqual([own, ...['labels.json', 'members.bin', 'meta.json', 'other.bin', 'panel.arrow'].map((name) => join(own, name))].map((path) => `flush ${path}`).toSorted())
    expect(order.slice(seen + 1)).toEqual([`flush ${join(root, 'artefacts', addressAt(3).slice(0, 2))}`])
  })

  it('while putting into quarantine or pruning leaves the artefact whole or absent', async () => {
    const acts = [(root: string) => open(root).quarantine(addressAt(1), 'test'), (root: string) => void open(root).prune(new Set())]
    for (const act of acts) {
      const points = await dieEverywhere(act, (root, survived) => {
        expect(isWhole(open(root), 1) && survived).toBe(false)
        publishNumber(open(root), 1)
        expect(isWhole(open(root), 1)).toBe(true)
      })
      expect(points).toBeGreaterThan(1)
    }
  })

  it('while saving a manifest leaves the old one or the new one', async () => {
    const points = await dieEverywhere((root) => runsOf(root).save(RUN, { status: 'new' }), (root, survived) => {
      expect(['old', 'new']).toContain(runsOf(root).read(RUN).status)
      if (survived) expect(runsOf(root).read(RUN)).toEqual({ status: 'new' })
    })
    expect(points).toBeGreaterThan(4)
  })

  it('while beginning a run leaves the other runs as they were', async () => {
    await dieEverywhere((root) => void runsOf(root).begin({ status: 'new' }), (root, survived) => {
      expect(runsOf(root).ids().at(-1)).toBe(RUN)
      for (const id of runsOf(root).ids()) expect(runsOf(root).read(id).status).toBe(id === RUN ? 'old' : 'new')
      if (survived) expect(runsOf(root).ids()).toHaveLength(2)
    })
  })

  it('while taking or giving back the lock leaves it readable', async () => {
    await dieEverywhere((root) => lockRuns(root, { clock: systemClock }).release(), (root, survived) => {
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
