import { ORDER_KINDS } from '../domain/order.ts'
import { NO_ORDER } from './book.ts'
import { bookCancellation, bookFill, fillsAtClose } from './booking.ts'
import { sizeIncreases } from './buying-power.ts'
import { orderFee } from './fees.ts'
import { legPrice } from './fill-plan.ts'
import type { Stage } from './fill-plan.ts'
import { halfSpread, volumeLeft } from './turn.ts'
import type { Turn } from './turn.ts'

/**
 * Fills the portfolio's waiting orders at the bar's open or close: legs are planned in symbol order, buying
 * power is shared out, then reducing legs are booked, then increasing ones, then what did not fill.
 */
export function fillOrders(turn: Turn, stage: Stage): void {
  if (turn.book.openOrders[turn.portfolio] === 0) return
  planLegs(turn, stage)
  const { plan } = turn
  if (plan.count === 0) return
  if (plan.increases > 0) sizeIncreases(turn, stage)
  bookLegs(turn, 'reduce')
  bookLegs(turn, 'increase')
  bookRests(turn)
}

function planLegs(turn: Turn, stage: Stage): void {
  const { book, plan, tape, own, cell, symbols } = turn
  plan.count = 0
  plan.increases = 0
  for (let n = 0; n < symbols; n++) {
    if (book.orderKind[own + n] === NO_ORDER || tape.tradable[cell + n] === 0) continue
    if (!mayFill(turn, stage, n)) continue
    plan.symbol[plan.count] = n
    plan.kind[plan.count] = ORDER_KINDS[book.orderKind[own + n] - 1]
    plan.decidedAt[plan.count] = book.orderRow[own + n]
    plan.rest[plan.count] = 0
    splitIntoLegs(turn, n)
    priceLegs(turn, stage, n)
    limitReduction(turn, n)
    if (plan.increase[plan.count] !== 0) plan.increases++
    plan.count++
  }
}

/** At an open, the bar must have opened at or after the decision; at a close it ends after it anyway. */
function mayFill(turn: Turn, stage: Stage, n: number): boolean {
  const { book, own } = turn
  const atClose = fillsAtClose(turn, ORDER_KINDS[book.orderKind[own + n] - 1])
  if (stage === 'close') return atClose
  return !atClose && turn.block.market.openTimes[turn.row] >= book.orderTime[own + n]
}

/** To zero first, then from zero; an increase of NaN is sized when the closing legs are known. */
function splitIntoLegs(turn: Turn, n: number): void {
  const { book, plan, own } = turn
  const i = own + n
  const j = plan.count
  const held = book.quantity[i]
  const quantity = book.orderQuantity[i]
  const sizedAtFill = quantity !== quantity
  const direction = sizedAtFill ? book.orderTarget[i] : quantity
  plan.reduce[j] = 0
  plan.increase[j] = quantity
  if (held === 0 || held > 0 === direction > 0) return
  if (!sizedAtFill && Math.abs(quantity) <= Math.abs(held)) {
    plan.reduce[j] = quantity
    plan.increase[j] = 0
  } else {
    plan.reduce[j] = -held
    plan.increase[j] = quantity + held
  }
}

/** Each leg with its own slippage. */
function priceLegs(turn: Turn, stage: Stage, n: number): void {
  const { plan, rules, book, cell, own } = turn
  const { market } = turn.block
  const j = plan.count
  const base = stage === 'open' ? market.open[cell + n] : market.close[cell + n]
  const quantity = book.orderQuantity[own + n]
  const direction = quantity !== quantity ? book.orderTarget[own + n] : quantity
  const side = direction > 0 ? 1 : -1
  const of = { base, side, halfSpread: halfSpread(turn, n) }
  plan.reducePrice[j] = legPrice({ ...of, slippage: rules.exitSlippage })
  plan.increasePrice[j] = legPrice({ ...of, slippage: rules.entrySlippage })
}

/** A reducing leg that volume cuts short leaves no way through zero. */
function limitReduction(turn: Turn, n: number): void {
  const { plan } = turn
  const j = plan.count
  plan.outcome[j] = 'filled'
  const allowed = volumeLeft(turn, n)
  const wanted = plan.reduce[j]
  if (Math.abs(wanted) <= allowed) return
  plan.reduce[j] = wanted > 0 ? allowed : -allowed
  plan.rest[j] = wanted - plan.reduce[j]
  if (plan.increase[j] === plan.increase[j]) plan.rest[j] += plan.increase[j]
  plan.increase[j] = 0
  plan.outcome[j] = 'limited: participation'
}

function bookLegs(turn: Turn, leg: 'reduce' | 'increase'): void {
  const { plan, fill } = turn
  const quantities = plan[leg]
  const prices = leg === 'reduce' ? plan.reducePrice : plan.increasePrice
  for (let j = 0; j < plan.count; j++) {
    const quantity = quantities[j]
    if (quantity === 0) continue
    const isLast = leg === 'increase' || plan.increase[j] === 0
    fill.portfolio = turn.portfolio
    fill.symbol = plan.symbol[j]
    fill.t = turn.t
    fill.decidedAt = plan.decidedAt[j]
    fill.kind = plan.kind[j]
    fill.leg = leg
    fill.quantity = quantity
    fill.price = prices[j]
    fill.fee = isLast ? orderFee(turn, j) : 0
    bookFill(turn, fill)
  }
}

function bookRests(turn: Turn): void {
  const { plan, cancellation } = turn
  for (let j = 0; j < plan.count; j++) {
    if (plan.outcome[j] === 'filled') continue
    cancellation.portfolio = turn.portfolio
    cancellation.symbol = plan.symbol[j]
    cancellation.t = turn.t
    cancellation.decidedAt = plan.decidedAt[j]
    cancellation.kind = plan.kind[j]
    cancellation.quantity = plan.rest[j]
    cancellation.outcome = plan.outcome[j]
    bookCancellation(turn, cancellation)
  }
}
