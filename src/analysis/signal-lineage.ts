import { pairCount } from '../domain/market-panels.ts'
import type { CombineMethod } from '../domain/signal.ts'
import { readMarketInput, type MarketInput, type MarketPanels } from '../domain/market-panels.ts'
import type { FeatureRef } from '../features/feature.ts'
import { isMarketPanel } from '../features/graph.ts'
import type { Lineup } from '../lineup/lineup.ts'
import { featureFile } from '../stages/feature-task.ts'
import type { Address } from '../store/store.ts'
import type { OpenedRun } from './replay.ts'

/** Where one value came from: a stored panel at (row, symbol). */
export interface FeatureValue {
  readonly expression: string
  /** The symbol's value, or the market-wide one; null for a pair feature, whose row has `pairs` values. */
  readonly value: number | null
  readonly pairs?: number
}

/** One signal with everything it was made from, down to features and predictions. */
export interface SignalLineage {
  readonly signal: string
  readonly value: number
  readonly madeBy: 'strategy' | 'model' | 'ensemble'
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
  feature(ref: FeatureRef, at: Place): FeatureValue
  /** Values [from, to) of row t of a stored panel. */
  row(of: { artefact: Address; file: string }, t: number): Float64Array | Float32Array
}

/** Reads lineage back from a run's stored panels; nothing is computed again. */
export function createLineageReader(run: OpenedRun, lineup: Lineup, market: MarketPanels): LineageReader {
  const symbols = lineup.universe.length
  const row: LineageReader['row'] = ({ artefact, file }, t) => {
    const panel = run.store.panel(artefact, file)
    try {
      return panel.read(t, t + 1)
    } finally {
      panel.close()
    }
  }
  const feature = (ref: FeatureRef, at: Place): FeatureValue => {
    const { expression } = ref
    if (isMarketPanel(ref)) {
      const values = new Float64Array(symbols)
      readMarketInput(market, ref.name as MarketInput, at.t, values)
      return { expression, value: values[at.n] }
    }
    const { artefact, position } = run.artefacts.features[expression]
    const values = row({ artefact, file: featureFile(position) }, at.t)
    if (values.length === symbols) return { expression, value: values[at.n] }
    if (values.length === 1) return { expression, value: values[0] }
    return { expression, value: null, pairs: pairCount(symbols) }
  }
  const signal = (name: string, at: Place): SignalLineage => {
    const { artefact, position } = run.artefacts.signals[name]
    const value = row({ artefact, file: 'signals' }, at.t)[position * symbols + at.n]
    const strategy = lineup.strategies.find((entry) => entry.id === name)
    if (strategy !== undefined) {
      const features = strategy.features.map((ref) => feature(ref, at))
      return { signal: name, value, madeBy: 'strategy', params: strategy.params, features }
    }
    const model = lineup.models.find((entry) => entry.spec.name === name)
    if (model !== undefined) {
      const prediction = row({ artefact, file: 'predictions' }, at.t)[at.n]
      return { signal: name, value, madeBy: 'model', prediction, features: model.spec.features.map((ref) => feature(ref, at)) }
    }
    const ensemble = lineup.ensembles.find((entry) => entry.name === name)
    if (ensemble === undefined) throw new Error(`the run has no signal ${name}`)
    const members = ensemble.members.map((member) => ({ weight: member.weight, lineage: signal(member.signal, at) }))
    return { signal: name, value, madeBy: 'ensemble', method: ensemble.method, features: [], members }
  }
  return { signal, feature, row }
}
