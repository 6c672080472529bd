import { createRandom } from '../src/base/random.ts'
import type { Random } from '../src/base/random.ts'
import { NO_COSTS } from '../src/domain/costs.ts'
import type { PortfolioConfig } from '../src/domain/portfolio.ts'
import { EMPYRICAL } from '../src/domain/profile.ts'
import { createPatternDecisions } from '../src/domain/risk-decision.ts'
import { toSignal } from '../src/domain/signal.ts'
import type { BatchPortfolio, KernelBlock, KernelSetup } from '../src/kernel/kernel.ts'
import { marketBlock } from '../src/lineup/batch.ts'
import { randomMarket } from './market.ts'

export const BLOCK_ROWS = 64
export const SIGNALS = 50
export const SUBSCRIBED = 4

/** How often targets move. `busy` is the worst case: a new risk scale in every bar moves every target in it. */
export interface Pace {
  readonly name: string
  /** Chance that a signal of a symbol changes in a bar. */
  readonly signalChange: number
  /** Bars for which a risk decision stands. */
  readonly riskBars: number
  /** Largest threshold of a portfolio, as a fraction of equity; they are uniform below it. */
  readonly threshold: number
}

export const CALM: Pace = { name: 'calm', signalChange: 0.02, riskBars: 21, threshold: 0.02 }
/** As rare as orders are where targets stand for weeks. */
export const RARE: Pace = { name: 'rare', signalChange: 0.001, riskBars: 63, threshold: 0.04 }
export const BUSY: Pace = { name: 'busy', signalChange: 0.05, riskBars: 1, threshold: 0.01 }

export interface KernelBatch {
  readonly setup: KernelSetup
  readonly blocks: readonly KernelBlock[]
  /** Portfolio-symbol-bars. */
  readonly steps: number
}

/** Four of fifty signals, risk scale, cap, gross limit, fees, slippage and a drawdown stop: the case of the kernel's design. */
function plainPortfolio(random: Random, index: number, { threshold }: Pace): BatchPortfolio {
  const signals = Int32Array.from({ length: SUBSCRIBED }, () => random.integer(SIGNALS))
  const config: PortfolioConfig = {
    id: `p${index}`, containerId: 'bench', signals: [...signals].map((s) => ({ signal: `s${s}`, weight: 0.5 + random.uniform() })),
    combine: 'mean', riskPattern: 'default', riskTolerance: 0.25, allocation: 'equal', trading: 'rebalance', opposite: 'reverse',
    schedule: { everyBars: 1 }, sizing: { kind: 'exposure', size: 1 }, longOnly: false, leverage: 1,
    limits: { cap: 0.2, gross: 0.9 },
    exits: { stopLoss: null, takeProfit: null, trailingStop: null, trailFrom: 'close', exitsFrom: 'entry-bar', gapFill: 'open', reentry: 'change' },
    minHoldBars: 0, maxHoldBars: 0, cooldownBars: 0, drawdownStop: { limit: 0.9, resumeAfterBars: null },
    threshold: threshold * random.uniform(), costs: { ...NO_COSTS, feeBps: 5, entrySlippageBps: 2, exitSlippageBps: 2 },
    execution: { profile: 'next-open', buyingPower: 'scale', participation: null }, cash: 1_000_000, positions: {}, end: 'leave',
  }
  return { config, signals, pattern: 0 }
}

/** A sweep over thresholds: every `alike` portfolios follow the same signals. */
export function withSharedTargets(batch: KernelBatch, alike: number): KernelBatch {
  const { portfolios } = batch.setup
  const shared = portfolios.map((portfolio, p) => {
    const { signals, config } = portfolios[p - (p % alike)]
    return { ...portfolio, signals, config: { ...portfolio.config, signals: config.signals } }
  })
  return { ...batch, setup: { ...batch.setup, portfolios: shared } }
}

/** Every rule that the SIMD kernel keeps more of a symbol for, at once. */
export function withEveryRule(batch: KernelBatch): KernelBatch {
  const portfolios = batch.setup.portfolios.map((portfolio, p) => ({
    ...portfolio,
    config: {
      ...portfolio.config,
      exits: { ...portfolio.config.exits, stopLoss: 0.08, takeProfit: 0.15, trailingStop: 0.1, trailFrom: 'high' as const },
      minHoldBars: 2, maxHoldBars: 60, cooldownBars: 1 + (p % 3),
      costs: { ...portfolio.config.costs, feePerUnit: 0.002, feeMinimum: 1, borrowRate: 0.02, loanRate: 0.05, cashRate: 0.01, paySpread: true },
      execution: { ...portfolio.config.execution, participation: 0.1 },
    },
  }))
  return { ...batch, setup: { ...batch.setup, portfolios } }
}

/** Portfolios that a first loss stops for ever. */
export function withStops(batch: KernelBatch): KernelBatch {
  const portfolios = batch.setup.portfolios.map((portfolio) => ({ ...portfolio, config: { ...portfolio.config, drawdownStop: { limit: 0.0001, resumeAfterBars: null } } }))
  return { ...batch, setup: { ...batch.setup, portfolios } }
}

/** Plain portfolios on a market of random walks, about `steps` portfolio-symbol-bars of them. */
export function kernelBatch(of: { symbols: number; portfolios: number; steps: number; pace: Pace; blockRows?: number }): KernelBatch {
  const { symbols, pace, blockRows = BLOCK_ROWS } = of
  const random = createRandom(`kernel/${symbols}`)
  const rows = Math.max(2 * blockRows, Math.ceil(of.steps / of.portfolios / symbols / blockRows) * blockRows)
  const market = randomMarket({ rows, symbols, seed: 'kernel' })
  const width = SIGNALS * symbols
  const wanted = Float64Array.from({ length: width }, () => 2 * random.uniform() - 1)
  const blocks: KernelBlock[] = []
  let scale = 1
  for (let from = 0; from < rows; from += blockRows) {
    const signals = new Float32Array(blockRows * width)
    for (let i = 0; i < signals.length; i++) {
      const at = i % width
      if (random.uniform() < pace.signalChange) wanted[at] = 2 * random.uniform() - 1
      signals[(Math.floor(at / symbols) * blockRows + Math.floor(i / width)) * symbols + (at % symbols)] = toSignal(wanted[at])
    }
    const decisions = createPatternDecisions({ rows: blockRows, symbols, hasWeights: false })
    for (let row = 0; row < blockRows; row++) {
      if ((from + row) % pace.riskBars === 0) scale = 0.75 + 0.25 * random.uniform()
      decisions.scale[row] = scale
    }
    blocks.push({ market: marketBlock(market, from, from + blockRows), signals, signalCount: SIGNALS, patterns: [decisions] })
  }
  const portfolios = Array.from({ length: of.portfolios }, (_, i) => plainPortfolio(random, i, pace))
  const setup = { instruments: market.instruments, portfolios, profile: EMPYRICAL, firstRow: 0, lastRow: rows - 1 }
  return { setup, blocks, steps: of.portfolios * symbols * rows }
}
