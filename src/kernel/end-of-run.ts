import { NO_ORDER } from './book.ts'
import { bookFill, cancelOrder } from './booking.ts'
import { closingFee } from './fees.ts'
import type { Stage } from './fill-plan.ts'
import { halfSpread } from './turn.ts'
import type { Turn } from './turn.ts'

/**
 * In the last row of the run: cancels what waits and closes every position, at the open or the close, a
 * symbol without a bar at its last close. Participation does not apply: there is no bar left to fill the rest.
 */
export function closeAtEnd(turn: Turn, stage: Stage): void {
  const { book, own, symbols } = turn
  for (let n = 0; n < symbols; n++) {
    if (book.orderKind[own + n] !== NO_ORDER) cancelOrder(turn, n, 'cancelled: end of run')
  }
  for (let n = 0; n < symbols; n++) {
    if (book.quantity[own + n] !== 0) closePosition(turn, stage, n)
  }
}

function closePosition(turn: Turn, stage: Stage, n: number): void {
  const { rules, book, tape, fill, own, cell, symbols } = turn
  const held = book.quantity[own + n]
  const side = held > 0 ? -1 : 1
  const hasBar = tape.tradable[cell + n] === 1
  const base = stage === 'open' && hasBar ? turn.block.market.open[cell + n] : tape.mark[cell + symbols + n]
  const spread = hasBar ? side * halfSpread(turn, n) : 0
  const units = Math.abs(held)
  fill.portfolio = turn.portfolio
  fill.symbol = n
  fill.t = turn.t
  fill.decidedAt = turn.t
  fill.kind = 'end-of-run'
  fill.leg = 'reduce'
  fill.quantity = -held
  fill.price = base * (1 + side * rules.exitSlippage) + spread
  fill.fee = closingFee(turn, { notional: units * (fill.price * turn.multipliers[n]), units })
  bookFill(turn, fill)
}
