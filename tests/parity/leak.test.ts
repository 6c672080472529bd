import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { RAW_MARKET, marketSlot } from '../../src/lineup/slots.ts'
import { openInlinePool } from '../../src/pool/inline.ts'
import { taskHandlers } from '../../src/stages/handlers.ts'
import { readMarket } from '../../src/stages/market-artefact.ts'
import { resolveRaw, runLockstepDriver, runStagedDriver, type StagedResult } from './drivers.ts'
import { syntheticExperiment } from './experiments.ts'

/** Which driver is shown row t + 1 in place of row t, for features only. */
const leak = vi.hoisted(() => ({ staged: false, lockstep: undefined as undefined | ((t: number) => Float64Array) }))

vi.mock('../../src/stages/input-rows.ts', async (original) => {
  const real = await original<typeof import('../../src/stages/input-rows.ts')>()
  return {
    ...real,
    openInputRows: (...args: Parameters<typeof real.openInputRows>) => {
      const rows = real.openInputRows(...args)
      const last = args[0].rows - 1
      const isFeature = args[1].every((place) => place.kind === 'market')
      return { ...rows, fill: (t: number) => rows.fill(leak.staged && isFeature ? Math.min(last, t + 1) : t) }
    },
  }
})

vi.mock('../../src/lockstep/crew.ts', async (original) => {
  const real = await original<typeof import('../../src/lockstep/crew.ts')>()
  return {
    ...real,
    hire: async (...args: Parameters<typeof real.hire>) => {
      const member = await real.hire(...args)
      if (member.name !== 'features') return member
      return {
        ...member,
        turn: (row: Parameters<typeof member.turn>[0]) => {
          if (leak.lockstep !== undefined) member.taken.values.set(leak.lockstep(row.t))
          return member.turn(row)
        },
      }
    },
  }
})

describe('a leak of row t + 1 into the features of either driver shows', () => {
  const root = mkdtempSync(join(tmpdir(), 'millrace-leak-'))
  let honest: StagedResult

  const staged = async (name: string) =>
    runStagedDriver(await resolveRaw(syntheticExperiment()), {
      folder: join(root, name), workers: 1, portfoliosPerBatch: 10, pool: openInlinePool(taskHandlers),
    })

  beforeAll(async () => {
    honest = await staged('honest')
  })
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  it('honest drivers agree, in and out of process', async () => {
    const lockstep = await runLockstepDriver(honest, { workers: 1, portfoliosPerBatch: 10, predictions: 'stored' })
    expect(lockstep.digests).toEqual(honest.digests)
  })

  it('staged leaking differs', async () => {
    leak.staged = true
    try {
      const leaking = await staged('leaking')
      expect(leaking.digests.orders).not.toEqual(honest.digests.orders)
    } finally {
      leak.staged = false
    }
  })

  it('lockstep leaking differs', async () => {
    const market = readMarket(honest.run.store, honest.prepared.market)
    const symbols = market.instruments.length
    const last = market.timeline.closeTimes.length - 1
    const inputs = ['open', 'high', 'low', 'close', 'volume', 'adjustment', 'splitProduct'] as const
    expect(RAW_MARKET.map(marketSlot)).toEqual(expect.arrayContaining(inputs.map((panel) => marketSlot(panel))))
    leak.lockstep = (t) => {
      const next = Math.min(last, t + 1)
      return Float64Array.from(inputs.flatMap((panel) => [...market[panel].subarray(next * symbols, (next + 1) * symbols)]))
    }
    try {
      const leaking = await runLockstepDriver(honest, { workers: 2, portfoliosPerBatch: 7, predictions: 'stored' })
      expect(leaking.digests.orders).not.toEqual(honest.digests.orders)
    } finally {
      leak.lockstep = undefined
    }
  })
})
