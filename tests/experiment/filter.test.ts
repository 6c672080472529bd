import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { locateByPath } from '../../src/experiment/document.ts'
import { compileFilter } from '../../src/experiment/filter.ts'
import { ConfigProblems } from '../../src/experiment/problems.ts'

const SEED = 20260706
const CASES = 500
const NAMES = ['fast', 'slow', 'window', 'entry', 'short', 'name', 'tags']

/** What a filter says of an instance, which need not have every parameter; a problem fails the test. */
function judged(where: string, values: Readonly<Record<string, unknown>>): boolean | undefined {
  const problems = new ConfigProblems(locateByPath('test.yaml'))
  const result = compileFilter(where, new Set(NAMES), { problems, path: [] })?.(values)
  if (problems.total > 0) throw new Error(`\`${where}\` is refused`)
  return result
}

describe('a filter of an instance without `fast`', () => {
  const leader = { window: 120, name: 'leaders', tags: ['slow'] }
  const holding = [
    'window > 60 or fast < 20', 'fast < 20 or window > 60', 'not (fast < 20)', 'not (fast == 20)', 'not (fast != 20)',
    'fast not in (10, 20)', 'not short', 'short or window > 60', 'window > 60 and not short', 'not exists(fast)', 'empty(fast)',
    'if fast > 5 then false else true', 'not (min(fast, 20) == 20)', 'not (-fast < 0)', "'slow' in tags and not (fast in (10, 20))",
  ]
  const failing = [
    'fast < 20', 'fast <= 20', 'fast > 20', 'fast >= 20', 'fast == 20', 'fast != 20', 'fast in (10, 20)', '20 in fast', 'fast ~= "a"',
    'fast == fast', 'fast != slow', 'fast in (fast, 20)', '10 < fast < 30', 'fast + 1 > 0', '1 - fast > 0', '-fast < 0', 'fast * 2 / slow ^ 2 mod 3 >= 0',
    'abs(fast) >= 0', 'max(fast, 20) == 20', 'name + fast != "x"', 'short', 'short == false', 'fast == null', 'fast', 'fast < name',
    'window > 60 and fast < 20', 'exists(fast)',
  ]
  it.each(holding)('holds: %s', (where) => expect(judged(where, leader)).toBe(true))
  it.each(failing)('does not hold: %s', (where) => expect(judged(where, leader)).toBe(false))
})

const value = fc.oneof(fc.constantFrom('fast', 'slow', 'window', 'entry'), fc.integer({ min: 0, max: 9 }).map(String))
const { term } = fc.letrec<{ term: string }>((tie) => ({
  term: fc.oneof(
    { maxDepth: 2 }, value,
    fc.tuple(tie('term'), fc.constantFrom('+', '-', '*', '/'), tie('term')).map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    fc.tuple(fc.constantFrom('min', 'max'), tie('term'), tie('term')).map(([name, left, right]) => `${name}(${left}, ${right})`),
  ),
}))
const comparison = fc.oneof(
  fc.tuple(term, fc.constantFrom('==', '!=', '<', '<=', '>', '>='), term).map(([left, operator, right]) => `${left} ${operator} ${right}`),
  fc.tuple(term, fc.constantFrom('in', 'not in'), term, term).map(([one, operator, left, right]) => `${one} ${operator} (${left}, ${right})`),
  fc.constantFrom('short', 'exists(fast)', 'not short', "'slow' in tags"),
)
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3 }, comparison,
    fc.tuple(tie('expression'), fc.constantFrom('and', 'or'), tie('expression')).map(([left, operator, right]) => `(${left}) ${operator} (${right})`),
    tie('expression').map((inner) => `not (${inner})`),
  ),
}))
const number = fc.integer({ min: 0, max: 9 })
const instance = fc.record(
  { fast: number, slow: number, window: number, entry: number, short: fc.boolean(), name: fc.constant('some'), tags: fc.constant(['slow']) },
  { requiredKeys: ['name', 'tags'] },
)

describe('filters of instances that lack some parameters', () => {
  it('commute, obey De Morgan, and are what their parts are', () => {
    const seen = { true: 0, false: 0 }
    fc.assert(fc.property(expression, expression, instance, (a, b, values) => {
      const is = (where: string) => judged(where, values) as boolean
      const [either, both] = [is(`(${a}) or (${b})`), is(`(${a}) and (${b})`)]
      seen[String(either) as 'true' | 'false']++
      expect([either, both, is(`not (${a})`)]).toEqual([is(a) || is(b), is(a) && is(b), !is(a)])
      expect([is(`(${b}) or (${a})`), is(`(${b}) and (${a})`)]).toEqual([either, both])
      expect(is(`not ((not (${a})) or (not (${b})))`)).toBe(both)
      expect(is(`not ((not (${a})) and (not (${b})))`)).toBe(either)
    }), { seed: SEED, numRuns: CASES })
    console.log(`filters: seed ${SEED}, ${CASES} cases, a or b ${JSON.stringify(seen)}`)
    expect(Math.min(seen.true, seen.false)).toBeGreaterThan(CASES / 20)
  })
})
