import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { explainOrder } from '../../src/analysis/explain.ts'
import { withSignals } from '../../src/analysis/fused-signals.ts'
import { portfolioOf } from '../../src/analysis/opened-run.ts'
import { replayPortfolio } from '../../src/analysis/replay.ts'
import { addressOf } from '../../src/base/hash.ts'
import { portfolioAt, portfolioCount } from '../../src/experiment/portfolios.ts'
import { readIds, readPerformances } from '../../src/lineup/results.ts'
import type { Lineup } from '../../src/lineup/lineup.ts'
import { planFusion, type FusionOf } from '../../src/stages/fusion.ts'
import { fingerprintOf } from '../../src/stages/run-artefacts.ts'
import { CodedLedgerWriter } from '../../src/store/coded-ledgers.ts'
import { MemberPlaces } from '../../src/store/member-places.ts'
import { runInline, SMALL, type InlineRun } from '../analysis/inline-run.ts'

/** `trend*` and `leaders` are read by an ensemble, too; `pair` and `events` remember; `reversion[…]` are many. */
const SWEPT = {
  ...SMALL,
  strategies: [...SMALL.strategies, { name: 'bands', use: 'bollinger-reversion', params: { exit: 0.2 }, grid: { window: [10, 12, 25], entry: [0.8, 1, 1.5] } }],
  portfolios: [
    { name: 'bands', each: ['bands*', 'pair', 'events'], grid: { threshold: [0, 0.01], riskTolerance: [0, 0.5] } },
    { name: 'mixed', signals: ['bands*', 'committee', 'pair'] },
    ...SMALL.portfolios,
  ],
}

function sums({ opened, store }: InlineRun): Readonly<Record<string, unknown>> {
  return Object.fromEntries(opened.artefacts.results.flatMap((address) => {
    const ids = readIds(store, address)
    return readPerformances(store, address).map((performance, i) => [ids[i], performance] as const)
  }))
}

let stored: InlineRun
let fused: InlineRun

beforeAll(async () => {
  stored = await runInline(SWEPT)
  fused = await runInline(SWEPT, { signals: 'fused', portfoliosPerBatch: 7, rowsPerBlock: 17 })
})

afterAll(() => {
  stored.remove()
  fused.remove()
})

describe('stages 1 and 4 together', () => {
  it('make the same sums bit for bit, and store no signal that portfolios alone read', () => {
    const wanted = sums(stored)
    expect(Object.keys(wanted).length).toBe(portfolioCount(stored.opened.experiment))
    expect(sums(fused)).toEqual(wanted)
    expect(fused.prepared.fusion?.signals.size).toBe(12)
    const names = Object.keys(fused.opened.artefacts.signals)
    expect(names).toEqual(expect.arrayContaining(['trend[fast=5,slow=20]', 'committee', 'reversion']))
    expect(names.filter((name) => name.startsWith('bands') || name === 'pair' || name === 'events' || name === 'leaders')).toEqual([])
  })

  it('are one run whichever way its signals went', () => {
    const { experiment } = stored.opened
    expect(fingerprintOf({ experiment, driver: 'staged' }, fused.prepared)).toBe(stored.opened.record.fingerprint)
  })

  it('use what is stored already', async () => {
    const again = await runInline({ ...SWEPT, portfolios: [{ name: 'others', each: ['bands*'], grid: { threshold: [0.03] } }] }, { store: stored.store, signals: 'fused' })
    expect(again.prepared.fusion).toBeNull()
    again.remove()
  })

  it('are replayed bit for bit and explained as if every signal were stored', async () => {
    let orders = 0
    for (let index = 0; index < portfolioCount(fused.opened.experiment); index += 5) {
      const config = portfolioAt(fused.opened.experiment, index)
      const run = await withSignals(fused.opened, config, fused.setup.sources)
      const replayed = replayPortfolio(run, config.id)
      expect(replayed.identical, config.id).toBe(true)
      const { orderKey } = replayed.rows.ledgers.orders
      orders += orderKey.length
      if (orderKey.length === 0) continue
      const { run: one, ...explained } = explainOrder(run, String(orderKey[orderKey.length - 1]))
      const { run: other, ...wanted } = explainOrder(stored.opened, String(orderKey[orderKey.length - 1]))
      expect(one).not.toBe(other)
      expect(explained).toEqual(wanted)
    }
    expect(orders).toBeGreaterThan(300)
    await expect(withSignals(stored.opened, portfolioOf(stored.opened, 'mixed'), stored.setup.sources)).resolves.toBe(stored.opened)
  })
})

