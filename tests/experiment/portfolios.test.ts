import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PortfolioConfig } from '../../src/domain/portfolio.ts'
import { findPortfolio, portfolioAt, portfolioCount, portfolioLabelAt } from '../../src/experiment/portfolios.ts'
import { locateByPath } from '../../src/experiment/document.ts'
import { checkAgainstUniverse } from '../../src/experiment/universe.ts'
import { problemsOf, refusal, resolveYaml } from './fixture.ts'

const BASE = `
name: test
market: { source: test }
strategies:
  - { name: trend, use: sma-cross, grid: { fast: [5, 10], slow: [20, 60] } }
`
const RISK = `
risk:
  models:
    - { name: minvar, use: minimum-variance }
    - { name: var, use: var-limit, params: { limit: 0.02 } }
  patterns:
    default: { book: { signals: ["trend*"] }, models: [minvar, var] }
    limited: { book: { signals: [{ signal: "trend*", weight: 2 }], combine: vote }, models: [var] }
`

async function configs(text: string): Promise<PortfolioConfig[]> {
  const resolved = await resolveYaml(text)
  return Array.from({ length: portfolioCount(resolved) }, (_, i) => portfolioAt(resolved, i))
}

async function one(fields: string, sections = ''): Promise<PortfolioConfig> {
  const [config] = await configs(`${BASE}${sections}portfolios: [{ name: only, signals: [trend], risk: none, ${fields} }]\n`)
  return config
}

