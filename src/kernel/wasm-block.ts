import * as layout from './assembly/layout.ts'
import type { KernelBlock, MarketBlock } from './kernel.ts'
import { STARTS_SESSION } from './rules.ts'
import { withoutPrice } from './starting-positions.ts'
import { advanceTape, fitTape, hasStarted } from './tape.ts'
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
  const wasBefore = !hasStarted(tape.memory)
  advanceTape(tape, market, { from: 0, to: rows })
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
    memory.take(rows * layout.ROOM_BYTES),
  )
  module.seekGaps()
  if (!wasBefore || !hasStarted(tape.memory)) return
  const first = tape.isFirst.indexOf(1)
  placePositions(batch, firstRow + first, (first + 1) * symbols)
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
  const { memory: { doubles }, symbols, tape: { unit, tradable }, multipliers } = batch
  const { rows, open, halfSpread } = market
  const step = layout.PRICE_BYTES / DOUBLE
  let price = at.prices / DOUBLE - symbols * step
  for (let n = 0; n < symbols; n++, price += step) doubles[price + layout.CLOSE_UNIT / DOUBLE] = unit[n]
  for (let row = 0, i = 0; row < rows; row++) {
    for (let n = 0; n < symbols; n++, i++, price += step) {
      const isTradable = tradable[i] === 1
      const last = unit[i + symbols]
      doubles[price] = open[i]
      doubles[price + 1] = isTradable ? open[i] * multipliers[n] : last
      doubles[price + 2] = last
      doubles[price + 3] = halfSpread === null || !isTradable ? 0 : halfSpread[i]
    }
  }
  // A single symbol is not looked at in float32 first, unless it is held by time.
  if (batch.hasLots && (symbols > 1 || batch.isLong)) placeLotValues(batch, rows, at.lotValues)
}

function placeLotValues({ memory: { floats }, symbols, padded, tape: { unit }, lots }: PlacedBatch, rows: number, address: number): void {
  let at = address / FLOAT
  for (let row = 0, i = symbols; row < rows; row++) {
    for (let n = 0; n < symbols; n++, i++) {
      floats[at++] = lots[n] * unit[i] * ROOM
      floats[at++] = lots[n] * unit[i] * ROOM
    }
    for (let n = symbols; n < padded; n++) {
      floats[at++] = 0
      floats[at++] = 0
    }
  }
}

/** What every portfolio needs to know of the rows. Gives how many periods they close. */
function placeRows(module: KernelModule, batch: PlacedBatch, { market }: KernelBlock): number {
  const { memory, symbols, returnsPerBar, lastRow, closed, tape: { tradable, years, hasActions, isFirst, starts } } = batch
  const { rows } = market
  const firstMeasured = batch.tape.firstRow - market.firstRow
  const closedBefore = closed.periods
  const isBounded = symbols >= layout.LEAST_BOUNDED
  const leapsAt = memory.take(rows * DOUBLE)
  const yearsAt = memory.take(rows * DOUBLE)
  const kindsAt = memory.take(rows * FLOAT)
  const tradableAt = memory.take(rows * symbols)
  const { words, doubles, bytes } = memory
  for (let i = 0; i < rows * symbols; i++) bytes[tradableAt + i] = tradable[i]
  let acts = false
  let periods = 0
  for (let row = 0; row < rows; row++) {
    const begins = isFirst[row] === 1
    const hasGaps = lacksAny(tradable, row * symbols, symbols)
    const actsHere = hasActions[row] === 1 && !begins
    let kind = starts[row]
    if (row >= firstMeasured && (returnsPerBar || ((kind & STARTS_SESSION) !== 0 && !begins))) {
      periods++
      kind |= closedBefore + periods === 1 ? layout.CLOSES_PERIOD | layout.IS_FIRST_PERIOD : layout.CLOSES_PERIOD
    }
    if (begins) kind |= layout.IS_FIRST
    if (hasGaps) kind |= layout.HAS_GAPS
    if (actsHere) kind |= layout.HAS_ACTIONS
    if (market.firstRow + row === lastRow) kind |= layout.IS_LAST
    words[kindsAt / FLOAT + row] = kind
    doubles[yearsAt / DOUBLE + row] = years[row]
    // Where an order may have to wait, or something was split, what is held afterwards is not what was wanted.
    if (isBounded) doubles[leapsAt / DOUBLE + row] = actsHere || hasGaps ? Infinity : leapOf(batch, market, row)
    acts ||= actsHere
  }
  module.setRows(leapsAt, yearsAt, kindsAt, placeCourse(memory, kindsAt, rows), tradableAt, acts ? placeActions(batch, market.open, rows) : 0)
  closed.periods += periods
  return periods
}

