import { symbols } from './block'
import { EVENT_BYTES, INCREASED, LONG_EVENT_BYTES, NUMBERS, REDUCED } from './layout'

/**
 * What happens to recorded portfolios, one event after the other: a portfolio's events of a row lie together. An
 * event is stored whether its lane has it or not, and the end moves on by as much as it has: no branch depends on who trades.
 */

/** Takes the journal up to its end, which then begins anew. */
// @ts-ignore: decorator
@external('journal', 'take')
declare function take(end: usize): void

/** Whether the module at hand is compiled for a batch that is recorded. */
// @ts-ignore: constant of the compiler's command line
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

// @ts-ignore: decorator
@inline
export function recordsMarks(): bool {
  return records && marksAreEvents
}

/** Begins a row of a pair. */
// @ts-ignore: decorator
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
// @ts-ignore: decorator
@inline
export function note(pair: usize, lanes: v128, code: i32, n: usize, quantity: v128): void {
  noteAs(pair, lanes, codes(code), n, quantity)
}

/** A code for both lanes. */
// @ts-ignore: decorator
@inline
export function codes(code: i32): v128 {
  return i64x2.splat(<i64>code << 32)
}

/** Notes an event of some lanes, each with a code of its own. */
// @ts-ignore: decorator
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

/** Notes the legs of an order that has filled: an increasing leg lies right behind its reducing one. */
// @ts-ignore: decorator
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

// @ts-ignore: decorator
@inline
function keysOf(pair: usize, what: v128, n: usize): v128 {
  return v128.or(v128.or(v128.load(pair, NUMBERS), what), i64x2.splat(<i64>(<u32>firstCell + <u32>n)))
}
