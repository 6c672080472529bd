import { blockRow, firstRow, pricesAt, rows, setAddresses, setBlock, setUniverse, symbols, tileAt } from './block'
import { decidePair } from './decide'
import { exposePair, tileStride } from './exposure'
import { fillPair } from './fills'
import { CELL_BYTES, HAS_ORDERS, HEAD_BYTES, PRICE_BYTES } from './layout'
import { markPair } from './mark'

export { setAddresses, setBlock, setUniverse }

/** First byte of memory that the module does not use itself. */
export function freeMemory(): usize {
  return (__heap_base + 63) & ~63
}

/**
 * The fused loop of the plain rules over the rows of the block: for each pair of portfolios phase 1 for all
 * rows, then open, mark and decide row by row. Operations and their order are those of ../ORDER.md.
 */
export function run(pairs: usize, count: i32): void {
  const pairBytes = HEAD_BYTES + <usize>symbols * CELL_BYTES
  for (let i = 0; i < count; i++) runPair(pairs + i * pairBytes)
}

function runPair(pair: usize): void {
  exposePair(pair)
  const stride = tileStride()
  for (let row = 0; row < rows; row++) {
    const t = blockRow + row
    if (t < firstRow) continue
    const prices = pricesAt + <usize>(row * symbols) * PRICE_BYTES
    if (load<i32>(pair, HAS_ORDERS) != 0) fillPair(pair, prices)
    markPair(pair, prices, t == firstRow)
    decidePair(pair, prices, tileAt + row * stride, row, t)
  }
}
