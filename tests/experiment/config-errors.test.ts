import { describe, expect, it } from 'vitest'
import { PROBLEMS_SHOWN } from '../../src/base/errors.ts'
import { lineAndColumn, problemsOf, refusal, resolveYaml, SOUND } from './fixture.ts'

/** SOUND with one piece of text replaced. */
function change(from: string, to: string): string {
  if (!SOUND.includes(from)) throw new Error(`the sound experiment has no ${from}`)
  return SOUND.replace(from, to)
}

describe('the experiment file', () => {
  it('is right to begin with', async () => {
    const resolved = await resolveYaml(SOUND)
    expect(resolved.portfolios[0].count).toBe(6)
  })

  it.each([
    { what: 'key of the file', text: `${SOUND}metric: { profile: empyrical }\n`, key: 'metric:', path: '(metric)', near: 'metrics' },
    { what: 'key of a strategy', text: change('use: sma-cross,', 'use: sma-cross, grids: { },'), key: 'grids', path: '(strategies[0].grids)', near: 'grid' },
    { what: 'portfolio field', text: change('each: "trend*"', 'each: "trend*", treshold: 0.1'), key: 'treshold', path: '(portfolios[0].treshold)', near: 'threshold' },
    { what: 'nested field', text: change('each: "trend*"', 'each: "trend*", exits: { stoploss: 0.1 }'), key: 'stoploss', path: '(portfolios[0].exits.stoploss)', near: 'stopLoss' },
    { what: 'axis', text: change('each: "trend*"', 'each: "trend*", grid: { "exits.stopLos": [0.1] }'), key: '"exits.stopLos"', path: '(portfolios[0].grid["exits.stopLos"])', near: 'stopLoss' },
    { what: 'axis of a section', text: change('each: "trend*"', 'each: "trend*", grid: { stopLoss: [0.1] }'), key: 'stopLoss', path: '(portfolios[0].grid.stopLoss)', near: 'exits.stopLoss' },
    { what: 'field of a section', text: change('risk: none', 'risk: none, feeBps: 2'), key: 'feeBps', path: '(defaults.feeBps)', near: 'costs.feeBps' },
    { what: 'strategy parameter', text: change('fast: [5, 10]', 'fat: [5, 10]'), key: 'fat', path: '(strategies[0].grid.fat)', near: 'fast' },
    { what: 'market setting', text: change('source: test', 'source: test, sede: 3'), key: 'sede', path: '(market.sede)', near: 'seed' },
  ])('names the nearest to an unknown $what, and its line and column', async ({ text, key, path, near }) => {
    const problem = (await problemsOf(text)).find(({ code }) => code === 'CONFIG_UNKNOWN')
    expect(problem?.where).toBe(`test.yaml:${lineAndColumn(text, key)} ${path}`)
    expect(problem?.hint).toContain(`\`${near}\``)
  })

  it.each([
    { what: 'text for a number', text: change('risk: none', 'risk: none, cash: "1000"'), at: '"1000"', path: 'defaults.cash', value: '1000', says: 'expected a number, found text' },
    { what: 'a percentage', text: change('risk: none', 'risk: none, threshold: 5%'), at: '5%', path: 'defaults.threshold', value: '5%', says: 'expected a number', hint: 'fractions' },
    { what: 'a number for a list', text: change('strategies:\n  - {', 'strategies:\n  7\nmodels: []\nensembles: []\nlimits: {').replace(/limits:.*\n/, ''), at: '7', path: 'strategies', value: 7, says: 'expected a list, found a number' },
    { what: 'text for a section', text: change('risk: none', 'risk: none, exits: tight'), at: 'tight', path: 'defaults.exits', value: 'tight', says: 'expected a section' },
    { what: 'half a bar', text: change('risk: none', 'risk: none, minHoldBars: 1.5'), at: '1.5', path: 'defaults.minHoldBars', value: 1.5, says: 'expected a whole number, found a fraction' },
    { what: 'no number', text: change('risk: none', 'risk: none, cash: .nan'), at: '.nan', path: 'defaults.cash', value: NaN, says: 'expected a number, found NaN' },
    { what: 'more than a number can hold', text: change('risk: none', 'risk: none, cash: 1e400'), at: '1e400', path: 'defaults.cash', value: Infinity, says: 'expected a number, found Infinity' },
    { what: 'an unfit parameter', text: change('fast: [5, 10]', 'fast: [5, ten]'), at: 'ten', path: 'strategies[0].grid.fast[1]', value: 'ten', says: 'expected a number' },
    { what: 'an unfit axis value', text: change('each: "trend*"', 'each: "trend*", grid: { riskTolerance: [0, high] }'), at: 'high', path: 'portfolios[0].grid.riskTolerance[1]', value: 'high', says: 'expected a number' },
  ])('is CONFIG_TYPE with the path for $what', async ({ text, at, path, value, says, hint }) => {
    const [problem] = await problemsOf(text)
    expect(problem).toMatchObject({ code: 'CONFIG_TYPE', where: `test.yaml:${lineAndColumn(text, at)} (${path})`, value })
    expect(problem.message).toContain(says)
    if (hint !== undefined) expect(problem.hint).toContain(hint)
  })

  it('is CONFIG_TYPE for what is missing', async () => {
    const [problem] = await problemsOf(change('name: test\n', ''))
    expect(problem).toMatchObject({ code: 'CONFIG_TYPE', message: '`name` is missing: expected text' })
  })

  it('lists only what is documented where no key is near', async () => {
    const problems = await problemsOf(change('each: "trend*"', 'each: "trend*", grid: { xyzxyzxyz: [1] }'))
    expect(problems[0].hint).toMatch(/^known: combine, risk, riskTolerance, .*more$/)
    expect(problems[0].hint).not.toMatch(/riskPattern|\./)
  })

  it('refuses a key that is there twice, at the second one', async () => {
    const text = `${SOUND}record: all\nrecord: metrics\n`
    const [problem] = await problemsOf(text)
    expect(problem).toMatchObject({ code: 'CONFIG_UNKNOWN', where: `test.yaml:${lineAndColumn(text, 'record: metrics')}`, value: 'record' })
  })

  it('refuses __proto__ anywhere, and does not let it through as a parameter', async () => {
    const text = change('use: sma-cross,', 'use: sma-cross, params: { __proto__: { fast: 3 } },')
    const [problem] = await problemsOf(text)
    expect(problem).toMatchObject({ code: 'CONFIG_UNKNOWN', where: `test.yaml:${lineAndColumn(text, '__proto__')}`, value: '__proto__' })
  })

  it.each([
    { what: 'an unclosed bracket', text: 'name: test\nmarket: { source: test\n', line: 3 },
    { what: 'a tab as indentation', text: 'name: test\nmarket:\n\tsource: test\n', line: 3 },
    { what: 'two documents', text: `${SOUND}---\nname: second\n`, line: 9 },
    { what: 'a custom tag', text: 'name: !!js/function test\n', line: 1 },
  ])('is CONFIG_SYNTAX with the line for $what', async ({ text, line }) => {
    const [problem] = await problemsOf(text)
    expect(problem.code).toBe('CONFIG_SYNTAX')
    expect(problem.where).toMatch(new RegExp(`^test.yaml:${line}:\\d+$`))
  })

  it('is CONFIG_SYNTAX when it is empty', async () => {
    expect((await refusal(() => resolveYaml(''))).code).toMatch(/^CONFIG_/)
  })

  it('shows the first problems and counts all of them', async () => {
    const keys = Array.from({ length: 30 }, (_, i) => `wrong${i}: 1`).join(', ')
    const error = await refusal(() => resolveYaml(change('risk: none', `risk: none, ${keys}`)))
    expect(error.problems).toHaveLength(PROBLEMS_SHOWN)
    expect(error.total).toBe(30)
  })

  it('tells problems of different sections at once', async () => {
    const text = change('each: "trend*"', 'each: "trned*", sizing: { kind: fixedCash }').replace('defaults: { risk: none }', 'metrics: { profile: empirical }')
    const problems = await problemsOf(text)
    expect(problems.map(({ message }) => message).join('\n')).toMatch(/empirical[^]*trned[^]*cash[^]*default/)
  })
})

