import { describe, expect, it } from 'vitest'
import { play } from './market-fixture.ts'

/** Both want half of 1,000 at the close of 100 (5 units each); both gap up to 125: 1,250 for 1,000 of cash. */
const GAP = {
  A: { bars: [100, 125, 125], signal: [0.5, NaN, NaN] },
  B: { bars: [100, 125, 125], signal: [0.5, NaN, NaN] },
}

describe('buying power', () => {
  it('scales all increasing legs by one factor', () => {
    // k = (1,000 − 0 − 0) ÷ 1,250 = 0.8: 4 units each, cash exactly 0.
    const { booked, cancellations, kernel } = play({ market: GAP })
    expect(booked).toEqual(['1 A 4 @ 125', '1 B 4 @ 125'])
    expect(cancellations).toMatchObject([
      { symbol: 0, quantity: 1, outcome: 'scaled: buying power' }, { symbol: 1, quantity: 1, outcome: 'scaled: buying power' },
    ])
    expect(kernel.book(0).cash).toBe(0)
  })

  it('leaves room for the unscaled fees', () => {
    // Fees 25 each: k = (1,000 − 50) ÷ 1,250 = 0.76 → 3.8 units each: 950 + 50 of fees, cash 0.
    const { booked, kernel } = play({ market: GAP, portfolio: { costs: { feeMinimum: 25 } } })
    expect(booked).toEqual(['1 A 3.8 @ 125', '1 B 3.8 @ 125'])
    expect(kernel.book(0).cash).toBeCloseTo(0, 9)
  })

  it('scales when it is the fees alone that do not fit', () => {
    // 10 units at an unchanged 100 are 1,000; the fee of 25 leaves (1,000 − 25) ÷ 1,000 of them.
    const { booked } = play({ market: { A: { bars: [100, 100], signal: [1, NaN] } }, portfolio: { costs: { feeMinimum: 25 } } })
    expect(booked).toEqual(['1 A 9.75 @ 100'])
  })

  it('rounds what it scaled toward zero to lots', () => {
    const lots = { instrument: { lot: 3 } }
    const { booked, cancellations } = play({ market: { A: { ...GAP.A, ...lots }, B: { ...GAP.B, ...lots } }, portfolio: { cash: 1200 } })
    // 0.5 × 1,200 ÷ 100 = 6 units each; 1,500 at the open, k = 0.8 → 4.8 → 3.
    expect(booked).toEqual(['1 A 3 @ 125', '1 B 3 @ 125'])
    expect(cancellations.map(({ quantity }) => quantity)).toEqual([3, 3])
  })

  it('fills nothing of what only rounding leaves', () => {
    // 1,000 ÷ 150 units of A leave a cash of 1e-13, which would buy 1e-15 of B.
    const { booked, cancellations } = play({
      market: {
        A: { bars: [100, 150, 150], signal: [1, NaN, NaN] },
        B: { bars: [100, 100, 100], signal: [0, 0.5, NaN] },
      },
    })
    expect(booked).toEqual(['1 A 6.66666666667 @ 150'])
    expect(cancellations[1]).toMatchObject({ t: 2, symbol: 1, quantity: 5, outcome: 'scaled: buying power' })
  })

  it('orders nothing where the target is off by rounding only', () => {
    const prices = [100, 150, 170.1, 130.3, 77.7, 91.9, 103.3, 99.7]
    const { booked } = play({ market: { A: { bars: prices, signal: prices.map(() => 1) } } })
    expect(booked).toEqual(['1 A 6.66666666667 @ 150'])
  })

  it('fills what is left beyond the slack of the limit', () => {
    // A takes all but 1e-5 of the equity: B's half of it is cut to that.
    const { booked } = play({
      market: {
        A: { bars: [100, 100, 100], signal: [0.99999, NaN, NaN] },
        B: { bars: [100, 100, 100], signal: [0, 0.5, NaN] },
      },
    })
    expect(booked[1]).toMatch(/^2 B 0\.0001/)
  })

  it('refuses, in symbol order, a leg that does not fit', () => {
    // A: 625 of 1,000 fits; B: 625 more does not.
    const { booked, cancellations } = play({ market: GAP, portfolio: { execution: { buyingPower: 'reject' } } })
    expect(booked).toEqual(['1 A 5 @ 125'])
    expect(cancellations).toMatchObject([{ symbol: 1, quantity: 5, outcome: 'refused: buying power' }])
  })

  it('refuses nothing that a smaller leg later in the universe still fits into', () => {
    // A: 9 units at 125 = 1,125: refused. B: 1.25 units = 156.25: fits.
    const { booked } = play({
      market: { A: { ...GAP.A, signal: [0.9, NaN, NaN] }, B: { ...GAP.B, signal: [0.125, NaN, NaN] } },
      portfolio: { execution: { buyingPower: 'reject' } },
    })
    expect(booked).toEqual(['1 B 1.25 @ 125'])
  })

  it('lets an order refused its way through zero still pay for its closing', () => {
    // 5 × A are sold for 500, its 9.75 to the other side are refused; 475 + 500 − 25 − 25 is 925, and B's 9.36 need 936.
    const market = {
      A: { bars: [100, 100, 100], signal: [0.5, -1, NaN] },
      B: { bars: [100, 100, 100], signal: [0, 0.96, NaN] },
    }
    const { booked } = play({ market, portfolio: { costs: { feeMinimum: 25 }, execution: { buyingPower: 'reject' } } })
    expect(booked).toEqual(['1 A 5 @ 100', '2 A -5 @ 100'])
  })

  it('counts what reducing legs free in the same open', () => {
    // A is sold for 1,000 before B is bought for 1,000.
    const { booked, cancellations } = play({
      market: {
        A: { bars: [100, 100, 100], signal: [1, 0, NaN] },
        B: { bars: [100, 100, 100], signal: [0, 1, NaN] },
      },
    })
    expect(booked).toEqual(['1 A 10 @ 100', '2 A -10 @ 100', '2 B 10 @ 100'])
    expect(cancellations).toEqual([])
  })

  it('gives leverage × equity, short and long alike', () => {
    // Size 3 with leverage 2: 30 units wanted at 100, 2,000 ÷ 3,000 of it filled; cash −1,000 or +3,000.
    const scene = { market: { A: { bars: [100, 100], signal: [1, NaN] } } }
    const size = { sizing: { kind: 'exposure', size: 3 } as const, leverage: 2 }
    const long = play({ ...scene, portfolio: size })
    expect(long.booked).toEqual(['1 A 20 @ 100'])
    expect(long.kernel.book(0).cash).toBeCloseTo(-1000, 9)
    const short = play({ market: { A: { bars: [100, 100], signal: [-1, NaN] } }, portfolio: size })
    expect(short.booked).toEqual(['1 A -20 @ 100'])
    expect(short.kernel.book(0).cash).toBeCloseTo(3000, 9)
  })

  it('counts a fixed margin per unit instead of the price', () => {
    // Margin 10 per unit: 1,000 ÷ 10 = 100 units fit, 150 are wanted.
    const { booked } = play({
      market: { A: { bars: [100, 100], signal: [1, NaN], instrument: { margin: 10 } } },
      portfolio: { sizing: { kind: 'fixedQuantity', quantity: 150 } },
    })
    expect(booked).toEqual(['1 A 100 @ 100'])
  })

  it('counts price × multiplier without a margin', () => {
    // One contract of multiplier 5 at 100 needs 500: of 4 wanted 2 fit. It then gains 5 per point.
    const { booked, equities } = play({
      market: { A: { bars: [100, [100, 103, 100, 103]], signal: [1, NaN], instrument: { multiplier: 5, lot: 1 } } },
      portfolio: { sizing: { kind: 'fixedQuantity', quantity: 4 } },
    })
    expect(booked).toEqual(['1 A 2 @ 100'])
    expect(equities).toEqual([1000, 1030])
  })

  it('has 1e-6 of slack for targets that are float32', () => {
    // 3 × float32(1/3) is 1.00000003 of equity: nothing is scaled, no cancellation is made.
    const third = { bars: [100, 100], signal: [1, NaN] }
    const { cancellations, fills } = play({ market: { A: third, B: third, C: third }, portfolio: { allocation: 'equal' } })
    expect(fills).toHaveLength(3)
    expect(cancellations).toEqual([])
  })

  it('stops all increases of a portfolio whose equity is gone at the open', () => {
    // Short 10 at 100; at the open 250 equity is 2,000 − 2,500 < 0: B's purchase gets k = 0.
    const { cancellations } = play({
      market: {
        A: { bars: [100, 100, 250], signal: [-1, NaN, NaN] },
        B: { bars: [100, 100, 100], signal: [0, 0.5, NaN] },
      },
      portfolio: { leverage: 2 },
    })
    expect(cancellations).toMatchObject([{ t: 2, symbol: 1, quantity: 5, outcome: 'scaled: buying power' }])
  })
})
