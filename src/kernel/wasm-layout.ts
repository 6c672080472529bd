import { requiredReturn } from '../domain/profile.ts'
import * as layout from './assembly/layout.ts'
import type { KernelSetup } from './kernel.ts'
import { LOT_SLACK } from './lots.ts'
import { createResolver } from './rules.ts'
import type { PortfolioRules } from './rules.ts'
import { createTape } from './tape.ts'
import type { Tape } from './tape.ts'
import type { KernelVariant } from './variants.ts'
import { WasmMemory } from './wasm-memory.ts'

/** What `assembly/kernel.ts` exports; addresses are in bytes. */
export interface KernelModule {
  readonly memory: WebAssembly.Memory
  freeMemory(): number
  /** Bytes of a pair's record; and of it without its longer cells, which lie behind the rest. */
  pairBytesOf(symbols: number): number
  shortPairBytes(symbols: number): number
  /** Bytes of a pair's exposure tile of the block at hand. */
  tileBytes(): number
  /** Room that working out the exposures of a pair needs. */
  exposureBytes(): number
  setUniverse(symbols: number, firstRow: number, symbolsAt: number, returnsPerBar: boolean, hasCarry: boolean): void
  /** Row of the timeline and number of rows of the block at hand: before anything is asked about it or placed. */
  setBlock(firstRow: number, rows: number): void
  /** Tells, before a record's bytes are asked for, whether it has units per target; they lie that far into it. */
  setUnits(has: boolean): void
  unitsOffset(symbols: number): number
  /** Numbers of the signals that are read, i32. */
  setSignals(at: number, count: number): void
  setInputs(signals: number, gaps: number, prices: number, lotValues: number): void
  setRows(leaps: number, years: number, kinds: number, course: number, tradable: number, actions: number): void
  setPanels(opens: number, spreads: number, units: number, ranges: number, starts: number, acts: number): void
  setSeries(series: number): void
  /** Begins the journal of what happens. */
  setJournal(at: number, bytes: number, rowBytes: number, marks: boolean): void
  /** Tells where longer cells lie in a pair's record, and gives the tiles their combined targets. */
  setLong(cells: number, keepsCombined: boolean): void
  setBars(bars: number, rests: number, counts: number, marks: number, watched: number, faced: number): void
  setWork(tiles: number, scratch: number, held: number, exposures: number, marks: number): void
  /** Lines of so many float32, laid at the end of their place, become lines of whole vectors. */
  padLines(at: number, lines: number, width: number): void
  isFilledWith(at: number, bytes: number, word: number): number
  leastOf(at: number, count: number): number
  placeVetoes(bytes: number, lines: number, marks: number): void
  /** Makes of the panels and signals placed what portfolios read; gives how many periods the block closes. */
  prepareBlock(begins: number, last: number, closed: number, hasSpreads: boolean, acts: boolean): number
  /** Closes the period under way in a pair's sums. */
  closeLastPeriod(pairAt: number): void
  run(pairsAt: number, pairs: number, pairsAtOnce: number): void
}

/** One value for each of two portfolios. */
export const PAIR_BYTES = 16
export const FLOAT = 4
export const DOUBLE = 8
/** What of the first cache the records of the pairs at hand may take. */
const CACHE_BYTES = 16_384

/** What is watched for in float32 lies this far on the side of looking once too often; and what follows bars in it. */
const WATCH_ROOM = 2.5e-7
const TRAIL_ROOM = 1e-6

/** Bytes of a journal: what of it is handed over at once stays in the second cache. */
const JOURNAL_BYTES = 1 << 18

