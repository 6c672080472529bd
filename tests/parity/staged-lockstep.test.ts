import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { resolveRaw, runLockstepDriver, runStagedDriver } from './drivers.ts'
import { stocksExperiment } from './experiments.ts'

const data = process.env.MILLRACE_TEST_DATA
const folder = mkdtempSync(join(tmpdir(), 'millrace-parity-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.skipIf(data === undefined)('staged = lockstep on the real stocks', () => {
  it('bit for bit', async () => {
    const experiment = await resolveRaw(stocksExperiment(data as string))
    const staged = await runStagedDriver(experiment, { folder, workers: 2, portfoliosPerBatch: 50 })
    const lockstep = await runLockstepDriver(staged, { workers: 2, portfoliosPerBatch: 50, predictions: 'stored' })
    expect(lockstep.digests).toEqual(staged.digests)
  }, 300_000)
})
