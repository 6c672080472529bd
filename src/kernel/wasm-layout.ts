import * as layout from './assembly/layout.ts'
import { requiredReturn } from '../domain/profile.ts'
import type { KernelBlock, KernelSetup } from './kernel.ts'
import { resolveRules } from './rules.ts'
import type { PortfolioRules } from './rules.ts'
import { WasmMemory } from './wasm-memory.ts'

/** What `assembly/plain.ts` exports; addresses are in bytes. */
export interface PlainModule {
  readonly memory: WebAssembly.Memory
  freeMemory(): number
  setUniverse(symbols: number, firstRow: number, symbolsAt: number): void
  setBlock(firstRow: number, rows: number, signalCount: number): void
  setAddresses(signals: number, prices: number, tile: number, scratch: number, exposures: number): void
  run(pairsAt: number, pairs: number): void
}

/** One value for each of two portfolios. */
export const PAIR_BYTES = 16
const FLOAT = 4
const DOUBLE = 8

/** A batch as it lies in the kernel's memory; a block is placed behind it, over the one before. */
export interface PlacedBatch {
  readonly memory: WasmMemory
  readonly symbols: number
  /** Symbols rounded up to whole vectors of four float32. */
  readonly padded: number
  readonly multipliers: Float64Array
  readonly pairs: number
  readonly pairsAt: number
  /** Headers of the patterns' decisions. */
  readonly patternsAt: number
  readonly patterns: number
  readonly blockAt: number
  /** Address of a portfolio's lane in its pair. */
  laneOf(portfolio: number): number
}

/** Writes instruments, rules and fresh books. An odd batch has its last portfolio in both lanes. */
export function placeBatch(module: PlainModule, setup: KernelSetup): PlacedBatch {
  const { instruments, portfolios } = setup
  const memory = new WasmMemory(module.memory, module.freeMemory())
  const symbols = instruments.length
  const symbolsAt = memory.take(symbols * layout.SYMBOL_BYTES)
  instruments.forEach(({ lot, multiplier, margin }, n) => {
    memory.doubles.set([lot, multiplier, margin ?? NaN], (symbolsAt + n * layout.SYMBOL_BYTES) / DOUBLE)
  })
  module.setUniverse(symbols, setup.firstRow, symbolsAt)
  const patterns = Math.max(...portfolios.map(({ pattern }) => pattern)) + 1
  const patternsAt = memory.take(patterns * layout.PATTERN_BYTES)
  const pairs = Math.ceil(portfolios.length / 2)
  const pairBytes = layout.HEAD_BYTES + symbols * layout.CELL_BYTES
  const pairsAt = memory.take(pairs * pairBytes)
  memory.doubles.fill(0, pairsAt / DOUBLE, (pairsAt + pairs * pairBytes) / DOUBLE)
  const laneOf = (portfolio: number): number => pairsAt + (portfolio >> 1) * pairBytes + (portfolio & 1) * DOUBLE
  for (let p = 0; p < pairs * 2; p++) {
    const rules = resolveRules(portfolios[Math.min(p, portfolios.length - 1)], instruments)
    placeHead(memory, rules, { lane: laneOf(p), riskFree: requiredReturn(setup.profile) })
    const rulesAt = placeExposureRules(memory, rules, { symbols, patternsAt })
    memory.words[(laneOf(p & ~1) + layout.EXPOSURE_RULES) / FLOAT + (p & 1)] = rulesAt
  }
  return {
    memory, symbols, padded: Math.ceil(symbols / 4) * 4, multipliers: Float64Array.from(instruments, ({ multiplier }) => multiplier),
    pairs, pairsAt, patternsAt, patterns, blockAt: memory.next, laneOf,
  }
}

function placeHead(memory: WasmMemory, rules: PortfolioRules, at: { lane: number; riskFree: number }): void {
  const slots: readonly (readonly [number, number])[] = [
    [layout.CASH, rules.cash], [layout.EQUITY, rules.cash], [layout.STOPPED_AT, -1],
    [layout.FIRST_RETURN, NaN], [layout.FIRST_DOWNSIDE_SQUARE, NaN], [layout.BEST_RETURN, NaN], [layout.WORST_RETURN, NaN],
    [layout.LEVERAGE, rules.leverage],
    [layout.FEE_RATE, rules.feeRate], [layout.FEE_PER_UNIT, rules.feePerUnit], [layout.FEE_MINIMUM, rules.feeMinimum],
    [layout.ENTRY_UP, 1 + rules.entrySlippage], [layout.ENTRY_DOWN, 1 - rules.entrySlippage],
    [layout.EXIT_UP, 1 + rules.exitSlippage], [layout.EXIT_DOWN, 1 - rules.exitSlippage],
    [layout.SIZE, rules.size], [layout.THRESHOLD, rules.threshold],
    [layout.DRAWDOWN_LIMIT, rules.drawdownLimit], [layout.RESUME_AFTER_BARS, rules.resumeAfterBars],
    [layout.OWN_CAP, rules.cap], [layout.EVERY_BARS, rules.everyBars], [layout.RISK_FREE, at.riskFree],
  ]
  for (const [slot, value] of slots) memory.doubles[(at.lane + slot) / DOUBLE] = value
  if (rules.feeOnEntryOnly) memory.words.fill(-1, (at.lane + layout.FEE_ON_ENTRY_ONLY) / FLOAT, (at.lane + layout.FEE_ON_ENTRY_ONLY) / FLOAT + 2)
}

