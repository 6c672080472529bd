import { describe, expect, it } from 'vitest'
import { locateByPath } from '../../src/experiment/document.ts'
import { ConfigProblems } from '../../src/experiment/problems.ts'
import { SignalIndex } from '../../src/experiment/signal-index.ts'
import { problemsOf, resolveYaml } from './fixture.ts'

const BASE = `
name: test
market: { source: test }
strategies:
  - { name: trend, use: sma-cross, grid: { fast: [5, 10], slow: [20, 60] } }
  - { name: bands, use: bollinger-reversion, params: { window: 20, entry: 2 } }
defaults: { risk: none }
`

const ALL_TREND = ['trend[fast=5,slow=20]', 'trend[fast=5,slow=60]', 'trend[fast=10,slow=20]', 'trend[fast=10,slow=60]']

async function subscribed(signals: string, more = '') {
  const resolved = await resolveYaml(`${BASE}${more}portfolios: [{ name: all, signals: ${signals} }]\n`)
  return resolved.portfolios[0].signals
}

describe('signal names', () => {
  it('mean the instances of a strategy, by wildcard or by the group\'s name', async () => {
    const unit = ALL_TREND.map((signal) => ({ signal, weight: 1 }))
    expect(await subscribed('["trend*"]')).toEqual(unit)
    expect(await subscribed('[trend]')).toEqual(unit)
    expect(await subscribed('["trend[fast=10,*]"]')).toEqual(unit.slice(2))
    expect(await subscribed('["trend[fast=?,slow=20]"]')).toEqual([unit[0]])
  })

  it('are subscribed in the order they are named, each once', async () => {
    expect(await subscribed('[bands, { signal: "trend[fast=10*", weight: 3 }, "b*"]')).toEqual([
      { signal: 'bands', weight: 1 }, { signal: ALL_TREND[2], weight: 3 }, { signal: ALL_TREND[3], weight: 3 },
    ])
  })

  it('cannot weigh differently in one subscription', async () => {
    const [problem] = await problemsOf(`${BASE}portfolios: [{ name: all, signals: ["trend*", { signal: "trend[fast=5,slow=20]", weight: 2 }] }]\n`)
    expect(problem).toMatchObject({ code: 'CONFIG_VALUE', message: '`trend[fast=5,slow=20]` weighs 1 above and 2 here' })
  })

  it('of ensembles are found by portfolios\' wildcards but only in full by ensembles', async () => {
    const ensembles = `ensembles:
  - { name: council, members: [committee, { signal: bands, weight: 2 }], method: strongest }
  - { name: committee, members: ["*"], method: vote }
`
    const resolved = await resolveYaml(`${BASE}${ensembles}portfolios: [{ name: each, each: ["c*", bands] }]\n`)
    expect(resolved.ensembles).toEqual([
      { name: 'committee', method: 'vote', members: [...ALL_TREND, 'bands'].map((signal) => ({ signal, weight: 1 })) },
      { name: 'council', method: 'strongest', members: [{ signal: 'committee', weight: 1 }, { signal: 'bands', weight: 2 }] },
    ])
    expect(resolved.portfolios[0].each).toEqual(['council', 'committee', 'bands'])
  })
})

const TAGGED = `
name: test
market: { source: test }
strategies:
  - { name: trend, use: sma-cross, grid: { fast: [5, 10], slow: [20, 60] }, tags: [momentum, slow] }
  - { name: leaders, use: momentum-rank, params: { fraction: 0.2, short: true }, grid: { window: [20, 60] }, tags: [momentum] }
  - { name: bands, use: bollinger-reversion, params: { window: 20, entry: 2 } }
defaults: { risk: none }
`
const LEADERS = ['leaders[window=20]', 'leaders[window=60]']

async function selected(signals: string, more = ''): Promise<string[]> {
  const resolved = await resolveYaml(`${TAGGED}${more}portfolios: [{ name: all, signals: ${signals} }]\n`)
  return resolved.portfolios[0].signals.map(({ signal }) => signal)
}

