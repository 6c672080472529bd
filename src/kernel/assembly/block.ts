import { CELL_BYTES, HAS_GAPS, HEAD_BYTES, LONG_CELL_BYTES, LOT, LOTS_PER_UNIT, MARGIN, SCRATCH_BYTES, SYMBOL_BYTES, UNITS_BYTES } from './layout'

/** The universe and the block at hand: set once a block, read by every phase. */
export let symbols: i32 = 0
/** Symbols rounded up to whole vectors of four. */
export let padded: i32 = 0
/** Row of the timeline of the block's first row, and the first that is decided and measured. */
export let blockRow: i32 = 0
export let firstRow: i32 = 0
export let rows: i32 = 0
/** Numbers of the signals that some portfolio of the batch subscribes to, i32. */
export let subscribedAt: usize = 0
export let subscribedCount: i32 = 0
/** Periods that the block's rows close. */
export let periods: i32 = 0
/** Whether some symbol trades in whole lots, has a margin of its own; whether returns are per bar, and anyone pays or earns interest. */
export let hasLots: bool = false
export let hasMargins: bool = false
export let returnsPerBar: bool = false
export let hasCarry: bool = false

export let symbolsAt: usize = 0
export let signalsAt: usize = 0
/** Where there is one symbol: its signals again, [s][row], each in so many bytes. */
export let seriesAt: usize = 0
export let seriesBytes: usize = 0
/** One i32 per signal: whether it has no opinion somewhere in the block. */
export let gapsAt: usize = 0
export let pricesAt: usize = 0
/** Per row f64: how far at most a symbol's open lies from its last close; years since the last row; i32: what kind of row. */
export let leapsAt: usize = 0
export let yearsAt: usize = 0
export let kindsAt: usize = 0
/** One entry a row and one behind them: how rows follow each other. */
export let courseAt: usize = 0
/** [row][symbol]: a byte that is 1 where it can be traded; corporate actions, where the block has any. */
export let tradableAt: usize = 0
export let actionsAt: usize = 0
/** Least value a symbol can be traded by in a row, float32, each twice: [row][padded × 2]. */
export let lotValuesAt: usize = 0
export let tilesAt: usize = 0
export let scratchAt: usize = 0
/**
 * Of the module at hand, which is one of several compiled from this source (scripts/build-kernel.mjs): the constant
 * LONG, whether the batch's cells have their longer part. The other is RECORDS, in journal.ts. What a variant has
 * not folds away when it is compiled.
 */
// @ts-expect-error: constant of the compiler's command line
export const isLong: bool = LONG != 0
/** Whether a pair's record has units per target, and where. */
export let hasUnits: bool = false
let unitCells: usize = 0
/** Where the longer cells begin in a pair's record. */
export let longCells: usize = 0
/** Where what is watched of the symbols begins in a pair's record; and the lows and highs it is held against, [row][symbol ÷ 2]. */
export let watchCells: usize = 0
export let watchBarsAt: usize = 0
/** Where there is one symbol: its bars as both sides of a position look at them. */
export let facedBarsAt: usize = 0
/** Whether the batch's targets are kept as combined, too: re-entry looks at them. */
export let keepsCombined: bool = false
/** What longer cells need of bars, and of those that follow: [symbol][row]; how many bars each symbol has closed: [row][symbol], the row before the block first. */
export let barsAt: usize = 0
export let restsAt: usize = 0
export let barCountsAt: usize = 0
/** [row][symbol] f64: last close up to and including the row. */
export let marksAt: usize = 0
/** Held value per symbol of the pair at hand, float32 interleaved like the tile. */
export let heldAt: usize = 0
/** Behind the scratch of the symbols: room to list all of them twice. */
export let listsAt: usize = 0
/** Of each row of a pair that goes through rows at once: equity, Σ|q × unit| and Σ|filled value|. */
export let marksRoomAt: usize = 0
/** Two rows of float32 exposures, one per portfolio of a pair. */
export let exposuresAt: usize = 0

