import { NO_ORDER } from './book.ts'
import { bookCancellation, bookFill, cancelOrder } from './booking.ts'
import { closingFee } from './fees.ts'
import { halfSpread, volumeLeft } from './turn.ts'
import type { Turn } from './turn.ts'

/**
 * Stop-loss, take-profit and trailing stop inside the bar, in symbol order. The levels come from prices that
 * were fixed before the bar, or from the fill price of a position entered at its open.
 */
export function fillExits(turn: Turn): void {
  const { rules, book, tape, own, cell, symbols } = turn
  if (!rules.hasExits) return
  for (let n = 0; n < symbols; n++) {
    if (book.quantity[own + n] === 0 || tape.tradable[cell + n] === 0) continue
    if (!rules.watchesEntryBar && book.entryRow[own + n] === turn.t) continue
    if (findExit(turn, n)) bookExit(turn)
  }
}

/**
 * Decides which exit of symbol n the bar crosses and puts it into `turn.fill`. All prices are multiplied by
 * the side, so that for long and short alike a stop lies below and a target above. A target that the open is
 * beyond comes first, as the open does in time; else the stop comes before the target.
 */
function findExit(turn: Turn, n: number): boolean {
  const { rules, book, fill, own, cell } = turn
  const { market } = turn.block
  const i = own + n
  const side = book.quantity[i] > 0 ? 1 : -1
  const open = side * market.open[cell + n]
  const worst = side * (side > 0 ? market.low[cell + n] : market.high[cell + n])
  const best = side * (side > 0 ? market.high[cell + n] : market.low[cell + n])
  const fixedStop = side * (book.levelPrice[i] * (1 - side * rules.stopLoss))
  const trailing = side * (book.bestPrice[i] * (1 - side * rules.trailingStop))
  const target = side * (book.levelPrice[i] * (1 + side * rules.takeProfit))
  const stop = trailing > fixedStop ? trailing : fixedStop
  const stopped = worst <= stop
  if (stopped && open < target) {
    fill.kind = trailing > fixedStop ? 'trailing-stop' : 'stop-loss'
    fill.price = side * (open <= stop && rules.gapFillsAtOpen ? open : stop)
  } else if (best >= target) {
    fill.kind = 'take-profit'
    fill.price = side * (open >= target && rules.gapFillsAtOpen ? open : target)
  } else return false
  fill.symbol = n
  return true
}

/** Closes the position as far as the volume allows; the rest goes at the next open. Targets do not slip. */
function bookExit(turn: Turn): void {
  const { rules, book, fill, cancellation, own } = turn
  const n = fill.symbol
  if (book.orderKind[own + n] !== NO_ORDER) cancelOrder(turn, n, 'cancelled: exit')
  const held = book.quantity[own + n]
  const units = Math.min(Math.abs(held), volumeLeft(turn, n))
  const side = held > 0 ? -1 : 1
  fill.portfolio = turn.portfolio
  fill.t = turn.t
  fill.decidedAt = turn.t
  fill.leg = 'reduce'
  fill.quantity = side * units
  if (fill.kind !== 'take-profit') {
    fill.price = fill.price * (1 + side * rules.exitSlippage) + side * halfSpread(turn, n)
  }
  fill.fee = closingFee(turn, { notional: units * (fill.price * turn.multipliers[n]), units })
  if (units > 0) bookFill(turn, fill)
  const rest = -book.quantity[own + n]
  if (rest === 0) return
  cancellation.portfolio = turn.portfolio
  cancellation.symbol = n
  cancellation.t = turn.t
  cancellation.decidedAt = turn.t
  cancellation.kind = fill.kind
  cancellation.quantity = rest
  cancellation.outcome = 'limited: participation'
  bookCancellation(turn, cancellation)
}
