import { isLong, symbols } from './block'
import { signMask, some } from './lanes'
import {
  CELL_BYTES, CLOSING_PART, EVENT_BYTES, FILLED_WHOLE, HEAD_BYTES, INCREASED, INCREASES, LISTED, LONG_EVENT_BYTES, NUMBERS, ORDER, PLACED, REDUCED, REDUCES, TURNS, UNTOLD,
} from './layout'

/**
 * What happens to recorded portfolios, one event after the other: a portfolio's events of a row lie together. An
 * event is stored whether its lane has it or not, and the end moves on by as much as it has: no branch depends on who trades.
 * Without longer cells, an order of which nobody was told when it was placed is one event if it fills whole in the next row.
 */

/** Takes the journal up to its end, which then begins anew. */
// @ts-expect-error: decorator
@external('journal', 'take')
declare function take(end: usize): void

/** Whether the module at hand is compiled for a batch that is recorded. */
// @ts-expect-error: constant of the compiler's command line
export const records: bool = RECORDS != 0
/** Whether every mark is an event, too. */
let marksAreEvents: bool = false

let start: usize = 0
let end: usize = 0
/** From here on a row of a pair might not find room. */
let full: usize = 0
/** Row of the block × symbols. */
let firstCell: i32 = 0

export function setJournal(at: usize, bytes: usize, rowBytes: usize, marks: bool): void {
  marksAreEvents = marks
  start = at
  end = at
  full = at + bytes - rowBytes
}

// @ts-expect-error: decorator
@inline
export function recordsMarks(): bool {
  return records && marksAreEvents
}

/** Begins a row of a pair. */
// @ts-expect-error: decorator
@inline
export function turnJournal(row: i32): void {
  if (!records) return
  firstCell = row * symbols
  if (end > full) handOverJournal()
}

export function handOverJournal(): void {
  take(end)
  end = start
}

/** Notes an event of some lanes, of one code. */
// @ts-expect-error: decorator
@inline
export function note(pair: usize, lanes: v128, code: i32, n: usize, quantity: v128): void {
  noteAs(pair, lanes, codes(code), n, quantity)
}

/** A code for both lanes. */
// @ts-expect-error: decorator
@inline
export function codes(code: i32): v128 {
  return i64x2.splat(<i64>code << 32)
}

/** Notes an event of some lanes, each with a code of its own. */
// @ts-expect-error: decorator
@inline
export function noteAs(pair: usize, lanes: v128, what: v128, n: usize, quantity: v128): void {
  const keys = keysOf(pair, what, n)
  const bits = i64x2.bitmask(lanes)
  const next = end + ((bits & 1) * EVENT_BYTES)
  v128.store(end, v128.shuffle<i64>(keys, quantity, 0, 2))
  v128.store(next, v128.shuffle<i64>(keys, quantity, 1, 3))
  end = next + ((bits >> 1) * EVENT_BYTES)
}

/** The same with two more values. */
export function noteLong(pair: usize, lanes: v128, what: v128, n: usize, quantity: v128, price: v128, fee: v128): void {
  const keys = keysOf(pair, what, n)
  const bits = i64x2.bitmask(lanes)
  const next = end + ((bits & 1) * LONG_EVENT_BYTES)
  v128.store(end, v128.shuffle<i64>(keys, quantity, 0, 2))
  v128.store(end, v128.shuffle<i64>(price, fee, 0, 2), 16)
  v128.store(next, v128.shuffle<i64>(keys, quantity, 1, 3))
  v128.store(next, v128.shuffle<i64>(price, fee, 1, 3), 16)
  end = next + ((bits >> 1) * LONG_EVENT_BYTES)
}

/** Leaves it to their fills to tell of the orders that are placed now. */
// @ts-expect-error: decorator
@inline
export function tellLater(pair: usize): void {
  if (records && !isLong) store<i32>(pair, 1, UNTOLD)
}

/** What is placed now is told at once. */
// @ts-expect-error: decorator
@inline
export function tellNow(pair: usize): void {
  if (records && !isLong) store<i32>(pair, 0, UNTOLD)
}

