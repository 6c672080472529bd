import { describe, expect, it } from 'vitest'
import { ERROR_CODES, MillraceError, PROBLEMS_SHOWN, fromErrorReport, toErrorReport } from '../../src/base/errors.ts'
import type { Problem } from '../../src/base/errors.ts'

const problem: Problem = {
  code: 'CSV_BAD_NUMBER', message: 'volume is not a number', where: 'prices.csv:7:6', value: 'N/A', hint: 'remove the row',
}

describe('MillraceError', () => {
  it('speaks for its first problem', () => {
    const error = new MillraceError([problem, { code: 'CSV_ORDER', message: 'later' }])
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ ...problem, name: 'MillraceError', total: 2 })
  })

  it('takes a single problem', () => {
    expect(new MillraceError(problem)).toMatchObject({ problems: [problem], total: 1 })
  })

  it('keeps the first twenty problems and counts all', () => {
    const many = Array.from({ length: 60 }, (_, i) => ({ ...problem, where: `prices.csv:${i + 1}` }))
    const error = new MillraceError(many)
    expect(error.problems).toEqual(many.slice(0, PROBLEMS_SHOWN))
    expect(error.total).toBe(60)
    expect(new MillraceError(many.slice(0, 3), 1_000).total).toBe(1_000)
  })

  it('needs a problem', () => {
    expect(() => new MillraceError([])).toThrow('at least one problem')
  })
})

describe('error reports', () => {
  it('cross a process boundary unchanged', () => {
    const error = new MillraceError([problem, { ...problem, value: NaN }], 9)
    const back = fromErrorReport(structuredClone(toErrorReport(error)))
    expect(back).toEqual(error)
    expect(back.total).toBe(9)
  })

  it('give any other error a code', () => {
    expect(toErrorReport(new TypeError('x is not a function'))).toEqual(
      { problems: [{ code: 'STEP_FAILED', message: 'x is not a function' }], total: 1 })
    expect(toErrorReport('out of memory', 'WORKER_CRASHED').problems[0]).toEqual({ code: 'WORKER_CRASHED', message: 'out of memory' })
  })
})

describe('error codes', () => {
  it('are there once each, in capitals', () => {
    expect(new Set(ERROR_CODES).size).toBe(ERROR_CODES.length)
    for (const code of ERROR_CODES) expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/)
  })
})
