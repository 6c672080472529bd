import { describe, expect, it } from 'vitest'
import { play } from './market-fixture.ts'

describe('orders fill at the next open', () => {
  it('sizes at the deciding close and fills at the gapped open', () => {
    // Close 100, target 0.5 of 1,000: 5 units, filled at 110 → cash 450; marked at 120: 450 + 600 = 1,050.
    const { booked, equities, orders } = play({
      market: { A: { bars: [100, [110, 120, 110, 120]], signal: [0.5, NaN] } },
    })
    expect(orders).toMatchObject([{ decidedAt: 0, kind: 'target', quantity: 5 }])
    expect(booked).toEqual(['1 A 5 @ 110'])
    expect(equities).toEqual([1000, 1050])
  })

  it('never fills in the row of the decision, nor after the last row', () => {
    const { fills, orders, cancellations } = play({ market: { A: { bars: [100, 100], signal: [NaN, 1] } } })
    expect(orders).toHaveLength(1)
    expect(fills).toEqual([])
    expect(cancellations).toEqual([])
  })

  it('goes through zero in two legs, the closing one with exit slippage, the opening one with entry slippage', () => {
    // +5 at 100; equity 1,000 → target −0.5 = −5, change −10: −5 at 100 × (1 − 0.02), −5 at 100 × (1 − 0.01).
    const { fills } = play({
      market: { A: { bars: [100, 100, 100, 100], signal: [0.5, -0.5, NaN, NaN] } },
      portfolio: { costs: { entrySlippageBps: 100, exitSlippageBps: 200 } },
    })
    expect(fills.map(({ t, leg, quantity, price }) => [t, leg, quantity, price])).toEqual([
      [1, 'increase', 5, 101],
      [2, 'reduce', -5, 98],
      [2, 'increase', -4.975, 99],
    ])
    // The second order is sized on equity 1,000 − 5 × 1 = 995 at the close of row 1: −4.975.
  })

  it('books reducing legs of all symbols before increasing ones', () => {
    // A goes 0 → 5 while B goes 10 → 0: B's sale pays for A although A comes first in the universe.
    const { fills } = play({
      market: {
        A: { bars: [100, 100, 100], signal: [0, 0.5, NaN] },
        B: { bars: [100, 100, 100], signal: [1, 0, NaN] },
      },
    })
    expect(fills.map(({ t, symbol, quantity }) => [t, symbol, quantity])).toEqual([[1, 1, 10], [2, 1, -10], [2, 0, 5]])
  })

  it('waits for the first bar that opened at or after the decision', () => {
    // Row 1's bar of A opened half an hour before row 0's close: the order fills in row 2.
    const { booked } = play({
      market: { A: { bars: [100, 101, 102, 103], signal: [0.5, NaN, NaN, NaN] } },
      sessionDates: [0, 0, 0, 0],
      openHours: [9, 9.5, 10, 11],
      closeHours: [10, 10.5, 11, 12],
    })
    expect(booked).toEqual(['2 A 5 @ 102'])
  })

  it('leaves out what is not more than the threshold', () => {
    // Of 1,000 at price 100: 0.5 → 0.5625 is 62.5, not more than 0.0625 × 1,000; 0.5 → 0.625 is 125, more.
    const { booked } = play({
      market: { A: { bars: [100, 100, 100, 100], signal: [0.5, 0.5625, 0.625, NaN] } },
      portfolio: { threshold: 0.0625 },
    })
    expect(booked).toEqual(['1 A 5 @ 100', '3 A 1.25 @ 100'])
  })

  it('never stops an order to zero or through zero by the threshold', () => {
    // A starts with 0.2 units, worth 20 of 1,020: far below the threshold of 10 %.
    const positions = { A: 0.2 }
    const toZero = play({ market: { A: { bars: [100, 100], signal: [0, NaN] } }, portfolio: { threshold: 0.1, positions } })
    expect(toZero.booked).toEqual(['1 A -0.2 @ 100'])
    // Through zero: −1/128 of 1,020 at 100 is −0.0796875, so the change is −0.2796875 units.
    const through = play({
      market: { A: { bars: [100, 100], signal: [-1 / 128, NaN] } }, portfolio: { threshold: 0.1, positions },
    })
    expect(through.booked).toEqual(['1 A -0.2 @ 100', '1 A -0.0796875 @ 100'])
  })
})