/** A batch as it lies in the kernel's memory; a block is placed behind it, over the one before. */
export interface PlacedBatch {
  readonly memory: WasmMemory
  readonly symbols: number
  /** Whether some portfolio needs the longer cells. */
  readonly isLong: boolean
  /** Whether signals are read row by row; a single symbol's weighted means are read along the bars. */
  readonly readsRows: boolean
  /** Symbols rounded up to whole vectors of four float32. */
  readonly padded: number
  /** Signals that some portfolio subscribes to, as stretches of their numbers: only they are placed. */
  readonly subscribed: readonly Stretch[]
  readonly tape: Tape
  /** Portfolios that start with something; the rules of the others are in the kernel's memory alone. */
  readonly starting: readonly StartingBook[]
  readonly names: readonly string[]
  /** Row of the timeline the run ends with. */
  readonly lastRow: number
  /** Periods closed by the blocks so far. */
  readonly closed: { periods: number }
  readonly pairs: number
  readonly pairsAt: number
  /** Pairs that go through a block side by side, as far as the first cache holds them. */
  readonly pairsAtOnce: number
  /** Headers of the patterns' decisions. */
  readonly patternsAt: number
  readonly patterns: number
  /** Where what happens is noted, if it is recorded. */
  readonly journalAt: number
  readonly blockAt: number
  /** How far into a pair's record its longer cells lie. */
  readonly longAt: number
  /** Room for a pair's head while its last period is closed for a reader. */
  readonly spareHeadAt: number
  /** Address of a portfolio's lane in its pair. */
  laneOf(portfolio: number): number
  /** Address of the pair it is in: portfolios with the same phase-1 rules lie side by side, and share their exposures. */
  pairOf(portfolio: number): number
}

/** What a portfolio starts with. */
export interface StartingBook extends Pick<PortfolioRules, 'id' | 'positions'> {
  readonly portfolio: number
}

/** What a batch is laid out by: all that is kept of its rules, which are resolved again where they are placed. Together they would grow old. */
interface Survey {
  hasCarry: boolean
  hasUnits: boolean
  keepsCombined: boolean
  readsRows: boolean
  readonly subscribed: Set<number>
  readonly starting: StartingBook[]
}

function note(survey: Survey, rules: PortfolioRules, portfolio: number): void {
  const { id, positions, signals } = rules
  survey.hasCarry ||= rules.hasCarry
  survey.hasUnits ||= rules.sizing === 'fixedQuantity'
  survey.keepsCombined ||= rules.hasExits && rules.reentryNeedsChange
  survey.readsRows ||= rules.combine !== 'mean' || rules.allocation === 'weights'
  for (let i = 0; i < signals.length; i++) survey.subscribed.add(signals[i])
  if (positions.some((units) => units !== 0)) survey.starting.push({ portfolio, id, positions })
}

/** Most bytes that a row of a pair adds to the journal, and what may be written behind its end. */
export function journalRowBytes(symbols: number): number {
  return 2 * (symbols * layout.EVENTS_PER_CELL + 2) * layout.LONG_EVENT_BYTES
}

export function journalBytes(symbols: number): number {
  return Math.max(JOURNAL_BYTES, 2 * journalRowBytes(symbols))
}

