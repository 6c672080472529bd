import { describe, expect, it } from 'vitest'
import { configsOf, gatherPortfolios } from '../../src/experiment/portfolio-set.ts'
import { choiceAt, idOf, inputsOf, portfolioAt, portfolioCount, portfolioLabelAt } from '../../src/experiment/portfolios.ts'
import { resolveYaml } from './fixture.ts'

const MIXED = `
name: test
market: { source: test }
strategies:
  - { name: trend, use: sma-cross, grid: { fast: [5, 10], slow: [20, 60] } }
risk:
  models:
    - { name: minvar, use: minimum-variance }
    - { name: var, use: var-limit, params: { limit: 0.02 } }
  patterns:
    default: { book: { signals: ["trend*"] }, models: [minvar, var] }
    limited: { book: { signals: ["trend*"] }, models: [var] }
portfolios:
  - { name: plain, signals: ["trend*"], drawdownStop: { limit: 0.3 } }
  - name: swept
    each: "trend*"
    risk: limited
    containerId: desk
    sample: { method: random, count: 12 }
    grid: { threshold: { from: 0, to: 0.1 }, risk: [default, none, limited], "costs.slippageBps": { from: 1, to: 9, integer: true }, drawdownStop: [null, 0.2], "limits.cap": [0.1, null], "sizing.size": [0.5, 1] }
  - { name: two, signals: [{ signal: "trend*", weight: 2 }], risk: none, grid: { trading: [hold, rebalance], schedule: [bar, week] } }
`

describe('gathered portfolios', () => {
  it('are, sent to another process, those of the experiment, whichever are gathered', async () => {
    const experiment = await resolveYaml(MIXED)
    const count = portfolioCount(experiment)
    expect(count).toBe(1 + 4 * 12 + 4)
    const some = [[...Array(count).keys()], [count - 1, 0, 20, 3, 19], [7], []]
    for (const ordinals of some) {
      const sent = structuredClone(gatherPortfolios(ordinals.map((ordinal) => choiceAt(experiment, ordinal)), experiment.patterns))
      expect(configsOf(sent)).toEqual(ordinals.map((ordinal) => portfolioAt(experiment, ordinal)))
    }
  })

  it('read what their configurations read, and are called the same', async () => {
    const experiment = await resolveYaml(MIXED)
    for (let ordinal = 0; ordinal < portfolioCount(experiment); ordinal++) {
      const [choice, config] = [choiceAt(experiment, ordinal), portfolioAt(experiment, ordinal)]
      expect(inputsOf([choice])).toEqual({ signals: config.signals.map(({ signal }) => signal), patterns: config.riskPattern === null ? [] : [config.riskPattern] })
      expect([idOf(choice), portfolioLabelAt(experiment, ordinal).id]).toEqual([config.id, config.id])
    }
    const all = Array.from({ length: portfolioCount(experiment) }, (_, ordinal) => choiceAt(experiment, ordinal))
    expect(inputsOf(all).signals).toHaveLength(4)
    expect(inputsOf(all).patterns.toSorted()).toEqual(['default', 'limited'])
  })
})
