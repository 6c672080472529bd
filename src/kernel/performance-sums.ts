import { PERFORMANCE_FIELDS, createPerformance } from '../domain/performance.ts'
import type { Performance } from '../domain/performance.ts'
import type { Book } from './book.ts'
import { feesNow, filledNow } from './flows.ts'
import type { Turn } from './turn.ts'

/** Sets every level a portfolio is measured from to its starting equity. */
export function startMeasuring(turn: Turn): void {
  const { book, portfolio } = turn
  const equity = book.equity[portfolio]
  book.sums.startEquity[portfolio] = equity
  book.sums.peakEquity[portfolio] = equity
  book.measuredEquity[portfolio] = equity
  book.periodEquity[portfolio] = equity
  book.stopPeak[portfolio] = equity
}

/** Adds one complete period, which ended with the measured equity, to the sums. */
export function closePeriod(turn: Turn): void {
  const { book, portfolio } = turn
  const equity = book.measuredEquity[portfolio]
  const before = book.periodEquity[portfolio]
  book.periodEquity[portfolio] = equity
  const periodReturn = equity === before ? 0 : equity * (1 / before) - 1
  addReturn(turn, periodReturn)
  addDrawdown(book, portfolio)
}

function addReturn(turn: Turn, periodReturn: number): void {
  const { sums } = turn.book
  const p = turn.portfolio
  const shortfall = Math.min(periodReturn - turn.riskFree, 0)
  if (sums.returns[p] === 0) {
    sums.firstReturn[p] = periodReturn
    sums.firstDownsideSquare[p] = shortfall * shortfall
    sums.bestReturn[p] = periodReturn
    sums.worstReturn[p] = periodReturn
  }
  sums.returns[p] += 1
  sums.sumReturns[p] += periodReturn
  sums.sumSquares[p] += periodReturn * periodReturn
  sums.sumDownsideSquares[p] += shortfall * shortfall
  if (periodReturn > sums.bestReturn[p]) sums.bestReturn[p] = periodReturn
  if (periodReturn < sums.worstReturn[p]) sums.worstReturn[p] = periodReturn
}

function addDrawdown({ sums, measuredEquity }: Book, p: number): void {
  const equity = measuredEquity[p]
  const peak = sums.peakEquity[p]
  if (equity >= peak) {
    sums.peakEquity[p] = equity
    sums.drawdownPeriods[p] = 0
    return
  }
  const drawdown = (peak - equity) * (1 / peak)
  sums.drawdownPeriods[p] += 1
  if (drawdown > sums.maxDrawdown[p]) sums.maxDrawdown[p] = drawdown
  if (sums.drawdownPeriods[p] > sums.maxDrawdownPeriods[p]) sums.maxDrawdownPeriods[p] = sums.drawdownPeriods[p]
}

/**
 * The turn's portfolio's sums as if the run ended here: the session under way counts as complete, and fills
 * after the last mark count as turnover and fees. The book is as it was when this returns.
 */
export function readPerformance(turn: Turn, measured: boolean): Performance {
  const { book, portfolio } = turn
  const fields = PERFORMANCE_FIELDS
  const kept = fields.map((field) => book.sums[field][portfolio])
  const periodEquity = book.periodEquity[portfolio]
  if (measured && !turn.returnsPerBar) closePeriod(turn)
  book.sums.finalEquity[portfolio] = book.equity[portfolio]
  const before = book.measuredEquity[portfolio]
  if (before > 0) book.sums.turnover[portfolio] += filledNow(book, portfolio) * (1 / before)
  book.sums.fees[portfolio] += feesNow(book, portfolio)
  const performance = createPerformance(fields.map((field) => book.sums[field][portfolio]))
  fields.forEach((field, index) => {
    book.sums[field][portfolio] = kept[index]
  })
  book.periodEquity[portfolio] = periodEquity
  return performance
}
