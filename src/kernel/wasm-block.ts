import * as layout from './assembly/layout.ts'
import type { KernelBlock, MarketBlock } from './kernel.ts'
import { STARTS_SESSION } from './rules.ts'
import { withoutPrice } from './starting-positions.ts'
import { advanceTape, fitTape } from './tape.ts'
import { DOUBLE, FLOAT, PAIR_BYTES } from './wasm-layout.ts'
import type { KernelModule, PlacedBatch } from './wasm-layout.ts'
import type { WasmMemory } from './wasm-memory.ts'

/** Keeps a bound a bound when it is rounded. */
const ROOM = 1 + 1e-6
/** The same for what is watched for in float32. */
const WATCH_ROOM = 2.5e-7
/** Bit of a tile's row in which a pattern vetoes anything. */
const VETOES = 4
/** Room behind a tile of one symbol, whose bars are worked out four at a time. */
const TILE_ROWS_BYTES = 256

/** Copies what a batch reads of a block, once for all its portfolios. */
export function placeBlock(module: KernelModule, batch: PlacedBatch, block: KernelBlock): void {
  const { memory, symbols, padded, tape } = batch
  const { market, signalCount } = block
  const { rows, firstRow } = market
  memory.release(batch.blockAt)
  fitTape(tape, rows)
  for (let row = 0; row < rows; row++) advanceTape(tape, market, row)
  const signalsAt = memory.take(rows * signalCount * padded * FLOAT)
  if (batch.readsRows) for (const s of batch.subscribed) copyPadded(batch, block.signals, { address: signalsAt, from: s * rows, lines: rows })
  const gapsAt = memory.take(signalCount * FLOAT)
  const lotValuesAt = memory.take(rows * padded * 2 * FLOAT)
  // Interest looks at the prices of the row before.
  const pricesAt = memory.take((rows + 1) * symbols * layout.PRICE_BYTES) + symbols * layout.PRICE_BYTES
  placePrices(batch, block, { prices: pricesAt, lotValues: lotValuesAt })
  module.setInputs(signalsAt, gapsAt, pricesAt, lotValuesAt)
  module.setBlock(firstRow, rows, placeRows(module, batch, block))
  if (batch.isLong) placeBars(module, batch, block)
  for (let i = 0; i < batch.patterns; i++) placePattern(batch, block, i)
  if (symbols === 1) placeSeries(module, batch, block)
  module.setWork(
    memory.take(batch.pairsAtOnce * module.tileBytes() + TILE_ROWS_BYTES),
    memory.take(symbols * layout.SCRATCH_BYTES + 2 * (symbols + 2) * FLOAT),
    memory.take((padded + 4) * 2 * FLOAT),
    memory.take(module.exposureBytes()),
  )
  module.seekGaps()
  const first = tape.isFirst.subarray(0, rows).indexOf(1)
  if (first >= 0) placePositions(batch, firstRow + first, (first + 1) * symbols)
}

/** What portfolios start with is entered at the first measured row's marks; nothing acts on it before. */
function placePositions(batch: PlacedBatch, t: number, cell: number): void {
  const { memory: { doubles }, rules, symbols, tape } = batch
  for (const [p, own] of rules.entries()) {
    for (let n = 0; n < symbols; n++) {
      const units = own.positions[n]
      if (units === 0) continue
      const price = tape.mark[cell + n]
      if (price === 0) throw withoutPrice({ portfolio: own.id, symbol: batch.names[n], units })
      const short = batch.laneOf(p) + layout.HEAD_BYTES + n * layout.CELL_BYTES
      doubles[(short + layout.QUANTITY) / DOUBLE] = units
      doubles[(short + layout.TRADE_CASH) / DOUBLE] = -units * tape.unit[cell + n]
      if (!batch.isLong) continue
      const long = (batch.laneOf(p) + batch.longAt + n * layout.LONG_CELL_BYTES) / DOUBLE
      for (const slot of [layout.ENTRY_PRICE, layout.LEVEL_PRICE, layout.BEST_PRICE]) doubles[long + slot / DOUBLE] = price
      doubles[long + layout.ENTRY_ROW / DOUBLE] = t
      doubles[long + layout.ENTRY_BAR / DOUBLE] = tape.bars[cell + n]
    }
  }
}