describe('signals asked for', () => {
  it.each(['strategies/spread-zscore.ts', 'stages/strategy-task.ts'])('are made again where %s is another', async (file) => {
    const { opened, setup: { sources } } = fused
    const pair = async (now: typeof sources) => (await withSignals(opened, { signals: [{ signal: 'pair', weight: 1 }] }, now)).artefacts.signals.pair
    expect(await pair({ ...sources })).toEqual(await pair(sources))
    expect(await pair({ ...sources, [file]: 'another' })).not.toEqual(await pair(sources))
  })
})

describe('a strategy that throws where portfolios read it', () => {
  it('takes along its portfolios alone, each named with its cause', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-fusion-'))
    writeFileSync(join(folder, 'thrower.ts'), `
      import { defineStrategy, sma, z } from 'millrace'
      export default defineStrategy({
        name: 'thrower', params: z.object({ window: z.int() }), features: ({ window }) => [sma('close', window)],
        signal: ([average], out) => { if (average[0] > 0) throw new Error('poison') ; out.fill(0) },
      })`)
    const poisoned = await runInline({
      ...SWEPT, strategies: [...SWEPT.strategies, { name: 'bad', use: join(folder, 'thrower.ts'), params: { window: 5 } }],
      portfolios: [...SWEPT.portfolios, { name: 'poisoned', signals: ['bad'], grid: { threshold: [0, 0.01] } }],
    }, { signals: 'fused', portfoliosPerBatch: 9 })
    const { failures } = poisoned.opened.record
    expect(failures.map(({ stage, label }) => [stage, label])).toEqual([['portfolios', 'poisoned[threshold=0]'], ['portfolios', 'poisoned[threshold=0.01]']])
    expect(JSON.stringify(failures[0].error)).toContain('poison')
    expect(sums(poisoned)).toEqual(sums(stored))
    poisoned.remove()
    rmSync(folder, { recursive: true })
  })

  it('leaves no ledger open where it throws before the first row', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-fusion-'))
    writeFileSync(join(folder, 'once.ts'), `
      import { defineStrategy, z } from 'millrace'
      let asked = 0
      export default defineStrategy({
        name: 'once', params: z.object({}), signal: (_, out) => { out.fill(0) },
        features: () => { if (asked++ > 0) throw new Error('poison') ; return ['close'] },
      })`)
    const [opened, closed] = [vi.spyOn(CodedLedgerWriter, 'open'), vi.spyOn(CodedLedgerWriter.prototype, 'close')]
    const strategies = [...SMALL.strategies, { name: 'bad', use: join(folder, 'once.ts') }]
    const poisoned = await runInline({ ...SMALL, record: 'all', strategies, portfolios: [{ name: 'poisoned', signals: ['bad', 'pair'], risk: 'none' }] }, { signals: 'fused' })
    expect(poisoned.opened.record.failures.map(({ label }) => label)).toEqual(['poisoned'])
    expect(opened).toHaveBeenCalled()
    expect(closed).toHaveBeenCalledTimes(opened.mock.calls.length)
    vi.restoreAllMocks()
    poisoned.remove()
    rmSync(folder, { recursive: true })
  })
})

describe('the plan', () => {
  const lineup = (count: number): Lineup => ({
    universe: ['A', 'B'], features: new Map(), models: [], ensembles: [], patterns: [],
    strategies: Array.from({ length: count }, (_, i) => ({ id: `s${i}`, name: 's', tags: [], use: 'sma-cross', sourceHash: '', params: {}, features: [] })),
  })
  const of = (signals: number, portfolios: number, rows: number): FusionOf => ({
    experiment: { portfolios: [{ count: portfolios }] as unknown as FusionOf['experiment']['portfolios'], walkForwards: [] },
    lineup: lineup(signals), rows,
    addresses: { signal: addressOf } as unknown as FusionOf['addresses'],
    store: { findMembers: (_, { length }) => new MemberPlaces(length) },
  })

  it('puts the stages together where signals would take more than a GiB and portfolios are as many', () => {
    expect(planFusion(of(1_000, 1_000, 2_520))).toBeNull()
    expect(planFusion(of(100_000, 100_000, 2_520))?.bytes).toBe(100_000 * 2_520 * 2 * 4)
    expect(planFusion(of(100_000, 99_999, 2_520))).toBeNull()
    expect(planFusion({ ...of(100_000, 100_000, 2_520), wish: 'stored' })).toBeNull()
    expect(planFusion({ ...of(10, 1, 100), wish: 'fused' })?.signals.size).toBe(10)
  })
})
