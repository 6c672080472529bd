import { describe, expect, it } from 'vitest'
import { play } from './market-fixture.ts'

const FLAT = { bars: [100, 100, 100, 100] }

describe('carry', () => {
  it('pays the cash rate on positive cash, by days ÷ 365', () => {
    // Rows on days 0, 1, 4: nothing in the first row, then 1,000 × 0.0365 × 1/365 = 0.1, then × 3/365.
    const { kernel, equities } = play({
      market: { A: { bars: [100, 100, 100] } }, sessionDates: [0, 1, 4], portfolio: { costs: { cashRate: 0.0365 } },
    })
    expect(equities[1]).toBeCloseTo(1000.1, 10)
    expect(kernel.book(0).cash).toBeCloseTo(1000.1 * (1 + 0.0003), 10)
  })

  it('charges the loan rate on negative cash', () => {
    // 20 units at 100 with leverage 2: cash −1,000; 1,000 × 0.073 ÷ 365 = 0.2 a day.
    const { kernel } = play({
      market: { A: { ...FLAT, signal: [1, NaN, NaN, NaN] } },
      portfolio: { leverage: 2, sizing: { kind: 'exposure', size: 2 }, costs: { loanRate: 0.073 } },
    })
    expect(kernel.book(0).cash).toBeCloseTo(-1000.2 * (1 + 0.0002), 9)
  })

  it('charges the borrow rate on short value at the last close', () => {
    // Short 5 at 100, marked at 120 in row 1: 600 × 0.365 ÷ 365 = 0.6 in row 2, 0.6 again in row 3.
    const { kernel } = play({
      market: { A: { bars: [100, [100, 120, 100, 120], 120, 120], signal: [-0.5, NaN, NaN, NaN] } },
      portfolio: { costs: { borrowRate: 0.365 } },
    })
    expect(kernel.book(0).cash).toBeCloseTo(1500 - 1.2, 9)
  })
})
