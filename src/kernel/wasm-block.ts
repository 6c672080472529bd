import * as layout from './assembly/layout.ts'
import type { KernelBlock, MarketBlock } from './kernel.ts'
import { withoutPrice } from './starting-positions.ts'
import { advanceTape, fitTape, hasStarted } from './tape.ts'
import { DOUBLE, FLOAT } from './wasm-layout.ts'
import type { KernelModule, PlacedBatch } from './wasm-layout.ts'
import type { BlockRoom } from './wasm-room.ts'

/** The bits of a float32 infinity. */
const INFINITY_WORD = 0x7f80_0000

/** Copies what a batch reads of a block, once for all its portfolios; what is made of it is made by the module. */
export function placeBlock(module: KernelModule, batch: PlacedBatch, block: KernelBlock, room: BlockRoom): void {
  const { symbols, tape, closed } = batch
  const { market } = block
  const { rows, firstRow } = market
  fitTape(tape, rows)
  const wasBefore = !hasStarted(tape.memory)
  advanceTape(tape, market, { from: 0, to: rows })
  const begins = wasBefore && hasStarted(tape.memory) ? Math.max(0, tape.firstRow - firstRow) : -1
  placePanels(batch, market, room)
  if (tape.hasActed) placeActions(batch, market, room)
  if (batch.isLong) placeBars(batch, market, room)
  placeSignals(module, batch, block, room)
  for (let i = 0; i < batch.patterns; i++) placePattern(module, batch, block, { room, index: i })
  closed.periods += module.prepareBlock(begins, Math.min(rows, batch.lastRow - firstRow), closed.periods, market.halfSpread !== null, tape.hasActed)
  if (begins >= 0) placePositions(batch, firstRow + begins, (begins + 1) * symbols)
}

/** What portfolios start with is entered at the first measured row's marks; nothing acts on it before. */
function placePositions(batch: PlacedBatch, t: number, cell: number): void {
  const { memory: { doubles }, starting, symbols, tape } = batch
  for (const { portfolio, id, positions } of starting) {
    for (let n = 0; n < symbols; n++) {
      const units = positions[n]
      if (units === 0) continue
      const price = tape.mark[cell + n]
      if (price === 0) throw withoutPrice({ portfolio: id, symbol: batch.names[n], units })
      const short = batch.laneOf(portfolio) + layout.HEAD_BYTES + n * layout.CELL_BYTES
      doubles[(short + layout.QUANTITY) / DOUBLE] = units
      doubles[(short + layout.TRADE_CASH) / DOUBLE] = -units * tape.unit[cell + n]
      if (!batch.isLong) continue
      const long = (batch.laneOf(portfolio) + batch.longAt + n * layout.LONG_CELL_BYTES) / DOUBLE
      for (const slot of [layout.ENTRY_PRICE, layout.LEVEL_PRICE, layout.BEST_PRICE]) doubles[long + slot / DOUBLE] = price
      doubles[long + layout.ENTRY_ROW / DOUBLE] = t
      doubles[long + layout.ENTRY_BAR / DOUBLE] = tape.bars[cell + n]
    }
  }
}

/** The first values of an array, without a view where they are all. */
function firstOf<T extends Float64Array | Float32Array | Uint8Array>(values: T, count: number): T {
  return values.length === count ? values : (values.subarray(0, count) as T)
}

function placePanels({ memory: { doubles, bytes }, symbols, tape }: PlacedBatch, { rows, open, halfSpread }: MarketBlock, room: BlockRoom): void {
  const cells = rows * symbols
  doubles.set(firstOf(open, cells), room.opens / DOUBLE)
  doubles.set(firstOf(tape.unit, cells + symbols), room.units / DOUBLE)
  bytes.set(firstOf(tape.tradable, cells), room.tradable)
  bytes.set(firstOf(tape.starts, rows), room.starts)
  if (halfSpread !== null) doubles.set(firstOf(halfSpread, cells), room.spreads / DOUBLE)
  if (tape.hasCarry) doubles.set(firstOf(tape.years, rows), room.years / DOUBLE)
}

function placeActions({ memory: { doubles, bytes }, symbols, tape }: PlacedBatch, { rows, open }: MarketBlock, room: BlockRoom): void {
  bytes.set(firstOf(tape.hasActions, rows), room.acts)
  let at = room.actions / DOUBLE
  for (let row = 0; row < rows; row++, at += (symbols * layout.ACTION_BYTES) / DOUBLE) {
    if (tape.hasActions[row] === 0) continue
    for (let n = 0; n < symbols; n++) {
      const i = row * symbols + n
      const action = at + (n * layout.ACTION_BYTES) / DOUBLE
      doubles[action + layout.SPLIT / DOUBLE] = tape.split[i]
      doubles[action + layout.DIVIDEND / DOUBLE] = tape.dividend[i]
      doubles[action + layout.DELISTING / DOUBLE] = tape.delisting[i]
      doubles[action + layout.SPLIT_PRICE / DOUBLE] = tape.tradable[i] === 1 ? open[i] : tape.delisting[i]
    }
  }
}

