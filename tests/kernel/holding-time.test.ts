import { describe, expect, it } from 'vitest'
import { play } from './market-fixture.ts'
import type { ConfigChange, Played } from './market-fixture.ts'

function trade(signal: readonly number[], portfolio: ConfigChange): Played {
  return play({ market: { A: { bars: signal.map(() => 100), signal } }, portfolio })
}

describe('minHoldBars', () => {
  it('holds an entry for that many closes', () => {
    // Entered at the open of row 1: closes 1, 2, 3 are three; the sale decided at close 3 fills in row 4.
    expect(trade([0.5, 0, 0, 0, 0, NaN], { minHoldBars: 3 }).booked).toEqual(['1 A 5 @ 100', '4 A -5 @ 100'])
  })

  it('does not stop increases, exits or forced orders', () => {
    expect(trade([0.25, 0.5, NaN], { minHoldBars: 9 }).booked).toEqual(['1 A 2.5 @ 100', '2 A 2.5 @ 100'])
    const capped = play({
      market: { A: { bars: [100, 100, 100], signal: [0.5, 0.5, NaN] } },
      pattern: { cap: { A: [1, 0.25, 1] } },
      portfolio: { minHoldBars: 9 },
    })
    expect(capped.booked).toEqual(['1 A 5 @ 100', '2 A -2.5 @ 100'])
  })

  it('counts the closes after an entry at a close', () => {
    // Entered at the close of row 1: that close does not count, 2 and 3 do.
    const { booked } = trade([0.5, 0, 0, 0, 0, NaN], { minHoldBars: 2, execution: { profile: 'next-close' } })
    expect(booked).toEqual(['1 A 5 @ 100', '4 A -5 @ 100'])
  })
})

describe('maxHoldBars', () => {
  it('closes after that many closes, past threshold and schedule', () => {
    const { orders, booked } = trade([1, 1, 1, 1, NaN], { maxHoldBars: 2, threshold: 0.9, schedule: { everyBars: 9 } })
    expect(orders).toMatchObject([{ kind: 'target' }, { decidedAt: 2, kind: 'max-hold', quantity: -10 }])
    expect(booked).toEqual(['1 A 10 @ 100', '3 A -10 @ 100'])
  })

  it('leaves a reversal to the target', () => {
    const { orders } = trade([0.5, NaN, -0.5, NaN], { maxHoldBars: 2 })
    expect(orders).toMatchObject([{ kind: 'target' }, { decidedAt: 2, kind: 'target', quantity: -10 }])
  })
})

describe('cooldownBars', () => {
  it('stays out for that many closes after an exit', () => {
    // Out at the open of row 2: closes 2 and 3 are two; the purchase decided at close 3 fills in row 4.
    expect(trade([0.5, 0, 0.5, 0.5, 0.5, NaN], { cooldownBars: 2 }).booked)
      .toEqual(['1 A 5 @ 100', '2 A -5 @ 100', '4 A 5 @ 100'])
  })

  it('does not delay the first entry, and turns a reversal into an exit', () => {
    expect(trade([0.5, -0.5, -0.5, -0.5, NaN], { cooldownBars: 2 }).booked)
      .toEqual(['1 A 5 @ 100', '2 A -5 @ 100', '4 A -5 @ 100'])
  })

  it('counts closes of the symbol, not rows', () => {
    const { booked } = play({
      market: {
        A: { bars: [100, 100, 100, null, 100, 100], signal: [0.5, 0, 0.5, 0.5, 0.5, NaN] },
        B: { bars: [1, 1, 1, 1, 1, 1] },
      },
      portfolio: { cooldownBars: 2 },
    })
    // Out at the open of row 2; closes 2 and 4 are two.
    expect(booked).toEqual(['1 A 5 @ 100', '2 A -5 @ 100', '5 A 5 @ 100'])
  })
})