describe('portfolios of an experiment', () => {
  it('have every default spelled out', async () => {
    const { signals, ...config } = await one('cash: 5000')
    expect(signals).toHaveLength(4)
    expect(config).toEqual({
      id: 'only', containerId: 'only', combine: 'mean', riskPattern: null, riskTolerance: 0, allocation: 'equal',
      trading: 'rebalance', opposite: 'reverse', schedule: { everyBars: 1 }, sizing: { kind: 'exposure', size: 1 },
      longOnly: false, leverage: 1, limits: { cap: null, gross: null },
      exits: { stopLoss: null, takeProfit: null, trailingStop: null, trailFrom: 'close', exitsFrom: 'entry-bar', gapFill: 'open', reentry: 'change' },
      minHoldBars: 0, maxHoldBars: 0, cooldownBars: 0, drawdownStop: null, threshold: 0,
      costs: {
        feeBps: 0, feePerUnit: 0, feeMinimum: 0, feeOn: 'both', entrySlippageBps: 0, exitSlippageBps: 0,
        paySpread: false, borrowRate: 0, loanRate: 0, cashRate: 0,
      },
      execution: { profile: 'next-open', buyingPower: 'scale', participation: null },
      cash: 5000, positions: {}, end: 'leave',
    })
  })

  it.each([
    { file: 'schedule: bar', config: { schedule: { everyBars: 1 } } },
    { file: 'schedule: week', config: { schedule: { every: 'week' } } },
    { file: 'schedule: { everyBars: 5 }', config: { schedule: { everyBars: 5 } } },
    { file: 'drawdownStop: 0.2', config: { drawdownStop: { limit: 0.2, resumeAfterBars: null } } },
    { file: 'drawdownStop: { limit: 0.2 }', config: { drawdownStop: { limit: 0.2, resumeAfterBars: null } } },
    { file: 'drawdownStop: { limit: 0.2, resumeAfterBars: 20 }', config: { drawdownStop: { limit: 0.2, resumeAfterBars: 20 } } },
    { file: 'execution: next-close', config: { execution: { profile: 'next-close', buyingPower: 'scale', participation: null } } },
    { file: 'sizing: { kind: allIn, cashBuffer: 0.05 }', config: { sizing: { kind: 'allIn', size: 1, cashBuffer: 0.05 } } },
    { file: 'sizing: { size: 0.95 }', config: { sizing: { kind: 'exposure', size: 0.95 } } },
    { file: 'sizing: { kind: fixedQuantity, quantity: 10 }', config: { sizing: { kind: 'fixedQuantity', quantity: 10 } } },
    { file: 'containerId: desk-7', config: { containerId: 'desk-7' } },
  ])('read $file', async ({ file, config }) => {
    expect(await one(file)).toMatchObject(config)
  })

  it('lay defaults, costs, execution and their own fields over each other, nested sections key by key', async () => {
    const sections = `
costs: { feeBps: 5, slippageBps: 2 }
execution: { participation: 0.1 }
defaults: { exits: { stopLoss: 0.1 }, costs: { feeMinimum: 1 }, sizing: { kind: fixedCash, cash: 500 } }
`
    const config = await one('costs: { exitSlippageBps: 4 }, exits: { takeProfit: 0.3 }, sizing: { kind: exposure }', sections)
    expect(config.costs).toMatchObject({ feeBps: 5, feeMinimum: 1, entrySlippageBps: 2, exitSlippageBps: 4 })
    expect(config.exits).toMatchObject({ stopLoss: 0.1, takeProfit: 0.3 })
    expect(config.execution).toEqual({ profile: 'next-open', buyingPower: 'scale', participation: 0.1 })
    expect(config.sizing).toEqual({ kind: 'exposure', size: 1 })
  })

  it('are one per signal of `each`, times their grid, named by parameters', async () => {
    const grid = 'grid: { riskTolerance: [0, 1], "exits.stopLoss": [null, 0.1], "costs.slippageBps": [1, 3], schedule: [bar, month] }'
    const resolved = await resolveYaml(`${BASE}${RISK}portfolios: [{ name: singles, each: "trend*", ${grid} }]\n`)
    expect(portfolioCount(resolved)).toBe(4 * 16)
    const id = 'singles[trend[fast=10,slow=60]][riskTolerance=1,exits.stopLoss=0.1,costs.slippageBps=3,schedule=month]'
    expect(portfolioLabelAt(resolved, 63).id).toBe(id)
    expect(portfolioAt(resolved, 63)).toMatchObject({
      id, containerId: 'singles', signals: [{ signal: 'trend[fast=10,slow=60]', weight: 1 }], riskTolerance: 1,
      exits: { stopLoss: 0.1, gapFill: 'open' }, costs: { entrySlippageBps: 3, exitSlippageBps: 3 }, schedule: { every: 'month' },
    })
    expect(portfolioLabelAt(resolved, 63).parameters).toEqual({
      portfolio: 'singles', signal: 'trend[fast=10,slow=60]', riskTolerance: 1, 'exits.stopLoss': 0.1, 'costs.slippageBps': 3, schedule: 'month',
    })
    expect(findPortfolio(resolved, id)).toBe(63)
    expect(findPortfolio(resolved, 'singles[trend]')).toBe(-1)
  })

  it('keep names and configurations when a grid is widened, and are all different', async () => {
    const seed = 777
    const values = fc.uniqueArray(fc.integer({ min: 0, max: 100 }).map((n) => n / 100), { minLength: 1, maxLength: 4 })
    let portfolios = 0
    await fc.assert(
      fc.asyncProperty(values, values, values, async (tolerances, thresholds, extra) => {
        const file = (list: readonly number[]) => `${BASE}defaults: { risk: none }
portfolios: [{ name: singles, each: "trend*", grid: { riskTolerance: [${tolerances.join(', ')}], threshold: [${list.join(', ')}] } }]\n`
        const narrow = await configs(file(thresholds))
        const wide = await configs(file([...new Set([...extra, ...thresholds])]))
        expect(new Set(narrow.map(({ id }) => id)).size).toBe(4 * tolerances.length * thresholds.length)
        const byId = new Map(wide.map((config) => [config.id, config]))
        for (const config of narrow) expect(byId.get(config.id)).toEqual(config)
        portfolios += wide.length
      }),
      { seed, numRuns: 25 },
    )
    console.log(`portfolios: ${portfolios} in 25 widened grids, seed ${seed}`)
  })

  it('take the pattern `default` and its weights, unless they say otherwise', async () => {
    const list = await configs(`${BASE}${RISK}portfolios:
  - { name: plain, signals: [trend] }
  - { name: limited, signals: [trend], risk: limited }
  - { name: none, signals: [trend], risk: none }
  - { name: varied, signals: [trend], grid: { risk: [none, limited, default] } }
  - { name: equal, signals: [trend], allocation: equal }
`)
    expect(list.map(({ id, riskPattern, allocation }) => [id, riskPattern, allocation])).toEqual([
      ['plain', 'default', 'weights'], ['limited', 'limited', 'equal'], ['none', null, 'equal'],
      ['varied[risk=none]', null, 'equal'], ['varied[risk=limited]', 'limited', 'equal'], ['varied[risk=default]', 'default', 'weights'],
      ['equal', 'default', 'equal'],
    ])
  })

  it('refuse a pattern nobody decides, and say what to write', async () => {
    const [missing] = await problemsOf(`${BASE}portfolios: [{ name: all, signals: [trend] }]\n`)
    expect(missing).toMatchObject({ code: 'CONFIG_VALUE', message: 'nobody decides the risk pattern `default`' })
    expect(missing.hint).toContain('write `risk: none` on the portfolio')
    const [misspelt] = await problemsOf(`${BASE}${RISK}portfolios: [{ name: all, signals: [trend], risk: limitd }]\n`)
    expect(misspelt.hint).toContain('`limited`')
    const [empty] = await problemsOf(`${BASE}risk: { patterns: { default: { book: { signals: [trend] }, models: [] } } }
portfolios: [{ name: all, signals: [trend] }]\n`)
    expect(empty).toMatchObject({ code: 'CONFIG_VALUE', message: 'nobody decides the risk pattern `default`' })
  })

  it.each([
    { what: 'weights that nobody decides', fields: 'risk: limited, allocation: weights', says: 'no model of the risk pattern `limited` decides weights' },
    { what: 'weights without a pattern', fields: 'risk: none, allocation: weights', says: 'without a risk pattern nobody decides weights' },
    { what: 'the one combination of a grid whose weights nobody decides', fields: 'grid: { allocation: [equal, weights], risk: [default, limited] }', says: 'risk = limited' },
    { what: 'a field of another kind of sizing', fields: 'sizing: { kind: fixedCash, cash: 5, cashBuffer: 0.1 }', says: 'sizing fixedCash has no `cashBuffer`' },
    { what: 'a sizing without its figure', fields: 'sizing: { kind: fixedQuantity }', says: '`quantity` is missing' },
    { what: 'a drawdown stop without a limit', fields: 'drawdownStop: { resumeAfterBars: 3 }', says: 'needs a limit' },
    { what: 'holding at least longer than at most', fields: 'minHoldBars: 5, maxHoldBars: 3', says: 'minHoldBars 5 is above maxHoldBars 3' },
    { what: 'a fraction above one', fields: 'riskTolerance: 5', says: 'at most 1' },
    { what: 'two axes for one field', fields: 'grid: { "costs.slippageBps": [1, 2], "costs.exitSlippageBps": [1, 2] }', says: 'both vary costs.exitSlippageBps' },
  ])('refuse $what', async ({ fields, says }) => {
    const problems = await problemsOf(`${BASE}${RISK}portfolios: [{ name: all, signals: [trend], ${fields} }]\n`)
    expect(problems.map(({ message }) => message).join('\n')).toContain(says)
  })

  it('subscribe either one by one or together', async () => {
    for (const fields of ['', 'each: trend, signals: [trend], ']) {
      const [problem] = await problemsOf(`${BASE}portfolios: [{ name: all, ${fields}risk: none }]\n`)
      expect(problem).toMatchObject({ code: 'CONFIG_VALUE', value: 'all' })
      expect(problem.hint).toContain('each: "trend*"')
    }
  })
})

describe('the universe', () => {
  it('has every symbol that portfolios name, and a quantity for each', async () => {
    const resolved = await resolveYaml(`${BASE}defaults: { risk: none }
portfolios:
  - { name: held, signals: [trend], positions: { AAPL: 10, MSTF: 5 } }
  - { name: sized, signals: [trend], sizing: { kind: fixedQuantity, quantity: { AAPL: 1 } } }
`)
    const { problems } = await refusal(() => checkAgainstUniverse(resolved, ['AAPL', 'MSFT'], locateByPath('test.yaml')))
    expect(problems).toMatchObject([
      { code: 'CONFIG_VALUE', value: 'MSTF', hint: 'did you mean `MSFT`?', where: 'test.yaml (portfolios.held.positions.MSTF)' },
      { code: 'CONFIG_VALUE', message: 'no quantity for MSFT', value: ['MSFT'] },
    ])
    expect(() => checkAgainstUniverse({ ...resolved, portfolios: [] }, ['AAPL'])).not.toThrow()
  })
})
