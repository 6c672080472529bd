import { EVENT_BYTES, EVENT_CODE, EVENT_FEE, EVENT_LANE, EVENT_PRICE, EVENT_QUANTITY, EVENT_ROW, EVENT_SYMBOL } from './layout'

/**
 * What happens to recorded portfolios, one event after the other, for wasm-journal.ts to read: a portfolio's events
 * of a row lie together.
 */

/** Reads the journal to its end, which then begins anew. */
// @ts-ignore: decorator
@external('journal', 'read')
declare function read(end: usize): void

/** Whether the module at hand is compiled for a batch that is recorded. */
// @ts-ignore: constant of the compiler's command line
export const records: bool = RECORDS != 0
/** Whether every mark is an event, too. */
let marksAreEvents: bool = false

let start: usize = 0
let end: usize = 0
/** From here on a row of a pair might not find room. */
let full: usize = 0
let row: i32 = 0

export function setJournal(at: usize, bytes: usize, rowBytes: usize, marks: bool): void {
  marksAreEvents = marks
  start = at
  end = at
  full = at + bytes - rowBytes
}

// @ts-ignore: decorator
@inline
export function recordsMarks(): bool {
  return records && marksAreEvents
}

/** Begins a row of a pair. */
// @ts-ignore: decorator
@inline
export function turnJournal(to: i32): void {
  if (!records) return
  row = to
  if (end > full) readJournal()
}

export function readJournal(): void {
  read(end)
  end = start
}

/** Notes an event of some lanes. */
export function note(pair: usize, lanes: v128, code: i32, n: usize, quantity: v128, price: v128, fee: v128): void {
  const bits = i64x2.bitmask(lanes)
  if ((bits & 1) != 0) put(pair, code, n, f64x2.extract_lane(quantity, 0), f64x2.extract_lane(price, 0), f64x2.extract_lane(fee, 0))
  if ((bits & 2) != 0) put(pair + 8, code, n, f64x2.extract_lane(quantity, 1), f64x2.extract_lane(price, 1), f64x2.extract_lane(fee, 1))
}

// @ts-ignore: decorator
@inline
function put(lane: usize, code: i32, n: usize, quantity: f64, price: f64, fee: f64): void {
  store<u32>(end, <u32>lane, EVENT_LANE)
  store<i32>(end, code, EVENT_CODE)
  store<u32>(end, <u32>n, EVENT_SYMBOL)
  store<i32>(end, row, EVENT_ROW)
  store<f64>(end, quantity, EVENT_QUANTITY)
  store<f64>(end, price, EVENT_PRICE)
  store<f64>(end, fee, EVENT_FEE)
  end += EVENT_BYTES
}
