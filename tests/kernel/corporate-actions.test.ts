import { describe, expect, it } from 'vitest'
import { play } from './market-fixture.ts'

describe('splits', () => {
  it('multiply the quantity and divide the entry price, so equity does not move', () => {
    const { equities, kernel } = play({
      market: { A: { bars: [100, 100, 50, 55], splits: { 2: 2 }, signal: [0.5, NaN, NaN, NaN] } },
    })
    expect(equities).toEqual([1000, 1000, 1000, 1050])
    expect(kernel.book(0).quantities[0]).toBe(10)
    expect(kernel.book(0).entryPrices[0]).toBe(50)
  })

  it('pay in cash at the open what the lot cannot hold', () => {
    // 5 × 1.5 = 7.5: 7 kept, 0.5 paid at the open of 66.
    const { fills, kernel } = play({
      market: { A: { bars: [100, 100, [66, 67, 66, 67]], splits: { 2: 1.5 }, signal: [0.5, NaN, NaN], instrument: { lot: 1 } } },
    })
    expect(fills[1]).toMatchObject({ t: 2, kind: 'split-cash', leg: 'reduce', quantity: -0.5, price: 66, fee: 0 })
    expect(kernel.book(0).quantities[0]).toBe(7)
    expect(kernel.book(0).cash).toBe(533)
  })

  it('close a position that becomes less than one lot', () => {
    const { kernel } = play({
      market: { A: { bars: [100, 100, 1000], splits: { 2: 0.1 }, signal: [0.5, NaN, NaN], instrument: { lot: 1 } } },
    })
    expect(kernel.book(0).quantities[0]).toBe(0)
    expect(kernel.book(0).cash).toBe(1000)
    expect(kernel.performance(0).trades).toBe(1)
  })

  it('split the order that waits for them', () => {
    // 5 units wanted at the close of 100; the split makes it 10 at 50.
    const { booked, equities } = play({ market: { A: { bars: [100, 50], splits: { 1: 2 }, signal: [0.5, NaN] } } })
    expect(booked).toEqual(['1 A 10 @ 50'])
    expect(equities).toEqual([1000, 1000])
  })

  it('keep a waiting order to zero an order to zero', () => {
    // 5 held, 3-for-2: 7 kept and 0.5 paid; the waiting −5 becomes −7.
    const { booked, kernel } = play({
      market: { A: { bars: [100, 100, 66], splits: { 2: 1.5 }, signal: [0.5, 0, NaN], instrument: { lot: 1 } } },
    })
    expect(booked).toEqual(['1 A 5 @ 100', '2 A -0.5 @ 66', '2 A -7 @ 66'])
    expect(kernel.book(0).quantities[0]).toBe(0)
  })

  it('cancel a waiting order that becomes less than one lot', () => {
    const { cancellations, fills } = play({
      market: { A: { bars: [100, 1000], splits: { 1: 0.1 }, signal: [0.5, NaN], instrument: { lot: 1 } } },
    })
    expect(fills).toEqual([])
    expect(cancellations).toMatchObject([{ t: 1, quantity: 5, outcome: 'below one lot' }])
  })

  it('divide the levels of exits', () => {
    // Entry 100, stop at 90; after 2-for-1 at 45: the low of 44 crosses it, 46 would not.
    const { booked } = play({
      market: { A: { bars: [100, 100, [50, 50, 46, 47], [47, 47, 44, 46]], splits: { 2: 2 }, signal: [0.5, NaN, NaN, NaN] } },
      portfolio: { exits: { stopLoss: 0.1 } },
    })
    expect(booked).toEqual(['1 A 5 @ 100', '3 A -10 @ 45'])
  })

  it('wait for the symbol\'s next bar', () => {
    const { equities, kernel } = play({
      market: {
        A: { bars: [100, 100, null, 50], splits: { 2: 2 }, signal: [0.5, NaN, NaN, NaN] },
        B: { bars: [10, 10, 10, 10] },
      },
    })
    expect(equities).toEqual([1000, 1000, 1000, 1000])
    expect(kernel.book(0).quantities[0]).toBe(10)
  })
})