/** Lines of N values become lines of whole vectors, with zeros: some of them, from one on. */
function copyPadded(
  { memory, symbols, padded }: PlacedBatch,
  values: Float32Array | Uint8Array,
  of: { address: number; from: number; lines: number },
): void {
  const { floats } = memory
  let at = of.address / FLOAT + of.from * padded
  let from = of.from * symbols
  const end = from + of.lines * symbols
  if (padded === symbols) {
    floats.set(values.subarray(from, end), at)
    return
  }
  while (from < end) {
    for (let n = 0; n < symbols; n++) floats[at++] = values[from++]
    for (let n = symbols; n < padded; n++) floats[at++] = 0
  }
}

/** Opens and closes × M, a symbol that is not tradable at its last close; and the least value each can be traded by. */
function placePrices(batch: PlacedBatch, { market }: KernelBlock, at: { prices: number; lotValues: number }): void {
  const { memory: { doubles, floats }, symbols, padded, tape, multipliers, lots } = batch
  const step = layout.PRICE_BYTES / DOUBLE
  const before = at.prices / DOUBLE - symbols * step
  for (let n = 0; n < symbols; n++) doubles[before + n * step + layout.CLOSE_UNIT / DOUBLE] = tape.unit[n]
  for (let i = 0; i < market.rows * symbols; i++) {
    const n = i % symbols
    const price = at.prices / DOUBLE + i * step
    const unit = tape.unit[i + symbols]
    doubles[price] = market.open[i]
    doubles[price + 1] = tape.tradable[i] === 1 ? market.open[i] * multipliers[n] : unit
    doubles[price + 2] = unit
    doubles[price + 3] = market.halfSpread === null || tape.tradable[i] === 0 ? 0 : market.halfSpread[i]
    const lotValue = at.lotValues / FLOAT + ((i - n) / symbols) * padded * 2 + n * 2
    floats[lotValue] = lots[n] * unit * ROOM
    floats[lotValue + 1] = floats[lotValue]
    if (n === symbols - 1) for (let pad = lotValue + 2; pad < lotValue + 2 + (padded - symbols) * 2; pad++) floats[pad] = 0
  }
}

/** What every portfolio needs to know of the rows. Gives how many periods they close. */
function placeRows(module: KernelModule, batch: PlacedBatch, { market }: KernelBlock): number {
  const { memory, symbols, tape } = batch
  const { rows } = market
  const leapsAt = memory.take(rows * DOUBLE)
  const yearsAt = memory.take(rows * DOUBLE)
  const kindsAt = memory.take(rows * FLOAT)
  const tradableAt = memory.take(rows * symbols)
  memory.bytes.set(tape.tradable.subarray(0, rows * symbols), tradableAt)
  memory.doubles.set(tape.years.subarray(0, rows), yearsAt / DOUBLE)
  const { words, doubles } = memory
  let acts = false
  let periods = 0
  for (let row = 0; row < rows; row++) {
    const hasGaps = isAny(tape.tradable, 0, { from: row * symbols, to: (row + 1) * symbols })
    const actions = tape.hasActions[row] === 1 && tape.isFirst[row] === 0
    const starts = (tape.starts[row] & STARTS_SESSION) !== 0 && tape.isFirst[row] === 0
    const closes = market.firstRow + row >= tape.firstRow && (batch.returnsPerBar || starts)
    if (closes) periods++
    const period = closes ? layout.CLOSES_PERIOD | (batch.closed.periods + periods === 1 ? layout.IS_FIRST_PERIOD : 0) : 0
    words[kindsAt / FLOAT + row] = (market.firstRow + row === batch.lastRow ? layout.IS_LAST : 0) |
      period | tape.starts[row] | (tape.isFirst[row] === 1 ? layout.IS_FIRST : 0) | (hasGaps ? layout.HAS_GAPS : 0) | (actions ? layout.HAS_ACTIONS : 0)
    // Where an order may have to wait, or something was split, what is held afterwards is not what was wanted.
    doubles[leapsAt / DOUBLE + row] = actions || hasGaps ? Infinity : leapOf(batch, market, row)
    acts ||= actions
  }
  module.setRows(leapsAt, yearsAt, kindsAt, placeCourse(memory, kindsAt, rows), tradableAt, acts ? placeActions(batch, market.open, rows) : 0)
  batch.closed.periods += periods
  return periods
}