/** Writes instruments, rules and fresh books. An odd batch has its last portfolio in both lanes. */
export function placeBatch(module: KernelModule, setup: KernelSetup, { isLong, records }: KernelVariant): PlacedBatch {
  const { instruments, portfolios } = setup
  const memory = new WasmMemory(module.memory, module.freeMemory())
  const symbols = instruments.length
  const multipliers = Float64Array.from(instruments, ({ multiplier }) => multiplier)
  const symbolsAt = memory.take(symbols * layout.SYMBOL_BYTES)
  instruments.forEach(({ lot, multiplier, margin }, n) => {
    memory.doubles.set([lot, LOT_SLACK / lot, multiplier, margin ?? NaN], (symbolsAt + n * layout.SYMBOL_BYTES) / DOUBLE)
  })
  const patterns = Math.max(...portfolios.map(({ pattern }) => pattern)) + 1
  const patternsAt = memory.take(patterns * layout.PATTERN_BYTES)
  const exposureRules = createExposureRules(memory, { symbols, patternsAt })
  const rulesOf = createResolver(instruments)
  const survey: Survey = { hasCarry: false, hasUnits: false, keepsCombined: false, readsRows: symbols > 1, subscribed: new Set(), starting: [] }
  const addresses = portfolios.map((portfolio, index) => {
    const own = rulesOf(portfolio)
    note(survey, own, index)
    return exposureRules(own)
  })
  const { hasCarry, hasUnits } = survey
  module.setUniverse(symbols, setup.firstRow, symbolsAt, setup.profile.basis === 'bar', hasCarry)
  const subscribed = [...survey.subscribed].toSorted((a, b) => a - b)
  const subscribedAt = memory.take(subscribed.length * FLOAT)
  memory.words.set(subscribed, subscribedAt / FLOAT)
  module.setSignals(subscribedAt, subscribed.length)
  const pairs = Math.ceil(portfolios.length / 2)
  module.setUnits(hasUnits)
  const unitsAt = module.unitsOffset(symbols)
  const longAt = module.shortPairBytes(symbols)
  if (isLong) module.setLong(longAt, survey.keepsCombined)
  const pairBytes = module.pairBytesOf(symbols)
  const pairsAt = memory.take(pairs * pairBytes)
  const order = portfolios.map((_, portfolio) => portfolio).toSorted((a, b) => addresses[a] - addresses[b])
  const places = new Int32Array(order.length)
  order.forEach((portfolio, place) => (places[portfolio] = place))
  const laneAt = (place: number): number => pairsAt + (place >> 1) * pairBytes + (place & 1) * DOUBLE
  const flags: number[] = []
  const { doubles } = memory
  for (let place = 0; place < pairs * 2; place++) {
    if (place % 2 === 0) doubles.fill(0, laneAt(place) / DOUBLE, (laneAt(place) + pairBytes) / DOUBLE)
    const portfolio = order[Math.min(place, portfolios.length - 1)]
    const own = rulesOf(portfolios[portfolio])
    placeHead(memory, own, { lane: laneAt(place), riskFree: requiredReturn(setup.profile) })
    if (hasUnits) placeUnits(memory, own, laneAt(place) + unitsAt)
    if (isLong) {
      placeLongCells(memory, own, laneAt(place) + longAt)
      if (place % 2 === 0) placeWatches(memory, laneAt(place & ~1) + longAt + symbols * layout.LONG_CELL_BYTES, symbols)
    }
    flags.push(flagsOf(own))
    memory.words[(laneAt(place & ~1) + layout.EXPOSURE_RULES) / FLOAT + (place & 1)] = addresses[portfolio]
    memory.words[(laneAt(place) + layout.NUMBERS) / FLOAT + 1] = (place < portfolios.length ? portfolio : layout.NOBODY) << layout.NUMBER_SHIFT
  }
  for (let p = 0; p < flags.length; p += 2) {
    memory.words[(laneAt(p) + layout.FLAGS) / FLOAT] = (flags[p] & flags[p + 1] & EVERY_LANE) | ((flags[p] | flags[p + 1]) & SOME_LANE)
  }
  return {
    memory, symbols, isLong, longAt, starting: survey.starting, subscribed: stretchesOf(subscribed),
    readsRows: survey.readsRows, names: instruments.map(({ symbol }) => symbol), lastRow: setup.lastRow, padded: Math.ceil(symbols / 4) * 4,
    closed: { periods: 0 },
    tape: createTape({ symbols, multipliers, firstRow: setup.firstRow, hasCarry }),
    pairs, pairsAt, pairsAtOnce: Math.max(1, Math.min(16, Math.floor(CACHE_BYTES / (longAt + (isLong ? Math.ceil(symbols / 2) * layout.WATCH_BYTES : 0))))),
    patternsAt, patterns, journalAt: records ? memory.take(journalBytes(symbols)) : 0, spareHeadAt: memory.take(layout.HEAD_BYTES), blockAt: memory.next,
    laneOf: (portfolio) => laneAt(places[portfolio]),
    pairOf: (portfolio) => laneAt(places[portfolio] & ~1),
  }
}

