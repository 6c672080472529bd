import { describe, expect, it } from 'vitest'
import { parseWith } from '../../src/experiment/validation.ts'
import { assembleMemory, memorySettings } from '../../src/market/memory.ts'

const DAY = 86_400_000
const assemble = (bars: object, more: object = {}) => assembleMemory(memorySettings.parse({ source: 'memory', bars, ...more }))

describe('bars in memory', () => {
  it('are one market on the union of their closes, in the order given', () => {
    const market = assemble({
      B: { closeTimes: [DAY, 3 * DAY], open: [10, 12], close: [11, 13], volume: [5, 6] },
      A: { closeTimes: Float64Array.of(2 * DAY, 3 * DAY), open: [1, 2], high: [3, 3], low: [0.5, 1], close: [2, 1], split: [1, 2], dividend: [0, 0.1] },
    }, { instruments: { A: { lot: 0 } } })
    expect(market.instruments.map(({ symbol, lot }) => [symbol, lot])).toEqual([['B', 1], ['A', 0]])
    expect([...market.timeline.closeTimes]).toEqual([DAY, 2 * DAY, 3 * DAY])
    expect([...market.timeline.sessionDates]).toEqual([1, 2, 3])
    expect([...market.open]).toEqual([10, NaN, NaN, 1, 12, 2])
    expect([...market.high]).toEqual([11, NaN, NaN, 3, 13, 3])
    expect([...market.low]).toEqual([10, NaN, NaN, 0.5, 12, 1])
    expect([...market.split]).toEqual([1, 1, 1, 1, 1, 2])
    expect([...market.volume]).toEqual([5, NaN, NaN, 0, 6, 0])
  })

  it('open where the bar before closed unless they say when', () => {
    const columns = { closeTimes: [DAY, 2 * DAY], open: [1, 1], close: [1, 1] }
    expect([...assemble({ A: columns }).timeline.openTimes]).toEqual([0, DAY])
    expect([...assemble({ A: { ...columns, openTimes: [DAY - 5, 2 * DAY - 5] } }).timeline.openTimes]).toEqual([DAY - 5, 2 * DAY - 5])
  })

  it.each([
    ['a price of NaN', { close: [1, NaN] }, 'CSV_BAR_INVALID'],
    ['a high below its close', { high: [1, 0.5] }, 'CSV_BAR_INVALID'],
    ['a time twice', { closeTimes: [DAY, DAY] }, 'CSV_ORDER'],
    ['a time that is none', { closeTimes: [NaN, DAY] }, 'CSV_ORDER'],
    ['a column that is short', { low: [1] }, 'CONFIG_VALUE'],
    ['seconds for milliseconds', { closeTimes: [Date.UTC(2020, 0, 1) / 1000, Date.UTC(2020, 0, 2) / 1000] }, 'TIME_RANGE'],
    ['microseconds for milliseconds', { closeTimes: [Date.UTC(2020, 0, 1) * 1000, Date.UTC(2020, 0, 2) * 1000] }, 'TIME_RANGE'],
  ])('are refused with %s', (_, change, code) => {
    expect(() => assemble({ A: { closeTimes: [DAY, 2 * DAY], open: [1, 1], close: [1, 1], ...change } })).toThrow(expect.objectContaining({ code }))
  })

  it.each(['open', 'high', 'low', 'close', 'volume', 'split', 'dividend'])('are refused with an infinite %s', (name) => {
    const bars = { closeTimes: [DAY, 2 * DAY], open: [1, 1], close: [1, 1], [name]: [1, Infinity] }
    expect(() => assemble({ A: bars })).toThrow(expect.objectContaining({ code: 'CSV_BAR_INVALID', where: `market.bars.A.${name}[1]`, value: Infinity, message: `${name} is Infinity: it must be finite` }))
  })

  it('name the column that was given where another one is worked out of it', () => {
    expect(() => assemble({ A: { closeTimes: [DAY, 2 * DAY], open: [1, 1], close: [1, NaN] } })).toThrow(expect.objectContaining({ where: 'market.bars.A.close[1]' }))
  })

  it.each([
    ['text', ['1', '1'], [0]],
    ['text behind numbers', [1, '1'], [1]],
    ['null', [1, null], [1]],
    ['a gap', [1, undefined], [1]],
    ['whole numbers without end', BigInt64Array.of(1n, 1n), []],
    ['no list', '11', []],
  ])('take columns of numbers only, not %s', (_, open, path) => {
    const parsed = parseWith(memorySettings, { source: 'memory', bars: { A: { closeTimes: [DAY, 2 * DAY], open, close: [1, 1] } } })
    const code = path.length > 0 ? 'CONFIG_TYPE' : 'CONFIG_VALUE'
    expect(parsed).toMatchObject({ problems: [{ code, path: ['bars', 'A', 'open', ...path] }] })
  })
})
