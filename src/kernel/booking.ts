import { ORDER_KINDS } from '../domain/order.ts'
import type { Cancellation, Fill, OrderKind } from '../domain/order.ts'
import { NO_ORDER } from './book.ts'
import { addFlow } from './flows.ts'
import type { Turn } from './turn.ts'

/**
 * The only code that changes quantities, entry prices and order slots. The fused loop books as it goes,
 * `settle` books what comes back: the same operations in the same order, so both give the same bits.
 */

/** The book's code of an order kind. */
export function kindCode(kind: OrderKind): number {
  return ORDER_KINDS.indexOf(kind) + 1
}

const EXIT_REST = kindCode('exit-rest')

export function isExit(kind: OrderKind): boolean {
  return kind === 'stop-loss' || kind === 'take-profit' || kind === 'trailing-stop'
}

/** Kinds that are decided at a close; the others are the kernel's own, filled in the row they arise in. */
function isDecided(kind: OrderKind): boolean {
  return kind === 'target' || kind === 'cap' || kind === 'gross' || kind === 'drawdown-stop' || kind === 'max-hold'
}

/** Whether orders of this kind fill at a close, in the turn's portfolio. */
export function fillsAtClose(turn: Turn, kind: OrderKind): boolean {
  return !turn.rules.fillsAtOpen && isDecided(kind)
}

/** Puts an order into its slot and tells of it. `turn.order` says which; its portfolio is the turn's. */
export function placeOrder(turn: Turn): void {
  const { book, order } = turn
  order.portfolio = turn.portfolio
  order.decidedAt = turn.t
  const i = turn.own + order.symbol
  book.orderKind[i] = kindCode(order.kind)
  book.orderQuantity[i] = order.quantity
  book.orderTarget[i] = order.target
  book.orderRow[i] = turn.t
  book.orderTime[i] = turn.block.market.closeTimes[turn.row]
  book.openOrders[turn.portfolio] += 1
  book.sums.orders[turn.portfolio] += 1
  turn.events.order?.(order)
}

function closeSlot(turn: Turn, done: { symbol: number; kind: OrderKind; decidedAt: number }): void {
  const { book } = turn
  const i = turn.own + done.symbol
  const code = book.orderKind[i]
  if (code === NO_ORDER || ORDER_KINDS[code - 1] !== done.kind || book.orderRow[i] !== done.decidedAt) return
  book.orderKind[i] = NO_ORDER
  book.openOrders[turn.portfolio] -= 1
}

/** Books one leg of the turn's portfolio: cash, quantity, entry price, exit levels, trade, fee, order slot. */
export function bookFill(turn: Turn, fill: Fill): void {
  const { book, portfolio } = turn
  const i = turn.own + fill.symbol
  const unit = fill.price * turn.multipliers[fill.symbol]
  const value = fill.quantity * unit
  closeSlot(turn, fill)
  addFlow(book, portfolio, { leg: fill.leg, value, fee: fill.fee })
  book.tradeCash[i] = book.tradeCash[i] - value - fill.fee
  book.sums.fills[portfolio] += 1
  if (turn.rules.participation !== Infinity) book.barVolume[i] += Math.abs(fill.quantity)
  if (isExit(fill.kind) && turn.rules.reentryNeedsChange) book.lockedSide[i] = book.quantity[i] > 0 ? 1 : -1
  movePosition(turn, fill)
  tellOwnOrder(turn, fill)
  turn.events.fill?.(fill)
}

function movePosition(turn: Turn, fill: Fill): void {
  const { book } = turn
  const i = turn.own + fill.symbol
  const held = book.quantity[i]
  const after = held + fill.quantity
  book.quantity[i] = after
  if (held === 0) enter(turn, fill)
  else if (after === 0) leave(turn, fill)
  else if (fill.leg === 'increase') {
    const cost = book.entryPrice[i] * Math.abs(held) + fill.price * Math.abs(fill.quantity)
    book.entryPrice[i] = cost / Math.abs(after)
  }
}

function enter(turn: Turn, fill: Fill): void {
  const { book } = turn
  const i = turn.own + fill.symbol
  book.positions[turn.portfolio] += 1
  book.entryPrice[i] = fill.price
  book.levelPrice[i] = fill.price
  book.bestPrice[i] = fill.price
  book.entryRow[i] = fill.t
  book.entryBar[i] = barsBefore(turn, fill)
}

function leave(turn: Turn, fill: Fill): void {
  const { book, portfolio } = turn
  const { sums } = book
  const i = turn.own + fill.symbol
  const profit = book.tradeCash[i]
  book.positions[portfolio] -= 1
  sums.trades[portfolio] += 1
  if (profit > 0) {
    sums.winningTrades[portfolio] += 1
    sums.grossProfit[portfolio] += profit
  } else sums.grossLoss[portfolio] -= profit
  book.tradeCash[i] = 0
  book.entryPrice[i] = 0
  book.exitBar[i] = barsBefore(turn, fill)
}

/** Bars of the symbol that had closed before the fill: this row's close counts unless the fill is at it. */
function barsBefore(turn: Turn, fill: Fill): number {
  const at = turn.cell + fill.symbol
  return turn.tape.bars[fillsAtClose(turn, fill.kind) ? at + turn.symbols : at]
}

/** The kernel's own executions were never decided at a close: their order is told when they fill. */
function tellOwnOrder(turn: Turn, fill: Fill): void {
  if (isDecided(fill.kind) || fill.kind === 'ended' || fill.kind === 'exit-rest') return
  turn.book.sums.orders[turn.portfolio] += 1
  const { order } = turn
  order.portfolio = fill.portfolio
  order.symbol = fill.symbol
  order.decidedAt = fill.decidedAt
  order.kind = fill.kind
  order.quantity = fill.quantity
  order.target = NaN
  turn.events.order?.(order)
}

/** Books what did not fill. The rest of an exit that ran out of volume waits for the next open. */
export function bookCancellation(turn: Turn, cancellation: Cancellation): void {
  const { book, portfolio } = turn
  const { symbol, kind, outcome } = cancellation
  closeSlot(turn, cancellation)
  book.sums.cancellations[portfolio] += 1
  turn.events.cancellation?.(cancellation)
  if (outcome !== 'limited: participation' || !(isExit(kind) || kind === 'exit-rest')) return
  turn.order.symbol = symbol
  turn.order.kind = ORDER_KINDS[EXIT_REST - 1]
  turn.order.quantity = cancellation.quantity
  turn.order.target = NaN
  placeOrder(turn)
}

/** Cancels the order waiting in symbol n, whole. */
export function cancelOrder(turn: Turn, n: number, outcome: Cancellation['outcome']): void {
  const { book, cancellation } = turn
  const i = turn.own + n
  cancellation.portfolio = turn.portfolio
  cancellation.symbol = n
  cancellation.t = turn.t
  cancellation.decidedAt = book.orderRow[i]
  cancellation.kind = ORDER_KINDS[book.orderKind[i] - 1]
  cancellation.quantity = book.orderQuantity[i]
  cancellation.outcome = outcome
  bookCancellation(turn, cancellation)
}
