import { readMarketInput } from '../src/domain/market-panels.ts'
import type { MarketInput, MarketPanels } from '../src/domain/market-panels.ts'
import type { Step } from '../src/domain/step.ts'
import { buildFeatureGraph, createFeatureStep, isMarketPanel } from '../src/features/graph.ts'
import { strategies } from '../src/strategies/registry.ts'
import { createStrategyStep } from '../src/strategies/strategy-step.ts'
import { randomMarket } from './market.ts'
import { measure } from './measure.ts'
import type { Bench, Subject } from './measure.ts'

const ROWS = 1_000
const SYMBOLS = 43

/** One grid per shape of strategy: stateless, stateful, events, cross-sectional, pair. */
const GRIDS: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> = {
  'sma-cross': [5, 10, 15, 20, 30].flatMap((fast) => [50, 100, 150, 200].map((slow) => ({ fast, slow }))),
  'bollinger-reversion': [10, 20, 40, 80].map((window) => ({ window, entry: 2 })),
  'bollinger-events': [10, 20, 40, 80].map((window) => ({ window, entry: 2 })),
  'momentum-rank': [20, 60, 120, 250].map((window) => ({ window, fraction: 0.2 })),
  'spread-zscore': [20, 60].map((window) => ({ window, first: 'S0', second: 'S1', entry: 2 })),
}

/** A step with the arrays it reads and writes. */
interface Wired {
  readonly step: Step
  readonly inputs: readonly Float64Array[]
  readonly out: Float64Array
}

/** Every distinct feature of a grid once, then its instances: what stage 1 turns, without the store. */
function wire(name: string, market: MarketPanels): { panels: Map<MarketInput, Float64Array>; wired: Wired[]; instances: number } {
  const universe = market.instruments.map((instrument) => instrument.symbol)
  const instances = GRIDS[name].map((params) => createStrategyStep({ definition: strategies[name].definition, params, universe }))
  const arrays = new Map<string, Float64Array>()
  const panels = new Map<MarketInput, Float64Array>()
  const arrayOf = (expression: string): Float64Array => {
    const known = arrays.get(expression)
    if (known !== undefined) return known
    const panel = new Float64Array(SYMBOLS)
    arrays.set(expression, panel)
    panels.set(expression as MarketInput, panel)
    return panel
  }
  const features = buildFeatureGraph(instances.flatMap((instance) => instance.features)).map((node): Wired => {
    const inputs = node.inputs.map((input) => arrayOf(input.expression))
    const out = new Float64Array(node.columns(SYMBOLS))
    arrays.set(node.ref.expression, out)
    return { step: createFeatureStep(node, SYMBOLS), inputs, out }
  })
  const signals = instances.map(({ step, features: refs }): Wired => {
    for (const ref of refs) if (!isMarketPanel(ref) && !arrays.has(ref.expression)) throw new Error(`${ref.expression} is not wired`)
    return { step, inputs: refs.map((ref) => arrayOf(ref.expression)), out: new Float64Array(SYMBOLS) }
  })
  return { panels, wired: [...features, ...signals], instances: instances.length }
}

function turn(name: string, market: MarketPanels): void {
  const { panels, wired } = wire(name, market)
  const row = { t: 0, closeTime: 0, sessionDate: 0 }
  for (let t = 0; t < ROWS; t++) {
    row.t = t
    row.closeTime = market.timeline.closeTimes[t]
    row.sessionDate = market.timeline.sessionDates[t]
    for (const [input, out] of panels) readMarketInput(market, input, t, out)
    for (const { step, inputs, out } of wired) step.step(row, inputs, out)
  }
}

/** Signals a second of stage 1, features included: one signal is one symbol, one bar, one instance. */
export async function benchStrategies(): Promise<Bench> {
  const market = randomMarket({ rows: ROWS, symbols: SYMBOLS, seed: 'bench' })
  const subjects = Object.keys(GRIDS).map((name): Subject => {
    const signals = GRIDS[name].length * ROWS * SYMBOLS
    return { name, unit: 'signals/s', work: () => turn(name, market), figure: (ms) => (signals * 1000) / ms }
  })
  const instances = Object.fromEntries(Object.entries(GRIDS).map(([name, grid]) => [name, grid.length]))
  return { name: 'stage 1', setting: { rows: ROWS, symbols: SYMBOLS, instances }, figures: await measure(subjects, { warmUps: 1, runs: 5 }) }
}
