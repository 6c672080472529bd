import { describe, expect, it } from 'vitest'
import { play } from './market-fixture.ts'
import type { Bar, ConfigChange, PatternTable, Played } from './market-fixture.ts'

const HOLD: ConfigChange = { trading: 'hold' }

function events(signal: readonly number[], of: { portfolio?: ConfigChange; bars?: readonly Bar[]; pattern?: PatternTable } = {}): Played {
  return play({
    market: { A: { bars: of.bars ?? signal.map(() => 100), signal } },
    portfolio: { ...HOLD, ...of.portfolio },
    pattern: of.pattern,
  })
}

describe('hold: targets are events', () => {
  it('enters sized by |target|, then keeps the quantity whatever the price and the target do', () => {
    const { booked } = events([0.5, 0.25, 1, NaN, 0.5], { bars: [100, 100, 200, 50, 100] })
    expect(booked).toEqual(['1 A 5 @ 100'])
  })

  it('closes at 0 and keeps at NaN', () => {
    expect(events([0.5, NaN, 0, NaN]).booked).toEqual(['1 A 5 @ 100', '3 A -5 @ 100'])
  })

  it('reverses at an opposite event', () => {
    expect(events([0.5, -0.25, NaN]).booked).toEqual(['1 A 5 @ 100', '2 A -5 @ 100', '2 A -2.5 @ 100'])
  })

  it('only closes at an opposite event if told so; the next one enters', () => {
    expect(events([0.5, -0.25, -0.25, NaN], { portfolio: { opposite: 'close' } }).booked)
      .toEqual(['1 A 5 @ 100', '2 A -5 @ 100', '3 A -2.5 @ 100'])
  })

  it('ignores an opposite event if told so, but not a 0', () => {
    expect(events([0.5, -0.25, 0, NaN], { portfolio: { opposite: 'ignore' } }).booked).toEqual(['1 A 5 @ 100', '3 A -5 @ 100'])
  })

  it('tries a refused entry again at the next event', () => {
    // 5 units decided at 100 cost 1,250 at the open of 250: refused. At the close of 250: 2 units, filled at 250.
    const { booked, cancellations } = events([0.5, 0.5, NaN], {
      bars: [100, 250, 250], portfolio: { execution: { buyingPower: 'reject' } },
    })
    expect(cancellations).toMatchObject([{ t: 1, outcome: 'refused: buying power' }])
    expect(booked).toEqual(['2 A 2 @ 250'])
  })

  it('tries a vetoed entry again at the next event', () => {
    const { booked } = events([0.5, 0.5, NaN], { pattern: { veto: { A: [1, 0, 0] } } })
    expect(booked).toEqual(['2 A 5 @ 100'])
  })

  it('stays stopped out until the event changes, and then enters again', () => {
    const { booked } = events([0.5, NaN, NaN, 0.5, -0.5, NaN], {
      bars: [100, 100, [95, 96, 85, 95], 95, 95, 95], portfolio: { exits: { stopLoss: 0.1 } },
    })
    // Equity after the stop: 1,000 − 5 × 10 = 950. At row 4: −0.5 × 950 ÷ 95 = −5.
    expect(booked).toEqual(['1 A 5 @ 100', '2 A -5 @ 90', '5 A -5 @ 95'])
  })

  it('is bound by cap and gross on what it holds', () => {
    // 5 units double: 1,000 of 1,500 is more than 0.5: cut to 750 ÷ 200 = 3.75.
    const { orders } = events([0.5, NaN, NaN, NaN], { bars: [100, 100, 200, 200], portfolio: { limits: { cap: 0.5, gross: null } } })
    expect(orders.slice(1)).toMatchObject([{ decidedAt: 2, kind: 'cap', quantity: -1.25 }])
  })

  it('acts on every bar, whatever the schedule', () => {
    expect(events([NaN, 0.5, NaN], { portfolio: { schedule: { everyBars: 2 } } }).booked).toEqual(['2 A 5 @ 100'])
  })
})