describe('selections', () => {
  it.each([
    { by: 'one tag', signals: '[{ tags: [momentum] }]', found: [...ALL_TREND, ...LEADERS] },
    { by: 'all of several tags', signals: '[{ tags: [slow, momentum] }]', found: ALL_TREND },
    { by: 'a filter over parameters and the name', signals: `[{ where: "fast < slow / 2 and name == 'trend'" }]`, found: ALL_TREND.filter((name) => name !== 'trend[fast=10,slow=20]') },
    { by: 'a parameter that only some have', signals: '[{ where: "window > 20" }]', found: ['leaders[window=60]'] },
    { by: 'what does not exist elsewhere', signals: '[{ where: "not exists(fast) and window <= 20" }]', found: ['leaders[window=20]', 'bands'] },
    { by: 'a truth value', signals: '[{ where: "short == true" }]', found: LEADERS },
    { by: 'tags in a filter', signals: `[{ where: "'slow' in tags" }]`, found: ALL_TREND },
    { by: 'a glob and a filter', signals: '[{ signal: "trend*", where: "slow == 60" }]', found: ['trend[fast=5,slow=60]', 'trend[fast=10,slow=60]'] },
    { by: 'all three', signals: '[{ signal: "*window*", tags: [momentum], where: "window < 50" }]', found: ['leaders[window=20]'] },
    { by: 'braces', signals: '["{bands,leaders}*"]', found: [...LEADERS, 'bands'] },
    { by: 'braces around whole names', signals: '["{trend[fast=5,slow=20],bands}"]', found: ['trend[fast=5,slow=20]', 'bands'] },
  ])('find signals by $by', async ({ signals, found }) => expect(await selected(signals)).toEqual(found))

  it('weigh what they find, make portfolios by `each`, and serve ensembles and books', async () => {
    const more = `ensembles: [{ name: committee, members: [{ tags: [slow], weight: 2 }, { where: "name == 'bands'" }] }]
risk: { models: [{ name: hard, use: limits, params: { cap: 0.5 } }], patterns: { default: { book: { signals: [{ tags: [momentum] }] }, models: [hard] } } }
`
    const resolved = await resolveYaml(`${TAGGED}${more}portfolios: [{ name: each, each: [{ tags: [slow], where: fast == 5 }, { where: "name == 'committee'" }] }]\n`)
    expect(resolved.portfolios[0].each).toEqual(['trend[fast=5,slow=20]', 'trend[fast=5,slow=60]', 'committee'])
    expect(resolved.ensembles[0].members).toEqual([...ALL_TREND.map((signal) => ({ signal, weight: 2 })), { signal: 'bands', weight: 1 }])
    expect(resolved.patterns[0].book.signals.map(({ signal }) => signal)).toEqual([...ALL_TREND, ...LEADERS])
  })

  it('are worked out once: another portfolio of the same selection looks at no signal again', () => {
    let looks = 0
    const params = (window: number) => () => {
      looks++
      return { window }
    }
    const index = new SignalIndex([5, 20, 60].map((window) => ({ id: `leaders[window=${window}]`, group: 'leaders', tags: ['momentum'], params: params(window) })))
    const problems = new ConfigProblems(locateByPath('test.yaml'))
    const select = (where: string) => index.subscribe([{ tags: ['momentum'], where, weight: 1 }], { problems, path: [] }).map(({ signal }) => signal)
    expect(select('window > 10')).toEqual(LEADERS)
    const once = looks
    expect(once).toBeGreaterThanOrEqual(3)
    for (let portfolio = 0; portfolio < 100; portfolio++) expect(select('window > 10')).toEqual(LEADERS)
    expect(looks).toBe(once)
    expect(select('window > 30')).toEqual(LEADERS.slice(1))
    expect(looks).toBe(once + 3)
  })

  it.each([
    { what: 'an unknown tag, with the nearest', signals: '[{ tags: [momentun] }]', at: 'signals[0].tags[0]', says: /no signal has the tag `momentun`/, hint: '`momentum`' },
    { what: 'tags nobody has together', signals: '[{ signal: bands, tags: [slow] }]', at: 'signals[0].tags', says: /none of 1 signals has this tag/, hint: 'all tags' },
    { what: 'an unknown name, with the nearest', signals: '[{ where: "fats < slow" }]', at: 'signals[0].where', says: /no parameter `fats`/, hint: '`fast`' },
    { what: 'an exponent', signals: '[{ where: "fast < 1e5" }]', at: 'signals[0].where', says: /cannot be read/, hint: '100000' },
    { what: 'an unknown function, with the nearest', signals: '[{ where: "sqr(fast) < 3" }]', at: 'signals[0].where', says: /no function `sqr`/, hint: '`sqrt`' },
    { what: 'texts compared by size', signals: '[{ where: "name < 3" }]', at: 'signals[0].where', says: /fails: Expected a number/, hint: 'comparison' },
    { what: 'a comparison negated without brackets', signals: '[{ where: "slow > 20 and not fast < 5" }]', at: 'signals[0].where', says: /fails: Expected/, hint: '`not (fast < 5)`' },
    { what: 'a truth value negated beside texts compared by size', signals: '[{ where: "not short and name < 3" }]', at: 'signals[0].where', says: /fails: Expected a number/, hint: 'comparison' },
    { what: 'a word that touches its bracket', signals: '[{ where: "not(fast < 5)" }]', at: 'signals[0].where', says: /cannot be read/, hint: 'a space between `not` and `(`' },
    { what: 'what is no comparison', signals: '[{ where: "fast + 1", signal: "trend*" }]', at: 'signals[0].where', says: /true or false/, hint: 'fast < slow' },
    { what: 'a filter that finds nothing', signals: '[{ signal: "trend*", where: "fast > 99" }]', at: 'signals[0].where', says: /none of 4 signals/, hint: 'loosen' },
    { what: 'a glob that finds nothing beside a filter', signals: '[{ signal: "trand*", where: "fast > 9" }]', at: 'signals[0].signal', says: /matches no signal/, hint: 'trend' },
    { what: 'braces of too many choices', signals: `["${'{a,b}'.repeat(30)}"]`, at: 'signals[0]', says: /more than 10,000 names/, hint: 'another pattern' },
    { what: 'nothing to select by', signals: '[{ weight: 2 }]', at: 'signals[0]', says: /by `signal`, `tags` or `where`/, hint: '' },
    { what: 'an unknown key', signals: '[{ tag: [slow] }]', at: 'signals[0].tag', says: /unknown key `tag`/, hint: '`tags`' },
  ])('are refused for $what', async ({ signals, at, says, hint }) => {
    const problems = await problemsOf(`${TAGGED}portfolios: [{ name: all, signals: ${signals} }]\n`)
    expect(problems[0].where).toContain(`(portfolios[0].${at})`)
    expect(problems[0].message).toMatch(says)
    expect(problems[0].hint ?? '').toContain(hint)
  })
})
