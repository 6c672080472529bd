import { availableParallelism } from 'node:os'
import type { ExperimentInput } from '../src/experiment/schema.ts'
import { stageSeconds, withWorkplace, type CommandRun } from './command-run.ts'
import { shippedModel } from './models.ts'
import { figureOf, type Bench, type Figure, type Target } from './measure.ts'

export interface WholeRunSize {
  readonly bars: number
  readonly symbols: number
  /** Portfolios that follow each of thirty signals. */
  readonly thresholds: number
  readonly runs: number
}

const FULL: WholeRunSize = { bars: 2_520, symbols: 20, thresholds: 20, runs: 3 }
const SIGNALS = 30
/** Sizes that each threshold comes with. */
const PER_THRESHOLD = 5

const portfoliosOf = ({ thresholds }: WholeRunSize): number => SIGNALS * PER_THRESHOLD * thresholds

/** Rules, the shipped model, an ensemble, an optimiser and a limit of risk: every stage has work. */
function experimentOf({ bars, symbols, thresholds }: WholeRunSize, leastThreshold = 0): ExperimentInput {
  return {
    name: 'whole', market: { source: 'synthetic', symbols, bars }, costs: { feeBps: 2, feeMinimum: 1, slippageBps: 3 },
    strategies: [
      { name: 'trend', use: 'sma-cross', grid: { fast: [5, 10, 20, 40], slow: { from: 50, to: 200, step: 50 } } },
      { name: 'reversion', use: 'bollinger-reversion', grid: { window: [10, 20, 40], entry: [1.5, 2] } },
      { name: 'leaders', use: 'momentum-rank', params: { fraction: 0.2 }, grid: { window: [20, 60, 120], short: [false, true] } },
    ],
    models: [shippedModel('forecaster')],
    ensembles: [{ name: 'committee', members: ['trend*', 'leaders*', { signal: 'forecaster', weight: 5 }] }],
    risk: {
      models: [
        { name: 'minvar', use: 'minimum-variance', params: { window: 120, everyBars: 21, maxWeight: 0.2 } },
        { name: 'var', use: 'var-limit', params: { limit: 0.012, confidence: 0.99, window: 60 } },
      ],
      patterns: { default: { book: { signals: ['trend*', 'leaders*'] }, models: ['minvar', 'var'] } },
    },
    portfolios: [{
      name: 'singles', each: ['trend*', 'reversion*', 'leaders*', 'forecaster', 'committee'],
      grid: { threshold: Array.from({ length: thresholds }, (_, i) => leastThreshold + i / 1000), 'sizing.size': [0.5, 0.6, 0.7, 0.8, 0.9] },
    }],
  }
}

/** A whole run of three thousand portfolios, stages and all: how many portfolio operations a second that is. */
export async function benchOperations(size: WholeRunSize = FULL): Promise<Bench> {
  const workers = availableParallelism()
  const runs = await withWorkplace(async ({ run, empty }) => {
    const taken: CommandRun[] = []
    for (let round = 0; round < size.runs; round++) {
      taken.push(await run(experimentOf(size), 'store', { workers }))
      empty('store')
    }
    return taken
  })
  const operations = portfoliosOf(size) * size.symbols * size.bars
  const stages = [...runs[0].stages.keys()]
  const figure = (name: string, unit: string, of: (run: CommandRun) => number, target?: Target): Figure => figureOf({ name, unit, values: runs.map(of), target })
  return {
    name: `a whole run of ${portfoliosOf(size).toLocaleString('en')} portfolios`,
    setting: { bars: size.bars, symbols: size.symbols, signals: SIGNALS, portfolios: portfoliosOf(size), workers },
    figures: [
      figure('stage 4', 'million operations/s', (run) => operations / stageSeconds(run, 'portfolios') / 1e6, { atLeast: 3 }),
      figure('whole run', 'million operations/s', (run) => operations / run.seconds / 1e6, { atLeast: 3 }),
      figure('an operation, stage 4', 'µs', (run) => (stageSeconds(run, 'portfolios') * 1e6) / operations, { atMost: 1000 }),
      figure('an operation, whole run', 'µs', (run) => (run.seconds * 1e6) / operations, { atMost: 1000 }),
      figure('whole run', 's', (run) => run.seconds),
      ...stages.map((stage) => figure(stage, 's', (run) => stageSeconds(run, stage))),
      figure('most memory', 'MiB', (run) => run.peakMiB),
    ],
    notes: ['An operation is one portfolio, one symbol, one bar. The idea that Millrace began with promised 2 to 3 million a second, and an operation within 1 ms.'],
  }
}

const STAGES = ['features', 'strategies', 'models', 'ensembles', 'risk', 'portfolios'] as const

/** The same run again with nothing changed, and with other portfolio parameters. */
export async function benchRerun(size: WholeRunSize = FULL): Promise<Bench> {
  const workers = availableParallelism()
  const runs = await withWorkplace(async ({ run, empty }) => {
    const taken: { first: CommandRun; same: CommandRun; other: CommandRun }[] = []
    for (let round = 0; round < size.runs; round++) {
      const first = await run(experimentOf(size), 'store', { workers })
      const same = await run(experimentOf(size), 'store', { workers })
      taken.push({ first, same, other: await run(experimentOf(size, 0.0005), 'store', { workers }) })
      empty('store')
    }
    return taken
  })
  type Round = (typeof runs)[number]
  const figure = (name: string, unit: string, of: (round: Round) => number, target?: Target): Figure => figureOf({ name, unit, values: runs.map(of), target })
  const made = (run: CommandRun, ...stages: readonly string[]): number => stages.reduce((sum, stage) => sum + (run.stages.get(stage)?.made ?? 0), 0)
  return {
    name: 'run again',
    setting: { bars: size.bars, symbols: size.symbols, portfolios: portfoliosOf(size), workers },
    figures: [
      figure('first run ÷ nothing changed', '×', ({ first, same }) => first.seconds / same.seconds),
      figure('first run ÷ other portfolio parameters', '×', ({ first, other }) => first.seconds / other.seconds),
      figure('first run', 's', ({ first }) => first.seconds),
      figure('other portfolio parameters', 's', ({ other }) => other.seconds),
      figure('nothing changed', 's', ({ same }) => same.seconds, { atMost: 2 }),
      figure('made by the first run, before stage 4', 'results', ({ first }) => made(first, ...STAGES.slice(0, -1))),
      figure('made by the first run, stage 4', 'results', ({ first }) => made(first, 'portfolios')),
      figure('made with other portfolio parameters, before stage 4', 'results', ({ other }) => made(other, ...STAGES.slice(0, -1)), { atMost: 0 }),
      figure('made with other portfolio parameters, stage 4', 'results', ({ other }) => made(other, 'portfolios')),
      figure('made with nothing changed', 'results', ({ same }) => made(same, ...STAGES), { atMost: 0 }),
    ],
    notes: ['By `millrace run`, from its start to its end, in one store; every threshold of every portfolio is another one where portfolio parameters changed.'],
  }
}
