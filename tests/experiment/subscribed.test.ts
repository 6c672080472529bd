import { describe, expect, it } from 'vitest'
import { subscribed } from '../../src/experiment/subscribed.ts'
import { resolveYaml } from './fixture.ts'

const FILE = `
name: lazy
market: { source: test }
strategies:
  - { name: trend, use: sma-cross, grid: { fast: [3, 5], slow: [20] } }
  - { name: reversion, use: bollinger-reversion, params: { window: 20, entry: 2 } }
  - { name: leaders, use: momentum-rank, params: { window: 20, fraction: 0.2 } }
ensembles:
  - { name: pair, method: mean, members: ["trend*"] }
  - { name: both, method: vote, members: [pair, reversion] }
risk:
  models: [{ name: limits, use: limits, params: { cap: 0.2 } }]
  patterns:
    default: { book: { signals: [leaders] }, models: [limits] }
    other: { book: { signals: [reversion] }, models: [limits] }
`

async function readBy(portfolios: string) {
  const { signals, patterns } = subscribed(await resolveYaml(`${FILE}portfolios: ${portfolios}\n`))
  return { signals: [...signals].toSorted(), patterns: [...patterns].toSorted() }
}

describe('what somebody reads', () => {
  it.each([
    { portfolios: '[{ name: p, signals: [leaders], risk: none }]', signals: ['leaders'], patterns: [] },
    { portfolios: '[{ name: p, each: "trend*", risk: none }]', signals: ['trend[fast=3,slow=20]', 'trend[fast=5,slow=20]'], patterns: [] },
    { portfolios: '[{ name: p, signals: ["trend[fast=3,slow=20]"] }]', signals: ['leaders', 'trend[fast=3,slow=20]'], patterns: ['default'] },
    { portfolios: '[{ name: p, signals: [both], risk: none }]', signals: ['both', 'pair', 'reversion', 'trend[fast=3,slow=20]', 'trend[fast=5,slow=20]'], patterns: [] },
    { portfolios: '[{ name: p, signals: [leaders], grid: { risk: [none, other] } }]', signals: ['leaders', 'reversion'], patterns: ['other'] },
  ])('$portfolios reads $signals and $patterns', async ({ portfolios, signals, patterns }) => {
    expect(await readBy(portfolios)).toEqual({ signals, patterns })
  })
})