/** How rows of these kinds follow each other. */
function placeCourse(memory: WasmMemory, kindsAt: number, rows: number): number {
  const address = memory.take((rows + 1) * layout.COURSE_BYTES)
  const { words } = memory
  const of = (row: number): number => (address + row * layout.COURSE_BYTES) / FLOAT
  let closed = 0
  for (let row = 0; row <= rows; row++) {
    words[of(row) + layout.CLOSED_BEFORE / FLOAT] = closed
    if (row < rows && (words[kindsAt / FLOAT + row] & layout.CLOSES_PERIOD) !== 0) closed++
  }
  for (let row = rows, until = rows; row >= 0; row--) {
    if (row < rows && (words[kindsAt / FLOAT + row] & layout.EVENTFUL) !== 0) until = row
    words[of(row) + layout.QUIET_UNTIL / FLOAT] = until
  }
  return address
}

/** Whether a value stands somewhere in a range. */
function isAny(values: Uint8Array, value: number, range: { from: number; to: number }): boolean {
  for (let i = range.from; i < range.to; i++) if (values[i] === value) return true
  return false
}

/** How far at most a quote at the open, half a spread away from it, lies from the symbol's last close: a fraction of it. */
function leapOf({ symbols, tape, multipliers }: PlacedBatch, { open, halfSpread }: MarketBlock, row: number): number {
  let leap = 0
  for (let n = 0; n < symbols; n++) {
    const at = row * symbols + n
    if (tape.unit[at] === 0) return Infinity
    const spread = halfSpread === null ? 0 : (halfSpread[at] * multipliers[n]) / tape.unit[at]
    leap = Math.max(leap, Math.abs((open[at] * multipliers[n]) / tape.unit[at] - 1) + spread)
  }
  return leap * ROOM
}

/** What exits, holding times and participation look at. */
function placeBars(module: KernelModule, { memory, symbols, tape }: PlacedBatch, { market }: KernelBlock): void {
  const cells = market.rows * symbols
  const barsAt = memory.take(cells * layout.BAR_BYTES)
  const countsAt = memory.take((cells + symbols) * DOUBLE)
  const marksAt = memory.take(cells * DOUBLE)
  const { doubles } = memory
  for (let i = 0; i < cells; i++) {
    const bar = (barsAt + i * layout.BAR_BYTES) / DOUBLE
    doubles[bar + layout.HIGH / DOUBLE] = market.high[i]
    doubles[bar + layout.LOW / DOUBLE] = market.low[i]
    doubles[bar + layout.CLOSE / DOUBLE] = market.close[i]
    doubles[bar + layout.VOLUME / DOUBLE] = market.volume[i]
  }
  memory.doubles.set(tape.bars.subarray(0, cells + symbols), countsAt / DOUBLE)
  memory.doubles.set(tape.mark.subarray(symbols, cells + symbols), marksAt / DOUBLE)
  module.setBars(barsAt, countsAt, marksAt, placeWatchBars(memory, market, symbols))
}

