import * as layout from './assembly/layout.ts'
import { requiredReturn } from '../domain/profile.ts'
import type { KernelBlock, KernelSetup } from './kernel.ts'
import { LOT_SLACK } from './lots.ts'
import { resolveRules } from './rules.ts'
import type { PortfolioRules } from './rules.ts'
import { WasmMemory } from './wasm-memory.ts'

/** What `assembly/kernel.ts` exports; addresses are in bytes. */
export interface KernelModule {
  readonly memory: WebAssembly.Memory
  freeMemory(): number
  plainPairBytes(symbols: number): number
  /** Bytes of a pair's exposure tile of the block at hand. */
  tileBytes(): number
  setUniverse(symbols: number, firstRow: number, symbolsAt: number, returnsPerBar: boolean): void
  setBlock(firstRow: number, rows: number, signalCount: number): void
  setInputs(signals: number, gaps: number, prices: number, leaps: number, sessions: number, lotValues: number): void
  setSeries(series: number, bytes: number): void
  setWork(tiles: number, scratch: number, held: number, exposures: number): void
  seekGaps(): void
  /** Closes the period under way in a pair's sums. */
  closePeriod(pairAt: number): void
  runPlain(pairsAt: number, pairs: number, pairsAtOnce: number): void
}

/** One value for each of two portfolios. */
export const PAIR_BYTES = 16
const FLOAT = 4
const DOUBLE = 8
/** What of the first cache the records of the pairs at hand may take. */
const CACHE_BYTES = 16_384

/** A batch as it lies in the kernel's memory; a block is placed behind it, over the one before. */
export interface PlacedBatch {
  readonly memory: WasmMemory
  readonly symbols: number
  /** Symbols rounded up to whole vectors of four float32. */
  readonly padded: number
  readonly multipliers: Float64Array
  readonly pairs: number
  readonly pairsAt: number
  readonly pairBytes: number
  /** Pairs that go through a block side by side, as far as the first cache holds them. */
  readonly pairsAtOnce: number
  /** Headers of the patterns' decisions. */
  readonly patternsAt: number
  readonly patterns: number
  readonly blockAt: number
  readonly lots: Float64Array
  /** Last close × M of every symbol up to the block at hand. */
  readonly lastUnits: Float64Array
  readonly clock: { sessionDate: number }
  /** Address of a portfolio's lane in its pair. */
  laneOf(portfolio: number): number
}

/** Writes instruments, rules and fresh books. An odd batch has its last portfolio in both lanes. */
export function placeBatch(module: KernelModule, setup: KernelSetup): PlacedBatch {
  const { instruments, portfolios } = setup
  const memory = new WasmMemory(module.memory, module.freeMemory())
  const symbols = instruments.length
  const symbolsAt = memory.take(symbols * layout.SYMBOL_BYTES)
  instruments.forEach(({ lot, multiplier, margin }, n) => {
    memory.doubles.set([lot, LOT_SLACK / lot, multiplier, margin ?? NaN], (symbolsAt + n * layout.SYMBOL_BYTES) / DOUBLE)
  })
  module.setUniverse(symbols, setup.firstRow, symbolsAt, setup.profile.basis === 'bar')
  const patterns = Math.max(...portfolios.map(({ pattern }) => pattern)) + 1
  const patternsAt = memory.take(patterns * layout.PATTERN_BYTES)
  const pairs = Math.ceil(portfolios.length / 2)
  const pairBytes = module.plainPairBytes(symbols)
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
    lots: Float64Array.from(instruments, ({ lot }) => lot),
    lastUnits: new Float64Array(symbols).fill(NaN), clock: { sessionDate: NaN },
    pairs, pairsAt, pairBytes, pairsAtOnce: Math.max(1, Math.min(16, Math.floor(CACHE_BYTES / pairBytes))),
    patternsAt, patterns, blockAt: memory.next, laneOf,
  }
}

