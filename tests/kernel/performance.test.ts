import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../src/base/errors.ts'
import { EMPYRICAL } from '../../src/domain/profile.ts'
import { createReferenceKernel } from '../../src/kernel/reference.ts'
import { makeBlock, makeSetup, play } from './market-fixture.ts'

describe('performance sums', () => {
  it('adds one return per bar, the first against starting equity', () => {
    // 10 units at 100: equity 1,000, 1,000, 1,100, 880, 990.
    const { kernel } = play({
      market: { A: { bars: [100, 100, 110, 88, 99], signal: [1, NaN, NaN, NaN, NaN] } },
      profile: { ...EMPYRICAL, basis: 'bar', riskFreeRate: 2.52 },
    })
    const sums = kernel.performance(0)
    // Risk-free 1 % a period: shortfalls −1, −1, 0, −21, 0 %.
    expect(sums).toMatchObject({
      startEquity: 1000, finalEquity: 990, peakEquity: 1100, maxDrawdown: 0.2, maxDrawdownPeriods: 2, drawdownPeriods: 2,
      returns: 5, firstReturn: 0, bars: 5, barsInMarket: 4, orders: 1, fills: 1, trades: 0, turnover: 1,
    })
    expect(sums.sumReturns).toBeCloseTo(0.1 - 0.2 + 0.125, 12)
    expect(sums.sumSquares).toBeCloseTo(0.01 + 0.04 + 0.015625, 12)
    expect(sums.sumDownsideSquares).toBeCloseTo(0.0001 + 0.0001 + 0.0441, 12)
    expect(sums.firstDownsideSquare).toBeCloseTo(0.0001, 12)
    expect(sums.bestReturn).toBeCloseTo(0.125, 12)
    expect(sums.worstReturn).toBeCloseTo(-0.2, 12)
    expect(sums.sumGrossExposure).toBeCloseTo(4, 12)
  })

  it('takes the last mark of each session date with the session basis', () => {
    // Two bars a session: sessions end at 1,000, 1,100 and 990; the swings inside do not count.
    const { kernel } = play({
      market: { A: { bars: [100, 100, 50, 110, 200, 99], signal: [1, NaN, NaN, NaN, NaN, NaN] } },
      profile: EMPYRICAL,
      sessionDates: [0, 0, 1, 1, 2, 2], openHours: [10, 11, 10, 11, 10, 11], closeHours: [11, 12, 11, 12, 11, 12],
    })
    const sums = kernel.performance(0)
    expect(sums).toMatchObject({ returns: 3, firstReturn: 0, bars: 6, peakEquity: 1100 })
    expect(sums.sumReturns).toBeCloseTo(0.1 - 0.1, 12)
    expect(sums.maxDrawdown).toBeCloseTo(0.1, 12)
    // Reading twice reads the same.
    expect(kernel.performance(0)).toEqual(sums)
  })

  it('counts trades flat to flat, with fees in their profit', () => {
    // +5 at 100, out at 110: 50 − 2; then −5 in at 110, out at 120: −50 − 2. The last is still open.
    const { kernel } = play({
      market: { A: { bars: [100, 100, 110, 110, 120, 120], signal: [1, 0, -1, 0, 1, NaN] } },
      portfolio: { sizing: { kind: 'fixedQuantity', quantity: 5 }, costs: { feeMinimum: 1 } },
    })
    expect(kernel.performance(0)).toMatchObject({ trades: 2, winningTrades: 1, grossProfit: 48, grossLoss: 52, fees: 5, fills: 5, orders: 5 })
  })

  it('adds turnover against the equity before', () => {
    // 500 ÷ 1,000, then 550 ÷ 1,050 (marked at 110 before the sale at 110).
    const { kernel } = play({ market: { A: { bars: [100, [100, 110, 100, 110], 110], signal: [0.5, 0, NaN] } } })
    expect(kernel.performance(0).turnover).toBeCloseTo(0.5 + 550 / 1050, 12)
  })

  it('counts what risk did', () => {
    const { kernel } = play({
      market: { A: { bars: [100, 100], signal: [1, 1] }, B: { bars: [100, 100], signal: [1, NaN] } },
      pattern: { scale: [0.5, 1], cap: { A: [0.25, 0.75] }, gross: [0.5, 2] },
    })
    // Row 0: scaled to 0.5 each, A cut to 0.25, Σ 0.75 > 0.5. Row 1: A cut to 0.75.
    expect(kernel.performance(0)).toMatchObject({ signalCount: 3, cappedCount: 2, scaledBars: 1, grossLimitedBars: 1 })
  })
})

describe('the start', () => {
  it('takes in starting positions at the first measured close', () => {
    // Rows 0 and 1 only warm up: 10 units at 120 → 1,000 + 1,200; then 130.
    const { equity, kernel } = play({
      market: { A: { bars: [100, 110, 120, 130] } }, firstRow: 2, portfolio: { positions: { A: 10 } },
    })
    expect(equity.map(({ t, equity: value }) => [t, value])).toEqual([[2, 2200], [3, 2300]])
    expect(kernel.performance(0)).toMatchObject({ startEquity: 2200, bars: 2, firstReturn: 0 })
    expect(kernel.book(0).entryPrices[0]).toBe(120)
  })

  it('refuses a starting position that has no price', () => {
    const scene = { market: { A: { bars: [null, 110] }, B: { bars: [1, 1] } }, portfolio: { positions: { A: 10 } } }
    expect(() => play(scene)).toThrow(MillraceError)
    expect(() => play({ ...scene, portfolio: { positions: { Z: 1 } } })).toThrow(/not in the universe/)
  })

  it('decides nothing before the first measured row', () => {
    const { orders } = play({ market: { A: { bars: [100, 100, 100], signal: [1, 1, 1] } }, firstRow: 1 })
    expect(orders.map(({ decidedAt }) => decidedAt)).toEqual([1])
  })
})

describe('the contract', () => {
  const scene = { market: { A: { bars: [100, 100, 100], signal: [1, 1, 1] } } }

  it('throws on rows out of order or out of the block', () => {
    const kernel = createReferenceKernel(makeSetup(scene))
    const block = makeBlock(scene)
    expect(() => kernel.open(block, 3)).toThrow(/not in the block/)
    expect(() => kernel.mark(block, 0)).toThrow(/not been opened/)
    kernel.open(block, 0)
    expect(() => kernel.open(block, 0)).toThrow(/cannot follow/)
    expect(() => kernel.open(block, 2)).toThrow(/cannot follow/)
  })

  it('refuses a snapshot of another shape', () => {
    const one = createReferenceKernel(makeSetup(scene))
    const two = createReferenceKernel(makeSetup({ ...scene, portfolios: [{}, {}] }))
    expect(() => two.restore(one.snapshot())).toThrow(/does not fit/)
  })

  it('books nothing before settle, and what comes back rather than what was proposed', () => {
    const kernel = createReferenceKernel(makeSetup(scene))
    const block = makeBlock(scene)
    kernel.settle(kernel.open(block, 0))
    kernel.mark(block, 0)
    kernel.decide(block, 0)
    const { fills, cancellations } = kernel.open(block, 1)
    expect(fills).toMatchObject([{ quantity: 10, price: 100 }])
    expect(kernel.book(0)).toMatchObject({ cash: 1000, quantities: Float64Array.of(0) })
    kernel.settle({ fills: [{ ...fills[0], quantity: 4, price: 101 }], cancellations })
    expect(kernel.book(0)).toMatchObject({ cash: 596, quantities: Float64Array.of(4), entryPrices: Float64Array.of(101) })
  })
})
