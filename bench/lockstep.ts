import { join } from 'node:path'
import { availableParallelism } from 'node:os'
import { findInstallation } from '../src/experiment/installation.ts'
import type { ExperimentInput } from '../src/experiment/schema.ts'
import { drivenSeconds, withWorkplace, type CommandRun, type Workplace } from './command-run.ts'
import { figureOf, type Bench, type Figure, type Target } from './measure.ts'

const SYMBOLS = 10
const THRESHOLDS = [0, 0.005, 0.01, 0.02]

export interface LockstepSize {
  readonly bars: number
  /** Portfolios that follow each of fifty signals. */
  readonly sizings: number
  readonly runs: number
}

const FULL: LockstepSize = { bars: 1_000, sizings: 5, runs: 3 }

/** The forecaster that is shipped, with the features that it was trained on. */
export function forecaster() {
  return {
    name: 'forecaster', file: join(findInstallation().root, 'examples/models/forecaster.onnx'), window: 3, signal: { kind: 'rank' as const },
    features: ['rsi(close,3)', 'rsi(close,30)', 'zscore(close,5)', 'zscore(close,20)', 'momentum(close,1)', 'momentum(close,60)', 'volatility(close,20)', 'average-correlation(close,20)'],
  }
}

/** Fifty signals, the last of them the model's or one more rule's, each with every threshold and size. */
function experimentOf({ bars, sizings }: LockstepSize, last: 'forecaster' | 'leaders'): ExperimentInput {
  return {
    name: last, defaults: { risk: 'none' }, costs: { feeBps: 5 }, market: { source: 'synthetic', symbols: SYMBOLS, bars },
    strategies: [
      { name: 'trend', use: 'sma-cross', grid: { fast: [3, 5, 8, 12, 15], slow: { from: 20, to: 90, step: 10 } } },
      { name: 'reversion', use: 'bollinger-reversion', grid: { window: [10, 20, 40], entry: [1.5, 2, 2.5] } },
      ...(last === 'leaders' ? [{ name: 'leaders', use: 'momentum-rank', params: { window: 60, fraction: 0.2 } }] : []),
    ],
    models: last === 'forecaster' ? [forecaster()] : [],
    portfolios: [{
      name: 'singles', each: ['trend*', 'reversion*', last],
      grid: { threshold: THRESHOLDS, 'sizing.size': Array.from({ length: sizings }, (_, i) => 0.95 - 0.1 * i) },
    }],
  }
}

interface Pair {
  readonly staged: CommandRun
  readonly lockstep: CommandRun
}

async function runBoth({ run, empty }: Workplace, experiment: ExperimentInput): Promise<Pair> {
  const workers = availableParallelism()
  const staged = await run(experiment, 'store', { workers })
  const lockstep = await run(experiment, 'store', { workers, driver: 'lockstep' })
  empty('store')
  return { staged, lockstep }
}

function figuresOf(pairs: readonly Pair[], called: string, target: Target): Figure[] {
  const figure = (name: string, unit: string, of: (pair: Pair) => number, wanted?: Target): Figure =>
    figureOf({ name: `${name}, ${called}`, unit, values: pairs.map(of), target: wanted })
  return [
    figure('lockstep ÷ staged', '×', ({ staged, lockstep }) => drivenSeconds(lockstep) / drivenSeconds(staged), target),
    figure('whole commands, lockstep ÷ staged', '×', ({ staged, lockstep }) => lockstep.seconds / staged.seconds),
    figure('staged', 's', ({ staged }) => drivenSeconds(staged)),
    figure('lockstep', 's', ({ lockstep }) => drivenSeconds(lockstep)),
    figure('portfolios equal bit for bit', '', ({ lockstep }) => lockstep.lockstep?.identical ?? 0),
    figure('fresh predictions that differ', '', ({ lockstep }) => lockstep.lockstep?.flips ?? 0),
  ]
}

/** The same experiment stage by stage, and bar by bar with every step in a process of its own, with a model and without. */
export async function benchLockstep(size: LockstepSize = FULL): Promise<Bench> {
  const experiments = { forecaster: experimentOf(size, 'forecaster'), leaders: experimentOf(size, 'leaders') }
  const pairs = await withWorkplace(async (workplace) => {
    const taken: Record<keyof typeof experiments, Pair[]> = { forecaster: [], leaders: [] }
    for (let round = 0; round < size.runs; round++) {
      for (const last of ['forecaster', 'leaders'] as const) taken[last].push(await runBoth(workplace, experiments[last]))
    }
    return taken
  })
  return {
    name: 'staged against lockstep',
    setting: { bars: size.bars, symbols: SYMBOLS, signals: 50, portfolios: 50 * THRESHOLDS.length * size.sizings, workers: availableParallelism() },
    figures: [
      ...figuresOf(pairs.forecaster, 'with the model', { atLeast: 10 }),
      ...figuresOf(pairs.leaders, 'without', { atMost: 3 }),
    ],
    notes: [
      'Both by `millrace run`, on the same stored market, from the first process to the last result; reading the market is in neither. Lockstep predicts bar by bar, and is compared with the staged results, portfolio by portfolio.',
      'Lockstep has a process for the features, one for each worker\'s share of strategies and of portfolios, one for the model and one for risk; the portfolios of both go through the SIMD kernel.',
    ],
  }
}
