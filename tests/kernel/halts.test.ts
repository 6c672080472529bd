import { describe, expect, it } from 'vitest'
import { play } from './market-fixture.ts'

describe('a symbol without a bar', () => {
  it('is marked at its last close and not decided on', () => {
    const { equities, orders } = play({
      market: {
        A: { bars: [100, [100, 110, 100, 110], null, 120], signal: [0.5, NaN, 1, NaN] },
        B: { bars: [10, 10, 10, 10] },
      },
    })
    expect(equities).toEqual([1000, 1050, 1050, 1100])
    expect(orders.map(({ decidedAt }) => decidedAt)).toEqual([0])
  })

  it('keeps its order waiting for the next bar', () => {
    const { booked } = play({
      market: {
        A: { bars: [100, null, null, 130], signal: [0.5, NaN, NaN, NaN] },
        B: { bars: [10, 10, 10, 10] },
      },
    })
    expect(booked).toEqual(['3 A 5 @ 130'])
  })
})

describe('the barrier', () => {
  it('never has a second order open in a symbol', () => {
    // Overlapping bars: A's order of row 0 cannot fill in row 1, which opened before; at row 1's close it is still open.
    const { orders, booked, kernel } = play({
      market: { A: { bars: [100, 100, 100, 100], signal: [0.5, 1, NaN, NaN] } },
      sessionDates: [0, 0, 0, 0],
      openHours: [9, 9.5, 10, 11],
      closeHours: [10, 10.5, 11, 12],
    })
    expect(orders.map(({ decidedAt }) => decidedAt)).toEqual([0])
    expect(booked).toEqual(['2 A 5 @ 100'])
    expect(kernel.performance(0).orders).toBe(1)
  })

  it('holds against caps too, and is named in the trace', () => {
    const { kernel, orders } = play({
      market: { A: { bars: [100, 100], signal: [0.5, 0.25] } },
      sessionDates: [0, 0], openHours: [9, 9.5], closeHours: [10, 10.5],
      portfolio: { limits: { cap: 0.3, gross: null } },
    })
    expect(orders).toHaveLength(1)
    expect(kernel.trace(0, 0)).toMatchObject({ rules: ['barrier'], desiredQuantity: 0, heldQuantity: 0 })
  })
})
