import { describe, expect, it } from 'vitest'
import { play } from './market-fixture.ts'

const BUY_AND_SELL = { A: { bars: [100, 100, 100, 100], signal: [0.5, 0, NaN, NaN] } }

describe('costs', () => {
  it('charges basis points of the notional on both sides', () => {
    // Buy 5 at 100: 10 bps of 500 = 0.5. Sell 5 at 100: 0.5. Equity 1,000 → 999.5 → 999.
    const { fills, equities } = play({ market: BUY_AND_SELL, portfolio: { costs: { feeBps: 10 } } })
    expect(fills.map(({ fee }) => fee)).toEqual([0.5, 0.5])
    expect(equities).toEqual([1000, 999.5, 999, 999])
  })

  it('charges per unit and no less than the minimum', () => {
    // 0.1 × 5 = 0.5 is below the minimum of 2; 1 × 5 is above it.
    const low = play({ market: BUY_AND_SELL, portfolio: { costs: { feePerUnit: 0.1, feeMinimum: 2 } } })
    expect(low.fills.map(({ fee }) => fee)).toEqual([2, 2])
    const high = play({ market: BUY_AND_SELL, portfolio: { costs: { feePerUnit: 1, feeMinimum: 2 } } })
    expect(high.fills.map(({ fee }) => fee)).toEqual([5, 5])
  })

  it('charges only what opens or increases with feeOn entry', () => {
    const { fills } = play({ market: BUY_AND_SELL, portfolio: { costs: { feeBps: 10, feeMinimum: 3, feeOn: 'entry' } } })
    expect(fills.map(({ fee }) => fee)).toEqual([3, 0])
  })

  it('charges a reversal once, on its last leg, for both legs', () => {
    // +4 at 100 (fee 0.4); then −4 and −3: 10 bps of 400 + 300 = 0.7, on the second leg.
    const { fills, kernel } = play({
      market: { A: { bars: [100, 100, 100], signal: [0.4, -0.4, NaN], instrument: { lot: 1 } } },
      portfolio: { costs: { feeBps: 10 } },
    })
    // Equity 999.6 × 0.4 ÷ 100 = 3.9984 → 3 lots short.
    expect(fills.map(({ quantity, fee }) => [quantity, Number(fee.toFixed(10))])).toEqual([[4, 0.4], [-4, 0], [-3, 0.7]])
    expect(kernel.performance(0).fees).toBeCloseTo(1.1, 12)
  })

  it('puts the fee on the closing leg when the opening leg is refused', () => {
    // All cash is in A; a short of 2 × equity needs more than leverage 1 gives, so the second leg is refused whole.
    const { fills, cancellations } = play({
      market: { A: { bars: [100, 100, 100], signal: [0.5, -1, NaN] } },
      portfolio: {
        sizing: { kind: 'exposure', size: 2 }, costs: { feeMinimum: 1 }, execution: { buyingPower: 'reject' },
      },
    })
    // Row 1: 10 units × 100 + fee 1 > 1,000 × (1 + 1e-6): refused. Halve it.
    expect(fills).toEqual([])
    expect(cancellations[0].outcome).toBe('refused: buying power')
    const second = play({
      market: { A: { bars: [100, 100, 100], signal: [0.25, -1, NaN] } },
      portfolio: {
        sizing: { kind: 'exposure', size: 2 }, costs: { feeMinimum: 1 }, execution: { buyingPower: 'reject' },
      },
    })
    expect(second.fills.map(({ leg, quantity, fee }) => [leg, quantity, fee])).toEqual([['increase', 5, 1], ['reduce', -5, 1]])
    expect(second.cancellations).toMatchObject([{ t: 2, outcome: 'refused: buying power' }])
  })

  it('moves the price against the order by slippage and half the spread', () => {
    // Buy: 100 × 1.001 + 0.05 = 100.15. Sell: 100 × 0.998 − 0.05 = 99.75.
    const { fills } = play({
      market: { A: { ...BUY_AND_SELL.A, halfSpread: 0.05 } },
      portfolio: { costs: { entrySlippageBps: 10, exitSlippageBps: 20, paySpread: true } },
    })
    expect(fills.map(({ price }) => price)).toEqual([100 * 1.001 + 0.05, 100 * 0.998 - 0.05])
    const unpaid = play({ market: { A: { ...BUY_AND_SELL.A, halfSpread: 0.05 } } })
    expect(unpaid.fills.map(({ price }) => price)).toEqual([100, 100])
  })
})
