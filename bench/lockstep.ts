import { availableParallelism } from 'node:os'
import type { ExperimentInput } from '../src/experiment/schema.ts'
import { drivenSeconds, withWorkplace, type CommandRun, type Workplace } from './command-run.ts'
import { figureOf, type Bench, type Figure, type Target } from './measure.ts'
import { shippedModel, type ShippedModel } from './models.ts'

const SYMBOLS = 10
const THRESHOLDS = [0, 0.005, 0.01, 0.02]

/** What the last of fifty signals is: a model's, or one more rule's. */
type LastSignal = ShippedModel | 'leaders'

export interface LockstepSize {
  readonly last: readonly LastSignal[]
  readonly bars: number
  /** Portfolios that follow each of fifty signals. */
  readonly sizings: number
  readonly runs: number
}

const FULL: LockstepSize = { last: ['recurrent', 'forecaster', 'leaders'], bars: 1_000, sizings: 5, runs: 3 }

/** Fifty signals, each with every threshold and size. */
function experimentOf({ bars, sizings }: LockstepSize, last: LastSignal): ExperimentInput {
  return {
    name: last, defaults: { risk: 'none' }, costs: { feeBps: 5 }, market: { source: 'synthetic', symbols: SYMBOLS, bars },
    strategies: [
      { name: 'trend', use: 'sma-cross', grid: { fast: [3, 5, 8, 12, 15], slow: { from: 20, to: 90, step: 10 } } },
      { name: 'reversion', use: 'bollinger-reversion', grid: { window: [10, 20, 40], entry: [1.5, 2, 2.5] } },
      ...(last === 'leaders' ? [{ name: 'leaders', use: 'momentum-rank', params: { window: 60, fraction: 0.2 } }] : []),
    ],
    models: last === 'leaders' ? [] : [shippedModel(last)],
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

const portfoliosOf = ({ sizings }: LockstepSize): number => 50 * THRESHOLDS.length * sizings

const CALLED: Readonly<Record<LastSignal, { readonly name: string; readonly target?: Target }>> = {
  recurrent: { name: 'with the recurrent committee', target: { atLeast: 10 } },
  forecaster: { name: 'with the forecaster' },
  leaders: { name: 'without a model', target: { atMost: 3 } },
}

function figuresOf(pairs: readonly Pair[], last: LastSignal, portfolios: number): Figure[] {
  const figure = (name: string, unit: string, of: (pair: Pair) => number, target?: Target): Figure =>
    figureOf({ name: `${name}, ${CALLED[last].name}`, unit, values: pairs.map(of), target })
  return [
    figure('lockstep ÷ staged', '×', ({ staged, lockstep }) => drivenSeconds(lockstep) / drivenSeconds(staged), CALLED[last].target),
    figure('whole commands, lockstep ÷ staged', '×', ({ staged, lockstep }) => lockstep.seconds / staged.seconds),
    figure('staged', 's', ({ staged }) => drivenSeconds(staged)),
    figure('lockstep', 's', ({ lockstep }) => drivenSeconds(lockstep)),
    figure('portfolios equal bit for bit', 'portfolios', ({ lockstep }) => lockstep.lockstep?.identical ?? 0, { atLeast: portfolios }),
    figure('fresh predictions that differ', 'predictions', ({ lockstep }) => lockstep.lockstep?.flips ?? 0),
  ]
}

/** The same experiment stage by stage, and bar by bar with every step in a process of its own, with a model and without. */
export async function benchLockstep(size: LockstepSize = FULL): Promise<Bench> {
  const pairs = await withWorkplace(async (workplace) => {
    const taken = new Map(size.last.map((last): [LastSignal, Pair[]] => [last, []]))
    for (let round = 0; round < size.runs; round++) {
      for (const [last, some] of taken) some.push(await runBoth(workplace, experimentOf(size, last)))
    }
    return taken
  })
  return {
    name: 'staged against lockstep',
    setting: { bars: size.bars, symbols: SYMBOLS, signals: 50, portfolios: portfoliosOf(size), workers: availableParallelism() },
    figures: Array.from(pairs, ([last, some]) => figuresOf(some, last, portfoliosOf(size))).flat(),
    notes: [
      'Both by `millrace run`, on the same stored market, from the first process to the last result; reading the market is in neither. Lockstep predicts bar by bar, and is compared with the staged results, portfolio by portfolio.',
      'Lockstep has a process for the features, one for each worker\'s share of strategies and of portfolios, one for the model and one for risk; the portfolios of both go through the SIMD kernel.',
      'What a model gains is what its single call costs beside its share of a batch (`models` has both): lockstep asks ten windows a bar, staged thousands. The forecaster answers ten in less time than a bar\'s rows take between processes, so with it lockstep is nearly as fast as without; the committee is 64 small recurrent networks, each a loop over 45 bars, and a call costs thousands of small operations for ten windows or for four thousand. Written as one network of stacked matrices it would need fewer; it is shipped as exporters write ensembles.',
    ],
  }
}
