import type { Book } from './book.ts'
import type { MarketMemory } from './tape.ts'

/** First number of every snapshot: "MILL" and the layout's version. */
const LAYOUT = 0x4d49_4c4c_0001

function arraysOf(book: Book, memory: MarketMemory): Float64Array[] {
  const { lastClose, barsClosed, waitingSplit, waitingDividend, clock } = memory
  return [lastClose, barsClosed, waitingSplit, waitingDividend, clock, ...book.perPortfolio, ...book.perSymbol]
}

/** All state as bytes: float64 in the machine's order, a header of layout and shape, then every array. */
export function takeSnapshot(book: Book, memory: MarketMemory): Uint8Array {
  const arrays = arraysOf(book, memory)
  const total = arrays.reduce((sum, array) => sum + array.length, 0)
  const values = new Float64Array(total + 3)
  values.set([LAYOUT, book.cash.length, memory.lastClose.length])
  let offset = 3
  for (const array of arrays) {
    values.set(array, offset)
    offset += array.length
  }
  return new Uint8Array(values.buffer)
}

/** Puts a snapshot back; throws when it was taken of another batch, universe or version. */
export function restoreSnapshot(book: Book, memory: MarketMemory, bytes: Uint8Array): void {
  const arrays = arraysOf(book, memory)
  const total = arrays.reduce((sum, array) => sum + array.length, 0)
  const values = new Float64Array(bytes.slice().buffer)
  const [layout, portfolios, symbols] = values
  const fits = values.length === total + 3 && portfolios === book.cash.length && symbols === memory.lastClose.length
  if (layout !== LAYOUT || !fits) {
    throw new Error(`a snapshot of ${portfolios} portfolios × ${symbols} symbols does not fit this kernel`)
  }
  let offset = 3
  for (const array of arrays) {
    array.set(values.subarray(offset, offset + array.length))
    offset += array.length
  }
}