/** Lows and highs in float32, a little further out than they are: two symbols of two portfolios to a vector. */
function placeWatchBars(memory: WasmMemory, { rows, low, high, close }: MarketBlock, symbols: number): number {
  const vectors = Math.ceil(symbols / 2)
  const address = memory.take(rows * vectors * layout.WATCH_BAR_BYTES)
  const { floats } = memory
  floats.fill(NaN, address / FLOAT, (address + rows * vectors * layout.WATCH_BAR_BYTES) / FLOAT)
  for (let i = 0; i < rows * symbols; i++) {
    const n = i % symbols
    const at = (address + (((i - n) / symbols) * vectors + (n >> 1)) * layout.WATCH_BAR_BYTES) / FLOAT + (n & 1) * 2
    floats[at] = Math.min(low[i], close[i]) * (1 - WATCH_ROOM)
    floats[at + 1] = floats[at]
    floats[at + 4] = Math.max(high[i], close[i]) * (1 + WATCH_ROOM)
    floats[at + 5] = floats[at + 4]
  }
  return address
}

function placeActions({ memory, symbols, tape }: PlacedBatch, open: Float64Array, rows: number): number {
  const address = memory.take(rows * symbols * layout.ACTION_BYTES)
  for (let i = 0; i < rows * symbols; i++) {
    const price = tape.tradable[i] === 1 ? open[i] : tape.delisting[i]
    memory.doubles.set([tape.split[i], tape.dividend[i], tape.delisting[i], price], (address + i * layout.ACTION_BYTES) / DOUBLE)
  }
  return address
}

/** A single symbol's signals, signal by signal, for bars in lanes. */
function placeSeries(module: KernelModule, { memory, subscribed }: PlacedBatch, { market: { rows }, signals, signalCount }: KernelBlock): void {
  const padded = Math.ceil(rows / 4) * 4
  const at = memory.take(signalCount * padded * FLOAT)
  const { floats } = memory
  if (rows === padded && subscribed.length === signalCount) floats.set(signals.subarray(0, signalCount * rows), at / FLOAT)
  else for (const s of subscribed) {
    const start = at / FLOAT + s * padded
    for (let row = 0; row < rows; row++) floats[start + row] = signals[s * rows + row]
    for (let row = rows; row < padded; row++) floats[start + row] = 0
  }
  module.setSeries(at, padded * FLOAT)
}

function placePattern(batch: PlacedBatch, block: KernelBlock, index: number): void {
  const { memory, padded, symbols } = batch
  const { rows } = block.market
  const { scale, gross, cap, veto, weights } = block.patterns[index]
  const scaleAt = memory.take(rows * FLOAT + PAIR_BYTES)
  const grossAt = memory.take(rows * FLOAT + PAIR_BYTES)
  const capAt = memory.take(rows * padded * FLOAT)
  const vetoAt = memory.take(rows * padded * FLOAT)
  const vetoesAt = memory.take(rows * FLOAT + PAIR_BYTES)
  const capsAt = memory.take(rows * FLOAT + PAIR_BYTES)
  const weightsAt = weights === null ? 0 : memory.take(rows * padded * FLOAT)
  memory.floats.set(scale.subarray(0, rows), scaleAt / FLOAT)
  memory.floats.set(gross.subarray(0, rows), grossAt / FLOAT)
  copyPadded(batch, cap, { address: capAt, from: 0, lines: rows })
  copyPadded(batch, veto, { address: vetoAt, from: 0, lines: rows })
  if (weights !== null) copyPadded(batch, weights, { address: weightsAt, from: 0, lines: rows })
  memory.words.fill(0, vetoesAt / FLOAT, vetoesAt / FLOAT + rows)
  for (let i = 0; i < rows * symbols; i++) if (veto[i] !== 0) memory.words[vetoesAt / FLOAT + Math.floor(i / symbols)] = VETOES
  if (symbols === 1) memory.floats.set(cap.subarray(0, rows), capsAt / FLOAT)
  const hasCaps = cap.subarray(0, rows * symbols).some((limit) => limit !== Infinity) ? 1 : 0
  const words = [scaleAt, grossAt, capAt, vetoAt, vetoesAt, hasCaps, capsAt, weightsAt]
  memory.words.set(words, (batch.patternsAt + index * layout.PATTERN_BYTES) / FLOAT)
}
