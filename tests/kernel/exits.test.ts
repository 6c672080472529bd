import { describe, expect, it } from 'vitest'
import { play } from './market-fixture.ts'
import type { Bar, ConfigChange, Played } from './market-fixture.ts'
import { playInTurns } from './playing.ts'

/** Long or short 5 units from the open of row 1 at 100 (unless a bar says otherwise), no further opinion. */
function hold(bars: readonly Bar[], of: { exits: ConfigChange['exits']; side?: 1 | -1; rest?: ConfigChange }): Played {
  const signal = bars.map((_, t) => (t === 0 ? 0.5 * (of.side ?? 1) : NaN))
  return play({ market: { A: { bars, signal } }, portfolio: { exits: of.exits, ...of.rest } })
}

describe('stop-loss', () => {
  it('fills a long at its level when the low crosses it', () => {
    const { fills } = hold([100, 100, [98, 99, 89, 95]], { exits: { stopLoss: 0.1 } })
    expect(fills[1]).toMatchObject({ t: 2, decidedAt: 2, kind: 'stop-loss', leg: 'reduce', quantity: -5, price: 90 })
  })

  it('fills a short at its level when the high crosses it', () => {
    const { booked } = hold([100, 100, [102, 111, 101, 105]], { exits: { stopLoss: 0.1 }, side: -1 })
    expect(booked[1]).toBe('2 A 5 @ 110')
  })

  it('fills at the open when that is already beyond, or at the level if told so', () => {
    const bars: readonly Bar[] = [100, 100, [80, 85, 78, 82]]
    expect(hold(bars, { exits: { stopLoss: 0.1 } }).booked[1]).toBe('2 A -5 @ 80')
    expect(hold(bars, { exits: { stopLoss: 0.1, gapFill: 'level' } }).booked[1]).toBe('2 A -5 @ 90')
  })

  it('slips and pays the half spread', () => {
    // 90 × (1 − 0.01) − 0.5 = 88.6.
    const { fills } = play({
      market: { A: { bars: [100, 100, [98, 99, 89, 95]], signal: [0.5, NaN, NaN], halfSpread: 0.5 } },
      portfolio: { exits: { stopLoss: 0.1 }, costs: { exitSlippageBps: 100 } },
    })
    expect(fills[1].price).toBeCloseTo(89.1, 12)
    const paid = play({
      market: { A: { bars: [99.5, 99.5, [98, 99, 89, 95]], signal: [0.5, NaN, NaN], halfSpread: 0.5 } },
      portfolio: { exits: { stopLoss: 0.1 }, costs: { exitSlippageBps: 100, paySpread: true } },
    })
    // Entry 99.5 + 0.5 = 100.
    expect(paid.fills[1].price).toBeCloseTo(88.6, 12)
  })

  it('pays a fee like any order', () => {
    const { fills } = hold([100, 100, [98, 99, 89, 95]], { exits: { stopLoss: 0.1 }, rest: { costs: { feeBps: 10 } } })
    // 10 bps of 5 × 90.
    expect(fills[1].fee).toBeCloseTo(0.45, 12)
  })

  it('is watched from the entry bar, or from the next', () => {
    const bars: readonly Bar[] = [100, [100, 101, 85, 95], [95, 96, 94, 95], [95, 96, 89, 95]]
    expect(hold(bars, { exits: { stopLoss: 0.1 } }).booked[1]).toBe('1 A -5 @ 90')
    expect(hold(bars, { exits: { stopLoss: 0.1, exitsFrom: 'next-bar' } }).booked[1]).toBe('3 A -5 @ 90')
  })

  it('measures from the average entry price, as it was before the bar', () => {
    // 5 at 100; row 2 adds 5 at 80 → average 90. The stop is 70 % of 100 all through row 2, 70 % of 90 from row 3.
    const signal = [0.5, 1, NaN, NaN]
    const early = play({
      market: { A: { bars: [100, 100, [80, 80, 69, 75], 75], signal } },
      portfolio: { exits: { stopLoss: 0.3 }, sizing: { kind: 'fixedQuantity', quantity: 10 } },
    })
    expect(early.booked).toEqual(['1 A 5 @ 100', '2 A 5 @ 80', '2 A -10 @ 70'])
    const late = play({
      market: { A: { bars: [100, 100, [80, 80, 71, 75], [75, 75, 62, 70]], signal } },
      portfolio: { exits: { stopLoss: 0.3 }, sizing: { kind: 'fixedQuantity', quantity: 10 } },
    })
    expect(late.booked).toEqual(['1 A 5 @ 100', '2 A 5 @ 80', '3 A -10 @ 63'])
  })

  it('does not act on what the open has already closed', () => {
    const { booked } = play({
      market: { A: { bars: [100, 100, [100, 100, 80, 85]], signal: [0.5, 0, NaN] } }, portfolio: { exits: { stopLoss: 0.1 } },
    })
    expect(booked).toEqual(['1 A 5 @ 100', '2 A -5 @ 100'])
  })
})

