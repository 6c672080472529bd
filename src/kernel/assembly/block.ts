/** The block at hand: set once a block, read by every phase. */
export let symbols: i32 = 0
/** Symbols rounded up to whole vectors of four. */
export let padded: i32 = 0
export let rows: i32 = 0
export let signalCount: i32 = 0
/** Row of the timeline of the block's first row, and the first that is decided and measured. */
export let blockRow: i32 = 0
export let firstRow: i32 = 0
export let symbolsAt: usize = 0
export let signalsAt: usize = 0
export let pricesAt: usize = 0
export let tileAt: usize = 0
export let scratchAt: usize = 0
/** Two rows of float32 exposures, one per portfolio of a pair. */
export let exposuresAt: usize = 0

export function setUniverse(count: i32, first: i32, at: usize): void {
  symbols = count
  padded = (count + 3) & ~3
  firstRow = first
  symbolsAt = at
}

export function setBlock(row: i32, count: i32, signals: i32): void {
  blockRow = row
  rows = count
  signalCount = signals
}

export function setAddresses(signals: usize, prices: usize, tile: usize, scratch: usize, exposures: usize): void {
  signalsAt = signals
  pricesAt = prices
  tileAt = tile
  scratchAt = scratch
  exposuresAt = exposures
}
