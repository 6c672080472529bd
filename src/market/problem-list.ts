import { MillraceError, PROBLEMS_SHOWN } from '../base/errors.ts'
import type { ErrorCode, Problem } from '../base/errors.ts'

/** What is wrong and what to do about it, before anybody knows where it was found. */
export interface Fault {
  readonly code: ErrorCode
  readonly message: string
  readonly hint?: string
}

/** Collects what is wrong with a market's files: the first problems are kept, all are counted. */
export class ProblemList {
  readonly kept: Problem[] = []
  total = 0

  add(problem: Problem): void {
    this.total++
    if (this.kept.length < PROBLEMS_SHOWN) this.kept.push(problem)
  }

  addAll(others: ProblemList): void {
    const room = PROBLEMS_SHOWN - this.kept.length
    if (room > 0) this.kept.push(...others.kept.slice(0, room))
    this.total += others.total
  }

  /** Keeps what a refused piece of work reported; anything that is not a MillraceError is a bug and goes on. */
  addError(error: unknown): void {
    if (!(error instanceof MillraceError)) throw error
    const list = new ProblemList()
    list.kept.push(...error.problems)
    list.total = error.total
    this.addAll(list)
  }

  throwIfAny(): void {
    if (this.total > 0) throw new MillraceError(this.kept, this.total)
  }
}
