import { describe, expect, it } from 'vitest'
import { play } from './market-fixture.ts'

describe('trace', () => {
  it('shows every number a target came from', () => {
    // mean 0.75 × 1/2 = 0.375; scale 0.5 softened to 0.75: 0.28125; cap 0.25; gross 0.25 of Σ 0.5: factor 0.5 → 0.125.
    const { kernel } = play({
      market: { A: { bars: [100], signal: [0.75] }, B: { bars: [100], signal: [0.75] } },
      pattern: { scale: [0.5], cap: { A: [0.25], B: [0.25] }, gross: [0.25] },
      portfolio: { allocation: 'equal', riskTolerance: 0.5 },
    })
    expect(kernel.trace(0, 1)).toEqual({
      combined: 0.75, allocated: 0.375, scale: 0.5, softenedScale: 0.75, scaled: 0.28125, cap: 0.25, capped: 0.25,
      gross: 0.25, grossFactor: 0.5, target: 0.125, veto: false, desiredQuantity: 1.25, heldQuantity: 0,
      rules: ['cap', 'gross'],
    })
  })

  it('names the rules that stopped an order', () => {
    const rules = (scene: Parameters<typeof play>[0]): readonly string[] => play(scene).kernel.trace(0, 0).rules
    const flat = { bars: [100, 100] }
    expect(rules({ market: { A: { ...flat, signal: [0.5, 0.5625] } }, portfolio: { threshold: 0.0625 } })).toEqual(['threshold'])
    expect(rules({ market: { A: { ...flat, signal: [0.5, 0] } }, portfolio: { minHoldBars: 5 } })).toEqual(['min-hold'])
    expect(rules({ market: { A: { ...flat, signal: [0.5, 0.25] } }, portfolio: { schedule: { everyBars: 3 } } })).toEqual(['schedule'])
    expect(rules({ market: { A: { ...flat, signal: [0.5, 0.25] } }, portfolio: { trading: 'hold' } })).toEqual(['hold'])
    expect(rules({ market: { A: { ...flat, signal: [NaN, 0.5] } }, pattern: { veto: { A: [0, 1] } } })).toEqual(['veto'])
    expect(rules({ market: { A: { ...flat, signal: [-0.5, -0.5] } }, portfolio: { longOnly: true } })).toEqual(['long-only'])
    expect(rules({ market: { A: { ...flat, signal: [NaN, 0.125], instrument: { lot: 1 } } } })).toEqual(['lot'])
    expect(rules({ market: { A: { ...flat, signal: [0.5, 0.5] } }, portfolio: { maxHoldBars: 1 } })).toEqual(['max-hold'])
    expect(rules({ market: { A: { ...flat, signal: [0.5, 0.5] } }, portfolio: { end: 'last-close' } })).toEqual(['end-of-run'])
  })

  it('names cooldown, re-entry, drawdown stop and end', () => {
    const rules = (scene: Parameters<typeof play>[0]): readonly string[] => play(scene).kernel.trace(0, 0).rules
    expect(rules({ market: { A: { bars: [100, 100, 100], signal: [0.5, 0, 0.5] } }, portfolio: { cooldownBars: 2 } })).toEqual(['cooldown'])
    const stopped = { market: { A: { bars: [100, [100, 100, 80, 100] as const], signal: [0.5, 0.5] } } }
    expect(rules({ ...stopped, portfolio: { exits: { stopLoss: 0.1 } } })).toEqual(['reentry'])
    expect(rules({ market: { A: { bars: [100, 100, 50], signal: [1, 1, 1] } }, portfolio: { drawdownStop: { limit: 0.2, resumeAfterBars: null } } }))
      .toEqual(['drawdown-stop'])
    expect(rules({ market: { A: { bars: [100, 100, 250], signal: [-1, -1, -1] } } })).toEqual(['ended'])
  })
})
