import { MARKET_INPUTS, readMarketInput, type MarketInput, type MarketPanels } from '../domain/market-panels.ts'
import type { CombineMethod } from '../domain/signal.ts'
import { strategyInstances } from '../experiment/signals.ts'
import { parseFeature } from '../features/expression.ts'
import { featureWidth } from '../features/graph.ts'
import { featureFile } from '../stages/feature-task.ts'
import type { Address } from '../store/store.ts'
import { storedPlace, type OpenedRun } from './opened-run.ts'

/** The value of one feature at (row, symbol), as the step read it. */
export interface FeatureValue {
  readonly expression: string
  /** The symbol's value, or the market-wide one; null for a pair feature. */
  readonly value: number | null
  /** Of a pair feature: every pair the symbol is in, as `first/second`. */
  readonly pairs?: Readonly<Record<string, number>>
}

/** One signal with everything it was made from, down to features and predictions. */
export interface SignalLineage {
  readonly signal: string
  readonly value: number
  readonly madeBy: 'strategy' | 'model' | 'ensemble'
  readonly use?: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly features: readonly FeatureValue[]
  readonly prediction?: number
  readonly method?: CombineMethod
  readonly members?: readonly { readonly weight: number; readonly lineage: SignalLineage }[]
}

/** The row and symbol in question. */
export interface Place {
  readonly t: number
  readonly n: number
}

export interface LineageReader {
  signal(name: string, at: Place): SignalLineage
  /** The features that a strategy instance, a model or a `pattern/model` reads. */
  features(of: string, at: Place): FeatureValue[]
  /** Row t of a stored panel. */
  row(of: { readonly artefact: Address; readonly file: string }, t: number): Float64Array | Float32Array
}

/** Reads lineage back from a run's stored panels and its record: no step and no user's file is loaded again. */
export function createLineageReader(run: OpenedRun, market: MarketPanels): LineageReader {
  const { symbols } = run.artefacts
  const instances = new Map(Array.from(strategyInstances(run.experiment), (instance) => [instance.id, instance]))
  const row: LineageReader['row'] = ({ artefact, file }, t) => {
    const panel = run.store.panel(artefact, file)
    try {
      return panel.read(t, t + 1)
    } finally {
      panel.close()
    }
  }
  const feature = (expression: string, at: Place): FeatureValue => {
    if ((MARKET_INPUTS as readonly string[]).includes(expression)) {
      const values = new Float64Array(symbols.length)
      readMarketInput(market, expression as MarketInput, at.t, values)
      return { expression, value: values[at.n] }
    }
    const { artefact, position } = storedPlace(run, run.artefacts.features, expression)
    const values = row({ artefact, file: featureFile(position) }, at.t)
    const width = featureWidth(parseFeature(expression))
    if (width === 'pair') return { expression, value: null, pairs: pairsOf(values, { symbols, n: at.n }) }
    return { expression, value: values[width === 'market' ? 0 : at.n] }
  }
  const features = (name: string, at: Place) => (run.artefacts.inputs[name] ?? []).map((expression) => feature(expression, at))
  const signal = (name: string, at: Place): SignalLineage => {
    const { artefact, position } = storedPlace(run, run.artefacts.signals, name)
    const value = row({ artefact, file: 'signals' }, at.t)[position * symbols.length + at.n]
    const ensemble = run.experiment.ensembles.find((candidate) => candidate.name === name)
    if (ensemble !== undefined) {
      const members = ensemble.members.map((member) => ({ weight: member.weight, lineage: signal(member.signal, at) }))
      return { signal: name, value, madeBy: 'ensemble', method: ensemble.method, features: [], members }
    }
    const instance = instances.get(name)
    if (instance !== undefined) {
      return { signal: name, value, madeBy: 'strategy', use: instance.use, params: instance.params, features: features(name, at) }
    }
    const prediction = row({ artefact, file: 'predictions' }, at.t)[at.n]
    return { signal: name, value, madeBy: 'model', prediction, features: features(name, at) }
  }
  return { signal, features, row }
}

/** The pairs (0,1), (0,2) … (1,2) … of a row that symbol n is one of. */
function pairsOf(values: ArrayLike<number>, of: { readonly symbols: readonly string[]; readonly n: number }): Record<string, number> {
  const pairs: Record<string, number> = {}
  let at = 0
  for (let i = 0; i < of.symbols.length; i++) {
    for (let j = i + 1; j < of.symbols.length; j++, at++) {
      if (i === of.n || j === of.n) pairs[`${of.symbols[i]}/${of.symbols[j]}`] = values[at]
    }
  }
  return pairs
}
