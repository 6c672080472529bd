import type { OrderKind } from '../domain/order.ts'
import { NO_ORDER } from './book.ts'
import { LIMIT_SLACK } from './buying-power.ts'
import { TRACE } from './decision-trace.ts'
import { toLots } from './lots.ts'
import type { Turn } from './turn.ts'

/** Cap and gross on the desired quantities, so that they bind what is held and not only what is wanted. */
export function limitHoldings(turn: Turn): void {
  const { rules } = turn
  if (rules.cap !== Infinity || rules.pattern >= 0) capEach(turn)
  if (turn.exposure.gross !== Infinity) limitGross(turn)
}

/** Only a symbol with a bar and without an open order can be traded to its limit. */
function isMovable(turn: Turn, n: number): boolean {
  return turn.tape.tradable[turn.cell + n] === 1 && turn.book.orderKind[turn.own + n] === NO_ORDER
}

/** Cuts a desired quantity; where that reduces what is held, the limit forces the trade and names it. */
function cut(turn: Turn, n: number, to: { quantity: number; kind: OrderKind }): void {
  const held = turn.book.quantity[turn.own + n]
  turn.desired[n] = toLots(to.quantity, turn.lots[n]) + 0
  const reduces = held > 0 ? turn.desired[n] < held && turn.desired[n] >= 0 : turn.desired[n] > held && turn.desired[n] <= 0
  if (reduces && turn.kinds[n] === 'target') turn.kinds[n] = to.kind
  turn.acted[n] |= to.kind === 'cap' ? TRACE['held-cap'] : TRACE['held-gross']
}

function capEach(turn: Turn): void {
  const { rules, tape, desired, cell, symbols } = turn
  const equity = turn.book.equity[turn.portfolio]
  const caps = rules.pattern < 0 ? null : turn.block.patterns[rules.pattern].cap
  for (let n = 0; n < symbols; n++) {
    const cap = caps === null || rules.cap < caps[cell + n] ? rules.cap : caps[cell + n]
    const unit = tape.unit[cell + symbols + n]
    if (!(Math.abs(desired[n]) * unit > cap * equity * LIMIT_SLACK) || !isMovable(turn, n)) continue
    const allowed = (cap * equity) / unit
    cut(turn, n, { quantity: desired[n] > 0 ? allowed : -allowed, kind: 'cap' })
  }
}

/** Σ|desired value| over all symbols; those that cannot be moved count at their last close and stay. */
function limitGross(turn: Turn): void {
  const { tape, desired, cell, symbols } = turn
  const allowed = turn.exposure.gross * turn.book.equity[turn.portfolio]
  let total = 0
  let movable = 0
  for (let n = 0; n < symbols; n++) {
    const value = Math.abs(desired[n]) * tape.unit[cell + symbols + n]
    total += value
    if (isMovable(turn, n)) movable += value
  }
  if (!(total > allowed * LIMIT_SLACK)) return
  const factor = Math.max(0, (allowed - (total - movable)) / movable)
  for (let n = 0; n < symbols; n++) {
    if (desired[n] !== 0 && isMovable(turn, n)) cut(turn, n, { quantity: desired[n] * factor, kind: 'gross' })
  }
}
