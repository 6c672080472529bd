import { MillraceError, type ErrorCode, type ErrorReport, type Problem } from '../base/errors.ts'
import { EXIT } from './exit-codes.ts'

/** Faults that come up only while running; every other code is refused input. */
const RUNTIME_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'STEP_FAILED', 'WORKER_CRASHED', 'WORKER_TIMEOUT', 'MACHINE_FAULT', 'ARTEFACT_CORRUPT', 'ONNX_NONFINITE',
])

export function exitCodeOf(error: unknown): number {
  if (!(error instanceof MillraceError)) return EXIT.bug
  if (error.code === 'INTERRUPTED') return EXIT.interrupted
  return RUNTIME_CODES.has(error.code) ? EXIT.failed : EXIT.refused
}

/** One problem as lines of text: where, code, message, value, hint. */
export function formatProblem(problem: Problem): string {
  const place = problem.where === undefined ? '' : `${problem.where}: `
  const value = problem.value === undefined ? '' : `\n    found: ${shown(problem.value)}`
  const hint = problem.hint === undefined ? '' : `\n    hint:  ${problem.hint}`
  const message = problem.message.trim().replaceAll(/\n\s*\n/g, '\n').replaceAll('\n', '\n    ')
  return `${place}${problem.code}: ${message}${value}${hint}`
}

export function formatErrorReport(report: ErrorReport): string {
  const lines = report.problems.map(formatProblem)
  const more = report.total - report.problems.length
  return [...lines, ...(more > 0 ? [`… and ${more} more (${report.total} in all)`] : [])].join('\n')
}

/** What a person (or, with `json`, a program) is told of an error; never a stack trace unless it is a bug. */
export function formatError(error: unknown, json: boolean): string {
  if (error instanceof MillraceError) {
    const report = { problems: error.problems, total: error.total }
    return json ? JSON.stringify({ error: report }) : formatErrorReport(report)
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return json
    ? JSON.stringify({ error: { problems: [{ code: 'BUG', message: text }], total: 1 } })
    : `This is a bug in Millrace. Please report it with the following lines:\n${text}`
}

function shown(value: unknown): string {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value)
  return text !== undefined && text.length > 200 ? `${text.slice(0, 200)}…` : String(text)
}