function placeHead(memory: WasmMemory, rules: PortfolioRules, at: { lane: number; riskFree: number }): void {
  const { doubles, words } = memory
  const put = (slot: number, value: number): void => {
    doubles[(at.lane + slot) / DOUBLE] = value
  }
  put(layout.CASH, rules.cash)
  put(layout.EQUITY, rules.cash)
  put(layout.STOPPED_AT, -1)
  put(layout.ENDED_AT, Infinity)
  put(layout.FIRST_RETURN, NaN)
  put(layout.FIRST_DOWNSIDE_SQUARE, NaN)
  put(layout.BEST_RETURN, NaN)
  put(layout.WORST_RETURN, NaN)
  put(layout.LEVERAGE, rules.leverage)
  put(layout.FEE_RATE, rules.feeRate)
  put(layout.FEE_PER_UNIT, rules.feePerUnit)
  put(layout.FEE_MINIMUM, rules.feeMinimum)
  put(layout.ENTRY_SLIPPAGE, rules.entrySlippage)
  put(layout.EXIT_SLIPPAGE, rules.exitSlippage)
  put(layout.COSTLIEST_SLIP, Math.max(rules.entrySlippage, rules.exitSlippage))
  put(layout.PAYS_SPREAD, rules.paySpread ? 1 : 0)
  put(layout.SIZE, rules.size)
  put(layout.CASH_PER_TARGET, rules.cashPerTarget)
  put(layout.THRESHOLD, rules.threshold)
  put(layout.DRAWDOWN_LIMIT, rules.drawdownLimit)
  put(layout.RESUME_AFTER_BARS, rules.resumeAfterBars)
  put(layout.OWN_CAP, rules.cap)
  put(layout.EVERY_BARS, rules.everyBars)
  put(layout.RISK_FREE, at.riskFree)
  put(layout.PARTICIPATION, rules.participation)
  put(layout.STOP_LOSS, rules.stopLoss)
  put(layout.TAKE_PROFIT, rules.takeProfit)
  put(layout.TRAILING_STOP, rules.trailingStop)
  put(layout.LOW_OF_LONG, (1 - rules.stopLoss) * (1 + WATCH_ROOM))
  put(layout.HIGH_OF_LONG, (1 + rules.takeProfit) * (1 - WATCH_ROOM))
  put(layout.LOW_OF_SHORT, (1 - rules.takeProfit) * (1 + WATCH_ROOM))
  put(layout.HIGH_OF_SHORT, (1 + rules.stopLoss) * (1 - WATCH_ROOM))
  put(layout.TRAIL_OF_LONG, (1 - rules.trailingStop) * (1 + TRAIL_ROOM))
  put(layout.TRAIL_OF_SHORT, (1 + rules.trailingStop) * (1 - TRAIL_ROOM))
  put(layout.MIN_HOLD_BARS, rules.minHoldBars)
  put(layout.MAX_HOLD_BARS, rules.maxHoldBars)
  put(layout.COOLDOWN_BARS, rules.cooldownBars)
  put(layout.INVESTED_SHARE, rules.investedShare)
  put(layout.PRICE_FACTOR, rules.sizing === 'allIn' ? 1 + rules.feeRate : 1)
  put(layout.BORROW_RATE, rules.borrowRate)
  put(layout.LOAN_RATE, rules.loanRate)
  put(layout.CASH_RATE, rules.cashRate)
  const mask = (slot: number, isSet: boolean): void => {
    if (!isSet) return
    words[(at.lane + slot) / FLOAT] = -1
    words[(at.lane + slot) / FLOAT + 1] = -1
  }
  mask(layout.FEE_ON_ENTRY_ONLY, rules.feeOnEntryOnly)
  mask(layout.HOLDS, rules.hold)
  mask(layout.OPPOSITE_CLOSES, rules.opposite === 'close')
  mask(layout.OPPOSITE_IGNORED, rules.opposite === 'ignore')
  mask(layout.HAS_EXITS, rules.hasExits)
  mask(layout.TRAILS_FROM_HIGH, rules.trailFromHigh)
  mask(layout.WATCHES_ENTRY_BAR, rules.watchesEntryBar)
  mask(layout.GAP_FILLS_AT_OPEN, rules.gapFillsAtOpen)
  mask(layout.NEEDS_CHANGE, rules.reentryNeedsChange)
  mask(layout.BY_QUANTITY, rules.sizing === 'fixedQuantity')
  mask(layout.ALL_IN, rules.sizing === 'allIn')
  mask(layout.REJECTS, rules.rejects)
  mask(layout.ENDS_AT_OPEN, rules.end === 'last-open')
  mask(layout.ENDS_AT_CLOSE, rules.end === 'last-close')
  words[(at.lane + layout.START_MASK) / FLOAT] = rules.startMask
}

/** Bits of a pair that both portfolios must have. */
const EVERY_LANE = layout.DECIDES_SIMPLY | layout.DECIDES_UNITS | layout.RESTS_BETWEEN_EVENTS | layout.RESTS_ALONE

/** And those that one has. */
const SOME_LANE = layout.HAS_STOP | layout.IS_TIMED | layout.IS_WATCHED | layout.TRAILS

/**
 * Most rows are simple where a known target is traded to at once, and never beyond its limits: a size above 1
 * could lead there.
 */
