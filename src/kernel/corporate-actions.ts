import { NO_ORDER } from './book.ts'
import { bookFill, cancelOrder } from './booking.ts'
import { toLots } from './lots.ts'
import type { Turn } from './turn.ts'

/** Splits, then dividends, then delistings of one row, on what was held at the last close. */
export function bookCorporateActions(turn: Turn): void {
  const { tape, book, own, cell, symbols } = turn
  if (tape.hasActions[turn.row] === 0) return
  for (let n = 0; n < symbols; n++) {
    const at = cell + n
    if (tape.split[at] !== 1) bookSplit(turn, n)
    const paid = book.quantity[own + n] * turn.multipliers[n] * tape.dividend[at]
    if (paid !== 0) {
      book.cash[turn.portfolio] += paid
      book.tradeCash[own + n] += paid
    }
    if (tape.delisting[at] === tape.delisting[at]) bookDelisting(turn, n)
  }
}

/** Quantity and waiting order × split, prices ÷ split; what the lot cannot hold is paid in cash at the open. */
function bookSplit(turn: Turn, n: number): void {
  const { book, tape, own, cell, lots, fill } = turn
  const i = own + n
  const split = tape.split[cell + n]
  const held = book.quantity[i]
  const owed = held * split
  const kept = toLots(owed, lots[n])
  if (book.orderKind[i] !== NO_ORDER) splitOrder(turn, n, kept)
  book.entryPrice[i] /= split
  book.levelPrice[i] /= split
  book.bestPrice[i] /= split
  book.quantity[i] = owed
  if (kept === owed) return
  fill.portfolio = turn.portfolio
  fill.symbol = n
  fill.t = turn.t
  fill.decidedAt = turn.t
  fill.kind = 'split-cash'
  fill.leg = 'reduce'
  fill.quantity = kept - owed
  fill.price = tape.tradable[cell + n] === 1 ? turn.block.market.open[cell + n] : tape.delisting[cell + n]
  fill.fee = 0
  bookFill(turn, fill)
  book.quantity[i] = kept
}

/** The quantity an order leads to is split, so an order to zero stays one. */
function splitOrder(turn: Turn, n: number, kept: number): void {
  const { book, tape, own, cell, lots } = turn
  const i = own + n
  const quantity = book.orderQuantity[i]
  if (quantity !== quantity) return
  const change = toLots((book.quantity[i] + quantity) * tape.split[cell + n], lots[n]) - kept
  if (change === 0) cancelOrder(turn, n, 'below one lot')
  else book.orderQuantity[i] = change
}

/** Closed at the stated price without costs; whatever was waiting is cancelled. */
function bookDelisting(turn: Turn, n: number): void {
  const { book, tape, own, cell, fill } = turn
  const i = own + n
  if (book.orderKind[i] !== NO_ORDER) cancelOrder(turn, n, 'cancelled: delisting')
  if (book.quantity[i] === 0) return
  fill.portfolio = turn.portfolio
  fill.symbol = n
  fill.t = turn.t
  fill.decidedAt = turn.t
  fill.kind = 'delisting'
  fill.leg = 'reduce'
  fill.quantity = -book.quantity[i]
  fill.price = tape.delisting[cell + n]
  fill.fee = 0
  bookFill(turn, fill)
}