describe('dividends', () => {
  it('pay a long, who held at the last close', () => {
    const { equities } = play({
      market: { A: { bars: [100, 100, 99], dividends: { 2: 1 }, signal: [0.5, NaN, NaN] } },
    })
    // 500 cash + 5 × 99 + 5 × 1.
    expect(equities).toEqual([1000, 1000, 1000])
  })

  it('are paid by a short', () => {
    const { kernel } = play({
      market: { A: { bars: [100, 100, 99], dividends: { 2: 1 }, signal: [-0.5, NaN, NaN] } },
    })
    expect(kernel.book(0).cash).toBe(1500 - 5)
  })

  it('do not pay who buys at the open of the ex-date, but who sells there', () => {
    const buyer = play({ market: { A: { bars: [100, 100], dividends: { 1: 1 }, signal: [0.5, NaN] } } })
    expect(buyer.kernel.book(0).cash).toBe(500)
    const seller = play({ market: { A: { bars: [100, 100, 100], dividends: { 2: 1 }, signal: [0.5, 0, NaN] } } })
    expect(seller.kernel.book(0).cash).toBe(1005)
  })

  it('count units after the split of the same bar', () => {
    // 5 → 10 units, 0.5 each.
    const { kernel } = play({
      market: { A: { bars: [100, 100, 50], splits: { 2: 2 }, dividends: { 2: 0.5 }, signal: [0.5, NaN, NaN] } },
    })
    expect(kernel.book(0).cash).toBe(505)
  })

  it('are part of a trade\'s profit', () => {
    // Bought at 100, sold at 99, dividend 2 per unit: 5 × (−1 + 2) = 5 of profit.
    const { kernel } = play({ market: { A: { bars: [100, 100, 99], dividends: { 2: 2 }, signal: [0.5, 0, NaN] } } })
    expect(kernel.performance(0)).toMatchObject({ trades: 1, winningTrades: 1, grossProfit: 5 })
  })

  it('wait for the symbol\'s next bar, split by what comes in between', () => {
    // 1 per unit on 5 units in row 2, 2-for-1 in row 3: 0.5 on 10 units in row 4.
    const { kernel, equities } = play({
      market: {
        A: { bars: [100, 100, null, null, 50], dividends: { 2: 1 }, splits: { 3: 2 }, signal: [0.5, NaN, NaN, NaN, NaN] },
        B: { bars: [1, 1, 1, 1, 1] },
      },
    })
    expect(kernel.book(0).cash).toBe(505)
    expect(equities).toEqual([1000, 1000, 1000, 1000, 1005])
  })
})

describe('delisting', () => {
  it('closes at the stated price without costs and cancels what waits', () => {
    // 5 units bought at 100; the order to sell of row 1 waits; in row 3 the symbol is gone at 40: 500 + 200.
    const { fills, cancellations, equities } = play({
      market: {
        A: { bars: [100, 100, null, null, null], delisting: { 3: 40 }, signal: [0.5, 0, NaN, NaN, NaN] },
        B: { bars: [10, 10, 10, 10, 10] },
      },
      portfolio: { costs: { feeMinimum: 0, exitSlippageBps: 500 } },
    })
    expect(cancellations).toMatchObject([{ t: 3, kind: 'target', quantity: -5, outcome: 'cancelled: delisting' }])
    expect(fills[1]).toMatchObject({ t: 3, kind: 'delisting', quantity: -5, price: 40, fee: 0 })
    expect(equities).toEqual([1000, 1000, 1000, 700, 700])
  })

  it('is not traded in the row of its delisting, even if it has a bar', () => {
    const { orders } = play({ market: { A: { bars: [100, 100, 100], delisting: { 1: 90 }, signal: [NaN, 0.5, NaN] } } })
    expect(orders).toEqual([])
  })
})
