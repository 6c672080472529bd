import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { readIds } from '../../src/lineup/results.ts'
import { openStore } from '../../src/store/local-store.ts'
import { baseExperiment, Workbench } from '../caching/workbench.ts'
import { scratchFolder } from '../store/scratch.ts'
import { madeTwice } from './killed-run.ts'
import { digestRun } from './run-digest.ts'

/**
 * A worker that dies after it has stored a batch and before it could say so leaves the batch's portfolios stored;
 * they are made again in smaller batches, and from then on lie in the store twice.
 */
it('portfolios that are stored twice, in batches cut differently, count once', async () => {
  const root = scratchFolder('second-copies')
  const experiment = { ...baseExperiment(), record: 'all' }
  const benches = await Promise.all([5, 3, 2].map(async (portfoliosPerBatch) => {
    const bench = new Workbench(join(root, `by-${portfoliosPerBatch}`))
    const { record } = await bench.run(experiment, { portfoliosPerBatch })
    return { store: join(bench.folder, 'store'), record }
  }))
  const digests = await Promise.all(benches.map(({ store, record }) => digestRun(store, record)))
  expect(digests[1]).toEqual(digests[0])
  expect(digests[2]).toEqual(digests[0])

  const both = new Workbench(join(root, 'both'))
  const store = join(both.folder, 'store')
  for (const bench of benches) cpSync(bench.store, store, { recursive: true })
  expect(madeTwice(store).length).toBeGreaterThan(10)
  // Of portfolios 1 to 7 the batches 1–5, 4–6 and 7 are left: 4 and 5 are there twice, whichever counts.
  const [byFive, byThree, byTwo] = benches.map((bench) => bench.record.artefacts?.results ?? [])
  const kept = [byFive[0], ...byThree.slice(1)]
  for (const address of [byFive, byThree, byTwo].flat().filter((made) => !kept.includes(made))) rmSync(join(store, 'artefacts', address.slice(0, 2), address.slice(2)), { recursive: true, force: true })
  const { made, record } = await both.run(experiment)
  expect(made).toEqual([])
  expect(await digestRun(store, record)).toEqual(digests[0])

  const { results = [], strangers = {} } = record.artefacts ?? {}
  const opened = openStore(store, { clock: systemClock })
  const counted = results.flatMap((address) => readIds(opened, address).filter((id) => !(strangers[address] ?? []).includes(id)))
  expect(counted.toSorted()).toEqual([...new Set(counted)].toSorted())
  expect(counted).toHaveLength(7)
  expect(Object.values(strangers).flat().length).toBeGreaterThan(0)
})
