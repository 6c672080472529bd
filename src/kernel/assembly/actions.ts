import { actionsAt, isLong, longCell, symbols, symbolsAt, toLots, yearsAt } from './block'
import { closeTrades } from './fills'
import { codes, note, noteLong, records } from './journal'
import { leave } from './long-fills'
import { addTo, any, both, choose, one, where } from './lanes'
import {
  ACTIONS_SIZE, ACTIONS_VALUE, ACTION_BYTES, BELOW_LOT, BEST_PRICE, BORROW_RATE, BY_DELISTING, CANCELLATIONS, CANCELLED, CASH, CASH_RATE, CELL_BYTES, CHANGED, CLOSES, DELISTING,
  DIVIDEND, ENTRY_PRICE, EXECUTED, EXIT_REST, FILLED, FILLS, HEAD_BYTES, HELD, KIND_DELISTING, KIND_SPLIT_CASH, LEVEL_PRICE, LISTED, LOAN_RATE, MULTIPLIER, ORDER, ORDERS, QUANTITY, SPLIT, SPLIT_PRICE,
  SYMBOL_BYTES, TRADE_CASH, VALUE,
} from './layout'
import { followTo } from './watch'

/** Interest since the last row, on the book as it was at the last marks. */
export function bookCarry(pair: usize, row: i32): void {
  const years = v128.load64_splat(yearsAt + (<usize>row << 3))
  const cash = v128.load(pair, CASH)
  const short = f64x2.mul(f64x2.sub(v128.load(pair, HELD), v128.load(pair, VALUE)), both(0.5))
  const rate = choose(f64x2.lt(cash, both(0)), v128.load(pair, LOAN_RATE), v128.load(pair, CASH_RATE))
  const interest = f64x2.mul(f64x2.mul(cash, rate), years)
  const borrowing = f64x2.mul(f64x2.mul(short, v128.load(pair, BORROW_RATE)), years)
  v128.store(pair, f64x2.sub(f64x2.add(cash, interest), borrowing), CASH)
}

/** Splits, then dividends, then delistings of one row, on what was held at the last close, symbol by symbol. */
export function bookActions(pair: usize, row: i32): void {
  let action = actionsAt + <usize>(row * symbols) * ACTION_BYTES
  let cell = pair + HEAD_BYTES
  let symbol = symbolsAt
  let cancelled = false
  for (let n = 0; n < symbols; n++) {
    if (load<f64>(action, SPLIT) != 1) cancelled = bookSplit(pair, cell, symbol, action, row, n) || cancelled
    const multiplier = v128.load64_splat(symbol, MULTIPLIER)
    const paid = f64x2.mul(f64x2.mul(v128.load(cell, QUANTITY), multiplier), v128.load64_splat(action, DIVIDEND))
    addTo(pair + CASH, paid)
    addTo(cell + TRADE_CASH, paid)
    const price = load<f64>(action, DELISTING)
    if (price == price) cancelled = bookDelisting(pair, cell, price, multiplier, row, n) || cancelled
    action += ACTION_BYTES
    cell += CELL_BYTES
    symbol += SYMBOL_BYTES
  }
  if (cancelled) listAgain(pair)
}

/** What actions have filled, where no order was booked with it. */
export function settleActions(pair: usize): void {
  v128.store(pair, f64x2.sub(v128.load(pair, CASH), v128.load(pair, ACTIONS_VALUE)), CASH)
  addTo(pair + FILLED, v128.load(pair, ACTIONS_SIZE))
  v128.store(pair, both(0), ACTIONS_VALUE)
  v128.store(pair, both(0), ACTIONS_SIZE)
}