/** How rows of these kinds follow each other. */
function placeCourse(memory: WasmMemory, kindsAt: number, rows: number): number {
  const address = memory.take((rows + 1) * layout.COURSE_BYTES)
  const { words } = memory
  const step = layout.COURSE_BYTES / FLOAT
  const kinds = kindsAt / FLOAT
  let at = address / FLOAT
  let closed = 0
  for (let row = 0; row < rows; row++, at += step) {
    words[at + layout.CLOSED_BEFORE / FLOAT] = closed
    if ((words[kinds + row] & layout.CLOSES_PERIOD) !== 0) closed++
  }
  words[at + layout.CLOSED_BEFORE / FLOAT] = closed
  words[at + layout.QUIET_UNTIL / FLOAT] = rows
  for (let row = rows - 1, until = rows; row >= 0; row--) {
    at -= step
    if ((words[kinds + row] & layout.EVENTFUL) !== 0) until = row
    words[at + layout.QUIET_UNTIL / FLOAT] = until
  }
  return address
}

/** Whether some symbol of a row is not tradable. */
function lacksAny(tradable: Uint8Array, start: number, symbols: number): boolean {
  for (let i = start; i < start + symbols; i++) if (tradable[i] === 0) return true
  return false
}

/** How far at most a quote at the open, half a spread away from it, lies from the symbol's last close: a fraction of it. */
function leapOf({ symbols, tape: { unit }, multipliers }: PlacedBatch, { open, halfSpread }: MarketBlock, row: number): number {
  let leap = 0
  for (let n = 0, at = row * symbols; n < symbols; n++, at++) {
    if (unit[at] === 0) return Infinity
    const spread = halfSpread === null ? 0 : (halfSpread[at] * multipliers[n]) / unit[at]
    leap = Math.max(leap, Math.abs((open[at] * multipliers[n]) / unit[at] - 1) + spread)
  }
  return leap * ROOM
}

/** What exits, holding times and participation look at. */
function placeBars(module: KernelModule, { memory, symbols, tape }: PlacedBatch, { market }: KernelBlock): void {
  const { rows, high, low, close, volume } = market
  const cells = rows * symbols
  // An odd number of bars to a symbol, as bars.ts has it.
  const step = rows | 1
  const barsAt = memory.take(symbols * step * layout.BAR_BYTES)
  const restsAt = memory.take(symbols * step * layout.BAR_BYTES)
  const countsAt = memory.take((cells + symbols) * DOUBLE)
  const marksAt = memory.take(cells * DOUBLE)
  const { doubles } = memory
  for (let n = 0; n < symbols; n++) {
    let [highest, lowest, highestClose, lowestClose] = [-Infinity, Infinity, -Infinity, Infinity]
    for (let row = rows - 1; row >= 0; row--) {
      const i = row * symbols + n
      const bar = barsAt / DOUBLE + ((n * step + row) * layout.BAR_BYTES) / DOUBLE
      const rest = bar + (restsAt - barsAt) / DOUBLE
      // A bar of what cannot be traded moves no best price.
      const isTradable = tape.tradable[i] === 1
      doubles[bar + layout.HIGH / DOUBLE] = isTradable ? high[i] : NaN
      doubles[bar + layout.LOW / DOUBLE] = isTradable ? low[i] : NaN
      doubles[bar + layout.CLOSE / DOUBLE] = isTradable ? close[i] : NaN
      doubles[bar + layout.VOLUME / DOUBLE] = volume[i]
      if (isTradable && high[i] > highest) highest = high[i]
      if (isTradable && low[i] < lowest) lowest = low[i]
      if (isTradable && close[i] > highestClose) highestClose = close[i]
      if (isTradable && close[i] < lowestClose) lowestClose = close[i]
      doubles[rest + layout.REST_HIGH / DOUBLE] = highest
      doubles[rest + layout.REST_LOW / DOUBLE] = lowest
      doubles[rest + layout.REST_HIGHEST_CLOSE / DOUBLE] = highestClose
      doubles[rest + layout.REST_LOWEST_CLOSE / DOUBLE] = lowestClose
    }
  }
  doubles.set(tape.bars.subarray(0, cells + symbols), countsAt / DOUBLE)
  doubles.set(tape.mark.subarray(symbols, cells + symbols), marksAt / DOUBLE)
  module.setBars(barsAt, restsAt, countsAt, marksAt, placeWatchBars(memory, market, symbols))
}