/** Notes the orders that were placed in the row before, unless that was done: not all of them may fill whole in this one. */
// @ts-expect-error: decorator
@inline
export function tellOrders(pair: usize): void {
  if (records && !isLong && load<i32>(pair, LISTED) != 0 && load<i32>(pair, UNTOLD) != 0) notePlaced(pair)
}

function notePlaced(pair: usize): void {
  store<i32>(pair, 0, UNTOLD)
  firstCell -= symbols
  let list = pair + HEAD_BYTES + <usize>symbols * CELL_BYTES
  for (const last = list + (<usize>load<i32>(pair, LISTED) << 2); list < last; list += 4) {
    const n = <usize>load<u32>(list)
    const order = v128.load(pair + HEAD_BYTES + n * CELL_BYTES, ORDER)
    note(pair, f64x2.ne(order, f64x2.splat(0)), PLACED, n, order)
  }
  firstCell += symbols
}

/** Notes that an order has filled whole, by legs. */
// @ts-expect-error: decorator
@inline
export function noteFill(pair: usize, n: usize, order: v128, reduced: v128, increased: v128): void {
  if (!isLong && load<i32>(pair, UNTOLD) != 0) noteWhole(pair, n, order, reduced, increased)
  else noteLegs(pair, n, v128.and(order, signMask()), reduced, increased)
}

// @ts-expect-error: decorator
@inline
function noteWhole(pair: usize, n: usize, order: v128, reduced: v128, increased: v128): void {
  const zero = f64x2.splat(0)
  const reduces = f64x2.gt(reduced, zero)
  const grows = f64x2.gt(increased, zero)
  const turns = v128.and(reduces, grows)
  if (some(turns)) noteAs(pair, turns, codes(CLOSING_PART), n, v128.or(reduced, v128.and(order, signMask())))
  const alone = v128.and(v128.andnot(reduces, grows), codes(REDUCES - INCREASES))
  const legs = v128.or(alone, v128.and(turns, codes(TURNS - INCREASES)))
  noteAs(pair, v128.or(reduces, grows), v128.or(codes(FILLED_WHOLE + INCREASES), legs), n, order)
}

/** Notes the legs of an order that has filled: an increasing leg lies right behind its reducing one. */
// @ts-expect-error: decorator
@inline
export function noteLegs(pair: usize, n: usize, sign: v128, reduced: v128, increased: v128): void {
  const zero = f64x2.splat(0)
  const less = v128.or(reduced, sign)
  const more = v128.or(increased, sign)
  const reducing = i64x2.bitmask(f64x2.gt(reduced, zero))
  const increasing = i64x2.bitmask(f64x2.gt(increased, zero))
  const keys = keysOf(pair, codes(REDUCED), n)
  const others = i64x2.add(keys, codes(INCREASED - REDUCED))
  let at = end
  v128.store(at, v128.shuffle<i64>(keys, less, 0, 2))
  at += (reducing & 1) * EVENT_BYTES
  v128.store(at, v128.shuffle<i64>(others, more, 0, 2))
  at += (increasing & 1) * EVENT_BYTES
  v128.store(at, v128.shuffle<i64>(keys, less, 1, 3))
  at += (reducing >> 1) * EVENT_BYTES
  v128.store(at, v128.shuffle<i64>(others, more, 1, 3))
  end = at + (increasing >> 1) * EVENT_BYTES
}

/** Notes that of a leg only `kept` units are left, and why. */
export function noteCut(pair: usize, n: usize, sign: v128, wanted: v128, kept: v128, why: i32): void {
  note(pair, f64x2.ne(wanted, kept), why, n, v128.xor(f64x2.sub(wanted, kept), sign))
}

// @ts-expect-error: decorator
@inline
function keysOf(pair: usize, what: v128, n: usize): v128 {
  return v128.or(v128.or(v128.load(pair, NUMBERS), what), i64x2.splat(<i64>(<u32>firstCell + <u32>n)))
}
