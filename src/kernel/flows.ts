import type { Book } from './book.ts'

/**
 * Cash flows of fills are summed by leg and taken out of cash at the mark, so that a kernel may book a bar's
 * legs in any order it likes.
 */

/** Cash as it stands, with what has been filled since the last mark. */
export function cashNow(book: Book, p: number): number {
  return book.cash[p] - (book.reducedValue[p] + book.increasedValue[p]) - feesNow(book, p)
}

/** Fees of fills since the last mark. */
export function feesNow(book: Book, p: number): number {
  return book.reducedFees[p] + book.increasedFees[p]
}

/** Σ|filled| × price × M since the last mark. */
export function filledNow(book: Book, p: number): number {
  return book.reducedSize[p] + book.increasedSize[p]
}

export function addFlow(book: Book, p: number, of: { leg: 'reduce' | 'increase'; value: number; fee: number }): void {
  if (of.leg === 'reduce') {
    book.reducedValue[p] += of.value
    book.reducedSize[p] += Math.abs(of.value)
    book.reducedFees[p] += of.fee
  } else {
    book.increasedValue[p] += of.value
    book.increasedSize[p] += Math.abs(of.value)
    book.increasedFees[p] += of.fee
  }
}

/** Takes the flows out of cash, into the sum of fees, and begins anew. */
export function settleFlows(book: Book, p: number): void {
  book.cash[p] = cashNow(book, p)
  book.sums.fees[p] += feesNow(book, p)
  book.reducedValue[p] = 0
  book.reducedSize[p] = 0
  book.reducedFees[p] = 0
  book.increasedValue[p] = 0
  book.increasedSize[p] = 0
  book.increasedFees[p] = 0
}
