import { availableParallelism } from 'node:os'
import type { ExperimentInput, StrategySection } from '../src/experiment/schema.ts'
import { stageCpuSeconds, stageSeconds, withWorkplace, type CommandRun } from './command-run.ts'
import { figureOf, type Bench, type Figure } from './measure.ts'

const SYMBOLS = 5
const STAGES = ['strategies', 'portfolios'] as const

export interface MultiStrategySize {
  readonly bars: number
  /** Strategies of each of five kinds. */
  readonly each: number
  /** Parameter sets of a strategy: a square number, at most 1,024. */
  readonly sets: number
  readonly runs: number
}

const FULL: MultiStrategySize = { bars: 500, each: 10, sets: 1_000, runs: 3 }

type Axis = { readonly from: number; readonly to: number; readonly step: number }

/** `count` values from `from` on. */
const axis = (from: number, count: number, step = 1): Axis => ({ from, to: Number((from + (count - 1) * step).toFixed(6)), step })

/** As many sets of two parameters as are asked for: 40 × 25 of a thousand. */
function axesOf(sets: number): readonly [number, number] {
  const long = Math.ceil(Math.sqrt(1.6 * sets))
  return [long, Math.ceil(sets / long)]
}

/** One strategy of every kind; `i` moves its windows, so that no two strategies are the same. */
function kinds(i: number, sets: number): Pick<StrategySection, 'use' | 'params' | 'grid'>[] {
  const [long, short] = axesOf(sets)
  return [
    { use: 'sma-cross', params: {}, grid: { fast: axis(3 + i, short), slow: axis(50 + i, long) } },
    { use: 'bollinger-reversion', params: { exit: i / 100 }, grid: { window: axis(10, long), entry: axis(1, short, 0.05) } },
    { use: 'bollinger-events', params: { exit: i / 100 }, grid: { window: axis(10, long), entry: axis(1, short, 0.05) } },
    { use: 'momentum-rank', params: {}, grid: { window: axis(10 + 10 * i, long), fraction: axis(0.2 + i / 1000, short, 0.01) } },
    { use: 'spread-zscore', params: { first: 'SYN01', second: 'SYN02', exit: i / 100 }, grid: { window: axis(10, long), entry: axis(1, short, 0.05) } },
  ]
}

function experimentOf({ bars, each, sets }: MultiStrategySize): ExperimentInput {
  const strategies = Array.from({ length: each }, (_, i) => kinds(i, sets)).flat().map((kind, i) => ({ name: `s${i + 1}`, ...kind }))
  return {
    name: 'multi-strategy', market: { source: 'synthetic', symbols: SYMBOLS, bars }, costs: { feeBps: 5 }, strategies,
    portfolios: [{ name: 'each', each: '*', risk: 'none' }],
  }
}

/** How much of the cores' time all processes of the run used in both stages. */
function used(run: CommandRun, workers: number): number {
  return stageCpuSeconds(run, ...STAGES) / (stageSeconds(run, ...STAGES) * workers)
}

/** How much of the cores' time the tasks of both stages used. */
function busy(run: CommandRun, workers: number): number {
  const cpuMs = STAGES.reduce((sum, stage) => sum + (run.stages.get(stage)?.cpuMs ?? NaN), 0)
  return cpuMs / (1000 * stageSeconds(run, ...STAGES) * workers)
}

/** Fifty strategies with a thousand parameter sets each, by one worker and by one per core. */
export async function benchMultiStrategy(size: MultiStrategySize = FULL): Promise<Bench> {
  const experiment = experimentOf(size)
  const workers = availableParallelism()
  const runs = await withWorkplace(async ({ run, empty }) => {
    const taken: { one: CommandRun; all: CommandRun }[] = []
    for (let round = 0; round < size.runs; round++) {
      const one = await run(experiment, 'store', { workers: 1 })
      empty('store')
      taken.push({ one, all: await run(experiment, 'store', { workers }) })
      empty('store')
    }
    return taken
  })
  const figure = (name: string, unit: string, of: (pair: { one: CommandRun; all: CommandRun }) => number, target?: Figure['target']): Figure =>
    figureOf({ name, unit, values: runs.map(of), target })
  return {
    name: `${(5 * size.each).toLocaleString('en')} strategies × ${size.sets.toLocaleString('en')} parameter sets`,
    setting: { bars: size.bars, symbols: SYMBOLS, workers, kinds: kinds(0, size.sets).map(({ use }) => use) },
    figures: [
      figure(`${workers} workers against 1, stages 1 and 4`, '×', ({ one, all }) => stageSeconds(one, ...STAGES) / stageSeconds(all, ...STAGES), { atLeast: 0.95 * workers }),
      figure(`CPU of ${workers} cores used, stages 1 and 4`, '%', ({ all }) => 100 * used(all, workers), { atLeast: 90 }),
      figure(`CPU of ${workers} cores used by tasks alone`, '%', ({ all }) => 100 * busy(all, workers)),
      ...STAGES.flatMap((stage) => [
        figure(`${workers} workers against 1, ${stage}`, '×', ({ one, all }) => stageSeconds(one, stage) / stageSeconds(all, stage)),
        figure(`${stage}, ${workers} workers`, 's', ({ all }) => stageSeconds(all, stage)),
        figure(`${stage}, 1 worker`, 's', ({ one }) => stageSeconds(one, stage)),
      ]),
      figure('CPU of 1 core used by 1 worker', '%', ({ one }) => 100 * busy(one, 1)),
      figure('whole command against 1 worker', '×', ({ one, all }) => one.seconds / all.seconds),
      figure(`most memory, ${workers} workers`, 'MiB', ({ all }) => all.peakMiB),
    ],
    notes: ['By `millrace run`, a portfolio for every parameter set. CPU is what all processes used by the system\'s own account; beside it what the workers used for their tasks: the rest is what the coordinator does, and workers between tasks.'],
  }
}