describe('take-profit', () => {
  it('fills at its level without slippage', () => {
    const { booked } = hold([100, 100, [105, 125, 104, 110]], { exits: { takeProfit: 0.2 }, rest: { costs: { exitSlippageBps: 100 } } })
    expect(booked[1]).toBe('2 A -5 @ 120')
  })

  it('fills at a better open, or at the level if told so', () => {
    const bars: readonly Bar[] = [100, 100, [130, 131, 128, 129]]
    expect(hold(bars, { exits: { takeProfit: 0.2 } }).booked[1]).toBe('2 A -5 @ 130')
    expect(hold(bars, { exits: { takeProfit: 0.2, gapFill: 'level' } }).booked[1]).toBe('2 A -5 @ 120')
  })

  it('works for a short below the entry', () => {
    expect(hold([100, 100, [90, 91, 79, 85]], { exits: { takeProfit: 0.2 }, side: -1 }).booked[1]).toBe('2 A 5 @ 80')
  })

  it('comes after the stop in one bar, unless the open is already beyond it', () => {
    const exits = { stopLoss: 0.1, takeProfit: 0.1 }
    expect(hold([100, 100, [100, 115, 85, 100]], { exits }).booked[1]).toBe('2 A -5 @ 90')
    expect(hold([100, 100, [112, 115, 85, 100]], { exits }).booked[1]).toBe('2 A -5 @ 112')
  })

  it('comes first where the open lies beyond it and below a trailing stop as well', () => {
    // Best close 150 → trailing stop 135, entry 100 → target 110, not watched before: the open of 120 is beyond both.
    const bars: readonly Bar[] = [100, 100, 150, [120, 125, 119, 121]]
    const first = { A: { bars, signal: [0.5, NaN, NaN, NaN] } }
    const filled = (gapFill: 'open' | 'level'): string[] => playInTurns(first, [
      { from: 0, to: 3, portfolio: { exits: { trailingStop: 0.1, gapFill } } },
      { from: 3, to: 4, portfolio: { exits: { trailingStop: 0.1, takeProfit: 0.1, gapFill } } },
    ]).map(({ kind, price }) => `${kind} @ ${price}`)
    expect(filled('open')).toEqual(['target @ 100', 'take-profit @ 120'])
    expect(filled('level')).toEqual(['target @ 100', 'take-profit @ 110.00000000000001'])
  })
})

describe('trailing stop', () => {
  it('follows the best close', () => {
    // Best close 120 after row 2 → level 108. Row 3's low of 107 crosses it.
    const { fills } = hold([100, 100, [100, 130, 100, 120], [118, 119, 107, 110]], { exits: { trailingStop: 0.1 } })
    expect(fills[1]).toMatchObject({ t: 3, kind: 'trailing-stop', price: 108 })
  })

  it('follows the best high if told so, raised at the close', () => {
    // The high of 130 raises the level to 117 at the close of row 2: in row 2 itself it is still 90.
    const { fills } = hold([100, 100, [100, 130, 100, 120], [118, 119, 107, 110]], { exits: { trailingStop: 0.1, trailFrom: 'high' } })
    expect(fills[1]).toMatchObject({ t: 3, price: 117 })
  })

  it('never goes down again', () => {
    const { fills } = hold([100, 100, 120, [112, 113, 111, 112], [112, 113, 107, 110]], { exits: { trailingStop: 0.1 } })
    expect(fills[1]).toMatchObject({ t: 4, price: 108 })
  })

  it('follows the lowest close of a short', () => {
    // Best 80 → level 88.
    const { fills } = hold([100, 100, 80, [82, 89, 81, 85]], { exits: { trailingStop: 0.1 }, side: -1 })
    expect(fills[1]).toMatchObject({ t: 3, quantity: 5, price: 88 })
  })

  it('gives way to a fixed stop that is higher', () => {
    const { fills } = hold([100, 100, [98, 99, 85, 95]], { exits: { trailingStop: 0.1, stopLoss: 0.05 } })
    expect(fills[1]).toMatchObject({ kind: 'stop-loss', price: 95 })
  })

  it('ignores the high of a bar it was entered in at the close', () => {
    // Entered at the close of 100 in row 1 (high 150): best is 100, level 90, not 135.
    const { fills } = hold([100, [100, 150, 100, 100], [100, 101, 95, 96], [96, 97, 89, 90]], {
      exits: { trailingStop: 0.1, trailFrom: 'high' }, rest: { execution: { profile: 'next-close' } },
    })
    // Row 2's high of 101 lifts the level to 90.9.
    expect(fills[1].t).toBe(3)
    expect(fills[1].price).toBeCloseTo(90.9, 12)
  })
})