function flagsOf(rules: PortfolioRules): number {
  const { positions, hold, sizing, size, hasTiming, hasExits, maxHoldBars, trailingStop, everyBars, drawdownLimit, cap, gross, pattern } = rules
  const isSimple = !hold && sizing === 'exposure' && size <= 1 && everyBars === 1
  const isFree = pattern < 0 && cap === Infinity && gross === Infinity
  const inUnits = !hold && sizing === 'fixedQuantity' && everyBars === 1 && isFree && positions.length === 1
  const rests = hold && !hasTiming && isFree
  const hasStop = drawdownLimit < Infinity
  return (isSimple ? layout.DECIDES_SIMPLY : 0) | (inUnits ? layout.DECIDES_UNITS : 0) | (rests ? layout.RESTS_BETWEEN_EVENTS : 0) |
    (rests && !hasExits && !hasStop ? layout.RESTS_ALONE : 0) | (hasStop ? layout.HAS_STOP : 0) | (hasTiming ? layout.IS_TIMED : 0) |
    (hasExits || maxHoldBars < Infinity ? layout.IS_WATCHED : 0) | (trailingStop < Infinity ? layout.TRAILS : 0)
}

function placeUnits({ doubles }: WasmMemory, { positions, unitsPerTarget }: PortfolioRules, lane: number): void {
  for (let n = 0; n < positions.length; n++) doubles[(lane + n * layout.UNITS_BYTES) / DOUBLE] = unitsPerTarget[n] ?? 0
}

function placeLongCells(memory: WasmMemory, rules: PortfolioRules, lane: number): void {
  const { doubles } = memory
  for (let n = 0; n < rules.positions.length; n++) {
    const cell = lane + n * layout.LONG_CELL_BYTES
    doubles[(cell + layout.ENTRY_ROW) / DOUBLE] = -1
    doubles[(cell + layout.EXIT_BAR) / DOUBLE] = -Infinity
  }
}

/** Nothing is watched for before the first mark. */
const UNWATCHED = [
  [layout.WATCHED_LOW, -Infinity], [layout.WATCHED_HIGH, Infinity], [layout.WATCHED_LOCK, NaN], [layout.WATCHED_DUE, Infinity], [layout.TRAIL_LOW, -Infinity], [layout.TRAIL_HIGH, Infinity],
] as const

function placeWatches({ floats }: WasmMemory, address: number, symbols: number): void {
  for (let n = 0; n < symbols; n += 2) {
    const at = (address + (n / 2) * layout.WATCH_BYTES) / FLOAT
    for (const [field, value] of UNWATCHED) {
      for (let lane = 0; lane < PAIR_BYTES / FLOAT; lane++) floats[at + field / FLOAT + lane] = value
    }
  }
}

/** Neighbours among ascending numbers. */
export interface Stretch {
  readonly first: number
  count: number
}

function stretchesOf(numbers: readonly number[]): Stretch[] {
  const stretches: Stretch[] = []
  for (const number of numbers) {
    const latest = stretches.at(-1)
    if (latest !== undefined && number === latest.first + latest.count) latest.count++
    else stretches.push({ first: number, count: 1 })
  }
  return stretches
}

const METHODS = { mean: 0, vote: 1, strongest: 2 } as const

/** Gives the address of a portfolio's phase-1 rules; portfolios with the same share them: what lies in memory is compared. */
function createExposureRules(memory: WasmMemory, of: { symbols: number; patternsAt: number }): (rules: PortfolioRules) => number {
  const placed = new Map<number, number>()
  return (rules) => {
    const address = placeExposureRules(memory, rules, of)
    const { words } = memory
    const length = (layout.RULES_BYTES + rules.signals.length * layout.SUBSCRIPTION_BYTES) / FLOAT
    let hash = 0
    for (let i = address / FLOAT, end = i + length; i < end; i++) hash = (Math.imul(hash, 31) + words[i]) | 0
    for (;;) {
      const known = placed.get(hash)
      if (known === undefined) {
        placed.set(hash, address)
        return address
      }
      if (isSame(words, { a: known / FLOAT, b: address / FLOAT, length })) {
        memory.release(address)
        return known
      }
      hash = (hash + 1) | 0
    }
  }
}

function isSame(words: Int32Array, { a, b, length }: { a: number; b: number; length: number }): boolean {
  for (let i = 0; i < length; i++) if (words[a + i] !== words[b + i]) return false
  return true
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
  words[word(layout.COMBINE)] = METHODS[rules.combine]
  words[word(layout.BY_WEIGHTS)] = rules.allocation === 'weights' ? 1 : 0
  for (let i = 0; i < count; i++) {
    const entry = word(layout.RULES_BYTES + i * layout.SUBSCRIPTION_BYTES)
    words[entry] = rules.signals[i]
    floats[entry + 1] = rules.signalWeights[i]
  }
  return address
}
