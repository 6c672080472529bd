import { describe, expect, it } from 'vitest'
import { fillAdjustment, startAdjustment } from '../../src/market/adjustment.ts'

function adjust(of: { close: number[]; split: number[]; dividend: number[] }, symbols = 1, carried = startAdjustment(symbols)) {
  const panels = {
    close: new Float64Array(of.close), split: new Float64Array(of.split), dividend: new Float64Array(of.dividend),
    adjustment: new Float64Array(of.close.length), splitProduct: new Float64Array(of.close.length),
  }
  fillAdjustment(panels, carried)
  return { adjustment: [...panels.adjustment], splitProduct: [...panels.splitProduct] }
}

describe('fillAdjustment', () => {
  it('starts at 1 and multiplies splits and reinvested dividends', () => {
    const { adjustment, splitProduct } = adjust({ close: [100, 50, 49, 5], split: [1, 2, 1, 0.1], dividend: [0, 0, 1, 0] })
    expect(adjustment).toEqual([1, 2, 2 * (1 + 1 / 49), 2 * (1 + 1 / 49) * 0.1])
    expect(splitProduct).toEqual([1, 2, 2, 2 * 0.1])
  })

  it('a dividend reinvested at the close leaves the adjusted return whole', () => {
    const { adjustment } = adjust({ close: [100, 99], split: [1, 1], dividend: [0, 1] })
    expect((99 * adjustment[1]) / 100).toBeCloseTo((99 + 1) / 100, 14)
  })

  it('is carried over rows without a bar, symbol by symbol', () => {
    const { adjustment } = adjust({ close: [10, 20, NaN, 10, 10, NaN], split: [1, 1, 1, 2, 3, 1], dividend: [0, 0, 0, 0, 0, 0] }, 2)
    expect(adjustment).toEqual([1, 1, 1, 2, 3, 2])
  })

  it('goes on over stretches of rows as if they were one', () => {
    const of = { close: [10, 20, NaN, 10, 11, 9, 12, NaN], split: [1, 1, 1, 2, 3, 1, 2, 1], dividend: [0, 0.5, 0, 0, 0.25, 0, 0, 0] }
    const whole = adjust(of, 2)
    const carried = startAdjustment(2)
    const parts = [[0, 2], [2, 6], [6, 6], [6, 8]].map(([from, to]) => adjust({ close: of.close.slice(from, to), split: of.split.slice(from, to), dividend: of.dividend.slice(from, to) }, 2, carried))
    expect(parts.flatMap(({ adjustment }) => adjustment)).toEqual(whole.adjustment)
    expect(parts.flatMap(({ splitProduct }) => splitProduct)).toEqual(whole.splitProduct)
  })

  it('is causal: later rows change no earlier one', () => {
    const full = adjust({ close: [1, 2, 3, 4], split: [1, 2, 1, 5], dividend: [0, 0, 0.5, 0.25] })
    const cut = adjust({ close: [1, 2, 3], split: [1, 2, 1], dividend: [0, 0, 0.5] })
    expect(full.adjustment.slice(0, 3)).toEqual(cut.adjustment)
  })
})
