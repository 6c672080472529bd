/**
 * Faults of the world, as values a user can act on. A bug is not one of these: it is thrown as a plain
 * `Error` and crashes the worker it happens in.
 */

/** Every stable code a user can meet. Codes are never renamed; docs/errors.md lists them. */
export const ERROR_CODES = [
  'CSV_BAD_NUMBER',
  'CSV_COLUMNS',
  'CSV_ORDER',
  'CSV_BAR_INVALID',
  'CSV_DIALECT',
  'TIME_ZONE_REQUIRED',
  'TIME_FORMAT',
  'TIME_RANGE',
  'FILE_NOT_FOUND',
  'FILE_UNREADABLE',
  'MARKET_EMPTY',
  'MARKET_CURRENCY',
  'CONFIG_SYNTAX',
  'CONFIG_UNKNOWN',
  'CONFIG_TYPE',
  'CONFIG_VALUE',
  'CONFIG_DUPLICATE',
  'CONFIG_CYCLE',
  'MODULE_INVALID',
  'PLAN_TOO_LARGE',
  'ONNX_SIGNATURE',
  'ONNX_NONFINITE',
  'ONNX_INVALID',
  'STEP_FAILED',
  'WORKER_CRASHED',
  'WORKER_TIMEOUT',
  'MACHINE_FAULT',
  'ARTEFACT_CORRUPT',
  'ARTEFACT_MISSING',
  'RUN_LOCKED',
  'RUN_NOT_FOUND',
  'RUN_UNFINISHED',
  'PORTFOLIO_NOT_FOUND',
  'ORDER_NOT_FOUND',
  'SQL_INVALID',
  'USAGE',
  'INTERRUPTED',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/** One thing that is wrong, where, with the value as it was found and what to do about it. */
export interface Problem {
  readonly code: ErrorCode
  readonly message: string
  /** `file:line:column` or a configuration path such as `portfolios[0].grid.threshold`. */
  readonly where?: string
  readonly value?: unknown
  readonly hint?: string
}

/** How many problems are kept and shown; the total is always counted. */
export const PROBLEMS_SHOWN = 20

/**
 * A typed fault carrying one or more problems. `code`, `where`, `value` and `hint` are those of the first;
 * at most {@link PROBLEMS_SHOWN} are kept and `total` says how many there were.
 */
export class MillraceError extends Error {
  readonly problems: readonly Problem[]
  readonly total: number

  constructor(problems: Problem | readonly Problem[], total?: number) {
    const list = Array.isArray(problems) ? (problems as readonly Problem[]) : [problems as Problem]
    if (list.length === 0) throw new Error('a MillraceError needs at least one problem')
    super(list[0].message)
    this.name = 'MillraceError'
    this.problems = list.slice(0, PROBLEMS_SHOWN)
    this.total = total ?? list.length
  }

  get code(): ErrorCode {
    return this.problems[0].code
  }

  get where(): string | undefined {
    return this.problems[0].where
  }

  get value(): unknown {
    return this.problems[0].value
  }

  get hint(): string | undefined {
    return this.problems[0].hint
  }
}

/** A structured-cloneable form, for crossing a process boundary and for `--json`. */
export interface ErrorReport {
  readonly problems: readonly Problem[]
  readonly total: number
}

export function toErrorReport(error: unknown, fallback: ErrorCode = 'STEP_FAILED'): ErrorReport {
  if (error instanceof MillraceError) return { problems: error.problems, total: error.total }
  const message = error instanceof Error ? error.message : String(error)
  return { problems: [{ code: fallback, message }], total: 1 }
}

export function fromErrorReport(report: ErrorReport): MillraceError {
  return new MillraceError(report.problems, report.total)
}