describe('names in the experiment file', () => {
  it.each([
    { what: 'market source', text: change('source: test', 'source: tset'), value: 'tset', near: 'test' },
    { what: 'built-in strategy', text: change('sma-cross', 'sma-cros'), value: 'sma-cros', near: 'sma-cross' },
    { what: 'signal', text: change('each: "trend*"', 'signals: [tend]'), value: 'tend', near: 'trend' },
    { what: 'signal of a wildcard', text: change('"trend*"', '"trnd*"'), value: 'trnd*', near: 'trend' },
    { what: 'metric profile', text: `${SOUND}metrics: { profile: empirical }\n`, value: 'empirical', near: 'empyrical' },
    { what: 'combine method', text: change('each: "trend*"', 'each: "trend*", combine: meen'), value: 'meen', near: 'mean' },
  ])('are CONFIG_VALUE with the nearest one for an unknown $what', async ({ text, value, near }) => {
    const [problem] = await problemsOf(text)
    expect(problem).toMatchObject({ code: 'CONFIG_VALUE', value })
    expect(problem.hint).toContain(`\`${near}\``)
    expect(problem.where).toMatch(/^test\.yaml:\d+:\d+ \(/)
  })

  it('are taken once among strategies, models and ensembles', async () => {
    const [problem] = await problemsOf(`${SOUND}ensembles: [{ name: trend, members: ["trend*"] }]\n`)
    expect(problem).toMatchObject({ code: 'CONFIG_DUPLICATE', value: 'trend' })
    expect(problem.message).toContain('test.yaml:5:13')
  })

  it('print the loop of ensembles in a circle', async () => {
    const text = `${SOUND}ensembles:
  - { name: first, members: [second] }
  - { name: second, members: [third, "trend*"] }
  - { name: third, members: [{ signal: first, weight: 2 }] }
`
    const problems = await problemsOf(text)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatchObject({ code: 'CONFIG_CYCLE', message: 'ensembles in a circle: first → second → third → first' })
  })
})

describe('a plan that is too large', () => {
  it('is refused with count, memory, disk and the flag, before it is expanded', async () => {
    const text = change('fast: [5, 10], slow: { from: 20, to: 60, step: 20 }', 'fast: { from: 1, to: 3200, step: 1 }, slow: { from: 1, to: 3125, step: 1 }')
    const error = await refusal(() => resolveYaml(text))
    expect(error).toMatchObject({ code: 'PLAN_TOO_LARGE', where: 'limits.maxCombinations', value: 10_000_000 })
    expect(error.message).toMatch(/10,000,000 strategy instances.* GiB of memory and .* GiB of disk/)
    expect(error.hint).toContain('--allow-large')
  })

  it('counts portfolios by signals times grid', async () => {
    const text = change('each: "trend*"', 'each: "trend*", grid: { threshold: { from: 0.000001, to: 1, step: 0.000001 }, riskTolerance: [0, 1] }')
    const error = await refusal(() => resolveYaml(text))
    expect(error).toMatchObject({ code: 'PLAN_TOO_LARGE', value: 12_000_000 })
    expect(error.message).toContain('12,000,000 portfolios')
  })

  it('goes through when it is allowed', async () => {
    const text = change('each: "trend*"', 'each: "trend*", grid: { threshold: { from: 0, to: 0.9, step: 0.1 } }')
    expect((await refusal(() => resolveYaml(`${text}limits: { maxCombinations: 50 }\n`))).value).toBe(60)
    expect((await resolveYaml(`${text}limits: { maxCombinations: 50 }\n`, { allowLarge: true })).portfolios[0].count).toBe(60)
  })

  it('is refused whatever is allowed when no plan could hold it', async () => {
    const text = change('fast: [5, 10]', 'fast: { from: 1, to: 1000000000, step: 1 }')
    expect((await refusal(() => resolveYaml(text, { allowLarge: true }))).hint).toBe('narrow the grids')
  })
})
