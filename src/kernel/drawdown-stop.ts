import type { Turn } from './turn.ts'

/**
 * Whether the drawdown stop keeps the portfolio out at this close. The peak begins at starting equity, and
 * again at the equity of the close at which trading resumes: at once where the rules at hand have no stop, which may
 * be a later window's than those that stopped it.
 */
export function isStopped(turn: Turn): boolean {
  const { book, rules, portfolio } = turn
  const equity = book.equity[portfolio]
  if (book.stoppedAt[portfolio] >= 0) {
    if (turn.t - book.stoppedAt[portfolio] < rules.resumeAfterBars) return true
    book.stoppedAt[portfolio] = -1
    book.stopPeak[portfolio] = equity
    return false
  }
  if (rules.drawdownLimit === Infinity) return false
  const peak = book.stopPeak[portfolio]
  if (equity > peak) book.stopPeak[portfolio] = equity
  else if (peak - equity >= rules.drawdownLimit * peak) {
    book.stoppedAt[portfolio] = turn.t
    book.sums.drawdownStops[portfolio] += 1
    return true
  }
  return false
}
