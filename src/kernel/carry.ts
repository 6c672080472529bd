import { cashNow } from './flows.ts'
import type { Turn } from './turn.ts'

/**
 * Interest since the last row, on the book as it was at the last marks: rate × amount × days / 365. Positive
 * cash earns the cash rate, negative cash pays the loan rate, short value pays the borrow rate.
 */
export function bookCarry(turn: Turn): void {
  const { rules, book, tape, own, cell, symbols, portfolio } = turn
  if (!rules.hasCarry) return
  const years = tape.years[turn.row]
  const cash = cashNow(book, portfolio)
  const values = [0, 0]
  const sizes = [0, 0]
  for (let n = 0; n < symbols; n++) {
    const value = book.quantity[own + n] * tape.unit[cell + n]
    values[n & 1] += value
    sizes[n & 1] += Math.abs(value)
  }
  // What is not held long, twice: the sums are those of the last mark.
  const shortValue = (sizes[0] + sizes[1] - (values[0] + values[1])) * 0.5
  const interest = cash * (cash < 0 ? rules.loanRate : rules.cashRate) * years
  const borrowing = shortValue * rules.borrowRate * years
  book.cash[portfolio] = book.cash[portfolio] + interest - borrowing
}
