import { describe, expect, it } from 'vitest'
import { play } from './market-fixture.ts'

const TENTH = { execution: { participation: 0.1 } }

describe('participation', () => {
  it('limits a fill to a share of the bar\'s volume and cancels the rest', () => {
    // 10 % of 30 = 3 of the 5 units wanted.
    const { booked, cancellations } = play({
      market: { A: { bars: [100, 100], volume: 30, signal: [0.5, NaN] } }, portfolio: TENTH,
    })
    expect(booked).toEqual(['1 A 3 @ 100'])
    expect(cancellations).toMatchObject([{ t: 1, kind: 'target', quantity: 2, outcome: 'limited: participation' }])
  })

  it('rounds the share toward zero to lots', () => {
    const { booked } = play({
      market: { A: { bars: [100, 100], volume: 38, signal: [0.5, NaN], instrument: { lot: 1 } } }, portfolio: TENTH,
    })
    expect(booked).toEqual(['1 A 3 @ 100'])
  })

  it('is shared by the two legs of a reversal', () => {
    // 10 % of 70 = 7: 5 to close, 2 of the 5 to open.
    const { booked, cancellations } = play({
      market: { A: { bars: [100, 100, 100], volume: [70, 70, 70], signal: [0.5, -0.5, NaN] } }, portfolio: TENTH,
    })
    expect(booked).toEqual(['1 A 5 @ 100', '2 A -5 @ 100', '2 A -2 @ 100'])
    expect(cancellations).toMatchObject([{ quantity: -3, outcome: 'limited: participation' }])
  })

  it('does not go through zero when the closing leg is cut', () => {
    // 10 % of 40 = 4 of the 5 to close; the other 1 and the 5 to open are cancelled.
    const { booked, cancellations } = play({
      market: { A: { bars: [100, 100, 100], volume: [90, 90, 40], signal: [0.5, -0.5, NaN] } }, portfolio: TENTH,
    })
    expect(booked).toEqual(['1 A 5 @ 100', '2 A -4 @ 100'])
    expect(cancellations).toMatchObject([{ quantity: -6, outcome: 'limited: participation' }])
  })

  it('is shared by orders and exits of a bar; an exit\'s rest goes at the next open', () => {
    // Bought 5 of 6 allowed at 100; the low 80 crosses the stop at 90: 1 unit left to sell at 90, 4 at the next open 85.
    const { booked, orders, cancellations } = play({
      market: { A: { bars: [100, [100, 100, 80, 85], 85], volume: 60, signal: [0.5, NaN, NaN] } },
      portfolio: { ...TENTH, exits: { stopLoss: 0.1 } },
    })
    expect(booked).toEqual(['1 A 5 @ 100', '1 A -1 @ 90', '2 A -4 @ 85'])
    expect(cancellations).toMatchObject([{ t: 1, kind: 'stop-loss', quantity: -4, outcome: 'limited: participation' }])
    expect(orders.map(({ kind, quantity }) => [kind, quantity])).toEqual([['target', 5], ['stop-loss', -1], ['exit-rest', -4]])
  })

  it('lets an exit\'s rest go on to the open after that', () => {
    // 10 % of 20 = 2 a bar: 2 at the stop price of 90, then 2 and 1 at the opens.
    const { booked } = play({
      market: { A: { bars: [100, 100, [100, 100, 80, 85], 85, 84], volume: [99, 99, 20, 20, 20], signal: [0.5, NaN, NaN, NaN, NaN] } },
      portfolio: { ...TENTH, exits: { stopLoss: 0.1 } },
    })
    expect(booked).toEqual(['1 A 5 @ 100', '2 A -2 @ 90', '3 A -2 @ 85', '4 A -1 @ 84'])
  })

  it('lets an order that volume keeps from going through zero still pay for its closing', () => {
    // A closes 5 for 500 and may not reverse: cash 475 + 500 less A's fee of 25 and B's leaves 925 of the 975 B wants.
    const market = {
      A: { bars: [100, 100, 100], volume: [99, 99, 50], signal: [0.5, -0.5, NaN] },
      B: { bars: [100, 100, 100], volume: [999, 999, 999], signal: [0, 1, NaN] },
    }
    const costs = { feeMinimum: 25 }
    const { booked, kernel } = play({ market, portfolio: { ...TENTH, costs } })
    expect(booked).toEqual(['1 A 5 @ 100', '2 A -5 @ 100', '2 B 9.25 @ 100'])
    expect(kernel.book(0).cash).toBeCloseTo(0, 9)
    const strict = play({ market, portfolio: { execution: { participation: 0.1, buyingPower: 'reject' }, costs } })
    expect(strict.booked).toEqual(['1 A 5 @ 100', '2 A -5 @ 100'])
  })
})
