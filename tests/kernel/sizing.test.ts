import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../src/base/errors.ts'
import { play } from './market-fixture.ts'
import type { ConfigChange, Played } from './market-fixture.ts'

function size(sizing: ConfigChange['sizing'], of: { target?: number; open?: number; lot?: number; rest?: ConfigChange } = {}): Played {
  return play({
    market: { A: { bars: [100, of.open ?? 100, 100], signal: [of.target ?? 1, NaN, NaN], instrument: { lot: of.lot ?? 0 } } },
    portfolio: { sizing, ...of.rest },
  })
}

describe('sizing', () => {
  it('exposure: target × size × equity ÷ price at the deciding close', () => {
    expect(size({ kind: 'exposure', size: 0.5 }).booked).toEqual(['1 A 5 @ 100'])
  })

  it('fixedQuantity: units per full target, one number or one per symbol', () => {
    expect(size({ kind: 'fixedQuantity', quantity: 6 }, { target: 0.5 }).booked).toEqual(['1 A 3 @ 100'])
    expect(size({ kind: 'fixedQuantity', quantity: { A: 8 } }, { target: -0.5 }).booked).toEqual(['1 A -4 @ 100'])
  })

  it('fixedQuantity without an entry for a traded symbol is refused', () => {
    expect(() => size({ kind: 'fixedQuantity', quantity: {} })).toThrow(MillraceError)
  })

  it('fixedCash: account currency per full target', () => {
    expect(size({ kind: 'fixedCash', cash: 300 }, { target: 0.5 }).booked).toEqual(['1 A 1.5 @ 100'])
  })

  it('allIn: sized at the fill, after slippage, fees and a buffer', () => {
    // Filled at 125 × 1.01 = 126.25: 1,000 × 0.98 ÷ (126.25 × 1.001).
    const { orders, fills, kernel } = size({ kind: 'allIn', size: 1, cashBuffer: 0.02 }, {
      open: 125, rest: { costs: { feeBps: 10, entrySlippageBps: 100 } },
    })
    expect(orders[0]).toMatchObject({ quantity: NaN, target: 1 })
    expect(fills[0].quantity).toBeCloseTo(980 / (126.25 * 1.001), 12)
    expect(kernel.book(0).cash).toBeCloseTo(20, 9)
  })

  it('allIn: sized after the closing legs of the same open', () => {
    // A is sold at 120 before B takes everything: 1,200 of cash ÷ 40 = 30 units.
    const { booked } = play({
      market: {
        A: { bars: [100, 100, 120], signal: [1, 0, NaN] },
        B: { bars: [50, 50, 40], signal: [0, 1, NaN] },
      },
      portfolio: { sizing: { kind: 'allIn', size: 1, cashBuffer: 0 } },
    })
    expect(booked).toEqual(['1 A 10 @ 100', '2 A -10 @ 120', '2 B 30 @ 40'])
  })

  it('allIn: a reversal leaves room for the fee of its closing leg, even when refusal is whole', () => {
    // Long from 1,000 at 100 with 1 %: 1,000 ÷ 101 = 9.9009… units. Closing fee 9.9009…, equity 990.099 − that.
    const { fills, cancellations } = play({
      market: { A: { bars: [100, 100, 100], signal: [1, -1, NaN] } },
      portfolio: { sizing: { kind: 'allIn', size: 1, cashBuffer: 0 }, costs: { feeBps: 100 }, execution: { buyingPower: 'reject' } },
    })
    const held = 1000 / 101
    const equity = held * 100 - held * 100 * 0.01
    expect(cancellations).toEqual([])
    expect(fills.map(({ quantity }) => quantity)).toEqual([expect.closeTo(held, 10), expect.closeTo(-held, 10), expect.closeTo(-equity / 101, 10)])
  })

  it('allIn: a same-side change is a difference; less than a lot is cancelled', () => {
    const { booked, cancellations } = size({ kind: 'allIn', size: 1, cashBuffer: 0 }, { open: 1200, lot: 1 })
    expect(booked).toEqual([])
    expect(cancellations).toMatchObject([{ t: 1, outcome: 'below one lot', quantity: 1000 / 1200 }])
    const more = play({
      market: { A: { bars: [100, 100, 100], signal: [0.5, 1, NaN] } }, portfolio: { sizing: { kind: 'allIn', size: 1, cashBuffer: 0 } },
    })
    expect(more.booked).toEqual(['1 A 5 @ 100', '2 A 5 @ 100'])
  })

  it('allIn: a reduction is sized at the deciding close', () => {
    const { orders } = play({
      market: { A: { bars: [100, 100, 100], signal: [1, 0.5, NaN] } }, portfolio: { sizing: { kind: 'allIn', size: 1, cashBuffer: 0 } },
    })
    expect(orders[1]).toMatchObject({ quantity: -5, target: NaN })
  })

  it('rounds toward zero to lots, forgiving what division loses', () => {
    // 0.3 × 1,000 ÷ 100 = 3 lots of 1 (float32 0.3 is 0.30000001); 0.29 is 2.9 → 2; short likewise.
    expect(size({ kind: 'exposure', size: 1 }, { target: 0.3, lot: 1 }).booked).toEqual(['1 A 3 @ 100'])
    expect(size({ kind: 'exposure', size: 1 }, { target: 0.29, lot: 1 }).booked).toEqual(['1 A 2 @ 100'])
    expect(size({ kind: 'exposure', size: 1 }, { target: -0.29, lot: 1 }).booked).toEqual(['1 A -2 @ 100'])
    // 0.3 ÷ 0.1 is 2.9999999999999996 in binary: still 3 lots of 0.1.
    expect(size({ kind: 'fixedQuantity', quantity: 0.3 }, { lot: 0.1 }).fills[0].quantity).toBeCloseTo(0.3, 15)
  })

  it('makes no order below one lot', () => {
    expect(size({ kind: 'exposure', size: 0.05 }, { lot: 1 }).orders).toEqual([])
  })
})
