import { describe, expect, it } from 'vitest'
import { portfolioAt, portfolioCount } from '../../src/experiment/portfolios.ts'
import { layOutBatch } from '../../src/lineup/batch.ts'
import { resolveYaml } from '../experiment/fixture.ts'

const SWEPT = `
name: swept
market: { source: test }
strategies: [{ name: trend, use: sma-cross, grid: { fast: [3, 5], slow: [20] } }]
portfolios:
  - { name: each, each: "trend*", risk: none, grid: { threshold: [0, 0.1, 0.2] } }
  - { name: both, signals: [{ signal: "trend*", weight: 2 }], risk: none, grid: { threshold: [0, 0.1] } }
`

describe('the layout of a batch', () => {
  it('numbers signals in order of first use; neighbours that subscribe to the same share their numbers', async () => {
    const experiment = await resolveYaml(SWEPT)
    const configs = Array.from({ length: portfolioCount(experiment) }, (_, index) => portfolioAt(experiment, index))
    const { signals, portfolios } = layOutBatch(configs)
    expect(portfolios.map((portfolio) => Array.from(portfolio.signals, (number) => signals[number]))).toEqual(
      configs.map((config) => config.signals.map(({ signal }) => signal)),
    )
    expect(new Set(portfolios.map((portfolio) => portfolio.signals)).size).toBe(3)
  })
})
