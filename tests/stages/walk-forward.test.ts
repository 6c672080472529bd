import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { replayPortfolio, samePerformance } from '../../src/analysis/replay.ts'
import { createRandom } from '../../src/base/random.ts'
import { computeMetrics } from '../../src/domain/metrics.ts'
import { formatSessionDate } from '../../src/domain/timeline.ts'
import { selectByMetric } from '../../src/domain/walk-forward.ts'
import { locateByPath } from '../../src/experiment/document.ts'
import { candidateConfig, idleConfig } from '../../src/experiment/walk-forward.ts'
import type { Kernel } from '../../src/kernel/kernel.ts'
import { createBatchKernel, layOutBatch } from '../../src/lineup/batch.ts'
import { readIds, readPerformances } from '../../src/lineup/results.ts'
import { prepareExperiment } from '../../src/stages/experiment-run.ts'
import { kernelBlocks } from '../../src/stages/kernel-blocks.ts'
import { readMarket } from '../../src/stages/market-artefact.ts'
import { StoredMarket } from '../../src/stages/stored-market.ts'
import type { Segment } from '../../src/stages/stitched-run.ts'
import { trainingWork } from '../../src/stages/walk-forward-work.ts'
import { WINDOWS_FILE } from '../../src/stages/walk-forward-task.ts'
import { runInline, type InlineRun } from '../analysis/inline-run.ts'
import { refusal } from '../experiment/fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-walk-forward-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Daily bars that open where the last one closed. */
function writeBars(name: string, closes: readonly number[]): string {
  const lines = closes.map((close, i) => {
    const open = i === 0 ? close : closes[i - 1]
    return [formatSessionDate(18_262 + i), open, Math.max(open, close), Math.min(open, close), close, 1_000_000].join(',')
  })
  writeFileSync(join(folder, name), `date,open,high,low,close,volume\n${lines.join('\n')}\n`)
  return join(folder, name)
}

function segmentsOf(run: InlineRun, portfolio: string): readonly Segment[] {
  const found = run.opened.artefacts.windows.find((address) => readIds(run.store, address).includes(portfolio))
  if (found === undefined) throw new Error(`no windows of ${portfolio}`)
  return run.store.meta(found)?.facts.segments as readonly Segment[]
}

/** Metric sums of a portfolio as they are stored. */
function storedSums(run: InlineRun, portfolio: string) {
  for (const address of run.opened.artefacts.results) {
    const ids = readIds(run.store, address)
    if (ids.includes(portfolio)) return readPerformances(run.store, address)[ids.indexOf(portfolio)]
  }
  throw new Error(`no results of ${portfolio}`)
}