/** What exits, holding times and participation look at. */
function placeBars({ memory: { doubles }, symbols, tape }: PlacedBatch, { rows, high, low, close, volume }: MarketBlock, room: BlockRoom): void {
  const cells = rows * symbols
  const ranges = room.ranges / DOUBLE
  doubles.set(firstOf(high, cells), ranges)
  doubles.set(firstOf(low, cells), ranges + cells)
  doubles.set(firstOf(close, cells), ranges + 2 * cells)
  doubles.set(firstOf(volume, cells), ranges + 3 * cells)
  doubles.set(firstOf(tape.bars, cells + symbols), room.counts / DOUBLE)
  doubles.set(tape.mark.subarray(symbols, cells + symbols), room.marks / DOUBLE)
}

interface Lines {
  readonly at: number
  /** Place of the first value. */
  readonly from: number
  readonly lines: number
  readonly width: number
}

/** Lines of values, one behind the other, become lines of whole vectors. */
function placeLines(module: KernelModule, { memory }: PlacedBatch, values: Float32Array, { at, from, lines, width }: Lines): void {
  const beyond = lines * (Math.ceil(width / 4) * 4 - width)
  memory.floats.set(values.subarray(from, from + lines * width), at / FLOAT + beyond)
  if (beyond > 0) module.padLines(at, lines, width)
}

/** Signals row by row; and a single symbol's for bars in lanes, signal by signal. */
function placeSignals(module: KernelModule, batch: PlacedBatch, { market: { rows }, signals }: KernelBlock, room: BlockRoom): void {
  const { symbols, padded, subscribed } = batch
  for (const { first, count } of subscribed) {
    if (batch.readsRows) {
      placeLines(module, batch, signals, { at: room.signals + first * rows * padded * FLOAT, from: first * rows * symbols, lines: count * rows, width: symbols })
    }
    if (symbols > 1) continue
    placeLines(module, batch, signals, { at: room.series + first * Math.ceil(rows / 4) * 4 * FLOAT, from: first * rows, lines: count, width: rows })
  }
}

function placePattern(module: KernelModule, batch: PlacedBatch, block: KernelBlock, { room, index }: { room: BlockRoom; index: number }): void {
  const { memory: { floats, words, bytes }, padded, symbols } = batch
  const { rows } = block.market
  const { scale, gross, cap, veto, weights } = block.patterns[index]
  const own = room.patterns[index]
  const cells = rows * symbols
  floats.set(firstOf(scale, rows), own.scale / FLOAT)
  floats.set(firstOf(gross, rows), own.gross / FLOAT)
  // A pair's other portfolio may have a pattern with caps or vetoes: then those of this one are read, too.
  const capsAt = own.cap + rows * (padded - symbols) * FLOAT
  floats.set(firstOf(cap, cells), capsAt / FLOAT)
  const hasCaps = module.isFilledWith(capsAt, cells * FLOAT, INFINITY_WORD) === 0
  if (hasCaps) {
    if (symbols === 1) floats.set(firstOf(cap, rows), own.caps / FLOAT)
    if (padded > symbols) module.padLines(own.cap, rows, symbols)
  } else if (own.hasCaps) floats.fill(Infinity, own.cap / FLOAT, own.cap / FLOAT + room.rows * padded)
  bytes.set(firstOf(veto, cells), own.vetoBytes)
  const hasVetoes = module.isFilledWith(own.vetoBytes, cells, 0) === 0
  if (hasVetoes) module.placeVetoes(own.vetoBytes, own.veto, own.vetoes)
  else if (own.hasVetoes) {
    floats.fill(0, own.veto / FLOAT, own.veto / FLOAT + room.rows * padded)
    words.fill(0, own.vetoes / FLOAT, own.vetoes / FLOAT + room.rows)
  }
  own.hasCaps = hasCaps
  own.hasVetoes = hasVetoes
  if (weights !== null) placeLines(module, batch, weights, { at: own.weights, from: 0, lines: rows, width: symbols })
  const at = (batch.patternsAt + index * layout.PATTERN_BYTES) / FLOAT
  words[at + layout.PATTERN_HAS_CAPS / FLOAT] = hasCaps ? 1 : 0
  words[at + layout.PATTERN_WEIGHTS / FLOAT] = weights === null ? 0 : own.weights
  floats[at + layout.PATTERN_LEAST_GROSS / FLOAT] = module.leastOf(own.gross, rows)
  words[at + layout.PATTERN_HAS_VETOES / FLOAT] = hasVetoes ? 1 : 0
}
