import { availableParallelism } from 'node:os'
import type { ExperimentInput } from '../src/experiment/schema.ts'
import { withWorkplace, type CommandRun } from './command-run.ts'
import { figureOf, median, type Bench, type Figure, type Plot, type Target } from './measure.ts'

const SIGNALS = 100

/** A sweep of so many portfolios over so many bars. */
export interface Extent {
  readonly portfolios: number
  readonly bars: number
  readonly symbols: number
}

export interface GrowthSize {
  readonly portfolios: readonly Extent[]
  readonly bars: readonly Extent[]
  readonly runs: number
}

const extents = (counts: readonly number[], of: (count: number) => Extent): Extent[] => counts.map(of)

const FULL: GrowthSize = {
  portfolios: extents([1_000, 10_000, 100_000], (portfolios) => ({ portfolios, bars: 1_000, symbols: 10 })),
  bars: extents([1_000, 10_000, 100_000, 1_000_000], (bars) => ({ portfolios: 1_000, bars, symbols: 2 })),
  runs: 3,
}

/** A hundred signals, each with a Sobol sample of thresholds, sizes and caps. Bars of five minutes, so that a million fit a century. */
function experimentOf({ portfolios, bars, symbols }: Extent): ExperimentInput {
  return {
    name: 'growth', market: { source: 'synthetic', symbols, bars, interval: '5m', instruments: { '*': { lot: 0 } } }, costs: { feeBps: 5 },
    strategies: [{ name: 'trend', use: 'sma-cross', grid: { fast: { from: 3, to: 30, step: 3 }, slow: { from: 40, to: 130, step: 10 } } }],
    portfolios: [{
      name: 'swept', each: 'trend*', risk: 'none', sample: { method: 'sobol', count: portfolios / SIGNALS },
      grid: { threshold: { from: 0, to: 0.05 }, 'sizing.size': { from: 0.3, to: 1 }, 'limits.cap': { from: 0.05, to: 0.5 } },
    }],
    limits: { maxCombinations: 2_000_000 },
  }
}

/** The runs of one extent. */
interface Grown {
  readonly extent: Extent
  readonly runs: readonly CommandRun[]
}

async function grow(sizes: readonly Extent[], options: { runs: number; everyMs: number }): Promise<Grown[]> {
  return withWorkplace(async ({ run, empty }) => {
    const taken = sizes.map((): CommandRun[] => [])
    for (let round = 0; round < options.runs; round++) {
      for (const [i, extent] of sizes.entries()) {
        taken[i].push(await run(experimentOf(extent), 'store', { workers: availableParallelism(), everyMs: options.everyMs }))
        empty('store')
      }
    }
    return sizes.map((extent, i) => ({ extent, runs: taken[i] }))
  })
}

const stepsOf = ({ portfolios, bars, symbols }: Extent): number => portfolios * bars * symbols

/** CPU time of stage 4, in nanoseconds per portfolio, symbol and bar. */
function nanoseconds({ extent, runs }: Grown): number[] {
  return runs.map(({ stages }) => ((stages.get('portfolios')?.cpuMs ?? NaN) * 1e6) / stepsOf(extent))
}

function wholeNanoseconds({ extent, runs }: Grown): number[] {
  return runs.map(({ seconds }) => (seconds * 1e9) / stepsOf(extent))
}

const peaks = ({ runs }: Grown): number[] => runs.map(({ peakMiB }) => peakMiB)

function figuresOf(grown: readonly Grown[], label: (extent: Extent) => string, called: string): Figure[] {
  const figure = (name: string, unit: string, values: readonly number[], target?: Target): Figure => figureOf({ name, unit, values, target })
  const spread = (of: (each: Grown) => number[]): number[] => {
    const medians = grown.map((each) => median(of(each)))
    return [Math.max(...medians) / Math.min(...medians)]
  }
  const perStep = grown.map((each) => median(nanoseconds(each)))
  const perAddedStep = grown.slice(1).map((each, i) => {
    const [cpu, before] = [each, grown[i]].map(({ runs }) => median(runs.map(({ stages }) => stages.get('portfolios')?.cpuMs ?? NaN)))
    return ((cpu - before) * 1e6) / (stepsOf(each.extent) - stepsOf(grown[i].extent))
  })
  const added = perAddedStep.map((ns, i) => figure(`stage 4, CPU, from ${label(grown[i].extent)} to ${label(grown[i + 1].extent)}`, 'ns/added step', [ns]))
  const lastToFirst = (values: readonly number[]): number[] => [values[values.length - 1] / values[0]]
  return [
    figure(`time per step, largest ÷ smallest, ${called}`, '×', lastToFirst(perStep), { atMost: 1.2 }),
    ...(added.length > 1 ? [figure(`time of an added step, last ÷ first, ${called}`, '×', lastToFirst(perAddedStep), { atMost: 1.2 })] : []),
    figure(`time per step, most ÷ least, ${called}`, '×', spread(nanoseconds)),
    figure(`memory, most ÷ least, ${called}`, '×', spread(peaks), { atMost: 1.2 }),
    ...grown.map((each) => figure(`stage 4, CPU, ${label(each.extent)}`, 'ns/step', nanoseconds(each))),
    ...added,
    ...grown.map((each) => figure(`whole command, ${label(each.extent)}`, 'ns/step', wholeNanoseconds(each))),
    ...grown.map((each) => figure(`memory, ${label(each.extent)}`, 'MiB', peaks(each))),
  ]
}

