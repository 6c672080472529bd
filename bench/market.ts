import { createRandom } from '../src/base/random.ts'
import type { MarketPanels } from '../src/domain/market-panels.ts'

const MS_PER_DAY = 86_400_000

/** A daily market of random walks with a bar in every row and no corporate action: the plain case. */
export function randomMarket(of: { rows: number; symbols: number; seed: string }): MarketPanels {
  const { rows, symbols } = of
  const random = createRandom(of.seed)
  const panel = () => new Float64Array(rows * symbols)
  const [open, high, low, close, volume] = [panel(), panel(), panel(), panel(), panel()]
  const last = Float64Array.from({ length: symbols }, () => 20 + 180 * random.uniform())
  for (let i = 0; i < rows * symbols; i++) {
    const n = i % symbols
    open[i] = last[n] * (1 + 0.004 * random.normal())
    close[i] = open[i] * (1 + 0.015 * random.normal())
    high[i] = Math.max(open[i], close[i]) * (1 + 0.003 * random.uniform())
    low[i] = Math.min(open[i], close[i]) * (1 - 0.003 * random.uniform())
    volume[i] = 1_000_000 + random.integer(1_000_000)
    last[n] = close[i]
  }
  return plainMarket({ open, high, low, close, volume }, symbols)
}

/** Daily bars as panels `[t][n]`, without corporate actions, of symbols whose lot is `lot`. */
export function plainMarket(bars: Pick<MarketPanels, 'open' | 'high' | 'low' | 'close' | 'volume'>, symbols: number, lot = 1): MarketPanels {
  const rows = bars.close.length / symbols
  const panel = () => new Float64Array(rows * symbols)
  const closeTimes = Float64Array.from({ length: rows }, (_, t) => (t + 1) * MS_PER_DAY)
  return {
    timeline: { closeTimes, openTimes: closeTimes.map((time) => time - MS_PER_DAY), sessionDates: Int32Array.from({ length: rows }, (_, t) => t) },
    instruments: Array.from({ length: symbols }, (_, n) => ({ symbol: `S${n}`, quoteCurrency: 'USD', lot, multiplier: 1, margin: null })),
    warmupRows: 0, intervalMs: MS_PER_DAY, ...bars,
    split: panel().fill(1), dividend: panel(), adjustment: panel().fill(1), splitProduct: panel().fill(1),
    halfSpread: null, delisting: null,
  }
}
