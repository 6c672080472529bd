import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { createRandom } from '../../src/base/random.ts'
import { openStore } from '../../src/store/local-store.ts'
import { namesIn } from '../../src/store/temporary-names.ts'
import { bundle } from '../pool/fixtures/bundle.ts'
import { isWhole, publishNumber } from './fixtures/writing.ts'
import { scratchFolder } from './scratch.ts'

const folder = scratchFolder('killed')
const writerFile = bundle(new URL('fixtures/writer.ts', import.meta.url))
const ARTEFACTS = 60

async function startWriter(root: string): Promise<ChildProcess> {
  const writer = fork(writerFile, [root, String(ARTEFACTS)], { execArgv: [] })
  await once(writer, 'message')
  return writer
}

const ended = async (writer: ChildProcess): Promise<unknown> => (writer.exitCode ?? writer.signalCode) ?? (await once(writer, 'exit'))[0]

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describe('writers', () => {
  it('killed at random points leave nothing half-visible, and their leftovers go when the store is opened next', async () => {
    const seed = 31
    const random = createRandom(seed)
    let kills = 0
    let deepest = 0
    for (let round = 0; round < 6; round++) {
      const root = join(folder, `kill-${round}`)
      const writers = await Promise.all([startWriter(root), startWriter(root)])
      writers.forEach((writer) => writer.send('go'))
      for (const writer of writers) {
        await wait(random.uniform() * 60)
        if (writer.kill('SIGKILL')) kills++
      }
      await Promise.all(writers.map(ended))
      const store = openStore(root, { clock: systemClock })
      expect(namesIn(join(root, 'tmp'))).toEqual([])
      for (let n = 0; n < ARTEFACTS; n++) if (isWhole(store, n)) deepest = Math.max(deepest, n)
      expect(namesIn(root)).not.toContain('quarantine')
      for (let n = 0; n < 5; n++) publishNumber(store, n)
      for (let n = 0; n < 5; n++) expect(isWhole(store, n)).toBe(true)
    }
    console.log(`killed writers: seed ${seed}, ${kills} kills, up to artefact ${deepest}`)
  })

  it('racing for the same artefacts all succeed, and one of each is left', async () => {
    const root = join(folder, 'race')
    const writers = await Promise.all([startWriter(root), startWriter(root), startWriter(root)])
    writers.forEach((writer) => writer.send('go'))
    expect(await Promise.all(writers.map(ended))).toEqual([0, 0, 0])
    const store = openStore(root, { clock: systemClock })
    for (let n = 0; n < ARTEFACTS; n++) expect(isWhole(store, n)).toBe(true)
    expect(store.addresses()).toHaveLength(ARTEFACTS)
    expect(readdirSync(join(root, 'tmp'))).toEqual([])
  })
})

describe('opening a store', () => {
  it('makes nothing, and removes from tmp only what belongs to processes of this host that are gone', () => {
    const root = join(folder, 'leftovers')
    openStore(root, { clock: systemClock })
    expect(readdirSync(folder)).not.toContain('leftovers')
    const host = encodeURIComponent(hostname())
    const gone = [`${host}~4194303~~0`, `${host}~${process.pid}~an-earlier-boot-1~7`]
    const kept = [`${host}~${process.pid}~~3`, 'another-host~1~~0']
    for (const name of [...gone, ...kept]) {
      mkdirSync(join(root, 'tmp', name), { recursive: true })
      writeFileSync(join(root, 'tmp', name, 'panel.arrow'), 'half')
    }
    openStore(root, { clock: systemClock })
    expect(readdirSync(join(root, 'tmp'))).toEqual(kept.toSorted())
  })
})
