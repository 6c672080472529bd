import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countLedgerRows, resolveRaw, runLockstepDriver, runStagedDriver, type LedgerDigests, type StagedResult } from './drivers.ts'
import { excerptStocks } from './excerpt.ts'
import { stocksExperiment } from './experiments.ts'

const data = process.env.MILLRACE_TEST_DATA
const ALL = 1_000_000
const BLOCKS = [16, 17, 256]
/** Every number of workers with every size of batch, instead of six of the nine. */
const EVERY_COMBINATION = process.env.MILLRACE_EVERY_COMBINATION !== undefined

describe.skipIf(data === undefined)('staged = lockstep on the real stocks, with splits and dividends', () => {
  const root = mkdtempSync(join(tmpdir(), 'millrace-parity-'))
  const folderOf = (name: string) => {
    const folder = join(root, name)
    mkdirSync(folder, { recursive: true })
    return folder
  }
  let raw: unknown
  let reference: LedgerDigests
  let first: StagedResult

  beforeAll(async () => {
    const files = excerptStocks(data as string, root, { from: '2013-11-01', to: '2014-06-30' })
    raw = stocksExperiment(data as string, { files, from: '2014-03-31', to: undefined })
    first = await runStagedDriver(await resolveRaw(raw), { folder: folderOf('first'), workers: 1, portfoliosPerBatch: ALL })
    reference = first.digests
  }, 120_000)
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  it('trades enough to mean something', async () => {
    const rows = await countLedgerRows(first.run.store, first.artefacts)
    console.log(`parity: ${first.prepared.portfolios.length} portfolios, ${rows.orders} orders, ${rows.fills} fills, ${rows.equity} equity rows`)
    expect(rows.orders).toBeGreaterThan(5_000)
    expect(rows.fills).toBeGreaterThan(5_000)
    expect(rows.cancellations).toBeGreaterThan(100)
    expect(first.failures).toBe(0)
  })

  for (const workers of [1, 2, 3]) {
    for (const [i, batch] of [1, 50, ALL].entries()) {
      if (!EVERY_COMBINATION && (workers + i) % 3 === 2) continue
      const rowsPerBlock = BLOCKS[(workers + i) % BLOCKS.length]
      const name = `${workers} workers, batches of ${batch === ALL ? 'all' : batch}, blocks of ${rowsPerBlock} rows`
      it(name, async () => {
        const options = { workers, portfoliosPerBatch: batch, rowsPerBlock }
        const staged = await runStagedDriver(await resolveRaw(raw), { folder: folderOf(name), ...options })
        const lockstep = await runLockstepDriver(staged, { ...options, predictions: 'stored' })
        expect(staged.digests).toEqual(reference)
        expect(lockstep.digests).toEqual(reference)
      }, 120_000)
    }
  }

  it('counts the flips of fresh predictions', async () => {
    const { outcome } = await runLockstepDriver(first, { workers: 2, portfoliosPerBatch: ALL, predictions: 'fresh' })
    console.log(`parity: ${outcome.flips} of ${outcome.predictions} fresh predictions differ from the stored ones`)
    expect(outcome.predictions).toBeGreaterThan(3_000)
    expect(outcome.flips).toBeLessThanOrEqual(outcome.predictions / 1000)
  }, 120_000)
})
