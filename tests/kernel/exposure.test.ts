import { describe, expect, it } from 'vitest'
import { play } from './market-fixture.ts'
import type { ConfigChange, PatternTable, SymbolTable } from './market-fixture.ts'

const f32 = Math.fround

/** Targets of the first row for A, B, C… with one signal value each, or several signals per symbol. */
function targets(
  signals: readonly (number | readonly number[])[],
  of: { portfolio?: ConfigChange; pattern?: PatternTable } = {},
): number[] {
  const market: Record<string, SymbolTable> = {}
  signals.forEach((values, n) => {
    const list = typeof values === 'number' ? [values] : values
    market[String.fromCharCode(65 + n)] = { bars: [100], signals: list.map((value) => [value]) }
  })
  const { kernel } = play({ market, portfolio: of.portfolio, pattern: of.pattern })
  return signals.map((_, n) => kernel.trace(0, n).target)
}

function subscribe(...weights: number[]): ConfigChange['signals'] {
  return weights.map((weight, s) => ({ signal: `s${s}`, weight }))
}

describe('combine', () => {
  it('reads the weights anew for every batch', () => {
    const signals = [{ signal: 's0', weight: 1 }, { signal: 's1', weight: 1 }]
    expect(targets([[0.5, -0.5]], { portfolio: { signals } })).toEqual([0])
    signals[1] = { signal: 's1', weight: 3 }
    expect(targets([[0.5, -0.5]], { portfolio: { signals } })).toEqual([-0.25])
  })

  it('mean: weighted, NaN left out and renormalised, in float32', () => {
    const signals = subscribe(1, 3)
    expect(targets([[0.5, -0.5]], { portfolio: { signals } })).toEqual([-0.25])
    expect(targets([[NaN, -0.5]], { portfolio: { signals } })).toEqual([-0.5])
    expect(targets([[NaN, NaN]], { portfolio: { signals } })).toEqual([NaN])
    const thirds = subscribe(1, 1, 1)
    expect(targets([[0.1, 0.2, 0.4]], { portfolio: { signals: thirds } })).toEqual([f32(f32(f32(f32(0.1) + f32(0.2)) + f32(0.4)) / 3)])
  })

  it('vote: the sign of the weighted votes; a tie is 0', () => {
    const vote = { combine: 'vote' as const }
    expect(targets([[0.1, -1, 0.1]], { portfolio: { ...vote, signals: subscribe(1, 1, 1) } })).toEqual([1])
    expect(targets([[0.1, -1]], { portfolio: { ...vote, signals: subscribe(1, 1) } })).toEqual([0])
    expect(targets([[0.1, -1]], { portfolio: { ...vote, signals: subscribe(1, 2) } })).toEqual([-1])
    expect(targets([[NaN, 0]], { portfolio: { ...vote, signals: subscribe(1, 1) } })).toEqual([0])
  })

  it('strongest: the largest weighted opinion, the first of equals', () => {
    const strongest = { combine: 'strongest' as const }
    expect(targets([[0.5, -0.75]], { portfolio: { ...strongest, signals: subscribe(1, 1) } })).toEqual([-0.75])
    expect(targets([[0.5, -0.75]], { portfolio: { ...strongest, signals: subscribe(2, 1) } })).toEqual([0.5])
    expect(targets([[0.5, -0.5]], { portfolio: { ...strongest, signals: subscribe(1, 1) } })).toEqual([0.5])
  })
})

