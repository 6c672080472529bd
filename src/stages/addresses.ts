import { addressOf, sha256 } from '../base/hash.ts'
import { requiredReturn, type MetricProfile } from '../domain/profile.ts'
import type { FeatureRef } from '../features/feature.ts'
import { isMarketPanel, type FeatureNode } from '../features/graph.ts'
import type { ResolvedEnsemble } from '../experiment/experiment.ts'
import { idOf, riskPatternOf, type PortfolioChoice, type PortfolioTemplate } from '../experiment/portfolios.ts'
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
  portfolio(choice: PortfolioChoice): Address
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
    code: [code('stages/model-task.ts'), code('models/predictor-thread.ts')],
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

/**
 * A portfolio's results: its configuration, the signals and decisions it reads, and what the sums depend on. Its name
 * says all that tells it from the others of its group that follow the same signal, so no more is put together for each.
 */
function portfolioAddresses(
  of: AddressInputs,
  made: { readonly code: string; readonly signal: (name: string) => Address; readonly decisions: AddressBook },
): (choice: PortfolioChoice) => Address {
  const patterns = new Map(of.lineup.patterns.map((pattern) => [pattern.name, pattern.models]))
  const modelsOf = (pattern: string | null): readonly RiskEntry[] => (pattern === null ? [] : (patterns.get(pattern) ?? []))
  const run = {
    kind: 'portfolio', code: made.code, market: of.market, record: of.record,
    sums: { basis: of.profile.basis, requiredReturn: requiredReturn(of.profile) },
  }
  const groups = new WeakMap<PortfolioTemplate, Address>()
  const groupOf = (group: PortfolioTemplate): Address => {
    const { containerId, body } = group
    const address = groups.get(group) ?? addressOf({ ...run, containerId, body })
    groups.set(group, address)
    return address
  }
  /** What portfolios of a group with the same subscription and pattern have in common. */
  const sharedBy = ({ group, signal }: PortfolioChoice, pattern: string | null): Address => {
    const signals = signal === null ? group.signals : [{ signal, weight: 1 }]
    return addressOf({
      group: groupOf(group),
      signals: signals.map((subscription) => [subscription.signal, made.signal(subscription.signal), subscription.weight]),
      decisions: modelsOf(pattern).map((model) => [made.decisions(`${String(pattern)}/${model.name}`), model.decides]),
    })
  }
  let latest: { readonly group: PortfolioTemplate; readonly signal: string | null; readonly byPattern: Map<string | null, Address> } | undefined
  return (choice) => {
    const { group, signal } = choice
    if (latest?.group !== group || latest.signal !== signal) latest = { group, signal, byPattern: new Map() }
    const pattern = riskPatternOf(choice)
    let shared = latest.byPattern.get(pattern)
    if (shared === undefined) latest.byPattern.set(pattern, (shared = sharedBy(choice, pattern)))
    return sha256(`${shared}${idOf(choice)}`)
  }
}

interface AddressBook {
  (name: string): Address
  find(name: string): Address | undefined
}

/** Addresses by name, computed when first asked for: an entry is only kept until its address is known. */
function addressBook<E extends object>(entries: readonly E[], nameOf: (entry: E) => string, determine: (entry: E) => unknown): AddressBook {
  let byName: Map<string, E | Address> | undefined
  const find = (name: string): Address | undefined => {
    byName ??= new Map(entries.map((entry) => [nameOf(entry), entry]))
    const found = byName.get(name)
    if (typeof found !== 'object') return found
    const address = addressOf(determine(found))
    byName.set(name, address)
    return address
  }
  const book = (name: string): Address => {
    const address = find(name)
    if (address === undefined) throw new Error(`nothing is called ${name}`)
    return address
  }
  return Object.assign(book, { find })
}
