import { createRandom } from '../../src/base/random.ts'
import type { Random } from '../../src/base/random.ts'
import { NO_COSTS } from '../../src/domain/costs.ts'
import type { Instrument } from '../../src/domain/instrument.ts'
import { OPPOSITE_POLICIES } from '../../src/domain/portfolio.ts'
import type { PortfolioConfig } from '../../src/domain/portfolio.ts'
import { BACKTESTING_PY, EMPYRICAL } from '../../src/domain/profile.ts'
import { createPatternDecisions } from '../../src/domain/risk-decision.ts'
import type { PatternDecisions } from '../../src/domain/risk-decision.ts'
import { toSignal } from '../../src/domain/signal.ts'
import { cutSignals } from '../kernel/playing.ts'
import type { BatchPortfolio, KernelBlock, KernelSetup, MarketBlock } from '../../src/kernel/kernel.ts'

/** A batch of plain portfolios and everything they read, cut into blocks. */
export interface RandomBatch {
  readonly setup: KernelSetup
  readonly blocks: readonly KernelBlock[]
}

interface Sizes {
  readonly rows: number
  readonly symbols: number
  readonly signals: number
  readonly patterns: number
}

const MS_PER_DAY = 86_400_000

function pick<T>(random: Random, values: readonly T[]): T {
  return values[random.integer(values.length)]
}

/** Everything the plain rules allow, at random: lane remainders in symbols and portfolios, NaN signals and decisions. */
export function randomBatch(seed: string, of: { symbols?: number; isOfEvents?: boolean } = {}): RandomBatch {
  const random = createRandom(seed)
  const drawn = { rows: 20 + random.integer(60), symbols: 1 + random.integer(10), signals: 1 + random.integer(5), patterns: random.integer(3) }
  const sizes = { ...drawn, symbols: of.symbols ?? drawn.symbols }
  const isOfEvents = random.uniform() < 0.25 || (of.isOfEvents ?? false)
  const alike = randomPortfolio(random, 0, sizes)
  const isSweep = random.uniform() < 0.5
  const portfolios = Array.from({ length: 1 + random.integer(7) }, (_, i) => {
    const own = randomPortfolio(random, i, sizes)
    const portfolio = isSweep && random.uniform() < 0.6 ? withTargetsOf(alike, own) : own
    return isOfEvents ? { ...portfolio, ...actsAtEvents(random, portfolio.config) } : portfolio
  })
  const firstRow = random.integer(4)
  return {
    setup: {
      instruments: Array.from({ length: sizes.symbols }, (_, n) => randomInstrument(random, n)),
      portfolios,
      profile: pick(random, [EMPYRICAL, BACKTESTING_PY, { ...EMPYRICAL, basis: 'bar', riskFreeRate: 0.03 }]),
      firstRow,
      lastRow: sizes.rows - 1,
    },
    blocks: cut(random, wholeBlock(random, sizes), sizes),
  }
}

function randomInstrument(random: Random, n: number): Instrument {
  return {
    symbol: `S${n}`, quoteCurrency: 'USD',
    lot: pick(random, [0, 1, 1, 0.01, 10]), multiplier: pick(random, [1, 1, 5]), margin: pick(random, [null, null, null, 12]),
  }
}

function randomPortfolio(random: Random, index: number, sizes: Sizes): BatchPortfolio {
  const subscribed = Array.from({ length: 1 + random.integer(sizes.signals) }, () => random.integer(sizes.signals))
  const pattern = random.integer(sizes.patterns + 1) - 1
  const config: PortfolioConfig = {
    id: `p${index}`, containerId: 'c', combine: 'mean', trading: 'rebalance', opposite: 'reverse', end: 'leave', positions: {},
    signals: subscribed.map((s) => ({ signal: `s${s}`, weight: 0.1 + 3 * random.uniform() })),
    riskPattern: pattern < 0 ? null : `r${pattern}`, riskTolerance: pick(random, [0, 0.3, 1]),
    allocation: pick(random, ['equal', 'active', 'signal']), schedule: { everyBars: pick(random, [1, 1, 2, 5]) },
    sizing: { kind: 'exposure', size: pick(random, [1, 1, 0.5, 1.8, 12]) },
    longOnly: random.uniform() < 0.3, leverage: pick(random, [1, 1, 2, 30, 30]),
    limits: { cap: pick(random, [null, null, 0.3, 0.05]), gross: pick(random, [null, null, 0.8, 2]) },
    exits: { stopLoss: null, takeProfit: null, trailingStop: null, trailFrom: 'close', exitsFrom: 'entry-bar', gapFill: 'open', reentry: 'change' },
    minHoldBars: 0, maxHoldBars: 0, cooldownBars: 0,
    drawdownStop: pick(random, [null, null, { limit: 0.15, resumeAfterBars: null }, { limit: 0.1, resumeAfterBars: 6 }]),
    threshold: pick(random, [0, 0.01, 0.1]),
    costs: {
      ...NO_COSTS, feeBps: pick(random, [0, 10, 80]), feePerUnit: pick(random, [0, 0, 0.02]), feeMinimum: pick(random, [0, 0, 3]),
      feeOn: pick(random, ['both', 'entry']), entrySlippageBps: pick(random, [0, 5, 40]), exitSlippageBps: pick(random, [0, 5, 40]), paySpread: random.uniform() < 0.5,
    },
    execution: { profile: 'next-open', buyingPower: 'scale', participation: null },
    cash: pick(random, [1_000, 25_000.5, 1_000_000]),
  }
  return { config, signals: Int32Array.from(subscribed), pattern }
}

