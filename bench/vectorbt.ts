import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBacktester, type SweepInput, type SweepResult } from '../src/api.ts'
import { systemClock } from '../src/base/clock.ts'
import { createRandom } from '../src/base/random.ts'
import { gauge, type Bench, type Figure } from './measure.ts'
import { peakMiB, startPeer, whyNotPeer } from './peers/peer.ts'

const FEE_BPS = 10
const CASH = 1_000_000
const PERIODS_PER_YEAR = 252
const PROCESSES = 2
/** Columns that vectorbt simulates at once: its fastest. */
const CHUNK = 500
const DAY_MS = 86_400_000
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const FAST = range(5, 104)
const SLOW = range(110, 209)

interface Bars {
  readonly open: Float64Array
  readonly close: Float64Array
}

function randomBars(rows: number): Bars {
  const random = createRandom(`vectorbt/${rows}`)
  const open = new Float64Array(rows)
  const close = new Float64Array(rows)
  let last = 100
  for (let t = 0; t < rows; t++) {
    open[t] = last * Math.exp(0.003 * random.normal())
    close[t] = open[t] * Math.exp(0.0003 + 0.012 * random.normal())
    last = close[t]
  }
  return { open, close }
}

/** The same rule as the peer's script: all the cash at the open after the fast average is above the slow one. */
function experimentOf({ open, close }: Bars): SweepInput {
  const closeTimes = Float64Array.from(close, (_, t) => (t + 1) * DAY_MS)
  return {
    name: 'pairs',
    market: { source: 'memory', bars: { X: { closeTimes, open, close } }, instruments: { X: { lot: 0 } } },
    strategies: [{ name: 'cross', use: 'sma-cross', grid: { fast: { from: FAST[0], to: FAST[99], step: 1 }, slow: { from: SLOW[0], to: SLOW[99], step: 1 } } }],
    portfolios: [{ name: 'each', each: 'cross*', risk: 'none', cash: CASH, longOnly: true, trading: 'hold', sizing: { kind: 'allIn' }, costs: { feeBps: FEE_BPS } }],
  }
}

/** Largest difference in total return, Sharpe and maximum drawdown of any pair. */
function largestDifference(result: SweepResult, theirs: Float64Array): number {
  let largest = 0
  for (let p = 0; p < result.count; p++) {
    const mine = [result.metrics.totalReturn[p], result.metrics.sharpe[p], -result.metrics.maxDrawdown[p]]
    mine.forEach((figure, f) => {
      const difference = Math.abs(figure - theirs[3 * p + f])
      if (!(difference <= largest)) largest = difference
    })
  }
  return largest
}

/** 10,000 pairs of moving averages by Millrace and by vectorbt, in turns, both warm; from bars in memory to figures. */
export async function benchVectorbt({ rows, runs }: { rows: number; runs: number }): Promise<Bench> {
  const setting = { rows, pairs: FAST.length * SLOW.length, processes: PROCESSES, feeBps: FEE_BPS, fills: 'next open, all cash, long or flat' }
  const name = `10,000 pairs over ${rows} bars, beside vectorbt`
  const missing = whyNotPeer('vectorbt')
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const backtester = await openBacktester({ workers: PROCESSES })
  try {
    const bars = randomBars(rows)
    const experiment = experimentOf(bars)
    // V8 needs a few runs until everything is compiled as well as it will be; Numba is warm after one.
    let result = await backtester.run(experiment)
    for (let warmUp = 0; warmUp < 5; warmUp++) result = await backtester.run(experiment)
    const mine = { name: 'Millrace', unit: 's', take: () => seconds(async () => { result = await backtester.run(experiment) }) }
    if (missing !== null) return { name: `${name}: skipped, ${missing}`, setting, figures: await gauge([mine], { warmUps: 0, runs }) }
    const peer = startPeer('bench/peers/vectorbt_pairs.py')
    const files = { bars: join(folder, 'bars'), out: join(folder, 'out') }
    writeFileSync(files.bars, Buffer.concat([Buffer.from(bars.open.buffer), Buffer.from(bars.close.buffer)]))
    const pairs = FAST.flatMap((fast) => SLOW.map((slow) => [fast, slow]))
    const { version } = await peer.ask<{ version: string }>(JSON.stringify({
      ...files, pairs, fee: FEE_BPS / 10_000, cash: CASH, periodsPerYear: PERIODS_PER_YEAR, chunk: CHUNK, processes: PROCESSES,
    }))
    let theirMiB = 0
    const theirs = {
      name: 'vectorbt', unit: 's',
      take: async () => {
        const answer = await peer.ask<{ seconds: number; peakMiB: number[] }>('run')
        theirMiB = Math.max(...answer.peakMiB)
        return answer.seconds
      },
    }
    const figures = await gauge([mine, theirs], { warmUps: 1, runs })
    await peer.end()
    const myMiB = Math.max(...backtester.processIds().map(peakMiB))
    const difference = largestDifference(result, new Float64Array(new Uint8Array(readFileSync(files.out)).buffer))
    return { name, setting: { ...setting, vectorbt: version }, figures: [...figures, ...ratios(figures), ...memory(myMiB, theirMiB), one('largest difference of any figure', '', difference)] }
  } finally {
    await backtester.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const start = systemClock.monotonic()
  await work()
  return (systemClock.monotonic() - start) / 1000
}

function one(name: string, unit: string, value: number): Figure {
  return { name, unit, median: value, least: value, most: value, runs: 1 }
}

function ratios([mine, theirs]: readonly Figure[]): Figure[] {
  return [one('vectorbt ÷ Millrace, medians', '×', theirs.median / mine.median)]
}

function memory(mine: number, theirs: number): Figure[] {
  return [
    one('Millrace, peak memory of a worker', 'MiB', mine), one('vectorbt, peak memory of a process', 'MiB', theirs),
    one('vectorbt ÷ Millrace, memory', '×', theirs / mine),
  ]
}
