import { MillraceError, PROBLEMS_SHOWN, type ErrorCode, type Problem } from '../base/errors.ts'

/** Keys and indices from the root of the experiment file. */
export type ConfigPath = readonly (string | number)[]

/** One thing wrong with the experiment file. `at: key` points at the key itself rather than at its value. */
export interface ConfigProblem {
  readonly code: ErrorCode
  readonly path: ConfigPath
  readonly message: string
  readonly value?: unknown
  readonly hint?: string
  readonly at?: 'key' | 'value'
}

/** Where a part of the file stands, and what gathers its problems. */
export interface ConfigPlace {
  readonly problems: ConfigProblems
  readonly path: ConfigPath
}

/** Turns a path into `file:line:column (path)`, as well as the file's format allows. */
export type Locate = (path: ConfigPath, at: 'key' | 'value') => string

/** `portfolios[0].grid["exits.stopLoss"]` */
export function formatPath(path: ConfigPath): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else if (/^[\w-]+$/.test(part)) text += text === '' ? part : `.${part}`
    else text += `[${JSON.stringify(part)}]`
  }
  return text
}

/** Gathers everything that is wrong, so that a user sees it in one go. */
export class ConfigProblems {
  readonly #locate: Locate
  readonly #shown: Problem[] = []
  #total = 0

  constructor(locate: Locate) {
    this.#locate = locate
  }

  get total(): number {
    return this.#total
  }

  add(problem: ConfigProblem): void {
    this.#total++
    if (this.#shown.length === PROBLEMS_SHOWN) return
    const { code, path, message, value, hint, at = 'value' } = problem
    this.#shown.push({ code, message, where: this.#locate(path, at), value, hint })
  }

  /** Where in the file a value stands. */
  placeOf(path: ConfigPath): string {
    return this.#locate(path, 'value')
  }

  /** Takes over what another part found, with this file's place where it named none. */
  adopt(error: unknown, path: ConfigPath): void {
    if (!(error instanceof MillraceError)) throw error
    for (const problem of error.problems) {
      this.#total++
      if (this.#shown.length === PROBLEMS_SHOWN) continue
      const here = this.placeOf(path)
      const where = problem.where === undefined || problem.where === here ? here : `${problem.where}, named at ${here}`
      this.#shown.push({ ...problem, where })
    }
    this.#total += error.total - error.problems.length
  }

  /** @throws MillraceError with the first {@link PROBLEMS_SHOWN} and the total, when there is any. */
  throwIfAny(): void {
    if (this.#total > 0) throw new MillraceError(this.#shown, this.#total)
  }
}
