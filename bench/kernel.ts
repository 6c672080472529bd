import { readFileSync } from 'node:fs'
import { createRandom } from '../src/base/random.ts'
import type { Random } from '../src/base/random.ts'
import { NO_COSTS } from '../src/domain/costs.ts'
import type { PortfolioConfig } from '../src/domain/portfolio.ts'
import { EMPYRICAL } from '../src/domain/profile.ts'
import { createPatternDecisions } from '../src/domain/risk-decision.ts'
import { toSignal } from '../src/domain/signal.ts'
import type { BatchPortfolio, Kernel, KernelBlock, KernelSetup } from '../src/kernel/kernel.ts'
import { createReferenceKernel } from '../src/kernel/reference.ts'
import { createVectorKernel } from '../src/kernel/wasm.ts'
import { marketBlock } from '../src/lineup/batch.ts'
import { randomMarket } from './market.ts'
import { measure } from './measure.ts'
import type { Bench, Subject } from './measure.ts'

const PORTFOLIOS = 200
const BLOCK_ROWS = 64
const SIGNALS = 50
const SUBSCRIBED = 4
/** Steps (portfolio × symbol × bar) of one run, about. */
const STEPS = 2_000_000

/** Four of fifty signals, risk scale, cap, gross limit, fees, slippage and a drawdown stop: the case of the kernel's design. */
function plainPortfolio(random: Random, index: number): BatchPortfolio {
  const signals = Int32Array.from({ length: SUBSCRIBED }, () => random.integer(SIGNALS))
  const config: PortfolioConfig = {
    id: `p${index}`, containerId: 'bench', signals: [...signals].map((s) => ({ signal: `s${s}`, weight: 0.5 + random.uniform() })),
    combine: 'mean', riskPattern: 'default', riskTolerance: 0.25, allocation: 'equal', trading: 'rebalance', opposite: 'reverse',
    schedule: { everyBars: 1 }, sizing: { kind: 'exposure', size: 1 }, longOnly: false, leverage: 1,
    limits: { cap: 0.2, gross: 0.9 },
    exits: { stopLoss: null, takeProfit: null, trailingStop: null, trailFrom: 'close', exitsFrom: 'entry-bar', gapFill: 'open', reentry: 'change' },
    minHoldBars: 0, maxHoldBars: 0, cooldownBars: 0, drawdownStop: { limit: 0.9, resumeAfterBars: null },
    threshold: 0.01 * random.uniform(), costs: { ...NO_COSTS, feeBps: 5, entrySlippageBps: 2, exitSlippageBps: 2 },
    execution: { profile: 'next-open', buyingPower: 'scale', participation: null }, cash: 1_000_000, positions: {}, end: 'leave',
  }
  return { config, signals, pattern: 0 }
}

interface Sized {
  readonly setup: KernelSetup
  readonly blocks: readonly KernelBlock[]
  readonly steps: number
}

export function sized(symbols: number, count = PORTFOLIOS): Sized {
  const random = createRandom(`kernel/${symbols}`)
  const rows = Math.max(BLOCK_ROWS, Math.ceil(STEPS / PORTFOLIOS / symbols / BLOCK_ROWS) * BLOCK_ROWS)
  const market = randomMarket({ rows, symbols, seed: 'kernel' })
  const width = SIGNALS * symbols
  const wanted = new Float64Array(width)
  const blocks: KernelBlock[] = []
  for (let from = 0; from < rows; from += BLOCK_ROWS) {
    const signals = new Float32Array(BLOCK_ROWS * width)
    for (let i = 0; i < signals.length; i++) {
      const at = i % width
      if (random.uniform() < 0.05) wanted[at] = 2 * random.uniform() - 1
      signals[(Math.floor(at / symbols) * BLOCK_ROWS + Math.floor(i / width)) * symbols + (at % symbols)] = toSignal(wanted[at])
    }
    const decisions = createPatternDecisions({ rows: BLOCK_ROWS, symbols, hasWeights: false })
    decisions.scale.forEach((_, row) => (decisions.scale[row] = 0.75 + 0.25 * random.uniform()))
    blocks.push({ market: marketBlock(market, from, from + BLOCK_ROWS), signals, signalCount: SIGNALS, patterns: [decisions] })
  }
  const portfolios = Array.from({ length: count }, (_, i) => plainPortfolio(random, i))
  const setup = { instruments: market.instruments, portfolios, profile: EMPYRICAL, firstRow: 0, lastRow: rows - 1 }
  return { setup, blocks, steps: count * symbols * rows }
}

type Runner = Pick<Kernel, 'run' | 'performance'>

/** Portfolio-symbol-bar in nanoseconds for both kernels, in turns, at several universe sizes. */
export async function benchKernel(wasmFile: string): Promise<Bench> {
  const wasm = new WebAssembly.Module(readFileSync(wasmFile))
  const figures = []
  const tradeRates: Record<string, number> = {}
  for (const symbols of [1, 10, 43, 100]) {
    const { setup, blocks, steps } = sized(symbols)
    let last: Runner | null = null
    const subject = (name: string, create: () => Runner): Subject => ({
      name: `${name}, N = ${symbols}`, unit: 'ns/portfolio-symbol-bar', figure: (ms) => (ms * 1e6) / steps,
      work: () => {
        last = create()
        for (const block of blocks) last.run(block)
      },
    })
    figures.push(...(await measure([
      subject('reference', () => createReferenceKernel(setup)),
      subject('SIMD', () => createVectorKernel(wasm, setup)),
    ], { warmUps: 2, runs: 7 })))
    const ran = last as Runner | null
    const fills = setup.portfolios.reduce((sum, _, p) => sum + (ran?.performance(p).fills ?? 0), 0)
    tradeRates[`N = ${symbols}`] = fills / steps
  }
  const setting = { portfolios: PORTFOLIOS, blockRows: BLOCK_ROWS, signals: SIGNALS, subscribed: SUBSCRIBED, fillsPerStep: tradeRates }
  return { name: 'kernel', setting, figures }
}