function placeExposureRules(memory: WasmMemory, rules: PortfolioRules, of: { symbols: number; patternsAt: number }): number {
  const count = rules.signals.length
  const address = memory.take(layout.RULES_BYTES + count * layout.SUBSCRIPTION_BYTES)
  const { words, floats } = memory
  const word = (offset: number): number => (address + offset) / FLOAT
  words[word(layout.SUBSCRIPTIONS)] = count
  words[word(layout.PATTERN)] = rules.pattern < 0 ? 0 : of.patternsAt + rules.pattern * layout.PATTERN_BYTES
  floats[word(layout.OBEDIENCE)] = rules.obedience
  floats[word(layout.SHARE)] = rules.allocation === 'equal' ? 1 / of.symbols : rules.allocation === 'active' ? 0 : 1
  words[word(layout.LONG_ONLY)] = rules.longOnly ? 1 : 0
  floats[word(layout.CAP)] = rules.cap
  floats[word(layout.GROSS)] = rules.gross
  for (let i = 0; i < count; i++) {
    const entry = word(layout.RULES_BYTES + i * layout.SUBSCRIPTION_BYTES)
    words[entry] = rules.signals[i]
    floats[entry + 1] = rules.signalWeights[i]
  }
  return address
}

/** Copies what a batch reads of a block, once for all its portfolios. */
export function placeBlock(module: PlainModule, batch: PlacedBatch, block: KernelBlock): void {
  const { memory, symbols, padded } = batch
  const { rows } = block.market
  memory.release(batch.blockAt)
  const signalsAt = memory.take(rows * block.signalCount * padded * FLOAT)
  const pricesAt = memory.take(rows * symbols * layout.PRICE_BYTES)
  const tileAt = memory.take(rows * (layout.TILE_TARGETS + padded * 2 * FLOAT))
  const scratchAt = memory.take(symbols * layout.SCRATCH_BYTES)
  const exposuresAt = memory.take(2 * padded * FLOAT)
  copyPadded(batch, block.signals, { address: signalsAt, lines: rows * block.signalCount, padding: NaN })
  placePrices(batch, block, pricesAt)
  for (let i = 0; i < batch.patterns; i++) placePattern(batch, block, i)
  module.setBlock(block.market.firstRow, rows, block.signalCount)
  module.setAddresses(signalsAt, pricesAt, tileAt, scratchAt, exposuresAt)
}

/** Lines of N values become lines of whole vectors. */
function copyPadded(
  { memory, symbols, padded }: PlacedBatch,
  values: Float32Array | Uint8Array,
  to: { address: number; lines: number; padding: number },
): void {
  const { floats } = memory
  const start = to.address / FLOAT
  if (padded === symbols) {
    floats.set(values.subarray(0, to.lines * symbols), start)
    return
  }
  for (let line = 0; line < to.lines; line++) {
    const at = start + line * padded
    for (let n = 0; n < symbols; n++) floats[at + n] = values[line * symbols + n]
    floats.fill(to.padding, at + symbols, at + padded)
  }
}

function placePrices({ memory, symbols, multipliers }: PlacedBatch, { market }: KernelBlock, address: number): void {
  const { doubles } = memory
  let at = address / DOUBLE
  for (let i = 0; i < market.rows * symbols; i++) {
    const multiplier = multipliers[i % symbols]
    doubles[at] = market.open[i]
    doubles[at + 1] = market.open[i] * multiplier
    doubles[at + 2] = market.close[i] * multiplier
    at += layout.PRICE_BYTES / DOUBLE
  }
}

function placePattern(batch: PlacedBatch, block: KernelBlock, index: number): void {
  const { memory, padded } = batch
  const { rows } = block.market
  const decisions = block.patterns[index]
  const scaleAt = memory.take(rows * FLOAT)
  const grossAt = memory.take(rows * FLOAT)
  const capAt = memory.take(rows * padded * FLOAT)
  const vetoAt = memory.take(rows * padded * FLOAT)
  memory.floats.set(decisions.scale.subarray(0, rows), scaleAt / FLOAT)
  memory.floats.set(decisions.gross.subarray(0, rows), grossAt / FLOAT)
  copyPadded(batch, decisions.cap, { address: capAt, lines: rows, padding: 0 })
  copyPadded(batch, decisions.veto, { address: vetoAt, lines: rows, padding: 0 })
  memory.words.set([scaleAt, grossAt, capAt, vetoAt], (batch.patternsAt + index * layout.PATTERN_BYTES) / FLOAT)
}
