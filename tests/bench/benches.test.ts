import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { benchFusion } from '../../bench/fusion.ts'
import { benchBarGrowth, benchMillion } from '../../bench/growth.ts'
import { benchLockstep } from '../../bench/lockstep.ts'
import type { Bench, Figure } from '../../bench/measure.ts'
import { benchMultiStrategy } from '../../bench/multi-strategy.ts'
import { benchOneByOne } from '../../bench/one-by-one.ts'
import { benchOrders } from '../../bench/orders.ts'
import { benchProcesses } from '../../bench/processes.ts'
import { benchVectorbt } from '../../bench/vectorbt.ts'
import { benchWalkForward } from '../../bench/walk-forward.ts'
import { benchOperations, benchRerun } from '../../bench/whole-run.ts'
import { buildBench } from '../../scripts/build-bench.mjs'

/** Every one starts processes, which a busy machine makes wait. */
vi.setConfig({ testTimeout: 300_000 })

const root = fileURLToPath(new URL('../..', import.meta.url))

beforeAll(() => buildBench(root))

function figure({ figures }: Bench, name: string): Figure {
  const found = figures.find((each) => each.name === name)
  if (found === undefined) throw new Error(`there is no ${name} among ${figures.map((each) => each.name).join('; ')}`)
  return found
}

function expectPositive({ figures }: Bench, unit: string): void {
  const some = figures.filter((each) => each.unit === unit)
  expect(some.length).toBeGreaterThan(0)
  for (const { name, median, least, most } of some) {
    expect(median, name).toBeGreaterThan(0)
    expect(least, name).toBeLessThanOrEqual(most)
  }
}

const PAIRS = { fast: [5, 6], slow: [30, 31] } as const
const ORDERS = { shapes: [{ rows: 300, columns: 1 }, { rows: 300, columns: 4 }], runs: 1 }

/** Every bench in the smallest size that still does all it does. */
describe('without Python', () => {
  beforeEach(() => void vi.stubEnv('MILLRACE_BENCH_PYTHON', 'no-such-python'))
  afterEach(() => void vi.unstubAllEnvs())

  it('pairs are swept, warm and cold', async () => {
    const bench = await benchVectorbt({ rows: 300, runs: 1, coldRuns: 1, warmUps: 0, grid: PAIRS })
    expect(bench.name).toBe('4 pairs over 300 bars, beside vectorbt')
    expect(bench.notes?.at(-1)).toBe('vectorbt is left out: there is no no-such-python')
    expect(figure(bench, 'Millrace, cold').median).toBeGreaterThan(figure(bench, 'Millrace').median)
  })

  it('pairs are swept beside nobody', async () => {
    const bench = await benchOneByOne({ rows: 300, runs: 1, grid: PAIRS })
    expect(bench.notes?.at(-1)).toBe('backtrader is left out: there is no no-such-python')
    expectPositive(bench, 's/pair')
  })

  it('orders are filled in every bar', async () => {
    const bench = await benchOrders(ORDERS)
    expect(figure(bench, 'orders filled, kernel, 300 rows').median).toBe(300)
    expect(figure(bench, 'orders filled, from bars, 300 rows').median).toBe(300)
    expect(figure(bench, 'orders filled, kernel, 4 × 300').median).toBe(1200)
    expect(figure(bench, 'orders filled, from bars, 4 × 300').median).toBe(1200)
    expectPositive(bench, 'ms')
  })
})

/** Numba compiles for half a minute, so these are there where someone names a Python for them. */
const python = process.env.MILLRACE_BENCH_PYTHON
if (python !== undefined) describe('with the peers', () => {
  it('every figure of every pair is theirs', async () => {
    const one = await benchOneByOne({ rows: 600, runs: 1, grid: PAIRS })
    expect(figure(one, 'largest difference of any figure, backtesting.py').median).toBeLessThan(1e-9)
    expect(figure(one, 'largest difference of any figure, backtrader').median).toBeLessThan(1e-9)
    const pairs = await benchVectorbt({ rows: 600, runs: 1, coldRuns: 1, warmUps: 0, grid: PAIRS })
    expect(figure(pairs, 'largest difference of any figure').median).toBeLessThan(1e-9)
  })

  it('they fill the same orders', async () => {
    const bench = await benchOrders(ORDERS)
    expect(figure(bench, 'orders filled, vectorbt, 4 × 300').median).toBe(1200)
    expect(figure(bench, 'difference of total return, 4 × 300').median).toBeLessThan(1e-9)
  })
})

it('staged against lockstep', async () => {
  const bench = await benchLockstep({ last: ['forecaster'], bars: 60, sizings: 1, runs: 1 })
  expect(bench.setting.portfolios).toBe(200)
  expect(figure(bench, 'portfolios equal bit for bit, with the forecaster').median).toBe(200)
  expectPositive(bench, 's')
})

it('a batch against a process each', async () => {
  const bench = await benchProcesses({ rows: 260, counts: [1, 2], thresholds: 1, runs: 1, processFile: join(root, 'dist/bench-portfolio.mjs') })
  expect(figure(bench, 'largest difference of any figure').median).toBe(0)
  expectPositive(bench, 'MiB')
  expectPositive(bench, 's')
})

it('more bars, and a sweep as large as it gets', async () => {
  const extent = { portfolios: 100, bars: 150, symbols: 2 }
  const bars = await benchBarGrowth({ bars: [{ ...extent, bars: 300 }], runs: 1 })
  expect(bars.plot?.lines.map(({ points }) => points)).toEqual([[[300, 1]], [[300, 1]], [[300, 1]]])
  expectPositive(bars, 'ns/step')
  const million = await benchMillion([{ ...extent, portfolios: 200 }])
  expect(million.name).toBe('200 portfolios')
  expect(million.plot?.lines[0].points.length).toBeGreaterThan(0)
})

it('many strategies by one worker and by all', async () => {
  const bench = await benchMultiStrategy({ bars: 150, each: 1, sets: 40, runs: 1 })
  expect(bench.name).toBe('5 strategies × 40 parameter sets')
  expectPositive(bench, 's')
})

it('signals stored and fused', async () => {
  const bench = await benchFusion({ bars: 200, slows: 1, runs: 1 })
  expect(bench.name).toBe('100 signals stored, and stages 1 and 4 fused')
  expectPositive(bench, '×')
})

it('a whole run, and it again', async () => {
  const size = { bars: 200, symbols: 6, thresholds: 1, runs: 1 }
  const operations = await benchOperations(size)
  expectPositive(operations, 'million operations/s')
  const rerun = await benchRerun(size)
  expect(figure(rerun, 'made with nothing changed').median).toBe(0)
  expect(figure(rerun, 'made with other portfolio parameters, before stage 4').median).toBe(0)
  expect(figure(rerun, 'made with other portfolio parameters, stage 4').median).toBe(150)
  expect(figure(rerun, 'made by the first run, before stage 4').median).toBeGreaterThan(30)
})

it('a walk-forward, window by window', async () => {
  const bench = await benchWalkForward({ thresholds: 1, windows: [1, 2] })
  expect(bench.plot?.lines.map(({ points }) => points.map(([window]) => window))).toEqual([[1, 2], [1, 2]])
  expectPositive(bench, 'MiB')
})
