import { filledNow, settleFlows } from './flows.ts'
import { closePeriod, startMeasuring } from './performance-sums.ts'
import { STARTS_SESSION } from './rules.ts'
import { takeStartingPositions } from './starting-positions.ts'
import type { Turn } from './turn.ts'

/**
 * Marks the turn's portfolio at the close: equity = cash + Σ quantity × M × close, a symbol without a bar at
 * its last close; adds the bar to the performance sums and moves exit levels for the next one.
 */
export function markPortfolio(turn: Turn): void {
  const { book, tape, portfolio, row, own, symbols } = turn
  const isFirst = tape.isFirst[row] === 1
  if (isFirst) takeStartingPositions(turn)
  const after = turn.cell + symbols
  let evenValue = 0
  let oddValue = 0
  let evenGross = 0
  let oddGross = 0
  const held = book.positions[portfolio] > 0 ? symbols : 0
  for (let n = 0; n < held; n++) {
    const position = book.quantity[own + n] * tape.unit[after + n]
    if ((n & 1) === 0) {
      evenValue += position
      evenGross += Math.abs(position)
    } else {
      oddValue += position
      oddGross += Math.abs(position)
    }
  }
  const filled = filledNow(book, portfolio)
  settleFlows(book, portfolio)
  const equity = book.cash[portfolio] + (evenValue + oddValue)
  book.equity[portfolio] = equity
  if (isFirst) startMeasuring(turn)
  else if (!turn.returnsPerBar && (tape.starts[row] & STARTS_SESSION) !== 0) closePeriod(turn)
  measureBar(turn, { gross: evenGross + oddGross, filled })
  if (turn.returnsPerBar) closePeriod(turn)
  if (turn.rules.hasExits && held > 0) moveLevels(turn)
}

/** One bar's return, turnover and exposure. Once equity was ≤ 0 the portfolio has ended: later returns are 0. */
function measureBar(turn: Turn, { gross, filled }: { gross: number; filled: number }): void {
  const { book, portfolio } = turn
  const { sums } = book
  const equity = book.equity[portfolio]
  const before = book.measuredEquity[portfolio]
  const ended = sums.ended[portfolio] === 1
  if (!ended) book.measuredEquity[portfolio] = equity
  if (before > 0) sums.turnover[portfolio] += filled * (1 / before)
  sums.bars[portfolio] += 1
  if (gross > 0) sums.barsInMarket[portfolio] += 1
  const grossExposure = gross * (1 / equity)
  if (equity > 0) sums.sumGrossExposure[portfolio] += grossExposure
  else sums.ended[portfolio] = 1
  if (turn.events.equity === undefined) return
  turn.equityRow.portfolio = portfolio
  turn.equityRow.t = turn.t
  turn.equityRow.equity = equity
  turn.equityRow.cash = book.cash[portfolio]
  turn.equityRow.grossExposure = equity > 0 ? grossExposure : NaN
  turn.equityRow.periodReturn = ended ? 0 : equity * (1 / before) - 1
  turn.events.equity(turn.equityRow)
}

/**
 * Fixes the prices the next bar's exits are measured from: the average entry price, and the best close or
 * high (low for a short) since entry. A bar entered at its close was not held through its high.
 */
function moveLevels(turn: Turn): void {
  const { book, rules, tape, own, cell, symbols } = turn
  const { market } = turn.block
  for (let n = 0; n < symbols; n++) {
    const i = own + n
    const held = book.quantity[i]
    if (held === 0) continue
    book.levelPrice[i] = book.entryPrice[i]
    if (tape.tradable[cell + n] === 0) continue
    if (!rules.fillsAtOpen && book.entryRow[i] === turn.t) continue
    const extreme = held > 0 ? market.high : market.low
    const price = rules.trailFromHigh ? extreme[cell + n] : market.close[cell + n]
    if (held > 0 ? price > book.bestPrice[i] : price < book.bestPrice[i]) book.bestPrice[i] = price
  }
}
