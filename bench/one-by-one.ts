import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBacktester, type SweepResult } from '../src/api.ts'
import { figureOf, gauge, secondsOf, type Bench, type Figure, type Gauge } from './measure.ts'
import { barsFile, CASH, FEE_BPS, largestDifference, pairsExperiment, pairsOf, randomBars, withBars, type PairGrid } from './pairs.ts'
import { startPeer, whyNotPeer, type Peer } from './peers/peer.ts'

const UNITS = 1_000
const PEERS = [{ name: 'backtesting.py', module: 'backtesting' }, { name: 'backtrader', module: 'backtrader' }]
const TWENTY: PairGrid = { fast: [5, 8], slow: [110, 114] }

export interface OneByOneSize {
  readonly rows: number
  readonly runs: number
  readonly grid?: PairGrid
}

interface RunningPeer {
  readonly name: string
  readonly version: string
  readonly peer: Peer
  readonly out: string
}

/** Twenty pairs beside backtesting.py and backtrader, which run one after the other, in a process each. */
export async function benchOneByOne({ rows, runs, grid = TWENTY }: OneByOneSize = { rows: 2_520, runs: 3 }): Promise<Bench> {
  const pairs = pairsOf(grid)
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const bars = randomBars(rows)
  writeFileSync(join(folder, 'bars'), barsFile(bars))
  const missing = PEERS.map(({ module }) => whyNotPeer(module))
  const backtester = await openBacktester({ workers: 1 })
  try {
    const experiment = withBars(pairsExperiment(grid, UNITS), bars)
    let result: SweepResult = await backtester.run(experiment)
    const job = { bars: join(folder, 'bars'), pairs, fee: FEE_BPS / 10_000, cash: CASH, units: UNITS }
    const present = PEERS.filter((_, i) => missing[i] === null)
    const peers = await Promise.all(present.map(({ name, module }) => start(name, { ...job, peer: module, out: join(folder, module) })))
    const perPair = async (total: number | Promise<number>): Promise<number> => (await total) / pairs.length
    const figures = await gauge([
      { name: 'Millrace', unit: 's/pair', take: () => perPair(secondsOf(async () => { result = await backtester.run(experiment) })) },
      ...peers.map(({ name, peer }): Gauge => ({ name, unit: 's/pair', take: async () => perPair((await peer.ask<{ seconds: number }>('run')).seconds) })),
    ], { warmUps: 1, runs })
    await Promise.all(peers.map(({ peer }) => peer.end()))
    return {
      name: `${pairs.length} pairs over ${rows} bars, beside backtesting.py and backtrader`,
      setting: { rows, pairs: pairs.length, units: UNITS, feeBps: FEE_BPS, ...Object.fromEntries(peers.map(({ name, version }) => [name, version])) },
      figures: [...figures, ...peers.flatMap((peer, i) => comparison(peer, { result, mine: figures[0], theirs: figures[i + 1] }))],
      notes: [
        `The equal rule: ${UNITS} units bought at the open after the fast average is above the slow one, sold at the open after it is not, 0.1 % of what was traded as a fee. Total return and maximum drawdown of every pair are compared; Sharpe ratios are not, since each defines its own. backtesting.py decides first a bar after its indicators begin, and fills an order of the last bar at that same bar's open: its script makes up for both.`,
        'One process each, warm; the peers run a pair at a time, as they are made to; Millrace all of them in a sweep.',
        ...missing.flatMap((reason, i) => (reason === null ? [] : [`${PEERS[i].name} is left out: ${reason}`])),
      ],
    }
  } finally {
    await backtester.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function start(name: string, job: Readonly<Record<string, unknown>> & { readonly out: string }): Promise<RunningPeer> {
  const peer = startPeer('bench/peers/one_by_one.py')
  const { version } = await peer.ask<{ version: string }>(JSON.stringify(job))
  return { name, version, peer, out: job.out }
}

function comparison({ name, out }: RunningPeer, of: { result: SweepResult; mine: Figure; theirs: Figure }): Figure[] {
  const theirFigures = new Float64Array(new Uint8Array(readFileSync(out)).buffer)
  return [
    figureOf({ name: `${name} ÷ Millrace`, unit: '×', values: [of.theirs.median / of.mine.median] }),
    figureOf({ name: `largest difference of any figure, ${name}`, unit: '', values: [largestDifference(of.result, theirFigures, ['totalReturn', 'maxDrawdown'])], target: { atMost: 1e-9 } }),
  ]
}
