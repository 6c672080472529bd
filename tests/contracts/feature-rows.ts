import { createRandom } from '../../src/base/random.ts'
import { readMarketInput, type MarketInput, type MarketPanels } from '../../src/domain/market-panels.ts'
import type { Row } from '../../src/domain/timeline.ts'
import type { FeatureRef } from '../../src/features/feature.ts'
import { buildFeatureGraph, createFeatureStep, isMarketPanel } from '../../src/features/graph.ts'

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

/** Turns the features' own steps over a market: each row's values of `refs`, in stable scratch arrays. */
export function* featureRows(
  market: MarketPanels,
  refs: readonly FeatureRef[],
): Generator<{ readonly row: Row; readonly inputs: readonly Float64Array[] }, void, undefined> {
  const symbols = market.instruments.length
  const values = new Map<string, Float64Array>()
  const panels = new Set<MarketInput>()
  const note = (ref: FeatureRef): void => {
    if (isMarketPanel(ref)) panels.add(ref.name as MarketInput)
    ref.inputs.forEach(note)
  }
  refs.forEach(note)
  for (const panel of panels) values.set(panel, new Float64Array(symbols))
  const nodes = buildFeatureGraph(refs).map((node) => {
    const out = new Float64Array(node.columns(symbols))
    values.set(node.ref.expression, out)
    return { step: createFeatureStep(node, symbols), inputs: node.inputs.map((ref) => values.get(ref.expression)!), out }
  })
  const inputs = refs.map((ref) => values.get(ref.expression)!)
  const { closeTimes, sessionDates } = market.timeline
  for (let t = 0; t < closeTimes.length; t++) {
    const row = { t, closeTime: closeTimes[t], sessionDate: sessionDates[t] }
    for (const panel of panels) readMarketInput(market, panel, t, values.get(panel)!)
    for (const node of nodes) node.step.step(row, node.inputs, node.out)
    yield { row, inputs }
  }
}
