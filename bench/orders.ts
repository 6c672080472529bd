import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBacktester, type Backtester, type SweepInput } from '../src/api.ts'
import { createRandom } from '../src/base/random.ts'
import { NO_COSTS } from '../src/domain/costs.ts'
import type { MarketPanels } from '../src/domain/market-panels.ts'
import { computeMetrics } from '../src/domain/metrics.ts'
import type { PortfolioConfig } from '../src/domain/portfolio.ts'
import { EMPYRICAL } from '../src/domain/profile.ts'
import { findInstallation } from '../src/experiment/installation.ts'
import type { KernelBlock } from '../src/kernel/kernel.ts'
import { createVectorKernel } from '../src/kernel/wasm.ts'
import { marketBlock } from '../src/lineup/batch.ts'
import { kernelModulesIn } from '../src/lineup/kernel-file.ts'
import { plainMarket } from './market.ts'
import { figureOf, gauge, inPairs, secondsOf, takeInTurns, type Bench, type Figure, type Gauge, type Target } from './measure.ts'
import { startPeer, whyNotPeer, type Peer } from './peers/peer.ts'

const BLOCK_ROWS = 128
const CASH = 100
const HOURS_PER_DAY = 24

/** An order in every row of every column. */
export interface OrdersShape {
  readonly rows: number
  readonly columns: number
}

export interface OrdersSize {
  readonly shapes: readonly OrdersShape[]
  readonly runs: number
}

const FULL: OrdersSize = { shapes: [{ rows: 1_000_000, columns: 1 }, { rows: 1_000, columns: 1_000 }], runs: 7 }

/** What a run did beside its time: both sides have to have filled the same orders at the same prices. */
interface Outcome {
  orders: number
  totalReturn: number
}

/** vectorbt's prices, one more row for the last order to fill in. An order of row t fills at the open of row t + 1: at its price. */
function marketOf(prices: Float64Array): MarketPanels {
  const close = Float64Array.from({ length: prices.length + 1 }, (_, t) => prices[Math.min(t, prices.length - 1)])
  const open = Float64Array.from({ length: prices.length + 1 }, (_, t) => prices[Math.max(t - 1, 0)])
  const volume = close.map((_, t) => (t + 1) % 2)
  return plainMarket({ open, close, volume, high: open.map((price, t) => Math.max(price, close[t])), low: open.map((price, t) => Math.min(price, close[t])) }, 1, 0)
}

/** One unit while the signal is 1, none while it is 0. */
function portfolio(index: number): PortfolioConfig {
  return {
    id: `p${index}`, containerId: 'bench', signals: [{ signal: `s${index}`, weight: 1 }], combine: 'mean', riskPattern: null, riskTolerance: 0,
    allocation: 'signal', trading: 'rebalance', opposite: 'reverse', schedule: { everyBars: 1 }, sizing: { kind: 'fixedQuantity', quantity: 1 }, longOnly: true, leverage: 1,
    limits: { cap: Infinity, gross: Infinity },
    exits: { stopLoss: null, takeProfit: null, trailingStop: null, trailFrom: 'close', exitsFrom: 'entry-bar', gapFill: 'open', reentry: 'change' },
    minHoldBars: 0, maxHoldBars: 0, cooldownBars: 0, drawdownStop: null, threshold: 0, costs: NO_COSTS,
    execution: { profile: 'next-open', buyingPower: 'scale', participation: null }, cash: CASH, positions: {}, end: 'leave',
  }
}

/** Signals of every portfolio of its own, as vectorbt's sizes are; blocks are laid out before, as its arrays are. */
function blocksOf(market: MarketPanels, signalCount: number): KernelBlock[] {
  const rows = market.close.length
  return Array.from({ length: Math.ceil(rows / BLOCK_ROWS) }, (_, b) => {
    const [first, end] = [b * BLOCK_ROWS, Math.min(rows, (b + 1) * BLOCK_ROWS)]
    const signals = new Float32Array(signalCount * (end - first))
    for (let s = 0; s < signalCount; s++) signals.set(market.volume.subarray(first, end), s * (end - first))
    return { market: marketBlock(market, first, end), signals, signalCount, patterns: [] }
  })
}

/** The SIMD kernel by itself: books placed, every block run, every figure read. */
function kernelGauge(market: MarketPanels, columns: number, outcome: Outcome): Gauge['take'] {
  const modules = kernelModulesIn(join(findInstallation().root, 'dist'))
  const portfolios = Array.from({ length: columns }, (_, p) => ({ config: portfolio(p), signals: Int32Array.of(p), pattern: -1 }))
  const setup = { instruments: market.instruments, portfolios, profile: EMPYRICAL, firstRow: 0, lastRow: market.close.length - 1 }
  const blocks = blocksOf(market, columns)
  return () => secondsOf(() => {
    const kernel = createVectorKernel(modules, setup)
    for (const block of blocks) kernel.run(block)
    const metrics = portfolios.map((_, p) => computeMetrics(kernel.performance(p), EMPYRICAL))
    outcome.orders = metrics.reduce((sum, { fills }) => sum + fills, 0)
    outcome.totalReturn = metrics[0].totalReturn
    kernel.release()
  }).then((seconds) => seconds * 1000)
}