export function setUniverse(count: i32, first: i32, at: usize, perBar: bool, carry: bool): void {
  symbols = count
  padded = (count + 3) & ~3
  firstRow = first
  symbolsAt = at
  returnsPerBar = perBar
  hasCarry = carry
  hasLots = false
  for (let n = 0; n < count; n++) hasLots = hasLots || load<f64>(at + n * SYMBOL_BYTES, LOT) != 0
  hasMargins = false
  for (let n = 0; n < count; n++) {
    const margin = load<f64>(at + n * SYMBOL_BYTES, MARGIN)
    hasMargins = hasMargins || margin == margin
  }
}

/** Tells whether some portfolio has fixed quantities. */
export function setUnits(has: bool): void {
  hasUnits = has
  unitCells = has ? unitsOffset(symbols) : 0
}

/** How far into a pair's record they lie: behind the cells and the list. */
export function unitsOffset(count: i32): usize {
  return (HEAD_BYTES + <usize>count * (CELL_BYTES + 4) + 8 + 15) & ~15
}

/** Units per full target of symbol n. */
// @ts-expect-error: decorator
@inline
export function unitsOf(pair: usize, n: usize): v128 {
  return v128.load(pair + unitCells + n * UNITS_BYTES)
}

export function setSignals(at: usize, count: i32): void {
  subscribedAt = at
  subscribedCount = count
}

export function setBlock(row: i32, count: i32): void {
  blockRow = row
  rows = count
  seriesBytes = <usize>((count + 3) & ~3) << 2
}

export function setPeriods(closed: i32): void {
  periods = closed
}

export function setInputs(signals: usize, gaps: usize, prices: usize, lotValues: usize): void {
  signalsAt = signals
  gapsAt = gaps
  pricesAt = prices
  lotValuesAt = lotValues
}

export function setLong(cells: usize, combined: bool): void {
  longCells = cells
  watchCells = cells + <usize>symbols * LONG_CELL_BYTES
  keepsCombined = combined
}

export function setBars(bars: usize, rests: usize, counts: usize, marks: usize, watched: usize, faced: usize): void {
  facedBarsAt = faced
  watchBarsAt = watched
  barsAt = bars
  restsAt = rests
  barCountsAt = counts
  marksAt = marks
}

export function setRows(leaps: usize, years: usize, kinds: usize, course: usize, tradable: usize, actions: usize): void {
  leapsAt = leaps
  yearsAt = years
  kindsAt = kinds
  courseAt = course
  tradableAt = tradable
  actionsAt = actions
}

export function setSeries(at: usize): void {
  seriesAt = at
}

export function setWork(tiles: usize, scratch: usize, held: usize, exposures: usize, marks: usize): void {
  marksRoomAt = marks
  tilesAt = tiles
  scratchAt = scratch
  listsAt = scratch + <usize>symbols * SCRATCH_BYTES
  heldAt = held
  exposuresAt = exposures
}

/** The longer part of the cell of symbol n. */
// @ts-expect-error: decorator
@inline
export function longCell(pair: usize, n: usize): usize {
  return pair + longCells + n * LONG_CELL_BYTES
}

/** Whether symbol n can be traded in a row of these bits. */
// @ts-expect-error: decorator
@inline
export function isTradable(kinds: i32, row: i32, n: usize): bool {
  return (kinds & HAS_GAPS) == 0 || load<u8>(tradableAt + <usize>(row * symbols) + n) != 0
}

/** Units rounded toward zero to whole lots of a symbol; a lot of 0 is fractional. */
// @ts-expect-error: decorator
@inline
export function toLots(quantity: v128, symbol: usize): v128 {
  if (!hasLots) return quantity
  const lot = load<f64>(symbol, LOT)
  if (lot == 0) return quantity
  const lots = f64x2.trunc(f64x2.mul(quantity, v128.load64_splat(symbol, LOTS_PER_UNIT)))
  return f64x2.add(f64x2.mul(lots, f64x2.splat(lot)), f64x2.splat(0))
}
