import { addressOf, canonicalJson, sha256 } from '../base/hash.ts'
import type { PortfolioConfig } from '../domain/portfolio.ts'
import { requiredReturn, type MetricProfile } from '../domain/profile.ts'
import type { FeatureRef } from '../features/feature.ts'
import { isMarketPanel, type FeatureNode } from '../features/graph.ts'
import type { ResolvedEnsemble } from '../experiment/experiment.ts'
import type { Lineup, ModelEntry, PatternEntry, RiskEntry, StrategyEntry } from '../lineup/lineup.ts'
import type { Address } from '../store/store.ts'
import type { SourceHashes } from '../experiment/installation.ts'

/**
 * The address of everything a run makes, known before anything runs: the hash of its inputs' addresses, its
 * parameters and the code that makes it.
 */
export interface Addresses {
  feature(expression: string): Address
  signal(name: string): Address
  decision(pattern: string, model: string): Address
  portfolio(config: PortfolioConfig): Address
}

export interface AddressInputs {
  readonly lineup: Lineup
  readonly market: Address
  readonly sources: SourceHashes
  /** Path under src/ of a built-in feature's file. */
  readonly featureSource: (name: string) => string
  readonly profile: MetricProfile
  readonly record: 'metrics' | 'all'
}

export function createAddresses(of: AddressInputs): Addresses {
  const code = (file: string): string => {
    const hash = of.sources[file]
    if (hash === undefined) throw new Error(`no source hash for ${file}; build again`)
    return hash
  }
  const input = (ref: FeatureRef): Address =>
    isMarketPanel(ref) ? addressOf({ market: of.market, panel: ref.expression }) : features(ref.expression)
  const features = addressBook([...of.lineup.features.values()], (node) => node.ref.expression, (node: FeatureNode) => ({
    kind: 'feature',
    code: [code(of.featureSource(node.ref.name)), code('stages/feature-task.ts')],
    params: node.ref.params,
    market: of.market,
    inputs: node.inputs.map(input),
  }))
  const strategies = addressBook(of.lineup.strategies, (entry) => entry.id, (entry: StrategyEntry) => ({
    kind: 'signal',
    code: [entry.sourceHash, code('stages/strategy-task.ts')],
    params: entry.params,
    market: of.market,
    inputs: entry.features.map(input),
  }))
  const models = addressBook(of.lineup.models, (entry) => entry.spec.name, (entry: ModelEntry) => ({
    kind: 'model',
    code: code('stages/model-task.ts'),
    file: entry.fileHash,
    window: entry.spec.window,
    signal: entry.spec.signal,
    market: of.market,
    inputs: entry.spec.features.map(input),
  }))
  const ensembles = addressBook(of.lineup.ensembles, (entry) => entry.name, (entry: ResolvedEnsemble) => ({
    kind: 'ensemble',
    code: code('stages/ensemble-task.ts'),
    method: entry.method,
    market: of.market,
    members: entry.members.map((member) => [signal(member.signal), member.weight]),
  }))
  const signal = (name: string): Address => strategies.find(name) ?? models.find(name) ?? ensembles(name)
  const decisions = addressBook(
    of.lineup.patterns.flatMap((pattern) => pattern.models.map((model) => ({ pattern, model }))),
    ({ pattern, model }) => `${pattern.name}/${model.name}`,
    ({ pattern, model }: { pattern: PatternEntry; model: RiskEntry }) => ({
      kind: 'decision',
      code: [model.sourceHash, code('stages/risk-task.ts')],
      params: model.params,
      market: of.market,
      inputs: model.features.map(input),
      book: {
        combine: pattern.book.combine,
        signals: pattern.book.signals.map((member) => [signal(member.signal), member.weight]),
      },
    }),
  )
  const portfolio = portfolioAddresses(of, { code: code('stages/portfolio-task.ts'), signal, decisions })
  return { feature: features, signal, decision: (pattern, model) => decisions(`${pattern}/${model}`), portfolio }
}

/** A portfolio's results: its configuration, the signals and decisions it reads, and what the sums depend on. */
function portfolioAddresses(
  of: AddressInputs,
  made: { readonly code: string; readonly signal: (name: string) => Address; readonly decisions: AddressBook },
): (config: PortfolioConfig) => Address {
  const models = new Map(of.lineup.patterns.map((pattern) => [pattern.name, pattern.models]))
  const decisionsOf = (pattern: string | null): Address[] =>
    pattern === null ? [] : (models.get(pattern) ?? []).map((model) => made.decisions(`${pattern}/${model.name}`))
  const sums = { basis: of.profile.basis, requiredReturn: requiredReturn(of.profile) }
  const run = addressOf({ kind: 'portfolio', code: made.code, market: of.market, sums, record: of.record })
  const inputs = new WeakMap<PortfolioConfig['signals'], Map<string | null, Address>>()
  /** What portfolios with the same subscription and pattern read; in a sweep that is most of them. */
  const inputsOf = ({ signals, riskPattern }: PortfolioConfig): Address => {
    const known = inputs.get(signals) ?? new Map<string | null, Address>()
    inputs.set(signals, known)
    const address = known.get(riskPattern)
      ?? addressOf({ run, signals: signals.map((subscription) => made.signal(subscription.signal)), decisions: decisionsOf(riskPattern) })
    known.set(riskPattern, address)
    return address
  }
  let fields: readonly string[] | undefined
  return (config) => {
    // Every configuration has all fields, so their values in one order say it all: half the text of a record.
    fields ??= Object.keys(config).toSorted()
    let text = inputsOf(config)
    for (const field of fields) text += `,${canonicalJson(config[field as keyof PortfolioConfig])}`
    return sha256(text)
  }
}

interface AddressBook {
  (name: string): Address
  find(name: string): Address | undefined
}

/** Addresses by name, computed when first asked for. */
function addressBook<E>(entries: readonly E[], nameOf: (entry: E) => string, determine: (entry: E) => unknown): AddressBook {
  const byName = new Map(entries.map((entry) => [nameOf(entry), entry]))
  const known = new Map<string, Address>()
  const find = (name: string): Address | undefined => {
    const entry = byName.get(name)
    if (entry === undefined) return undefined
    let address = known.get(name)
    if (address === undefined) {
      address = addressOf(determine(entry))
      known.set(name, address)
    }
    return address
  }
  const book = (name: string): Address => {
    const address = find(name)
    if (address === undefined) throw new Error(`nothing is called ${name}`)
    return address
  }
  return Object.assign(book, { find })
}
