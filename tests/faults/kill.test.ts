import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { createRandom } from '../../src/base/random.ts'
import { scratchFolder } from '../store/scratch.ts'
import { bundleBesideDist } from './beside-dist.ts'
import { writeExperiment } from './experiment.ts'
import { lookAtStore, madeTwice, remade, runToDeath, type Death, type Sighting } from './killed-run.ts'
import { digestRun, latestRecord, type RunDigest } from './run-digest.ts'

/**
 * kill −9 of a whole run, anywhere, and the same command again: the same results, and nothing finished is redone.
 * `node scripts/soak-kill.mjs` runs this with many more kills.
 */
const KILLS = Number(process.env.MILLRACE_KILLS ?? 12)
const SEED = Number(process.env.MILLRACE_SEED ?? 977)
/** A run that has died so often is left alone until its end. */
const KILLS_PER_RUN = 8

const root = scratchFolder('kill')
const experiment = writeExperiment(join(root, 'user'))
const millrace = fileURLToPath(new URL('../../bin/millrace.mjs', import.meta.url))
const coordinator = bundleBesideDist(new URL('fixtures/coordinator.ts', import.meta.url))
const commandLine = (store: string) => [process.execPath, millrace, 'run', experiment, '--store', store, '--workers', '2', '--batch', '4', '--quiet']
const killingItself = (store: string, boundary = '') => [process.execPath, coordinator, experiment, store, boundary]

let undisturbed: RunDigest
let wallMs: number

beforeAll(async () => {
  const store = join(root, 'undisturbed')
  const ending = await runToDeath(commandLine(store))
  expect(ending, ending.output).toMatchObject({ killed: false, code: 0 })
  undisturbed = await digestRun(store, latestRecord(store))
  // the first run of all found nothing in the caches of the system
  wallMs = (await runToDeath(commandLine(join(root, 'timed')))).wallMs
  expect(Object.keys(undisturbed).length).toBeGreaterThan(35)
})

/** Runs into a death or to the end; what is visible then is whole, and nothing that was visible before has been touched. */
async function run(command: readonly string[], store: string, of: { seen?: Sighting; death?: Death } = {}) {
  const ending = await runToDeath(command, of.death)
  if (!ending.killed) expect(ending.code, ending.output).toBe(0)
  const seen = lookAtStore(store)
  expect(remade(of.seen ?? {}, seen)).toEqual([])
  return { killed: ending.killed, output: ending.output, seen }
}

async function expectUndisturbed(store: string): Promise<void> {
  expect(latestRecord(store).status).toBe('finished')
  expect(await digestRun(store, latestRecord(store))).toEqual(undisturbed)
}

describe('a run killed with its workers', () => {
  it('at every boundary of its stages, one after the other, ends as if nothing had happened', async () => {
    const first = await run(killingItself(join(root, 'all-boundaries')), join(root, 'all-boundaries'))
    // a stage's end and the saving of the record that tells of it are one boundary
    const boundaries = first.output.trim().split('\n').filter((boundary, at, all) => !(boundary.startsWith('save') && all[at - 1].endsWith('finished')))
    expect(boundaries).toEqual(expect.arrayContaining(['market finished', 'features started', 'models finished', 'portfolios finished', 'record saved']))
    const store = join(root, 'boundaries')
    let seen: Sighting = {}
    for (const boundary of boundaries) {
      const died = await run(killingItself(store, boundary), store, { seen })
      expect([boundary, died.killed]).toEqual([boundary, true])
      seen = died.seen
    }
    expect((await run(killingItself(store), store, { seen })).killed).toBe(false)
    await expectUndisturbed(store)
    expect(madeTwice(store)).toEqual([])
    console.log(`killed at ${boundaries.length} boundaries: ${boundaries.join(', ')}`)
  }, 240_000)

  it('at random points, again and again until it comes to its end', async () => {
    const startedAt = performance.now()
    const random = createRandom(SEED)
    let kills = 0
    let midway = 0
    let ends = 0
    for (; kills < KILLS; ends++) {
      const store = join(root, `end-${ends}`)
      let last: Awaited<ReturnType<typeof run>> = { killed: true, output: '', seen: {} }
      for (let deaths = 0; ; deaths++) {
        const death: Death = { who: 'all', afterMs: random.uniform() * 0.8 * wallMs }
        const before = Object.keys(last.seen).length
        last = await run(commandLine(store), store, { seen: last.seen, death: deaths < KILLS_PER_RUN ? death : undefined })
        if (!last.killed) break
        kills++
        if (Object.keys(last.seen).length > before) midway++
      }
      await expectUndisturbed(store)
      expect(madeTwice(store)).toEqual([])
      rmSync(store, { recursive: true })
    }
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    console.log(`killed at ${kills} random points (${midway} after it had stored something new): seed ${SEED}, ${ends} runs brought to their end, ${seconds} s`)
  }, 60_000 + KILLS * 20_000)

  it('whose workers live on while the next run is already at it, ends the same', async () => {
    const random = createRandom(SEED)
    const rounds = Math.ceil(KILLS / 12)
    for (let round = 0; round < rounds; round++) {
      const store = join(root, `orphans-${round}`)
      const afterMs = wallMs * (0.4 + 0.4 * random.uniform())
      const { seen } = await run(commandLine(store), store, { death: { who: 'coordinator', afterMs } })
      await run(commandLine(store), store, { seen })
      await expectUndisturbed(store)
      // once more, over whatever the orphans have left
      await run(killingItself(store), store)
      await expectUndisturbed(store)
      rmSync(store, { recursive: true })
    }
    console.log(`killed without its workers: seed ${SEED}, ${rounds} rounds`)
  }, 60_000 + KILLS * 10_000)
})