/** From bars in memory, through the public API, in one worker; the signals stand in the volumes. */
function sweepGauge(market: MarketPanels, columns: number, backtester: Backtester, outcome: Outcome): Gauge['take'] {
  const { open, high, low, close, volume, timeline } = market
  const experiment: SweepInput = {
    name: 'orders',
    // A million days would end in the year 4707, which no source takes.
    market: { source: 'memory', interval: '1h', bars: { X: { closeTimes: timeline.closeTimes.map((time) => time / HOURS_PER_DAY), open, high, low, close, volume } }, instruments: { X: { lot: 0 } } },
    strategies: [{ name: 'given', use: join(findInstallation().root, 'bench/on-volume.ts'), grid: { copy: { from: 1, to: columns, step: 1 } } }],
    portfolios: [{ name: 'each', each: 'given*', risk: 'none', cash: CASH, longOnly: true, sizing: { kind: 'fixedQuantity', quantity: 1 } }],
  }
  return () => secondsOf(async () => {
    const { metrics } = await backtester.run(experiment)
    outcome.orders = metrics.fills.reduce((sum, fills) => sum + fills, 0)
    outcome.totalReturn = metrics.totalReturn[0]
  }).then((seconds) => seconds * 1000)
}

function peerGauge(peer: Peer, what: 'simulate' | 'figures', outcome: Outcome): Gauge['take'] {
  return async () => {
    const { seconds, ...rest } = await peer.ask<{ seconds: number } & Outcome>(what)
    Object.assign(outcome, rest)
    return seconds * 1000
  }
}

async function benchShape({ rows, columns }: OrdersShape, of: { runs: number; backtester: Backtester; folder: string; hasPeer: boolean }): Promise<{ figures: Figure[]; version?: string }> {
  const at = columns === 1 ? `${rows.toLocaleString('en')} rows` : `${columns.toLocaleString('en')} × ${rows.toLocaleString('en')}`
  const random = createRandom(`orders/${rows}`)
  const prices = Float64Array.from({ length: rows }, () => 0.9 + 0.2 * random.uniform())
  const market = marketOf(prices)
  const [mine, swept, theirs] = Array.from({ length: 3 }, (): Outcome => ({ orders: 0, totalReturn: NaN }))
  const gauges: Gauge[] = [
    { name: `Millrace, kernel, ${at}`, unit: 'ms', take: kernelGauge(market, columns, mine) },
    { name: `Millrace, from bars in memory, ${at}`, unit: 'ms', take: sweepGauge(market, columns, of.backtester, swept) },
  ]
  const once = (name: string, unit: string, value: number, target?: Target): Figure => figureOf({ name: `${name}, ${at}`, unit, values: [value], target })
  const filled = (): Figure[] => [once('orders filled, kernel', 'orders', mine.orders), once('orders filled, from bars', 'orders', swept.orders)]
  if (!of.hasPeer) return { figures: [...(await gauge(gauges, { warmUps: 2, runs: of.runs })), ...filled()] }
  const file = join(of.folder, `prices-${rows}`)
  writeFileSync(file, prices)
  const peer = startPeer('bench/peers/vectorbt_orders.py')
  const { version } = await peer.ask<{ version: string }>(JSON.stringify({ prices: file, rows, columns }))
  gauges.push(
    { name: `vectorbt, simulation alone, ${at}`, unit: 'ms', take: peerGauge(peer, 'simulate', theirs) },
    { name: `vectorbt, with three figures, ${at}`, unit: 'ms', take: peerGauge(peer, 'figures', theirs) },
  )
  const taken = await takeInTurns(gauges, { warmUps: 2, runs: of.runs })
  await peer.end()
  const [kernel, sweep, simulation, whole] = taken
  const ratio = (name: string, [first, second]: readonly (readonly number[])[], target?: Target): Figure =>
    figureOf({ name: `${name}, ${at}`, unit: '×', values: inPairs({ first, second, as: (a, b) => a / b }), target })
  const difference = Math.max(Math.abs(mine.totalReturn - theirs.totalReturn), Math.abs(swept.totalReturn - theirs.totalReturn))
  return {
    version,
    figures: [
      ratio('vectorbt simulation ÷ kernel', [simulation, kernel], columns > 1 ? { atLeast: 30 } : undefined),
      ratio('vectorbt with figures ÷ kernel', [whole, kernel]),
      ratio('vectorbt with figures ÷ Millrace from bars', [whole, sweep]),
      ...gauges.map(({ name, unit }, i) => figureOf({ name, unit, values: taken[i] })), ...filled(), once('orders filled, vectorbt', 'orders', theirs.orders),
      once('difference of total return', '', difference, { atMost: 1e-9 }),
    ],
  }
}

/** A million orders: an order in every bar, in one column and in a thousand, beside vectorbt's own benchmark. */
export async function benchOrders(size: OrdersSize = FULL): Promise<Bench> {
  const missing = whyNotPeer('vectorbt')
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const backtester = await openBacktester({ workers: 1 })
  try {
    const figures: Figure[] = []
    let version = 'left out'
    for (const shape of size.shapes) {
      const told = await benchShape(shape, { runs: size.runs, backtester, folder, hasPeer: missing === null })
      figures.push(...told.figures)
      version = told.version ?? version
    }
    return {
      name: '1,000,000 orders',
      setting: { columns: size.shapes.map(({ columns }) => columns), rows: size.shapes.map(({ rows }) => rows), vectorbt: version },
      figures,
      notes: [
        'vectorbt\'s own sizes and prices: a unit bought in every even row and sold in every odd one, no costs, the same prices in every column; `Portfolio.from_orders`, compiled before, one process. It makes order records; Millrace makes every figure and no records.',
        'Kernel: Millrace\'s SIMD kernel alone, fed with a signal per portfolio that flips in every bar; placing the books and reading every figure count. From bars in memory: the public API with one worker, signals from a strategy that reads them off the volumes.',
        'Millrace fills at the next open, which here is the price of the row before: the same fills.',
        ...(missing === null ? [] : [`vectorbt is left out: ${missing}`]),
      ],
    }
  } finally {
    await backtester.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