/** Lows and highs in float32, a little further out than they are, and closes: two symbols of two portfolios to a vector. */
function placeWatchBars(memory: WasmMemory, { rows, low, high, close }: MarketBlock, symbols: number): number {
  const vectors = Math.ceil(symbols / 2)
  const address = memory.take(rows * vectors * layout.WATCH_BAR_BYTES)
  const { floats } = memory
  floats.fill(NaN, address / FLOAT, (address + rows * vectors * layout.WATCH_BAR_BYTES) / FLOAT)
  const step = layout.WATCH_BAR_BYTES / FLOAT
  for (let row = 0, i = 0; row < rows; row++) {
    for (let n = 0; n < symbols; n++, i++) {
      const at = address / FLOAT + (row * vectors + (n >> 1)) * step + (n & 1) * 2
      floats[at + layout.WATCH_BAR_LOW / FLOAT] = low[i] * (1 - WATCH_ROOM)
      floats[at + layout.WATCH_BAR_LOW / FLOAT + 1] = low[i] * (1 - WATCH_ROOM)
      floats[at + layout.WATCH_BAR_HIGH / FLOAT] = high[i] * (1 + WATCH_ROOM)
      floats[at + layout.WATCH_BAR_HIGH / FLOAT + 1] = high[i] * (1 + WATCH_ROOM)
      floats[at + layout.WATCH_BAR_CLOSE / FLOAT] = close[i]
      floats[at + layout.WATCH_BAR_CLOSE / FLOAT + 1] = close[i]
    }
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
    let to = at / FLOAT + s * padded
    const end = to + padded
    for (let from = s * rows, last = from + rows; from < last; from++) floats[to++] = signals[from]
    while (to < end) floats[to++] = 0
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
  const { floats, words } = memory
  for (let row = 0; row < rows; row++) {
    floats[scaleAt / FLOAT + row] = scale[row]
    floats[grossAt / FLOAT + row] = gross[row]
  }
  // A pair's other portfolio may have a pattern with caps or vetoes: then those of this one are read, too.
  const hasCaps = hasOther(cap, Infinity, rows * symbols)
  if (hasCaps) copyPadded(batch, cap, { address: capAt, from: 0, lines: rows })
  else floats.fill(Infinity, capAt / FLOAT, capAt / FLOAT + rows * padded)
  if (hasCaps && symbols === 1) for (let row = 0; row < rows; row++) floats[capsAt / FLOAT + row] = cap[row]
  words.fill(0, vetoesAt / FLOAT, vetoesAt / FLOAT + rows)
  const hasVetoes = hasOther(veto, 0, rows * symbols)
  if (hasVetoes) {
    copyPadded(batch, veto, { address: vetoAt, from: 0, lines: rows })
    for (let i = 0; i < rows * symbols; i++) if (veto[i] !== 0) words[vetoesAt / FLOAT + Math.floor(i / symbols)] = VETOES
  } else floats.fill(0, vetoAt / FLOAT, vetoAt / FLOAT + rows * padded)
  if (weights !== null) copyPadded(batch, weights, { address: weightsAt, from: 0, lines: rows })
  const at = (batch.patternsAt + index * layout.PATTERN_BYTES) / FLOAT
  words[at + layout.PATTERN_SCALE / FLOAT] = scaleAt
  words[at + layout.PATTERN_GROSS / FLOAT] = grossAt
  words[at + layout.PATTERN_CAP / FLOAT] = capAt
  words[at + layout.PATTERN_VETO / FLOAT] = vetoAt
  words[at + layout.PATTERN_VETOES / FLOAT] = vetoesAt
  words[at + layout.PATTERN_HAS_CAPS / FLOAT] = hasCaps ? 1 : 0
  words[at + layout.PATTERN_CAPS / FLOAT] = capsAt
  words[at + layout.PATTERN_WEIGHTS / FLOAT] = weightsAt
  floats[at + layout.PATTERN_LEAST_GROSS / FLOAT] = gross.subarray(0, rows).reduce((least, limit) => Math.min(least, limit), Infinity)
  words[at + layout.PATTERN_HAS_VETOES / FLOAT] = hasVetoes ? 1 : 0
}

/** Whether some of the first values is another. */
function hasOther(values: Float32Array | Uint8Array, than: number, count: number): boolean {
  for (let i = 0; i < count; i++) if (values[i] !== than) return true
  return false
}
