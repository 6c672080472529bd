import { describe, expect, it } from 'vitest'
import { play } from './market-fixture.ts'
import type { Bar, ConfigChange, Played } from './market-fixture.ts'

const BARS: readonly Bar[] = [100, [102, 112, 101, 110], [108, 126, 107, 125]]

function trade(portfolio: ConfigChange, signal = [0.5, 0, NaN]): Played {
  return play({ market: { A: { bars: BARS, signal } }, portfolio })
}

describe('execution profiles', () => {
  it('next-open', () => {
    expect(trade({}).booked).toEqual(['1 A 5 @ 102', '2 A -5 @ 108'])
  })

  it('next-close', () => {
    const { booked, equities } = trade({ execution: { profile: 'next-close' } })
    expect(booked).toEqual(['1 A 5 @ 110', '2 A -5 @ 125'])
    expect(equities).toEqual([1000, 1000, 1075])
  })

  it('same-close, marked before it trades', () => {
    // Bought at 100 in row 0, sold at 110 in row 1; costs of a close show in the next return.
    const { fills, booked, equities } = trade({ execution: { profile: 'same-close' }, costs: { feeMinimum: 1 } })
    expect(fills[0]).toMatchObject({ t: 0, decidedAt: 0 })
    expect(booked).toEqual(['0 A 5 @ 100', '1 A -5 @ 110'])
    expect(equities).toEqual([1000, 1049, 1048])
  })

  it('same-close obeys buying power', () => {
    const { booked, cancellations } = trade({ execution: { profile: 'same-close' }, sizing: { kind: 'exposure', size: 4 } }, [0.5, NaN, NaN])
    expect(booked).toEqual(['0 A 10 @ 100'])
    expect(cancellations).toMatchObject([{ t: 0, quantity: 10, outcome: 'scaled: buying power' }])
  })

  it('next-close waits for the close of the symbol\'s next bar', () => {
    const { booked } = play({
      market: { A: { bars: [100, null, [108, 126, 107, 125]], signal: [0.5, NaN, NaN] }, B: { bars: [1, 1, 1] } },
      portfolio: { execution: { profile: 'next-close' } },
    })
    expect(booked).toEqual(['2 A 5 @ 125'])
  })
})

describe('end', () => {
  const costs = { exitSlippageBps: 100, feeMinimum: 1 }

  it('leave keeps positions and the orders of the last close', () => {
    const { booked, orders, kernel } = trade({ end: 'leave' }, [0.5, NaN, 0])
    expect(booked).toEqual(['1 A 5 @ 102'])
    expect(orders).toHaveLength(2)
    expect(kernel.book(0).quantities[0]).toBe(5)
  })

  it('last-open closes at the last open; waiting orders do not fill, nothing is decided', () => {
    const { fills, cancellations, orders, kernel } = trade({ end: 'last-open', costs }, [0.5, 1, 0])
    // 108 × 0.99; the order to buy more of row 1 is cancelled.
    expect(fills[1]).toMatchObject({ t: 2, kind: 'end-of-run', quantity: -5, price: 108 * 0.99, fee: 1 })
    expect(cancellations).toMatchObject([{ t: 2, kind: 'target', outcome: 'cancelled: end of run' }])
    expect(orders.map(({ decidedAt, kind }) => [decidedAt, kind])).toEqual([[0, 'target'], [1, 'target'], [2, 'end-of-run']])
    expect(kernel.book(0).quantities[0]).toBe(0)
  })

  it('last-close fills what waits at the open, then closes at the close', () => {
    const { fills, equity } = trade({ end: 'last-close', costs }, [0.5, 0.25, NaN])
    expect(fills.map(({ t, kind }) => [t, kind])).toEqual([[1, 'target'], [2, 'target'], [2, 'end-of-run']])
    expect(fills[2].price).toBe(125 * 0.99)
    // Nothing is left to mark: equity is cash.
    expect(equity[2].equity).toBe(equity[2].cash)
  })

  it('closes a symbol without a bar at its last close', () => {
    for (const end of ['last-open', 'last-close'] as const) {
      const { booked } = play({
        market: { A: { bars: [100, 100, null], signal: [0.5, NaN, NaN] }, B: { bars: [1, 1, 1] } }, portfolio: { end },
      })
      expect(booked).toEqual(['1 A 5 @ 100', '2 A -5 @ 100'])
    }
  })
})
