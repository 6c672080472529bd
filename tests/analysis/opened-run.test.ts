import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findSameRun, openRun, portfolioOf } from '../../src/analysis/opened-run.ts'
import { firstFilledOrder, replayPortfolio } from '../../src/analysis/replay.ts'
import { MillraceError } from '../../src/base/errors.ts'
import { portfolioCount, portfolioLabelAt } from '../../src/experiment/portfolios.ts'
import { fingerprintOf } from '../../src/stages/run-artefacts.ts'
import { runInline, SMALL, type InlineRun } from './inline-run.ts'

let run: InlineRun

beforeAll(async () => {
  run = await runInline(SMALL)
})
afterAll(() => run.remove())

function problemOf(act: () => unknown): { code: string; hint?: string } {
  try {
    act()
  } catch (error) {
    if (error instanceof MillraceError) return { code: error.code, hint: error.hint }
    throw error
  }
  return { code: 'none' }
}

describe('opening a run', () => {
  it('takes an id, the beginning of one, or latest', () => {
    const { id } = run.opened
    for (const reference of [id, id.slice(0, -1), 'latest']) expect(openRun(run, reference).id).toBe(id)
    expect(problemOf(() => openRun(run, 'x')).code).toBe('RUN_NOT_FOUND')
  })

  it('says how to go on with one that has no results', () => {
    const { artefacts: _, ...record } = run.opened.record
    for (const status of ['running', 'interrupted', 'failed'] as const) {
      const id = run.runs.begin({ ...record, status })
      const { code, hint } = problemOf(() => openRun(run, id))
      expect(code).toBe('RUN_UNFINISHED')
      expect(hint).toContain(record.experimentFile)
    }
  })

  it('names the nearest portfolio', () => {
    expect(portfolioOf(run.opened, 'guarded').exits.stopLoss).toBe(0.02)
    expect(problemOf(() => portfolioOf(run.opened, 'gaurded'))).toMatchObject({ code: 'PORTFOLIO_NOT_FOUND', hint: expect.stringContaining('`guarded`') as string })
    expect(problemOf(() => portfolioOf(run.opened, 'single[pair]')).hint).toContain('`single[pair][riskTolerance=0]`')
  })
})

describe('a run that would do the same', () => {
  it('is found by its fingerprint while its results are stored', () => {
    const { experiment } = run.setup
    expect(findSameRun(run, run.opened.record.fingerprint)?.id).toBe(run.opened.id)
    expect(fingerprintOf({ experiment, driver: 'staged' }, run.prepared)).toBe(run.opened.record.fingerprint)
    expect(fingerprintOf({ experiment: { ...experiment, currency: 'EUR' }, driver: 'staged' }, run.prepared)).not.toBe(run.opened.record.fingerprint)
    expect(findSameRun(run, fingerprintOf({ experiment, driver: 'lockstep', predictions: 'fresh' }, run.prepared))).toBeUndefined()
  })

  it('is not, once they are gone or were only partly made', async () => {
    const other = await runInline(SMALL)
    const { fingerprint } = other.opened.record
    other.runs.save(other.opened.id, { ...other.opened.record, status: 'partial' })
    expect(findSameRun(other, fingerprint)).toBeUndefined()
    other.runs.save(other.opened.id, other.opened.record)
    expect(findSameRun(other, fingerprint)?.id).toBe(other.opened.id)
    other.store.prune(new Set())
    expect(findSameRun(other, fingerprint)).toBeUndefined()
    other.remove()
  })
})

describe('replaying', () => {
  it('makes every portfolio again bit for bit', () => {
    const ids = Array.from({ length: portfolioCount(run.opened.experiment) }, (_, index) => portfolioLabelAt(run.opened.experiment, index).id)
    const replays = ids.map((id) => replayPortfolio(run.opened, id))
    expect(replays.filter(({ identical }) => !identical).map(({ config }) => config.id)).toEqual([])
    const orders = replays.reduce((sum, { rows }) => sum + rows.ledgers.orders.portfolio.length, 0)
    console.log(`replay: ${ids.length} portfolios, ${orders} orders, all identical`)
    expect(orders).toBeGreaterThan(1000)
  })

  it('says so when the stored results are others', () => {
    const id = 'guarded'
    const changed = { ...run.opened, experiment: { ...run.opened.experiment, portfolios: run.opened.experiment.portfolios.map((group) => (group.name === id ? { ...group, body: { ...group.body, cash: 50_000 } } : group)) } }
    expect(replayPortfolio(run.opened, id).identical).toBe(true)
    expect(replayPortfolio(changed, id).identical).toBe(false)
  })

  it('finds the first order that filled without stepping on', () => {
    const key = firstFilledOrder(run.opened, 'guarded')
    expect(key).toBe(replayPortfolio(run.opened, 'guarded').rows.ledgers.fills.orderKey[0])
  })
})
