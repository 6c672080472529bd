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
})