/** Portfolios of a sweep often have the same targets, and differ in what they do with them. */
function withTargetsOf({ config, signals, pattern }: BatchPortfolio, portfolio: BatchPortfolio): BatchPortfolio {
  const { riskPattern, riskTolerance, allocation, longOnly, limits } = config
  return { signals, pattern, config: { ...portfolio.config, signals: config.signals, riskPattern, riskTolerance, allocation, longOnly, limits } }
}

/** Without limits and patterns, a portfolio that trades at events rests between them. */
function actsAtEvents(random: Random, config: PortfolioConfig): Pick<BatchPortfolio, 'config' | 'pattern'> {
  const isAllIn = random.uniform() < 0.5
  return {
    pattern: -1,
    config: {
      ...config, trading: 'hold', opposite: pick(random, OPPOSITE_POLICIES), riskPattern: null, limits: { cap: null, gross: null },
      sizing: isAllIn ? { kind: 'allIn', size: pick(random, [1, 0.5]), cashBuffer: pick(random, [0, 0.02]) } : config.sizing,
    },
  }
}

function wholeBlock(random: Random, { rows, symbols, signals, patterns }: Sizes): KernelBlock {
  const market = randomWalks(random, { rows, symbols })
  const persistence = pick(random, [0.5, 0.95])
  const wanted = Float64Array.from({ length: signals * symbols }, () => NaN)
  const values = new Float32Array(rows * signals * symbols)
  for (let i = 0; i < values.length; i++) {
    const at = i % wanted.length
    const row = (i - at) / wanted.length
    if (random.uniform() > persistence) wanted[at] = pick(random, [NaN, 0, 1, -1, 2 * random.uniform() - 1, 1e-30 * random.normal()])
    values[(Math.floor(at / symbols) * rows + row) * symbols + (at % symbols)] = toSignal(wanted[at])
  }
  return {
    market, signals: values, signalCount: signals,
    patterns: Array.from({ length: patterns }, () => randomDecisions(random, { rows, symbols })),
  }
}

function randomWalks(random: Random, { rows, symbols }: { rows: number; symbols: number }): MarketBlock {
  const cells = rows * symbols
  const [open, high, low, close] = [0, 1, 2, 3].map(() => new Float64Array(cells))
  const volatility = pick(random, [0.01, 0.03, 0.2])
  const last = Float64Array.from({ length: symbols }, () => 5 + 200 * random.uniform())
  for (let i = 0; i < cells; i++) {
    const n = i % symbols
    open[i] = last[n] * Math.exp(0.5 * volatility * random.normal())
    close[i] = open[i] * Math.exp(volatility * random.normal())
    high[i] = Math.max(open[i], close[i])
    low[i] = Math.min(open[i], close[i])
    last[n] = close[i]
  }
  const closeTimes = Float64Array.from({ length: rows }, (_, t) => (t + 1) * MS_PER_DAY)
  const barsPerSession = pick(random, [1, 1, 4])
  return {
    firstRow: 0, rows, closeTimes, openTimes: closeTimes.map((time) => time - MS_PER_DAY / 2),
    sessionDates: Int32Array.from({ length: rows }, (_, t) => Math.floor(t / barsPerSession)),
    open, high, low, close, volume: new Float64Array(cells).fill(1e6), split: new Float64Array(cells).fill(1),
    dividend: new Float64Array(cells), delisting: null,
    halfSpread: random.uniform() < 0.5 ? close.map((price) => 0.02 * price * random.uniform()) : null,
  }
}

function randomDecisions(random: Random, { rows, symbols }: { rows: number; symbols: number }): PatternDecisions {
  const decisions = createPatternDecisions({ rows, symbols, hasWeights: false })
  const vetoes = pick(random, [0, 0.2])
  for (let row = 0; row < rows; row++) {
    decisions.scale[row] = pick(random, [1, 0.5, random.uniform(), 0])
    decisions.gross[row] = pick(random, [Infinity, Infinity, 1, 0.4])
  }
  // Blocks with limits come before and after blocks without.
  const [from, to] = [random.integer(rows), 1 + random.integer(rows)]
  for (let i = from * symbols; i < to * symbols; i++) {
    decisions.cap[i] = pick(random, [Infinity, Infinity, 0.2, 0.02, 0])
    decisions.veto[i] = random.uniform() < vetoes ? 1 : 0
  }
  return decisions
}

/** Consecutive blocks of random length, as a driver would hand them over. */
function cut(random: Random, whole: KernelBlock, { rows, symbols, signals }: Sizes): KernelBlock[] {
  const blocks: KernelBlock[] = []
  for (let from = 0; from < rows; ) {
    const to = Math.min(rows, from + 1 + random.integer(rows))
    const panel = <T extends { subarray(from: number, to: number): unknown }>(values: T, width: number) =>
      values.subarray(from * width, to * width) as T
    const { market } = whole
    blocks.push({
      market: {
        ...market, firstRow: from, rows: to - from,
        closeTimes: panel(market.closeTimes, 1), openTimes: panel(market.openTimes, 1), sessionDates: panel(market.sessionDates, 1),
        open: panel(market.open, symbols), high: panel(market.high, symbols), low: panel(market.low, symbols),
        close: panel(market.close, symbols), volume: panel(market.volume, symbols), split: panel(market.split, symbols),
        dividend: panel(market.dividend, symbols), halfSpread: market.halfSpread === null ? null : panel(market.halfSpread, symbols),
      },
      signals: cutSignals(whole, from, to), signalCount: signals,
      patterns: whole.patterns.map((pattern) => ({
        scale: panel(pattern.scale, 1), gross: panel(pattern.gross, 1), weights: null,
        cap: panel(pattern.cap, symbols), veto: panel(pattern.veto, symbols),
      })),
    })
    from = to
  }
  return blocks
}
