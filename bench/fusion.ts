import { availableParallelism } from 'node:os'
import type { ExperimentInput } from '../src/experiment/schema.ts'
import { stageSeconds, withWorkplace, type CommandRun } from './command-run.ts'
import { figureOf, type Bench, type Figure } from './measure.ts'

const SYMBOLS = 5
const FASTS = 100

export interface FusionSize {
  readonly bars: number
  /** Slow averages, each with a hundred fast ones: a signal and a portfolio a pair. */
  readonly slows: number
  readonly runs: number
}

const FULL: FusionSize = { bars: 2_520, slows: 100, runs: 3 }

function experimentOf({ bars, slows }: FusionSize): ExperimentInput {
  return {
    name: 'fusion', market: { source: 'synthetic', symbols: SYMBOLS, bars }, costs: { feeBps: 5 },
    strategies: [{ name: 'trend', use: 'sma-cross', grid: { fast: { from: 5, to: 4 + FASTS, step: 1 }, slow: { from: 110, to: 109 + slows, step: 1 } } }],
    portfolios: [{ name: 'each', each: 'trend*', risk: 'none' }],
  }
}

/** A signal a portfolio: every signal stored and read again, and made where its portfolio reads it. */
export async function benchFusion(size: FusionSize = FULL): Promise<Bench> {
  const workers = availableParallelism()
  const pairs = await withWorkplace(async ({ run, empty }) => {
    const taken: { stored: CommandRun; fused: CommandRun }[] = []
    for (let round = 0; round < size.runs; round++) {
      const stored = await run(experimentOf(size), 'store', { workers, signals: 'stored' })
      empty('store')
      taken.push({ stored, fused: await run(experimentOf(size), 'store', { workers, signals: 'fused' }) })
      empty('store')
    }
    return taken
  })
  const figure = (name: string, unit: string, of: (pair: { stored: CommandRun; fused: CommandRun }) => number): Figure => figureOf({ name, unit, values: pairs.map(of) })
  const seconds = (run: CommandRun): number => stageSeconds(run, 'strategies', 'portfolios')
  const signals = FASTS * size.slows
  return {
    name: `${signals.toLocaleString('en')} signals stored, and stages 1 and 4 fused`,
    setting: { ...size, symbols: SYMBOLS, signals, portfolios: signals, workers },
    figures: [
      figure('stored ÷ fused, stages 1 and 4', '×', ({ stored, fused }) => seconds(stored) / seconds(fused)),
      figure('stored ÷ fused, whole command', '×', ({ stored, fused }) => stored.seconds / fused.seconds),
      figure('signals stored', 'MiB', () => (signals * size.bars * SYMBOLS * Float32Array.BYTES_PER_ELEMENT) / 2 ** 20),
      figure('stages 1 and 4, stored', 's', ({ stored }) => seconds(stored)),
      figure('stages 1 and 4, fused', 's', ({ fused }) => seconds(fused)),
      figure('whole command, stored', 's', ({ stored }) => stored.seconds),
      figure('whole command, fused', 's', ({ fused }) => fused.seconds),
      figure('most memory, stored', 'MiB', ({ stored }) => stored.peakMiB),
      figure('most memory, fused', 'MiB', ({ fused }) => fused.peakMiB),
    ],
    notes: ['By `millrace run --signals stored` and `--signals fused`, a portfolio a signal, an empty store before each. The results are the same bit for bit (tests/stages/fusion.test.ts); without the option the plan fuses where signals would take more than a GiB.'],
  }
}
