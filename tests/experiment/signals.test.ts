import { describe, expect, it } from 'vitest'
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
