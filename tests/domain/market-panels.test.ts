import { expect, it } from 'vitest'
import { MARKET_INPUTS, pairCount, pairIndex, readMarketInput } from '../../src/domain/market-panels.ts'
import type { MarketPanels } from '../../src/domain/market-panels.ts'

/** Two rows of two symbols; the second symbol splits 2:1 in row 1 and has no bar in row 0. */
function market(): MarketPanels {
  const instrument = { quoteCurrency: 'USD', lot: 1, multiplier: 1, margin: null }
  return {
    timeline: { closeTimes: Float64Array.of(1, 2), openTimes: Float64Array.of(0, 1), sessionDates: Int32Array.of(0, 1) },
    instruments: [{ symbol: 'A', ...instrument }, { symbol: 'B', ...instrument }],
    warmupRows: 0, intervalMs: 86_400_000,
    open: Float64Array.of(10, NaN, 12, 50), high: Float64Array.of(11, NaN, 13, 51), low: Float64Array.of(9, NaN, 11, 49),
    close: Float64Array.of(10.5, NaN, 12.5, 50.5), volume: Float64Array.of(100, NaN, 200, 300),
    split: Float64Array.of(1, 1, 1, 2), dividend: new Float64Array(4),
    adjustment: Float64Array.of(1, 1, 1.1, 2), splitProduct: Float64Array.of(1, 1, 1, 2),
    halfSpread: null, delisting: null,
  }
}

it('hands out adjusted prices and volumes, and raw ones by name', () => {
  const out = new Float64Array(2)
  const read = (input: (typeof MARKET_INPUTS)[number], t: number) => {
    readMarketInput(market(), input, t, out)
    return [...out]
  }
  expect(read('close', 1)).toEqual([12.5 * 1.1, 101])
  expect(read('raw.close', 1)).toEqual([12.5, 50.5])
  expect(read('volume', 1)).toEqual([200, 150])
  expect(read('raw.volume', 1)).toEqual([200, 300])
  expect(read('high', 0)).toEqual([11, NaN])
  for (const input of MARKET_INPUTS) expect(read(input, 1).every(Number.isFinite), input).toBe(true)
})

it('numbers the pairs of a universe without a gap', () => {
  for (const symbols of [2, 3, 7, 43]) {
    let expected = 0
    for (let i = 0; i < symbols; i++) for (let j = i + 1; j < symbols; j++) expect(pairIndex(i, j, symbols)).toBe(expected++)
    expect(pairCount(symbols)).toBe(expected)
  }
})
