import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBacktester, type Backtester, type SweepResult } from '../src/api.ts'
import { figureOf, gauge, inPairs, secondsOf, takeInTurns, type Bench, type Figure, type Gauge } from './measure.ts'
import { barsFile, CASH, FEE_BPS, largestDifference, pairsExperiment, pairsOf, randomBars, withBars, type PairGrid } from './pairs.ts'
import { peakMiB, startPeer, whyNotPeer } from './peers/peer.ts'
import { startProgram } from './program.ts'

const PERIODS_PER_YEAR = 252
const PROCESSES = 2
/** Columns that vectorbt simulates at once: its fastest. */
const CHUNK = 500
const SCRIPT = 'bench/peers/vectorbt_pairs.py'
const TEN_THOUSAND: PairGrid = { fast: [5, 104], slow: [110, 209] }

export interface VectorbtSize {
  readonly rows: number
  readonly runs: number
  readonly coldRuns: number
  /** V8 needs a few runs until everything is compiled as well as it will be; Numba is warm after one. */
  readonly warmUps?: number
  readonly grid?: PairGrid
}

/** What both sides are given, and where they leave it. */
interface Case {
  readonly size: Required<VectorbtSize>
  readonly experiment: ReturnType<typeof pairsExperiment>
  readonly files: { readonly bars: string; readonly out: string }
  /** The peer's job, as a line. */
  readonly job: string
}

/** Ten thousand pairs of moving averages, each a portfolio, from bars in memory to figures. */
export async function benchVectorbt(asked: VectorbtSize): Promise<Bench> {
  const size = { warmUps: 5, grid: TEN_THOUSAND, ...asked }
  const pairs = pairsOf(size.grid)
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const files = { bars: join(folder, 'bars'), out: join(folder, 'out') }
  const bars = randomBars(size.rows)
  writeFileSync(files.bars, barsFile(bars))
  const experiment = pairsExperiment(size.grid)
  const job = JSON.stringify({ ...files, pairs, fee: FEE_BPS / 10_000, cash: CASH, periodsPerYear: PERIODS_PER_YEAR, chunk: CHUNK, processes: PROCESSES })
  const missing = whyNotPeer('vectorbt')
  const backtester = await openBacktester({ workers: PROCESSES })
  try {
    const of: Case = { size, experiment, files, job }
    const { figures, version } = await warmFigures(of, backtester, withBars(experiment, bars), missing === null)
    await backtester.close()
    return {
      name: `${pairs.length.toLocaleString('en')} pairs over ${size.rows} bars, beside vectorbt`,
      setting: { rows: size.rows, pairs: pairs.length, processes: PROCESSES, feeBps: FEE_BPS, fills: 'next open, all cash, long or flat', vectorbt: version },
      figures: [...figures, ...(await coldFigures(of, missing === null))],
      notes: [
        `Total return, Sharpe and maximum drawdown of every pair, from bars in memory; vectorbt in chunks of ${CHUNK} columns, Numba compiled before (its optional Rust engine is not installed). Millrace computes its other figures, too.`,
        'Memory is that of one of the two processes that do the work; the process that waits for them counts on neither side.',
        'Cold is a program of its own, from the start of its process to its end, bars read from a file: there Numba compiles what its cache on disk cannot hold, and V8 everything.',
        ...(missing === null ? [] : [`vectorbt is left out: ${missing}`]),
      ],
    }
  } finally {
    await backtester.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function warmFigures({ size, files, job }: Case, backtester: Backtester, experiment: ReturnType<typeof withBars>, hasPeer: boolean): Promise<{ figures: Figure[]; version: string }> {
  let result: SweepResult = await backtester.run(experiment)
  for (let warmUp = 0; warmUp < size.warmUps; warmUp++) result = await backtester.run(experiment)
  const mine: Gauge = { name: 'Millrace', unit: 's', take: () => secondsOf(async () => { result = await backtester.run(experiment) }) }
  if (!hasPeer) return { figures: await gauge([mine], { warmUps: 0, runs: size.runs }), version: 'left out' }
  const peer = startPeer(SCRIPT)
  const { version } = await peer.ask<{ version: string }>(job)
  let theirMiB = 0
  const theirs: Gauge = {
    name: 'vectorbt', unit: 's',
    take: async () => {
      const answer = await peer.ask<{ seconds: number; peakMiB: number[] }>('run')
      theirMiB = Math.max(...answer.peakMiB)
      return answer.seconds
    },
  }
  const [our, their] = await takeInTurns([mine, theirs], { warmUps: 1, runs: size.runs })
  await peer.end()
  const myMiB = Math.max(...backtester.processIds().map(peakMiB))
  const difference = largestDifference(result, new Float64Array(new Uint8Array(readFileSync(files.out)).buffer), ['totalReturn', 'sharpe', 'maxDrawdown'])
  const once = (name: string, unit: string, value: number, target?: Figure['target']): Figure => figureOf({ name, unit, values: [value], target })
  return {
    version,
    figures: [
      figureOf({ name: 'Millrace', unit: 's', values: our }),
      figureOf({ name: 'vectorbt', unit: 's', values: their }),
      figureOf({ name: 'vectorbt ÷ Millrace, warm', unit: '×', values: inPairs({ first: their, second: our, as: (them, us) => them / us }), target: { atLeast: 10 } }),
      once('vectorbt ÷ Millrace, memory', '×', theirMiB / myMiB, { atLeast: 10 }),
      once('Millrace, peak memory of a worker', 'MiB', myMiB),
      once('vectorbt, peak memory of a process', 'MiB', theirMiB),
      once('largest difference of any figure', '', difference, { atMost: 1e-9 }),
    ],
  }
}

async function coldFigures({ size, experiment, files, job }: Case, hasPeer: boolean): Promise<Figure[]> {
  const mine: Gauge = {
    name: 'Millrace, cold', unit: 's',
    take: () => secondsOf(() => startProgram({ file: process.execPath, words: ['bench/cold-sweep.mjs'], input: JSON.stringify({ experiment, workers: PROCESSES, ...files }) }).ended),
  }
  if (!hasPeer) return gauge([mine], { warmUps: 0, runs: size.coldRuns })
  const theirs: Gauge = {
    name: 'vectorbt, cold', unit: 's',
    take: () => secondsOf(async () => {
      const peer = startPeer(SCRIPT)
      await peer.ask(job)
      await peer.end()
    }),
  }
  const [our, their] = await takeInTurns([mine, theirs], { warmUps: 0, runs: size.coldRuns })
  return [
    figureOf({ name: 'Millrace, cold', unit: 's', values: our }),
    figureOf({ name: 'vectorbt, cold', unit: 's', values: their }),
    figureOf({ name: 'vectorbt ÷ Millrace, cold', unit: '×', values: inPairs({ first: their, second: our, as: (them, us) => them / us }) }),
  ]
}