const byPortfolios = ({ portfolios }: Extent): string => `${portfolios.toLocaleString('en')} portfolios`
const byBars = ({ bars }: Extent): string => `${bars.toLocaleString('en')} bars`

const NOTES = [
  'By `millrace run`, every stage, a store that is empty at first. A step is one portfolio, one symbol, one bar. Memory is the largest summed proportional set size of all processes together, from start to end.',
  'Workers that start, compilers that warm up and books that are placed are in the time per step, and are most of it at the smallest sizes; an added step costs what the larger size took more, divided by its steps more.',
  'The aim is that the time per step stays within 20 %. It falls, since what a start costs is spread over more steps, so `most ÷ least` says how much a start costs and has no target; what must not happen is that it grows: from the smallest size to the largest, or for added steps.',
]

/** A line of each measure relative to its first point, since what counts is whether they stay. */
function plotOf(x: string, grown: readonly (readonly [of: number, each: Grown])[]): Plot {
  const line = (name: string, of: (each: Grown) => number[]) => {
    const first = median(of(grown[0][1]))
    return { name, points: grown.map(([at, each]) => [at, median(of(each)) / first] as const) }
  }
  return { x, y: 'relative to the first', logarithmicX: true, lines: [line('CPU of stage 4 per step', nanoseconds), line('time of the whole command per step', wholeNanoseconds), line('memory', peaks)] }
}

/** From a thousand portfolios to a hundred thousand. */
export async function benchPortfolioGrowth({ portfolios, runs }: Pick<GrowthSize, 'portfolios' | 'runs'> = FULL): Promise<Bench> {
  const grown = await grow(portfolios, { runs, everyMs: 100 })
  return {
    name: 'more portfolios', setting: { bars: portfolios[0].bars, symbols: portfolios[0].symbols, signals: SIGNALS, workers: availableParallelism() },
    figures: figuresOf(grown, byPortfolios, 'portfolios'), notes: NOTES, plot: plotOf('portfolios', grown.map((each) => [each.extent.portfolios, each])),
  }
}

/** From a thousand bars to a million. */
export async function benchBarGrowth({ bars, runs }: Pick<GrowthSize, 'bars' | 'runs'> = FULL): Promise<Bench> {
  const grown = await grow(bars, { runs, everyMs: 100 })
  return {
    name: 'more bars', setting: { portfolios: bars[0].portfolios, symbols: bars[0].symbols, signals: SIGNALS, workers: availableParallelism() },
    figures: figuresOf(grown, byBars, 'bars'), plot: plotOf('bars', grown.map((each) => [each.extent.bars, each])),
    notes: NOTES,
  }
}

const MILLION: readonly Extent[] = [10_000, 1_000_000].map((portfolios) => ({ portfolios, bars: 1_000, symbols: 10 }))

/** A million portfolios, once, beside ten thousand: its time, and its memory over time. */
export async function benchMillion(sizes: readonly Extent[] = MILLION): Promise<Bench> {
  const grown = await grow(sizes, { runs: 1, everyMs: 500 })
  const { extent, runs: [run] } = grown[grown.length - 1]
  const once = (name: string, unit: string, value: number, target?: Target): Figure => figureOf({ name, unit, values: [value], target })
  return {
    name: byPortfolios(extent),
    setting: { ...extent, signals: SIGNALS, workers: availableParallelism() },
    figures: [
      once('most memory', 'GiB', run.peakMiB / 1024, { atMost: 4 }),
      once('whole command', 's', run.seconds),
      ...[...run.stages].map(([stage, { wallMs }]) => once(stage, 's', wallMs / 1000)),
      once('stage 4', 'million portfolio operations/s', stepsOf(extent) / (run.stages.get('portfolios')?.wallMs ?? NaN) / 1000),
      ...figuresOf(grown, byPortfolios, 'portfolios'),
    ],
    notes: NOTES,
    plot: { x: 'seconds', y: 'MiB of all processes', lines: [{ name: byPortfolios(extent), points: run.memory }] },
  }
}
