import { expect, it } from 'vitest'
import { NO_COSTS } from '../../src/domain/costs.ts'
import { ORDER_KINDS, orderKey, portfolioKey } from '../../src/domain/order.ts'
import type { PortfolioConfig } from '../../src/domain/portfolio.ts'

const config: PortfolioConfig = {
  id: 'p1', containerId: 'c1', signals: [{ signal: 's', weight: 1 }], combine: 'mean', riskPattern: 'default', riskTolerance: 0,
  allocation: 'equal', trading: 'rebalance', opposite: 'reverse', schedule: { everyBars: 1 }, sizing: { kind: 'exposure', size: 1 },
  longOnly: false, leverage: 1, limits: { cap: null, gross: null },
  exits: { stopLoss: null, takeProfit: null, trailingStop: null, trailFrom: 'close', exitsFrom: 'entry-bar', gapFill: 'open', reentry: 'change' },
  minHoldBars: 0, maxHoldBars: 0, cooldownBars: 0, drawdownStop: null, threshold: 0, costs: NO_COSTS,
  execution: { profile: 'next-open', buyingPower: 'scale', participation: null }, cash: 100_000, positions: {}, end: 'leave',
}

it('names a configuration by its content, whatever the order of its keys', () => {
  const key = portfolioKey(config)
  expect(key).toMatch(/^[0-9a-f]{12}$/)
  expect(portfolioKey(Object.fromEntries(Object.entries(config).toReversed()) as unknown as PortfolioConfig)).toBe(key)
  expect(portfolioKey({ ...config, threshold: 0.01 })).not.toBe(key)
  expect(portfolioKey({ ...config, containerId: 'c2' })).not.toBe(key)
})

it('names an order by configuration, bar, symbol and leg', () => {
  const of = { portfolioKey: 'abcdef012345', closeTime: Date.UTC(2020, 0, 2, 21), symbol: 'MSFT', kind: 'target' as const }
  expect(orderKey(of)).toBe('abcdef012345.2020-01-02T21:00:00Z.MSFT.target')
  expect(new Set(ORDER_KINDS.map((kind) => orderKey({ ...of, kind }))).size).toBe(ORDER_KINDS.length)
})
