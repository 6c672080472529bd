import { ORDER_KINDS } from '../domain/order.ts'
import { NO_ORDER } from './book.ts'
import { cancelOrder, placeOrder } from './booking.ts'
import { TRACE } from './decision-trace.ts'
import { desireQuantities } from './desired.ts'
import { isStopped } from './drawdown-stop.ts'
import { computeExposure } from './exposure.ts'
import { fillOrders } from './fill-orders.ts'
import { limitHoldings } from './limits.ts'
import type { Turn } from './turn.ts'

/** Decides for the turn's portfolio: phase 1, then quantities, limits and orders. */
export function decidePortfolio(turn: Turn): void {
  const { book, rules, portfolio } = turn
  if (turn.t === turn.lastRow && rules.end !== 'leave') {
    keepEverything(turn, TRACE['end-of-run'])
  } else if (book.sums.ended[portfolio] === 1) {
    closeEverything(turn, 'ended')
  } else {
    const stopped = isStopped(turn)
    computeExposure(rules, turn.block, turn.row, turn.exposure)
    countExposure(turn)
    releaseLocks(turn)
    if (stopped) closeEverything(turn, 'drawdown-stop')
    else decideQuantities(turn)
  }
  if (turn.trace.keep) keepTrace(turn)
  if (rules.sameClose) fillOrders(turn, 'close')
}

function decideQuantities(turn: Turn): void {
  desireQuantities(turn)
  limitHoldings(turn)
  placeOrders(turn)
}

function countExposure({ book, portfolio, exposure }: Turn): void {
  const { sums } = book
  sums.signalCount[portfolio] += exposure.signalCount
  sums.cappedCount[portfolio] += exposure.cappedCount
  if (exposure.softenedScale !== 1) sums.scaledBars[portfolio] += 1
  if (exposure.grossFactor !== 1) sums.grossLimitedBars[portfolio] += 1
}

/**
 * After an exit, a combined target whose sign differs from the side that was closed allows entries again, whatever the rules
 * of the bar: those that made the lock may be an earlier window's.
 */
function releaseLocks({ book, tape, exposure, own, cell, symbols }: Turn): void {
  for (let n = 0; n < symbols; n++) {
    const side = book.lockedSide[own + n]
    if (side === 0 || tape.tradable[cell + n] === 0) continue
    const combined = exposure.combined[n]
    if (combined === combined && Math.sign(combined) !== side) book.lockedSide[own + n] = 0
  }
}

/** One order per symbol whose desired quantity differs: more than the threshold, to or through zero, or forced. */
function placeOrders(turn: Turn): void {
  const { book, rules, tape, desired, kinds, acted, order, own, cell, symbols } = turn
  const least = rules.threshold * book.equity[turn.portfolio]
  for (let n = 0; n < symbols; n++) {
    const held = book.quantity[own + n]
    const change = desired[n] - held
    if (change === 0) continue
    const crossesZero = desired[n] === 0 || (held !== 0 && held > 0 !== desired[n] > 0)
    const forced = kinds[n] !== 'target' || crossesZero
    if (!forced && !(Math.abs(change) * tape.unit[cell + symbols + n] > least)) {
      acted[n] |= TRACE.threshold
      continue
    }
    order.symbol = n
    order.kind = kinds[n]
    order.quantity = change
    order.target = NaN
    if (rules.sizing === 'allIn' && sizesAtFill(turn, n)) {
      order.quantity = NaN
      order.target = turn.exposure.target[n]
    }
    placeOrder(turn)
  }
}

/** An `allIn` increase, unless a limit on what is held has already said how much. */
function sizesAtFill({ book, desired, acted, own }: Turn, n: number): boolean {
  const held = book.quantity[own + n]
  const limited = (acted[n] & (TRACE['held-cap'] | TRACE['held-gross'])) !== 0
  const increases = desired[n] !== 0 && (held === 0 || held > 0 !== desired[n] > 0 || Math.abs(desired[n]) > Math.abs(held))
  return increases && !limited
}

/**
 * Orders every position out, whether its symbol has a bar or not; orders that would do anything else are
 * cancelled, those that already close it stay.
 */
function closeEverything(turn: Turn, kind: 'ended' | 'drawdown-stop'): void {
  const { book, desired, acted, order, own, symbols } = turn
  if (book.positions[turn.portfolio] === 0 && book.openOrders[turn.portfolio] === 0 && !turn.trace.keep) return
  const outcome = kind === 'ended' ? 'cancelled: portfolio ended' : 'cancelled: exit'
  for (let n = 0; n < symbols; n++) {
    const i = own + n
    desired[n] = 0
    acted[n] = TRACE[kind]
    if (book.orderKind[i] !== NO_ORDER && !closesPosition(turn, n)) cancelOrder(turn, n, outcome)
    if (book.orderKind[i] !== NO_ORDER || book.quantity[i] === 0) continue
    order.symbol = n
    order.kind = kind
    order.quantity = -book.quantity[i]
    order.target = NaN
    placeOrder(turn)
  }
}

function closesPosition({ book, own }: Turn, n: number): boolean {
  const kind = ORDER_KINDS[book.orderKind[own + n] - 1]
  return kind === 'exit-rest' || kind === 'drawdown-stop' || kind === 'ended'
}

function keepEverything(turn: Turn, rule: number): void {
  turn.desired.set(turn.book.quantity.subarray(turn.own, turn.own + turn.symbols))
  turn.acted.fill(rule)
}

function keepTrace(turn: Turn): void {
  const { trace, book, desired, acted, own, symbols } = turn
  trace.desired.set(desired, own)
  trace.acted.set(acted, own)
  trace.held.set(book.quantity.subarray(own, own + symbols), own)
}