function placeHead(memory: WasmMemory, rules: PortfolioRules, at: { lane: number; riskFree: number }): void {
  const slots: readonly (readonly [number, number])[] = [
    [layout.CASH, rules.cash], [layout.EQUITY, rules.cash], [layout.STOPPED_AT, -1], [layout.ENDED_AT, Infinity],
    [layout.FIRST_RETURN, NaN], [layout.FIRST_DOWNSIDE_SQUARE, NaN], [layout.BEST_RETURN, NaN], [layout.WORST_RETURN, NaN],
    [layout.LEVERAGE, rules.leverage],
    [layout.FEE_RATE, rules.feeRate], [layout.FEE_PER_UNIT, rules.feePerUnit], [layout.FEE_MINIMUM, rules.feeMinimum],
    [layout.ENTRY_SLIPPAGE, rules.entrySlippage], [layout.EXIT_SLIPPAGE, rules.exitSlippage],
    [layout.COSTLIEST_SLIP, Math.max(rules.entrySlippage, rules.exitSlippage)],
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
  floats[word(layout.WEIGHTS)] = rules.signalWeights.reduce((sum, weight) => Math.fround(sum + weight), 0)
  for (let i = 0; i < count; i++) {
    const entry = word(layout.RULES_BYTES + i * layout.SUBSCRIPTION_BYTES)
    words[entry] = rules.signals[i]
    floats[entry + 1] = rules.signalWeights[i]
  }
  return address
}

/** Copies what a batch reads of a block, once for all its portfolios. */
export function placeBlock(module: KernelModule, batch: PlacedBatch, block: KernelBlock): void {
  const { memory, symbols, padded } = batch
  const { rows } = block.market
  memory.release(batch.blockAt)
  const signalsAt = memory.take(rows * block.signalCount * padded * FLOAT)
  const gapsAt = memory.take(block.signalCount * FLOAT)
  const pricesAt = memory.take(rows * symbols * layout.PRICE_BYTES)
  const leapsAt = memory.take(rows * DOUBLE)
  const sessionsAt = memory.take(rows * FLOAT)
  const lotValuesAt = memory.take(rows * padded * 2 * FLOAT)
  for (let i = 0; i < batch.patterns; i++) placePattern(batch, block, i)
  module.setBlock(block.market.firstRow, rows, block.signalCount)
  if (symbols === 1) placeSeries(module, batch, block)
  const tilesAt = memory.take(batch.pairsAtOnce * module.tileBytes() + 4 * TILE_ROW_BYTES)
  const scratchAt = memory.take(symbols * layout.SCRATCH_BYTES)
  const heldAt = memory.take((padded + 4) * 2 * FLOAT)
  const exposuresAt = memory.take(2 * padded * FLOAT + PAIR_BYTES)
  copyPadded(batch, block.signals, { address: signalsAt, lines: rows * block.signalCount })
  placePrices(batch, block, { prices: pricesAt, leaps: leapsAt, lotValues: lotValuesAt })
  placeSessions(batch, block, sessionsAt)
  module.setInputs(signalsAt, gapsAt, pricesAt, leapsAt, sessionsAt, lotValuesAt)
  module.setWork(tilesAt, scratchAt, heldAt, exposuresAt)
  module.seekGaps()
}

/** Room behind a tile of one symbol, whose bars are worked out four at a time. */
const TILE_ROW_BYTES = 64

/** A single symbol's signals, signal by signal, for bars in lanes. */
function placeSeries(module: KernelModule, { memory }: PlacedBatch, { market: { rows }, signals, signalCount }: KernelBlock): void {
  const padded = Math.ceil(rows / 4) * 4 + 4
  const at = memory.take(signalCount * padded * FLOAT)
  for (let s = 0; s < signalCount; s++) {
    const start = at / FLOAT + s * padded
    for (let row = 0; row < rows; row++) memory.floats[start + row] = signals[row * signalCount + s]
    memory.floats.fill(0, start + rows, start + padded)
  }
  module.setSeries(at, padded * FLOAT)
}

/** Lines of N values become lines of whole vectors, with zeros. */
function copyPadded(
  { memory, symbols, padded }: PlacedBatch,
  values: Float32Array | Uint8Array,
  to: { address: number; lines: number },
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
    floats.fill(0, at + symbols, at + padded)
  }
}

function placePrices(batch: PlacedBatch, { market }: KernelBlock, at: { prices: number; leaps: number; lotValues: number }): void {
  const { memory: { doubles, floats }, symbols, padded, multipliers, lots, lastUnits } = batch
  let price = at.prices / DOUBLE
  for (let row = 0; row < market.rows; row++) {
    let leap = 0
    const lotValues = at.lotValues / FLOAT + row * padded * 2
    for (let n = 0; n < symbols; n++) {
      const i = row * symbols + n
      const openUnit = market.open[i] * multipliers[n]
      const closeUnit = market.close[i] * multipliers[n]
      const lotValue = lots[n] * closeUnit * ROOM
      leap = Math.max(leap, Math.abs(openUnit / lastUnits[n] - 1))
      doubles[price] = market.open[i]
      doubles[price + 1] = openUnit
      doubles[price + 2] = closeUnit
      floats[lotValues + n * 2] = lotValue
      floats[lotValues + n * 2 + 1] = lotValue
      lastUnits[n] = closeUnit
      price += layout.PRICE_BYTES / DOUBLE
    }
    floats.fill(0, lotValues + symbols * 2, lotValues + padded * 2)
    doubles[at.leaps / DOUBLE + row] = leap * ROOM
  }
}

/** Keeps a bound a bound when it is rounded. */
const ROOM = 1 + 1e-6

function placeSessions({ memory, clock }: PlacedBatch, { market }: KernelBlock, address: number): void {
  for (let row = 0; row < market.rows; row++) {
    memory.words[address / FLOAT + row] = market.sessionDates[row] === clock.sessionDate ? 0 : 1
    clock.sessionDate = market.sessionDates[row]
  }
}

function placePattern(batch: PlacedBatch, block: KernelBlock, index: number): void {
  const { memory, padded, symbols } = batch
  const { rows } = block.market
  const decisions = block.patterns[index]
  const scaleAt = memory.take(rows * FLOAT + PAIR_BYTES)
  const grossAt = memory.take(rows * FLOAT + PAIR_BYTES)
  const capAt = memory.take(rows * padded * FLOAT)
  const vetoAt = memory.take(rows * padded * FLOAT)
  const vetoesAt = memory.take(rows * FLOAT)
  memory.floats.set(decisions.scale.subarray(0, rows), scaleAt / FLOAT)
  memory.floats.set(decisions.gross.subarray(0, rows), grossAt / FLOAT)
  copyPadded(batch, decisions.cap, { address: capAt, lines: rows })
  copyPadded(batch, decisions.veto, { address: vetoAt, lines: rows })
  for (let row = 0; row < rows; row++) {
    memory.words[vetoesAt / FLOAT + row] = decisions.veto.subarray(row * symbols, (row + 1) * symbols).includes(1) ? 1 : 0
  }
  const hasCaps = decisions.cap.subarray(0, rows * symbols).some((cap) => cap !== Infinity) ? 1 : 0
  const capsAt = memory.take(rows * FLOAT + PAIR_BYTES)
  if (symbols === 1) memory.floats.set(decisions.cap.subarray(0, rows), capsAt / FLOAT)
  const words = [scaleAt, grossAt, capAt, vetoAt, vetoesAt, hasCaps, capsAt]
  memory.words.set(words, (batch.patternsAt + index * layout.PATTERN_BYTES) / FLOAT)
}
