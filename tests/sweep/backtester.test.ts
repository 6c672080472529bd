import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ledgerViews } from '../../src/analysis/sql-views.ts'
import { METRIC_FIELDS } from '../../src/domain/metrics.ts'
import { openSql } from '../../src/store/sql-session.ts'
import { openBacktester, type Backtester, type SweepInput } from '../../src/api.ts'
import { runInline, SMALL } from '../analysis/inline-run.ts'

const DAY = 86_400_000
let backtester: Backtester
beforeAll(async () => {
  backtester = await openBacktester({ workers: 2 })
})
afterAll(() => backtester.close())

/** Everything of SMALL that needs no stage between signals and portfolios, and splits, gaps and a warm-up. */
const PLAIN = {
  ...SMALL, name: 'plain', ensembles: [], risk: {}, defaults: { risk: 'none' },
  market: { ...SMALL.market, seed: 5, symbols: 6, bars: 400, lateListings: 0.3 },
  portfolios: [
    { name: 'single', each: ['trend*', 'pair', 'leaders', 'reversion'], grid: { threshold: [0, 0.01], 'sizing.kind': ['exposure', 'allIn'] } },
    { name: 'mixed', signals: ['trend*', { signal: 'leaders', weight: 3 }], combine: 'vote', allocation: 'active', longOnly: true },
    { name: 'guarded', signals: ['reversion'], exits: { stopLoss: 0.02, trailingStop: 0.025 }, cooldownBars: 2 },
    { name: 'held', signals: ['events'], trading: 'hold', sizing: { kind: 'fixedCash', cash: 8000 } },
    { name: 'close', signals: ['pair'], execution: 'same-close', end: 'last-close' },
  ],
}

describe('a sweep in memory', () => {
  it('has the figures of a staged run, bit for bit', async () => {
    const staged = await runInline(PLAIN)
    const session = await openSql({ views: ledgerViews(staged.opened) })
    const { rows } = await session.query(`select portfolio, ${METRIC_FIELDS.map((field) => `"${field}"`).join(', ')} from metrics order by ordinal`)
    session.close()
    staged.remove()
    const result = await backtester.run(PLAIN as SweepInput)
    expect(result.count).toBe(rows.length)
    rows.forEach(([portfolio, ...figures], i) => {
      expect(result.idOf(i)).toBe(portfolio)
      expect(METRIC_FIELDS.map((field) => result.metrics[field][i])).toEqual(figures.map((figure) => figure ?? NaN))
    })
    expect(result.metrics.fills.reduce((sum, fills) => sum + fills, 0)).toBeGreaterThan(1000)
    expect(result.parametersOf(1)).toMatchObject({ portfolio: 'single', threshold: 0, 'sizing.kind': 'allIn' })
    console.log(`sweep = staged: ${rows.length} portfolios, ${METRIC_FIELDS.length} figures each`)
  }, 60_000)

  it('takes bars that are in memory, as often as it is asked', async () => {
    const days = Array.from({ length: 30 }, (_, i) => (i + 1) * DAY)
    const close = days.map((_, i) => 100 + 10 * Math.sin(i / 3))
    const input: SweepInput = {
      name: 'sine', market: { source: 'memory', bars: { SINE: { closeTimes: days, open: close, close } } },
      strategies: [{ name: 'cross', use: 'sma-cross', grid: { fast: [2, 3], slow: [5, 8] } }],
      portfolios: [{ name: 'each', each: ['cross*'], risk: 'none' }],
    }
    const first = await backtester.run(input)
    expect(first.count).toBe(4)
    expect(Math.min(...first.metrics.trades)).toBeGreaterThan(0)
    const others = await Promise.all([backtester.run(input), backtester.run(PLAIN as SweepInput), backtester.run(input)])
    expect([others[0].metrics, others[2].metrics]).toEqual([first.metrics, first.metrics])
  })

  it.each([
    ['a stage it has not', { ensembles: PLAIN.strategies.length > 0 ? SMALL.ensembles : [] }, { code: 'CONFIG_VALUE', where: 'ensembles' }],
    ['bars that are none', { market: { source: 'memory', bars: { A: { closeTimes: [DAY, 2 * DAY], open: [1, -1], close: [1, 1] } } } }, { code: 'CSV_BAR_INVALID', where: 'market.bars.A.open[1]' }],
    ['columns of two lengths', { market: { source: 'memory', bars: { A: { closeTimes: [DAY, 2 * DAY], open: [1], close: [1, 1] } } } }, { code: 'CONFIG_VALUE', where: 'market.bars.A.open' }],
    ['text for numbers', { market: { source: 'memory', bars: { A: { closeTimes: [DAY, 2 * DAY], open: ['1', '1'], close: [1, 1] } } } }, { code: 'CONFIG_TYPE', where: 'market.bars.A.open[0]', value: '1' }],
    ['times that go back', { market: { source: 'memory', bars: { A: { closeTimes: [2 * DAY, DAY], open: [1, 1], close: [1, 1] } } } }, { code: 'CSV_ORDER', where: 'market.bars.A.closeTimes[1]' }],
    ['an unknown key', { portfolos: [] }, { code: 'CONFIG_UNKNOWN', where: 'portfolos' }],
    ['a symbol it has not', { portfolios: [{ name: 'held', signals: ['events'], positions: { SYN99: 1 } }] }, { code: 'CONFIG_VALUE', where: 'portfolios.held.positions.SYN99' }],
    ['a walk-forward', { portfolios: [{ name: 'rolling', each: 'trend*', walkForward: { train: 60, test: 20 } }] }, { code: 'CONFIG_VALUE', where: 'walkForward' }],
    ['more than its limits allow, with a hint for programs', { limits: { maxCombinations: 2 } }, { code: 'PLAN_TOO_LARGE', where: 'limits.maxCombinations', hint: 'narrow the grids, or raise limits.maxCombinations' }],
  ])('refuses %s', async (_, change, problem) => {
    await expect(backtester.run({ ...PLAIN, ...change } as SweepInput)).rejects.toThrow(expect.objectContaining(problem))
  })

  it.each([0, 1.5, NaN])('refuses %s workers', async (workers) => {
    await expect(openBacktester({ workers })).rejects.toThrow(expect.objectContaining({ code: 'USAGE', where: 'workers', value: workers }))
  })

  it('refuses an option it has not, with the nearest', async () => {
    await expect(openBacktester({ wrkers: 2 } as object)).rejects.toThrow(expect.objectContaining({ code: 'USAGE', where: 'wrkers', hint: 'did you mean `workers`?' }))
  })

  it('refuses to run once it is closed, and to name what was not swept', async () => {
    const other = await openBacktester({ workers: 1 })
    const result = await other.run({ ...PLAIN, portfolios: PLAIN.portfolios.slice(1, 2) } as SweepInput)
    expect(result.idOf(0)).toBe('mixed')
    for (const index of [-1, 1, 0.5]) {
      for (const ask of [result.idOf, result.parametersOf]) expect(() => ask(index)).toThrow(expect.objectContaining({ code: 'PORTFOLIO_NOT_FOUND', value: index, hint: expect.stringContaining('0 to 0') as string }))
    }
    await other.close()
    await expect(other.run(PLAIN as SweepInput)).rejects.toThrow(expect.objectContaining({ code: 'USAGE', message: 'this backtester is closed' }))
  })
})