describe('allocation', () => {
  it('equal: 1/N, whoever has an opinion', () => {
    expect(targets([1, NaN, 0, -1], { portfolio: { allocation: 'equal' } })).toEqual([0.25, NaN, 0, -0.25])
  })

  it('active: 1 / number of targets that are not 0', () => {
    expect(targets([1, NaN, 0, -1], { portfolio: { allocation: 'active' } })).toEqual([0.5, NaN, 0, -0.5])
    expect(targets([0, NaN], { portfolio: { allocation: 'active' } })).toEqual([0, NaN])
  })

  it('active: a long-only portfolio reads a negative target as 0, so does not count it', () => {
    expect(targets([1, NaN, 0.5, -1], { portfolio: { allocation: 'active', longOnly: true } })).toEqual([0.5, NaN, 0.25, 0])
  })

  it('signal: as it is', () => {
    expect(targets([0.75, -0.5], { portfolio: { allocation: 'signal' } })).toEqual([0.75, -0.5])
  })

  it('weights: the pattern\'s; an unknown one keeps the quantity, unless flat is wanted', () => {
    const pattern = { weights: { A: [0.5], B: [NaN], C: [NaN], D: [0.25] } }
    expect(targets([1, 1, 0, -0.5], { portfolio: { allocation: 'weights' }, pattern })).toEqual([0.5, NaN, 0, -0.125])
  })
})

describe('risk', () => {
  it('softens scale by tolerance: 1 − (1 − tolerance)(1 − scale)', () => {
    const pattern = { scale: [0.5] }
    expect(targets([1], { portfolio: { riskTolerance: 0 }, pattern })).toEqual([0.5])
    expect(targets([1], { portfolio: { riskTolerance: 0.5 }, pattern })).toEqual([0.75])
    expect(targets([1], { portfolio: { riskTolerance: 1 }, pattern })).toEqual([1])
    expect(targets([1], { portfolio: { riskPattern: null }, pattern })).toEqual([1])
  })

  it('caps each target, unsoftened, by the smaller of pattern and own limit', () => {
    const pattern = { cap: { A: [0.5], B: [0.125], C: [0] }, scale: [1] }
    const portfolio = { riskTolerance: 1, limits: { cap: 0.25, gross: null } }
    expect(targets([1, -1, 1], { portfolio, pattern })).toEqual([0.25, -0.125, 0])
  })

  it('scales all targets to the smaller gross limit', () => {
    // Σ|e| = 2, own limit 1, pattern 0.5: factor 0.25. NaN counts as nothing.
    const portfolio = { limits: { cap: null, gross: 1 } }
    expect(targets([1, -1, NaN], { portfolio, pattern: { gross: [0.5] } })).toEqual([0.25, -0.25, NaN])
    expect(targets([1, -1], { portfolio })).toEqual([0.5, -0.5])
    expect(targets([0.5, -0.5], { portfolio })).toEqual([0.5, -0.5])
  })

  it('allows gross 1e-6 more, because targets are float32', () => {
    expect(targets([1, 1, 1], { portfolio: { allocation: 'equal', limits: { cap: null, gross: 1 } } })).toEqual([f32(1 / 3), f32(1 / 3), f32(1 / 3)])
  })

  it('adds gross in four interleaved float32 sums', () => {
    const values = [0.13, 0.91, 0.11, 0.89, 0.79, 0.72].map(f32)
    const sums = [f32(values[0] + values[4]), f32(values[1] + values[5]), values[2], values[3]]
    const total = f32(f32(sums[0] + sums[1]) + f32(sums[2] + sums[3]))
    expect(total).not.toBe(values.reduce((sum, value) => f32(sum + value)))
    const factor = f32(1 / total)
    expect(targets(values, { portfolio: { limits: { cap: null, gross: 1 } } })).toEqual(values.map((value) => f32(value * factor)))
  })

  it('reads a negative target as 0 in a long-only portfolio', () => {
    expect(targets([-1, 1, NaN], { portfolio: { longOnly: true } })).toEqual([0, 1, NaN])
  })

  it('never gives −0', () => {
    expect(targets([-0.5], { pattern: { cap: { A: [0] } } }).map((value) => Object.is(value, 0))).toEqual([true])
    expect(targets([0], { portfolio: { allocation: 'weights' }, pattern: { weights: { A: [-0.5] } } }).map((value) => Object.is(value, 0))).toEqual([true])
  })
})