describe('an exit', () => {
  it('cancels whatever else was open in the symbol', () => {
    // next-close: the order to sell waits for the close of row 3, but the stop comes first inside the bar.
    const { cancellations, booked } = play({
      market: { A: { bars: [100, 100, 100, [95, 96, 85, 88]], signal: [0.5, NaN, 0.25, NaN] } },
      portfolio: { execution: { profile: 'next-close' }, exits: { stopLoss: 0.1 } },
    })
    expect(booked).toEqual(['1 A 5 @ 100', '3 A -5 @ 90'])
    expect(cancellations).toMatchObject([{ t: 3, kind: 'target', quantity: -2.5, outcome: 'cancelled: exit' }])
  })
})

describe('re-entry', () => {
  const bars: readonly Bar[] = [100, 100, [95, 96, 85, 95], 95, 95, 95, 95]
  const exits = { stopLoss: 0.1 }
  const entries = (signal: readonly number[], reentry: 'change' | 'any', rest: ConfigChange = {}): number[] =>
    play({ market: { A: { bars, signal } }, portfolio: { exits: { ...exits, reentry }, threshold: 0.1, ...rest } })
      .fills.filter(({ leg }) => leg === 'increase').map(({ t }) => t)

  it('waits until the sign of the combined target has differed at a close', () => {
    // Stopped in row 2. Still long at 2 and 3: no. Flat at 4: released. Long again at 5: in at 6.
    expect(entries([0.5, 0.5, 0.5, 0.5, 0, 0.5, NaN], 'change')).toEqual([1, 6])
  })

  it('is not released by having no opinion', () => {
    expect(entries([0.5, 0.5, 0.5, NaN, NaN, 0.5, NaN], 'change')).toEqual([1])
  })

  it('lets the other side in at once', () => {
    expect(entries([0.5, 0.5, -0.5, NaN, NaN, NaN, NaN], 'change')).toEqual([1, 3])
  })

  it('counts a combined target that long-only portfolios read as 0', () => {
    expect(entries([0.5, 0.5, -0.5, 0.5, NaN, NaN, NaN], 'change', { longOnly: true })).toEqual([1, 4])
  })

  it('is free with any', () => {
    expect(entries([0.5, 0.5, 0.5, NaN, NaN, NaN, NaN], 'any')).toEqual([1, 3])
  })

  it('is the same whatever exits and times the rules at hand have: a lock outlives those that made it', () => {
    const stop: ConfigChange = { exits: { ...exits, reentry: 'change' } }
    for (const after of [{}, { minHoldBars: 1 }, { exits: { takeProfit: 3 } }] satisfies ConfigChange[]) {
      const stays = playInTurns({ A: { bars, signal: [0.5, 0.5, 0.5, 0.5, 0, 0.5, NaN] } }, [{ from: 0, to: 3, portfolio: stop }, { from: 3, to: 7, portfolio: after }])
      expect(stays.filter(({ leg }) => leg === 'increase').map(({ t }) => t), JSON.stringify(after)).toEqual([1, 6])
      const released = playInTurns({ A: { bars, signal: [0.5, 0.5, 0.5, 0, 0.5, NaN, NaN] } }, [
        { from: 0, to: 3, portfolio: stop }, { from: 3, to: 4, portfolio: after }, { from: 4, to: 7, portfolio: stop },
      ])
      expect(released.filter(({ leg }) => leg === 'increase').map(({ t }) => t), JSON.stringify(after)).toEqual([1, 5])
    }
  })

  it('binds nobody whose rules let any target in', () => {
    const any: ConfigChange = { exits: { ...exits, reentry: 'any' } }
    const fills = playInTurns({ A: { bars, signal: [0.5, 0.5, 0.5, 0.5, NaN, NaN, NaN] } }, [
      { from: 0, to: 3, portfolio: { exits: { ...exits, reentry: 'change' } } }, { from: 3, to: 7, portfolio: any },
    ])
    expect(fills.filter(({ leg }) => leg === 'increase').map(({ t }) => t)).toEqual([1, 4])
  })
})