describe('a walk-forward', () => {
  it('by hand: trains with fresh cash, selects, carries the position over the edge and pays the switch', async () => {
    // Warm-up 0.25, 0.5, 1; then two bars a window. The trend holds throughout: sma 2 is above sma 3 at every close.
    const market = { source: 'csv', files: writeBars('HAND.csv', [0.25, 0.5, 1, 2, 4, 8, 4, 16, 32]), from: formatSessionDate(18_265), instruments: { '*': { lot: 0 } } }
    const run = await runInline({
      name: 'hand', market, strategies: [{ name: 'trend', use: 'sma-cross', params: { fast: 2, slow: 3 } }],
      defaults: { risk: 'none', cash: 1000 },
      portfolios: [{ name: 'rolling', signals: ['trend'], grid: { 'sizing.size': [0.5, 1] }, costs: { feePerUnit: 0.8 }, threshold: 0.1,
        walkForward: { train: 2, test: 2, select: { by: 'totalReturn' } } }],
    })
    // Training 1 buys at 2 and closes at 4: size 1 wins. Training 2 buys at 8 and closes at 4: size 0.5 loses less.
    expect(segmentsOf(run, 'rolling')).toEqual([{ first: 5, last: 6, ordinal: 1 }, { first: 7, last: 8, ordinal: 0 }])
    const { rows, identical, performance } = replayPortfolio(run.opened, 'rolling')
    expect(identical).toBe(true)
    // 1000 at 8 is 125 units and 100 of fees, so 0.9 of it is bought: 112.5 units, 90 of fees, 10 left. At 16 that is
    // worth 1810, of which the new parameters want half: 56.5625 units. The rest is sold for 895 less 44.75.
    expect(rows.ledgers.fills).toMatchObject({ price: [8, 16], quantity: [112.5, -55.9375], fee: [90, 44.75] })
    expect(rows.ledgers.equity.equity).toEqual([1000, 460, 1810, 860.25 + 56.5625 * 32])
    expect(performance.startEquity).toBe(1000)
    expect(performance.bars).toBe(4)
    run.remove()
  })

  it('stays out of the market while nothing can be selected, closing what it held, and says so', async () => {
    // A trade closes in the first training (a win rate of 0); in the later ones it is entered and never closed: no win rate.
    const closes = [1, 2, 3, 4, 2, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    const run = await runInline({
      name: 'idle', market: { source: 'csv', files: writeBars('IDLE.csv', closes), instruments: { '*': { lot: 0 } } },
      strategies: [{ name: 'trend', use: 'sma-cross', params: { fast: 2, slow: 3 } }],
      defaults: { risk: 'none', cash: 1000 },
      portfolios: [{ name: 'rolling', signals: ['trend'], grid: { threshold: [0.01, 0.02] }, walkForward: { train: 8, test: 4, select: { by: 'winRate' } } }],
    })
    expect(segmentsOf(run, 'rolling')).toEqual([
      { first: 8, last: 11, ordinal: 0 }, { first: 12, last: 15, ordinal: null }, { first: 16, last: 17, ordinal: null },
    ])
    const { rows } = replayPortfolio(run.opened, 'rolling')
    // In at the open of row 9 at 2; told to leave at the close of row 12, out at the next open at 6.
    expect(rows.ledgers.fills.price).toEqual([2, 6])
    expect(rows.ledgers.fills.kind).toEqual(['target', 'cap'])
    expect(rows.ledgers.equity.equity).toEqual([1000, 1500, 2000, 2500, 3000, 3000, 3000, 3000, 3000, 3000])
    run.remove()
  })

  it('is, training by training, an independent run of that training’s bars, and without a switch one of the tests’ bars', async () => {
    const seed = 20_263
    const counts = { walkForwards: 0, windows: 0, candidates: 0, switches: 0 }
    const cases = fc.record({
      marketSeed: fc.integer({ min: 1, max: 999 }), train: fc.integer({ min: 15, max: 40 }), test: fc.integer({ min: 8, max: 30 }),
      anchored: fc.boolean(), by: fc.constantFrom('sharpe' as const, 'totalReturn' as const, 'maxDrawdown' as const), order: fc.constantFrom('highest' as const, 'lowest' as const),
    })
    await fc.assert(fc.asyncProperty(cases, async ({ marketSeed, train, test, anchored, by, order }) => {
      const base = oracleExperiment(marketSeed)
      const run = await runInline({ ...base, portfolios: [{ ...CANDIDATES, walkForward: { train, test, anchored, select: { by, order } } }] })
      const segments = segmentsOf(run, 'rolling')
      const market = readMarket(run.store, run.opened.artefacts.market)
      const date = (row: number) => formatSessionDate(market.timeline.sessionDates[row])
      for (const window of [0, Math.floor(segments.length / 2)]) {
        const { first } = segments[window]
        const alone = await runInline({ ...base, market: { ...base.market, from: date(anchored ? market.warmupRows : first - train), to: date(first - 1) }, portfolios: [CANDIDATES] }, run)
        const sums = idsOf(alone).map((id) => storedSums(alone, id))
        expect(sums).toHaveLength(run.prepared.walkForwards[0].group.count)
        expect(segments[window].ordinal).toBe(selectByMetric(sums.map((one) => computeMetrics(one, run.opened.experiment.profile)), { by, order }))
        counts.candidates += sums.length
      }
      expect(samePerformance(storedSums(run, 'rolling'), rowByRow(run, segments))).toBe(true)
      expect(replayPortfolio(run.opened, 'rolling').identical).toBe(true)
      counts.walkForwards++
      counts.windows += segments.length
      counts.switches += segments.filter(({ ordinal }, i) => i > 0 && ordinal !== segments[i - 1].ordinal).length
      run.remove()
    }), { seed, numRuns: 4 })
    expect(counts.switches).toBeGreaterThan(5)
    console.log(`walk-forward: ${counts.walkForwards} with ${counts.windows} windows and ${counts.switches} switches, ${counts.candidates} trainings run again alone, seed ${seed}`)
  })

  it('of one candidate is an ordinary run from the first test on', async () => {
    const base = oracleExperiment(5)
    const only = { ...CANDIDATES, each: undefined, signals: ['trend*'], grid: undefined }
    const run = await runInline({ ...base, portfolios: [{ ...only, walkForward: { train: 30, test: 11 } }] })
    const { first } = segmentsOf(run, 'rolling')[0]
    const market = readMarket(run.store, run.opened.artefacts.market)
    const plain = await runInline({ ...base, market: { ...base.market, from: formatSessionDate(market.timeline.sessionDates[first]) }, portfolios: [only] }, run)
    expect(samePerformance(storedSums(run, 'rolling'), storedSums(plain, 'rolling'))).toBe(true)
    run.remove()
  })

  it('trains flat whatever the one portfolio starts with, which then trades as an ordinary run with these positions', async () => {
    const base = oracleExperiment(5)
    const held = { ...CANDIDATES, each: undefined, signals: ['trend*'], positions: { SYN01: 500 } }
    const windows = { train: 30, test: 11, select: { by: 'startEquity' } }
    const run = await runInline({ ...base, portfolios: [{ ...held, walkForward: windows }] })
    const figures = run.prepared.stages.flat().filter(({ stage }) => stage === 'training')
      .flatMap(({ members }) => Array.from({ length: members.addresses.length }, (_, i) => members.at(i).address))
      .flatMap((address) => readPerformances(run.store, address).map(({ startEquity }) => startEquity))
    expect(new Set(figures)).toEqual(new Set([100_000]))
    const flat = await runInline({ ...base, portfolios: [{ ...held, positions: {}, walkForward: windows }] }, run)
    expect(flat.opened.record.timings.find(({ stage }) => stage === 'training')).toMatchObject({ made: 0 })
    expect(storedSums(flat, 'rolling').startEquity).toBe(100_000)
    const [{ first, ordinal }] = segmentsOf(run, 'rolling')
    expect(new Set(segmentsOf(run, 'rolling').map((segment) => segment.ordinal))).toEqual(new Set([ordinal]))
    const market = readMarket(run.store, run.opened.artefacts.market)
    const plain = await runInline({ ...base, market: { ...base.market, from: formatSessionDate(market.timeline.sessionDates[first]) }, portfolios: [held] }, run)
    const ordinary = storedSums(plain, idsOf(plain)[ordinal as number])
    expect(ordinary.startEquity).toBeGreaterThan(100_000)
    expect(samePerformance(storedSums(run, 'rolling'), ordinary)).toBe(true)
    run.remove()
  })

  it('never looks ahead: later bars change no earlier selection, order or equity', async () => {
    const random = createRandom('ahead')
    const closes = Array.from({ length: 160 }, () => 0).reduce<number[]>((all) => [...all, (all.at(-1) ?? 50) * (1 + 0.02 * random.normal())], [])
    const experiment = (file: string) => ({
      name: 'ahead', market: { source: 'csv', files: file, symbols: ['AHEAD'], symbolPattern: '^(AHEAD)' },
      strategies: [{ name: 'trend', use: 'sma-cross', grid: { fast: [2, 3, 5], slow: [8, 13] } }],
      defaults: { risk: 'none' },
      portfolios: [{ name: 'rolling', each: 'trend*', walkForward: { train: 30, test: 12, step: 9 } }],
    })
    const whole = await runInline(experiment(writeBars('AHEAD.csv', closes)))
    const before = { segments: segmentsOf(whole, 'rolling'), ledgers: replayPortfolio(whole.opened, 'rolling').rows.ledgers }
    let [selections, bars] = [0, 0]
    for (const known of [57, 66, 120]) {
      const other = closes.map((close, row) => (row < known ? close : close * (1.5 + 0.4 * Math.sin(row))))
      const changed = await runInline(experiment(writeBars('AHEAD-2.csv', other)))
      const after = { segments: segmentsOf(changed, 'rolling'), ledgers: replayPortfolio(changed.opened, 'rolling').rows.ledgers }
      const settled = before.segments.filter(({ first }) => first <= known).length
      expect(after.segments.slice(0, settled)).toEqual(before.segments.slice(0, settled))
      const shown = known - before.segments[0].first
      expect(after.ledgers.equity.equity.slice(0, shown)).toEqual(before.ledgers.equity.equity.slice(0, shown))
      const decided = before.ledgers.orders.decidedTime.filter((time) => time <= before.ledgers.equity.time[shown - 1]).length
      expect(after.ledgers.orders.quantity.slice(0, decided)).toEqual(before.ledgers.orders.quantity.slice(0, decided))
      selections += settled
      bars += shown
      changed.remove()
    }
    whole.remove()
    console.log(`walk-forward: ${selections} selections and ${bars} bars unchanged by what came later`)
  })

  it('is kept like everything else: nothing changed, nothing done; another selection trains nothing again', async () => {
    const base = oracleExperiment(8)
    const of = (walkForward: object, more: object = {}) => ({ ...base, portfolios: [{ ...CANDIDATES, walkForward, ...more }] })
    const run = await runInline(of({ train: 30, test: 20 }))
    const toRun = async (raw: unknown) => {
      const next = await runInline(raw, run)
      return Object.fromEntries(next.opened.record.timings.map(({ stage, made, cached }) => [stage, [made, cached]]))
    }
    const windows = segmentsOf(run, 'rolling').length
    expect(await toRun(of({ train: 30, test: 20 }))).toMatchObject({ training: [0, windows], 'walk-forward': [0, 1] })
    expect(await toRun(of({ train: 30, test: 20, select: { by: 'calmar' } }))).toMatchObject({ training: [0, windows], 'walk-forward': [1, 0] })
    expect(await toRun({ ...of({ train: 30, test: 20 }), record: 'all' })).toMatchObject({ training: [0, windows], 'walk-forward': [1, 0] })
    expect((await toRun(of({ train: 30, test: 20 }, { threshold: 0.03 }))).training).toEqual([windows, 0])
    expect((await toRun(of({ train: 30, test: 20, step: 10 }))).training[1]).toBeGreaterThan(windows / 2)
    const again = await prepareExperiment(run.setup)
    expect(again.plan.every(({ cached, total }) => cached === total)).toBe(true)
    run.remove()
  })

  it('selects anew by another profile’s figures, as in a store that knows nothing of the first', async () => {
    const of = (profile: unknown) => ({
      ...oracleExperiment(8), metrics: { profile }, portfolios: [{ ...CANDIDATES, walkForward: { train: 30, test: 10, select: { by: 'sharpe' } } }],
    })
    const first = await runInline(of('empyrical'))
    const [{ address }] = first.prepared.walkForwards
    const changes = [{ ddof: 0 }, { periodsPerYear: 365 }, { firstReturn: 'excluded' }, { annualisation: 'geometric' }, { riskFreeRate: 0.4 }, { basis: 'bar' }]
    for (const profile of ['backtesting.py', ...changes.map((change) => ({ extends: 'empyrical', ...change }))]) {
      const again = await runInline(of(profile), first)
      const fresh = await runInline(of(profile))
      expect(again.prepared.walkForwards[0].address).not.toBe(address)
      expect(segmentsOf(again, 'rolling')).toEqual(segmentsOf(fresh, 'rolling'))
      expect(samePerformance(storedSums(again, 'rolling'), storedSums(fresh, 'rolling'))).toBe(true)
      expect(windowsOf(again)).toEqual(windowsOf(fresh))
      fresh.remove()
    }
    const { record } = (await runInline(of({ extends: 'empyrical', periodsPerYear: 12 }), first)).opened
    expect(record.timings.map(({ stage, made }) => [stage, made])).toContainEqual(['training', 0])
    expect(record.timings.map(({ stage, made }) => [stage, made])).toContainEqual(['walk-forward', 1])
    first.remove()
  })

  it('may have more windows than a call takes arguments', async () => {
    const { prepared, setup, store, remove } = await runInline({ ...oracleExperiment(8), portfolios: [{ ...CANDIDATES, walkForward: { train: 30, test: 20 } }] })
    const [planned] = prepared.walkForwards
    const windows = Array.from({ length: 150_000 }, (_, i) => ({ train: { first: i, last: i + 29 }, test: { first: i + 30, last: i + 30 } }))
    const { members, load } = await trainingWork({ ...prepared, ...setup, storeRoot: store.root, locate: locateByPath() }, [planned, { ...planned, windows }])
    const own = planned.windows.length
    expect(members.addresses).toHaveLength(own + windows.length)
    expect(members.at(own + 149_999)).toMatchObject({ window: windows[149_999], address: members.addresses.at(own + 149_999), label: 'rolling window 149999 candidates 0 to 11' })
    expect(members.at(own - 1).window).toEqual(planned.windows[own - 1])
    expect(load.mostPerTask).toBe(1)
    remove()
  })

  it.each([
    { limits: { maxCombinations: 5_849 }, where: 'limits.maxCombinations', value: 5_850 },
    { limits: { maxDiskMiB: 1 }, where: 'limits.maxDiskMiB', value: 2 },
  ])('beyond $limits is refused by what its candidates and windows multiply to', async ({ limits, where, value }) => {
    // 3 signals, 150 thresholds, 13 windows
    const grid = { threshold: Array.from({ length: 150 }, (_, i) => i / 1_000) }
    const experiment = { ...oracleExperiment(8), limits, portfolios: [{ ...CANDIDATES, grid, walkForward: { train: 40, test: 10 } }] }
    expect(await refusal(() => runInline(experiment))).toMatchObject({ code: 'PLAN_TOO_LARGE', where, value })
  })

  it.each(['bars', 'sessions'])('is refused where the market leaves nothing to test, with the most %s it may train on', async (unit) => {
    const training = (train: number) => runInline({ ...oracleExperiment(8), portfolios: [{ ...CANDIDATES, walkForward: { train, test: 20, unit } }] })
    const refused = await refusal(() => training(5000))
    expect(refused).toMatchObject({ code: 'CONFIG_VALUE', where: 'oracle (portfolios.rolling.walkForward.train)', value: 5000 })
    const most = Number(/^at most (\d+),/.exec(refused.hint ?? '')?.[1])
    expect((await refusal(() => training(most + 1))).message).toContain(`${most + 1} traded ${unit}`)
    const run = await training(most)
    expect(run.prepared.walkForwards[0].windows).toHaveLength(1)
    run.remove()
  })
})

/** The ledger of a run's only walk-forward, byte by byte. */
function windowsOf({ store, opened }: InlineRun): Buffer {
  return readFileSync(store.file(opened.artefacts.windows[0], WINDOWS_FILE))
}

const CANDIDATES = {
  name: 'rolling', each: ['trend*', 'committee'], combine: 'mean',
  grid: { riskTolerance: [0, 0.5], 'exits.stopLoss': [null, 0.03] }, costs: { feeBps: 5, feeMinimum: 1, slippageBps: 3 },
}

function oracleExperiment(seed: number) {
  return {
    name: 'oracle',
    market: { source: 'synthetic', seed, symbols: 3, bars: 190, start: '2015-01-05', from: '2015-02-10' },
    strategies: [{ name: 'trend', use: 'sma-cross', grid: { fast: [3, 6], slow: [12] } }],
    ensembles: [{ name: 'committee', members: ['trend*'] }],
    risk: { models: [{ name: 'var', use: 'var-limit', params: { limit: 0.01, window: 10 } }], patterns: { default: { book: { signals: ['committee'] }, models: ['var'] } } },
  }
}

/** Portfolios of an ordinary run, in order. */
function idsOf(run: InlineRun): readonly string[] {
  return run.opened.artefacts.results.flatMap((address) => readIds(run.store, address))
}

/** The stitched portfolio again, by the four verbs, a row at a time, taking the state over at every edge. */
function rowByRow(run: InlineRun, segments: readonly Segment[]) {
  const { patterns, profile } = run.opened.experiment
  const { group } = run.prepared.walkForwards[0]
  const market = new StoredMarket(run.store, run.opened.artefacts.market)
  const rows = { first: segments[0].first, last: segments[segments.length - 1].last }
  let kernel: Kernel | undefined
  for (const { first, last, ordinal } of segments) {
    const layout = layOutBatch([ordinal === null ? idleConfig(group, patterns) : candidateConfig(group, patterns, ordinal)])
    const next = createBatchKernel({ layout, instruments: market.instruments, rows, profile })
    if (kernel !== undefined) next.restore(kernel.snapshot())
    kernel = next
    const inputs = {
      market, signals: layout.signals.map((name) => run.opened.artefacts.signals[name]),
      patterns: layout.patterns.map((name) => [run.opened.artefacts.decisions[`${name}/var`]]),
    }
    for (let row = first; row <= last; row++) {
      for (const block of kernelBlocks(inputs, row, row + 1)) {
        next.settle(next.open(block, row))
        next.mark(block, row)
        next.decide(block, row)
      }
    }
  }
  market.close()
  if (kernel === undefined) throw new Error('no segments')
  return kernel.performance(0)
}
