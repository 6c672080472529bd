import { describe, expect, it } from 'vitest'
import { play } from './market-fixture.ts'
import type { Bar, ConfigChange } from './market-fixture.ts'

describe('drawdown stop', () => {
  // 10 units at 100: equity follows the price × 10.
  const bars: readonly Bar[] = [100, 100, 120, 109, 107, 107, 107, 107]
  const signal = [1, 1, 1, 1, 1, 1, 1, NaN]
  const stopped = (resumeAfterBars: number | null, rest: ConfigChange = {}) => play({
    market: { A: { bars, signal } },
    portfolio: { sizing: { kind: 'fixedQuantity', quantity: 10 }, drawdownStop: { limit: 0.1, resumeAfterBars }, ...rest },
  })

  it('closes everything at the next fill, for good', () => {
    // Peak 1,200; 1,090 is 9.2 % below it, 1,070 is 10.8 %: order at row 4, filled in row 5.
    const { orders, booked, kernel } = stopped(null)
    expect(orders).toMatchObject([{ kind: 'target' }, { decidedAt: 4, kind: 'drawdown-stop', quantity: -10 }])
    expect(booked).toEqual(['1 A 10 @ 100', '5 A -10 @ 107'])
    expect(kernel.performance(0).drawdownStops).toBe(1)
  })

  it('resumes after that many bars, with the peak where equity is', () => {
    // Stopped at row 4, two bars later is row 6: order at 6, filled in row 7.
    const { orders } = stopped(2, { sizing: { kind: 'fixedQuantity', quantity: 10 } })
    expect(orders).toMatchObject([{}, { decidedAt: 4 }, { decidedAt: 6, kind: 'target', quantity: 10 }])
  })

  it('measures the peak from starting equity', () => {
    // Equity falls from 1,000 straight to 890.
    const { orders } = play({
      market: { A: { bars: [100, 100, 89, 89], signal: [1, 1, 1, NaN] } },
      portfolio: { sizing: { kind: 'fixedQuantity', quantity: 10 }, drawdownStop: { limit: 0.1, resumeAfterBars: null } },
    })
    expect(orders[1]).toMatchObject({ decidedAt: 2, kind: 'drawdown-stop' })
  })

  it('closes a symbol without a bar at its next one, in place of what was waiting', () => {
    // B halts in rows 2 and 3 with a sale waiting; A's fall stops the portfolio at row 2.
    const { orders, cancellations, booked } = play({
      market: {
        A: { bars: [100, 100, 50, 50, 50], signal: [0.5, NaN, NaN, NaN, NaN] },
        B: { bars: [100, 100, null, null, 90], signal: [0.5, 0.25, NaN, NaN, NaN] },
      },
      portfolio: { drawdownStop: { limit: 0.1, resumeAfterBars: null } },
    })
    expect(cancellations).toMatchObject([{ t: 2, symbol: 1, kind: 'target', quantity: -2.5, outcome: 'cancelled: exit' }])
    expect(orders.filter(({ kind }) => kind === 'drawdown-stop')).toMatchObject([{ symbol: 0, quantity: -5 }, { symbol: 1, quantity: -5 }])
    expect(booked.slice(2)).toEqual(['3 A -5 @ 50', '4 B -5 @ 90'])
  })
})

describe('an ended portfolio', () => {
  // Short 10 at 100 with 1,000: at 210 equity is 2,000 − 2,100 = −100.
  const scene = {
    market: { A: { bars: [100, 100, 210, 220, 230], signal: [-1, NaN, -1, -1, -1] } },
    portfolio: { execution: { profile: 'next-close' as const } },
  }

  it('closes everything at the next open, whatever the execution profile, and trades no more', () => {
    const { orders, booked } = play(scene)
    expect(orders).toMatchObject([{ kind: 'target' }, { decidedAt: 2, kind: 'ended', quantity: 10 }])
    expect(booked).toEqual(['1 A -10 @ 100', '3 A 10 @ 220'])
  })

  it('returns 0 from then on, though its cash still says what the closing cost', () => {
    const { equity, kernel } = play(scene)
    expect(equity.map(({ equity: value }) => value)).toEqual([1000, 1000, -100, -200, -200])
    expect(equity.map(({ periodReturn }) => periodReturn)).toEqual([0, 0, -1.1, 0, 0])
    expect(kernel.performance(0)).toMatchObject({ ended: 1, finalEquity: -200, returns: 5, worstReturn: -1.1, sumReturns: -1.1 })
  })

  it('cancels what was waiting', () => {
    const { cancellations, orders } = play({
      market: {
        A: { bars: [100, 100, 310, 310], signal: [-0.5, NaN, NaN, NaN] },
        B: { bars: [100, 100, null, 100], signal: [0, 0.25, NaN, NaN] },
      },
    })
    expect(cancellations).toMatchObject([{ t: 2, symbol: 1, quantity: 2.5, outcome: 'cancelled: portfolio ended' }])
    expect(orders.map(({ kind }) => kind)).toEqual(['target', 'target', 'ended'])
  })
})