/** Quantity and waiting order × split; what the lot cannot hold is paid in cash. Whether an order was cancelled. */
function bookSplit(pair: usize, cell: usize, symbol: usize, action: usize, row: i32, n: i32): bool {
  const split = v128.load64_splat(action, SPLIT)
  const held = v128.load(cell, QUANTITY)
  const owed = f64x2.mul(held, split)
  const kept = toLots(owed, symbol)
  const order = v128.load(cell, ORDER)
  const waits = f64x2.ne(order, both(0))
  const change = where(waits, f64x2.sub(toLots(f64x2.mul(f64x2.add(held, order), split), symbol), kept))
  const cancelled = v128.and(waits, f64x2.eq(change, both(0)))
  v128.store(cell, change, ORDER)
  v128.store(cell, v128.andnot(v128.load(cell, CLOSES), cancelled), CLOSES)
  addTo(pair + CANCELLATIONS, one(cancelled))
  if (records) {
    note(pair, cancelled, CANCELLED + BELOW_LOT, n, both(0))
    note(pair, v128.and(f64x2.ne(change, both(0)), f64x2.lt(f64x2.abs(change), both(Infinity))), CHANGED, n, change)
  }
  const rest = f64x2.sub(kept, owed)
  const unit = f64x2.mul(v128.load64_splat(action, SPLIT_PRICE), v128.load64_splat(symbol, MULTIPLIER))
  const fills = f64x2.ne(rest, both(0))
  const out = v128.and(fills, f64x2.eq(f64x2.add(owed, rest), both(0)))
  if (isLong) splitLevels(pair, n, row, split, cancelled)
  if (records) noteLong(pair, fills, codes(EXECUTED + KIND_SPLIT_CASH), n, rest, v128.load64_splat(action, SPLIT_PRICE), both(0))
  bookOwn(pair, cell, rest, unit, fills, out)
  if (isLong) leave(pair, n, row, out)
  v128.store(cell, kept, QUANTITY)
  return any(cancelled)
}

function splitLevels(pair: usize, n: usize, row: i32, split: v128, cancelled: v128): void {
  const long = longCell(pair, n)
  followTo(pair, n, row)
  v128.store(long, f64x2.div(v128.load(long, ENTRY_PRICE), split), ENTRY_PRICE)
  v128.store(long, f64x2.div(v128.load(long, LEVEL_PRICE), split), LEVEL_PRICE)
  v128.store(long, f64x2.div(v128.load(long, BEST_PRICE), split), BEST_PRICE)
  v128.store(long, v128.andnot(v128.load(long, EXIT_REST), cancelled), EXIT_REST)
}

/** Closed at the stated price without costs; whatever was waiting is cancelled. */
function bookDelisting(pair: usize, cell: usize, price: f64, multiplier: v128, row: i32, n: i32): bool {
  const unit = f64x2.mul(both(price), multiplier)
  const waits = f64x2.ne(v128.load(cell, ORDER), both(0))
  const held = v128.load(cell, QUANTITY)
  const fills = f64x2.ne(held, both(0))
  addTo(pair + CANCELLATIONS, one(waits))
  v128.store(cell, both(0), ORDER)
  v128.store(cell, both(0), CLOSES)
  if (records) {
    note(pair, waits, CANCELLED + BY_DELISTING, n, both(0))
    noteLong(pair, fills, codes(EXECUTED + KIND_DELISTING), n, f64x2.neg(held), both(price), both(0))
  }
  bookOwn(pair, cell, f64x2.neg(held), unit, fills, fills)
  if (isLong) {
    leave(pair, n, row, fills)
    v128.store(longCell(pair, n), both(0), EXIT_REST)
  }
  v128.store(cell, both(0), QUANTITY)
  return any(waits)
}

/** An execution of the kernel's own, without costs, in the lanes that fill; `out` are those it leaves flat. */
function bookOwn(pair: usize, cell: usize, quantity: v128, unit: v128, fills: v128, out: v128): void {
  const value = where(fills, f64x2.mul(quantity, unit))
  addTo(pair + ACTIONS_VALUE, value)
  addTo(pair + ACTIONS_SIZE, f64x2.abs(value))
  addTo(pair + FILLS, one(fills))
  addTo(pair + ORDERS, one(fills))
  const tradeCash = f64x2.sub(v128.load(cell, TRADE_CASH), value)
  closeTrades(pair, tradeCash, out)
  v128.store(cell, v128.andnot(tradeCash, out), TRADE_CASH)
}

/** The list of cells with an order, made anew. */
function listAgain(pair: usize): void {
  let list = pair + HEAD_BYTES + <usize>symbols * CELL_BYTES
  const start = list
  let cell = pair + HEAD_BYTES
  for (let n = 0; n < symbols; n++) {
    store<u32>(list, n)
    list += <usize>i32(any(f64x2.ne(v128.load(cell, ORDER), both(0)))) << 2
    cell += CELL_BYTES
  }
  store<i32>(pair, <i32>((list - start) >> 2), LISTED)
}
