import { describe, expect, it } from 'vitest'
import { play } from './market-fixture.ts'

describe('NaN', () => {
  it('keeps the quantity, 0 closes it', () => {
    const { booked } = play({ market: { A: { bars: [100, 100, 200, 200], signal: [0.5, NaN, 0, NaN] } } })
    expect(booked).toEqual(['1 A 5 @ 100', '3 A -5 @ 200'])
  })
})

describe('veto', () => {
  const veto = { A: [0, 1, 1, 1] }

  it('allows no increase, but a reduction', () => {
    const { booked, kernel } = play({
      market: { A: { bars: [100, 100, 100, 100], signal: [0.5, 0.75, 0.25, NaN] } }, pattern: { veto },
    })
    expect(booked).toEqual(['1 A 5 @ 100', '3 A -2.5 @ 100'])
    expect(kernel.performance(0).vetoedCount).toBe(1)
  })

  it('allows no entry', () => {
    const { orders } = play({ market: { A: { bars: [100, 100], signal: [0.5, 0.5] } }, pattern: { veto: { A: [1, 1] } } })
    expect(orders).toEqual([])
  })

  it('lets a flip go to zero only', () => {
    const { booked } = play({
      market: { A: { bars: [100, 100, 100, 100], signal: [0.5, -0.5, -0.5, NaN] } }, pattern: { veto },
    })
    expect(booked).toEqual(['1 A 5 @ 100', '2 A -5 @ 100'])
  })
})

describe('cap on what is held', () => {
  it('trims a position that has outgrown it, past threshold and NaN', () => {
    // 5 × 150 = 750 of 1,250 = 60 %: trimmed to 50 %, 625 ÷ 150 = 4.1666… units.
    const { orders, kernel } = play({
      market: { A: { bars: [100, 100, 150], signal: [0.5, NaN, NaN] } },
      portfolio: { limits: { cap: 0.5, gross: null }, threshold: 0.2 },
    })
    expect(orders[1]).toMatchObject({ decidedAt: 2, kind: 'cap' })
    expect(orders[1].quantity).toBeCloseTo(625 / 150 - 5, 12)
    expect(kernel.trace(0, 0).rules).toContain('held-cap')
  })

  it('leaves alone what is within 1e-6 of it', () => {
    const { orders } = play({
      market: { A: { bars: [100, 100.00005, 100.00005], signal: [0.5, NaN, NaN] } }, portfolio: { limits: { cap: 0.5, gross: null } },
    })
    expect(orders).toHaveLength(1)
  })

  it('of 0 closes the position', () => {
    const { orders } = play({
      market: { A: { bars: [100, 100], signal: [NaN, NaN] } }, portfolio: { positions: { A: 3 } }, pattern: { cap: { A: [1, 0] } },
    })
    expect(orders).toMatchObject([{ decidedAt: 1, kind: 'cap', quantity: -3 }])
  })

  it('is not the reason of an order the target asked for anyway', () => {
    const { orders } = play({
      market: { A: { bars: [100, 100, 150], signal: [0.5, NaN, 0.25] } }, portfolio: { limits: { cap: 0.5, gross: null } },
    })
    expect(orders[1]).toMatchObject({ kind: 'target' })
  })

  it('holds down an increase without forcing it', () => {
    // fixedQuantity does not know equity: 8 units of 100 would be 80 %; the cap of 50 % leaves 5.
    const { orders } = play({
      market: { A: { bars: [100, 100], signal: [1, NaN] } },
      portfolio: { sizing: { kind: 'fixedQuantity', quantity: 8 }, limits: { cap: 0.5, gross: null } },
    })
    // Phase 1 caps the target at 0.5 → 4 units, within the cap.
    expect(orders).toMatchObject([{ kind: 'target', quantity: 4 }])
    const larger = play({
      market: { A: { bars: [100, 100], signal: [1, NaN] } },
      portfolio: { sizing: { kind: 'fixedQuantity', quantity: 20 }, limits: { cap: 0.5, gross: null } },
    })
    expect(larger.orders).toMatchObject([{ kind: 'target', quantity: 5 }])
  })
})

describe('gross on what is held', () => {
  it('scales what can be moved, around what cannot', () => {
    // A and B 4 units each at 100 of 1,000; both go to 200: 1,600 of 1,800 is 88.9 %, allowed 80 % = 1,440.
    // B halts in row 2: it is marked at 100: 400 + A's 800 = 1,200 of 1,400: allowed 1,120, A may be 720: 3.6 units.
    const { orders } = play({
      market: {
        A: { bars: [100, 100, 200], signal: [0.4, NaN, NaN] },
        B: { bars: [100, 100, null], signal: [0.4, NaN, NaN] },
      },
      portfolio: { limits: { cap: null, gross: 0.8 } },
    })
    expect(orders.slice(2)).toMatchObject([{ symbol: 0, kind: 'gross' }])
    expect(orders[2].quantity).toBeCloseTo(-0.4, 6)
  })

  it('takes everything movable when the rest alone is too much', () => {
    const { orders } = play({
      market: { A: { bars: [100, 100] }, B: { bars: [100, null] } },
      portfolio: { positions: { A: 1, B: 9 }, cash: 0 },
      pattern: { gross: [1, 0.5] },
    })
    expect(orders).toMatchObject([{ decidedAt: 1, symbol: 0, kind: 'gross', quantity: -1 }])
  })
})
