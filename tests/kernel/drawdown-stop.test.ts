import { describe, expect, it } from 'vitest'
import { play } from './market-fixture.ts'
import type { Bar, ConfigChange } from './market-fixture.ts'
import { playInTurns } from './playing.ts'

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

describe('a drawdown stop over the windows of a walk-forward', () => {
  // 10 units at 100; 850 at row 2 is 15 % below 1,000. The windows begin in rows 0, 4 and 6.
  const bars: readonly Bar[] = [100, 100, 85, 85, 85, 85, 85, 80, 70, 70]
  const market = { A: { bars, signal: bars.map(() => 1) } }
  const filled = (second: ConfigChange['drawdownStop'], third: ConfigChange['drawdownStop'] = { limit: 0.1, resumeAfterBars: null }): string[] => {
    const rules = (drawdownStop: ConfigChange['drawdownStop']): ConfigChange => ({ sizing: { kind: 'fixedQuantity', quantity: 10 }, drawdownStop })
    return playInTurns(market, [
      { from: 0, to: 4, portfolio: rules({ limit: 0.1, resumeAfterBars: null }) },
      { from: 4, to: 6, portfolio: rules(second) },
      { from: 6, to: bars.length, portfolio: rules(third) },
    ]).map(({ t, quantity }) => `${t} ${quantity}`)
  }

  it('is over where a window has none: a later one measures from where trading went on', () => {
    // 850 at row 4 is the new peak: 800 is 5.9 % below it, 700 is 17.6 %.
    expect(filled(null)).toEqual(['1 10', '3 -10', '5 10', '9 -10'])
    expect(filled(null, null)).toEqual(['1 10', '3 -10', '5 10'])
  })

  it('lasts as long as the rules at hand say', () => {
    expect(filled({ limit: 0.5, resumeAfterBars: null })).toEqual(['1 10', '3 -10'])
    expect(filled({ limit: 0.5, resumeAfterBars: 3 }, null)).toEqual(['1 10', '3 -10', '6 10'])
  })

  it('lasts through a window that selects nobody', () => {
    expect(filled({ limit: 1, resumeAfterBars: null })).toEqual(['1 10', '3 -10'])
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
