import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expandBraces, globMatcher, isGlob } from '../../src/base/glob.ts'

const SEED = 20260707
const CASES = 5000

describe('braces', () => {
  it.each([
    ['plain', ['plain']],
    ['{a,b}*', ['a*', 'b*']],
    ['x{1,2}y{3,4}', ['x1y3', 'x1y4', 'x2y3', 'x2y4']],
    ['{a,b{1,2}}', ['a', 'b1', 'b2']],
    ['{trend[fast=10,slow=50],bands}', ['trend[fast=10,slow=50]', 'bands']],
    ['{a,}z', ['az', 'z']],
    ['{a,a}', ['a']],
    ['{alone}', ['{alone}']],
    ['open{a,b', ['open{a,b']],
    ['{x}{a,b}', ['{x}a', '{x}b']],
    ['{a,{b}', ['{a,{b}']],
  ])('of %s', (pattern, choices) => expect(expandBraces(pattern)).toEqual(choices))
})

describe('braces of many choices', () => {
  const pairs = (count: number) => '{a,b}'.repeat(count)

  it('stand for ten thousand names and no more', () => {
    expect(expandBraces(pairs(13)).length).toBe(8192)
    expect(expandBraces(`{${Array.from({ length: 10_000 }, (_, i) => i).join()}}`).length).toBe(10_000)
    for (const pattern of [pairs(14), pairs(60), pairs(2000), '{a,a}'.repeat(60), `${'{a,'.repeat(20)}${pairs(20)}${'}'.repeat(20)}`]) {
      expect(() => expandBraces(pattern, 'market.files'), pattern).toThrow(expect.objectContaining({
        code: 'CONFIG_VALUE', message: 'the braces stand for more than 10,000 names', where: 'market.files', value: pattern, hint: expect.any(String),
      }))
    }
  })

  it('are known for what they are without being worked out', () => expect(isGlob(pairs(60))).toBe(true))
})

describe('globs', () => {
  it.each([
    { pattern: 'trend', yes: ['trend'], no: ['trend2', 'xtrend'] },
    { pattern: 'trend*', yes: ['trend', 'trend[fast=1]'], no: ['a trend'] },
    { pattern: 'a?c', yes: ['abc'], no: ['ac', 'abbc'] },
    { pattern: '{trend,bands}[*]', yes: ['trend[x=1]', 'bands[]'], no: ['trend', 'trends[x=1]'] },
    { pattern: 't[fast=10,*]', yes: ['t[fast=10,slow=5]'], no: ['t', 'tf'] },
    { pattern: 'a.b*', yes: ['a.b'], no: ['axb'] },
    { pattern: '{a,b}', yes: ['a', 'b'], no: ['{a,b}', 'ab'] },
    { pattern: '{a,a}', yes: ['a'], no: ['{a,a}'] },
  ])('$pattern', ({ pattern, yes, no }) => {
    const matches = globMatcher(pattern)
    expect(yes.filter((name) => !matches(name))).toEqual([])
    expect(no.filter(matches)).toEqual([])
  })

  it('mean what regular expressions do', () => {
    const text = (letters: string) => fc.array(fc.constantFrom(...letters), { maxLength: 8 }).map((some) => some.join(''))
    let matching = 0
    fc.assert(fc.property(text('ab*?'), text('ab'), (pattern, name) => {
      const expected = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(name)
      if (expected) matching++
      expect(globMatcher(pattern)(name)).toBe(expected)
    }), { seed: SEED, numRuns: CASES })
    console.log(`globs: seed ${SEED}, ${CASES} cases, ${matching} match`)
    expect(matching).toBeGreaterThan(CASES / 100)
  })

  it('are told from a name in little time, however many wildcards they have', () => {
    const name = 'a'.repeat(10_000)
    expect(globMatcher(`${'*a'.repeat(100)}*b`)(name)).toBe(false)
    expect(globMatcher(`{${'*a'.repeat(100)}*b,${'*a'.repeat(100)}}`)(name)).toBe(true)
  })

  it('know what may mean several names', () => {
    expect(['a*', 'a?', '{a,b}'].every(isGlob)).toBe(true)
    expect(['a', 'a[b=1,c=2]', '{a}', '{a,b'].some(isGlob)).toBe(false)
  })
})
