import { createRandom } from '../../src/base/random.ts'
import type { MarketPanels } from '../../src/domain/market-panels.ts'

const DAY_MS = 86_400_000

/** A daily random walk with a common factor; a bar is missing with probability `gaps`. */
export function randomMarket(of: { symbols: number; rows: number; seed: number | string; gaps?: number }): MarketPanels {
  const { symbols, rows, gaps = 0 } = of
  const random = createRandom(of.seed)
  const size = rows * symbols
  const panel = () => new Float64Array(size).fill(NaN)
  const [open, high, low, close, volume] = [panel(), panel(), panel(), panel(), panel()]
  const price = new Float64Array(symbols).fill(100)
  for (let t = 0; t < rows; t++) {
    const common = random.normal() * 0.01
    for (let n = 0; n < symbols; n++) {
      const before = price[n]
      price[n] *= Math.exp(common * (0.5 + n / symbols) + random.normal() * 0.01)
      const isMissing = random.uniform() < gaps
      if (isMissing) continue
      const k = t * symbols + n
      open[k] = before
      close[k] = price[n]
      high[k] = Math.max(before, price[n]) * 1.002
      low[k] = Math.min(before, price[n]) * 0.998
      volume[k] = 1000 + random.integer(1000)
    }
  }
  const times = (offset: number) => Float64Array.from({ length: rows }, (_, t) => (11_000 + t) * DAY_MS + offset)
  return {
    timeline: {
      closeTimes: times(20 * 3_600_000), openTimes: times(14 * 3_600_000),
      sessionDates: Int32Array.from({ length: rows }, (_, t) => 11_000 + t),
    },
    instruments: Array.from({ length: symbols }, (_, n) => ({ symbol: `S${n}`, quoteCurrency: 'USD', lot: 1, multiplier: 1, margin: null })),
    warmupRows: 0, intervalMs: DAY_MS,
    open, high, low, close, volume,
    split: new Float64Array(size).fill(1), dividend: new Float64Array(size),
    adjustment: new Float64Array(size).fill(1), splitProduct: new Float64Array(size).fill(1),
    halfSpread: null, delisting: null,
  }
}
