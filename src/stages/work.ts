import { breathe, STEPS_PER_BREATH } from '../base/turn.ts'
import type { FeatureRef } from '../features/feature.ts'
import { isMarketPanel, type FeatureNode } from '../features/graph.ts'
import type { MarketInput } from '../domain/market-panels.ts'
import type { ResolvedEnsemble, ResolvedExperiment } from '../experiment/experiment.ts'
import { gatherPortfolios } from '../experiment/portfolio-set.ts'
import { choiceAt, idOf, inputsOf, portfolioCount, type PortfolioChoice } from '../experiment/portfolios.ts'
import type { KernelShares } from '../lineup/kernel-choice.ts'
import type { Lineup, ModelEntry, PatternEntry, RiskEntry, StrategyEntry } from '../lineup/lineup.ts'
import { AddressList } from '../store/address-list.ts'
import type { Address } from '../store/store.ts'
import type { Addresses } from './addresses.ts'
import type { EnsembleTask } from './ensemble-task.ts'
import { featureFile, type FeatureTask } from './feature-task.ts'
import type { InputPlace } from './input-rows.ts'
import { featureLoad, loneLoad, modelLoad, portfolioLoad, strategyLoad, type PanelSize, type Subscriptions } from './member-load.ts'
import type { ModelTask } from './model-task.ts'
import type { PortfolioTask } from './portfolio-task.ts'
import type { RiskTask } from './risk-task.ts'
import { gatherPlaces } from './signal-places.ts'
import type { SignalJob, SignalJobs } from './signal-rows.ts'
import { listed, placeOf, type Member, type Places, type StageWork } from './stage-work.ts'
import type { StrategyTask } from './strategy-task.ts'

/** What every stage's work is cut from. */
export interface WorkContext {
  readonly storeRoot: string
  readonly market: Address
  readonly rows: number
  readonly lineup: Lineup
  readonly addresses: Addresses
  readonly experiment: Pick<ResolvedExperiment, 'profile' | 'record' | 'portfolios' | 'patterns'>
  readonly subscriptions: readonly Subscriptions[]
  readonly kernels: KernelShares
  /** Strategy instances whose signals are not stored. */
  readonly fused: ReadonlySet<string>
  readonly interrupted: AbortSignal
}

const FLOAT32_BYTES = 4
const FLOAT64_BYTES = 8

function sizeOf({ rows, lineup }: WorkContext): PanelSize {
  return { rows, symbols: lineup.universe.length }
}

interface Of<E> extends Member {
  readonly entry: E
}

function inputAddresses(context: WorkContext, refs: readonly FeatureRef[]): Address[] {
  return refs.filter((ref) => !isMarketPanel(ref)).map((ref) => context.addresses.feature(ref.expression))
}

function inputPlace(context: WorkContext, ref: FeatureRef, places: Places): InputPlace {
  if (isMarketPanel(ref)) return { kind: 'market', input: ref.name as MarketInput }
  const place = placeOf(places, context.addresses.feature(ref.expression))
  const node = context.lineup.features.get(ref.expression) as FeatureNode
  const columns = node.columns(context.lineup.universe.length)
  return { kind: 'panel', artefact: place.artefact, file: featureFile(place.position), column: 0, columns }
}

function signalInput(context: WorkContext, signal: string, places: Places): InputPlace {
  const columns = context.lineup.universe.length
  const place = placeOf(places, context.addresses.signal(signal))
  return { kind: 'panel', artefact: place.artefact, file: 'signals', column: place.position * columns, columns }
}

/** Features, one piece of work per level: a level reads only earlier ones. */
export function featureWork(context: WorkContext): StageWork<Of<FeatureNode>>[] {
  const symbols = context.lineup.universe.length
  const features = [...context.lineup.features.values()]
  const levels = [...new Set(features.map((node) => node.level))].toSorted((a, b) => a - b)
  return levels.map((level) => {
    const nodes = features.filter((node) => node.level === level)
    const widest = Math.max(...nodes.map((node) => node.columns(symbols)))
    return {
      stage: 'features', taskKind: 'features', artefactKind: 'features', isolated: false,
      bytesPerMember: context.rows * widest * FLOAT64_BYTES,
      load: featureLoad({ rows: context.rows, columns: widest }),
      members: listed(nodes.map((entry) => ({
        entry,
        address: context.addresses.feature(entry.ref.expression),
        label: entry.ref.expression,
        needs: inputAddresses(context, entry.inputs),
      }))),
      payload: (members, { address, places }): FeatureTask => ({
        store: context.storeRoot, market: context.market, address,
        madeFrom: { features: members.map((member) => member.label), market: context.market },
        jobs: members.map(({ entry, address: member }) => ({
          ref: entry.ref,
          address: member,
          inputs: entry.inputs.map((ref) => inputPlace(context, ref, places)),
        })),
      }),
    }
  })
}

/** Strategy instances, in the experiment's order: what a batch of portfolios reads of them lies together. */
export function strategyWork(context: WorkContext): StageWork<Of<StrategyEntry>> {
  const entries = context.lineup.strategies.filter(({ id }) => !context.fused.has(id))
  return {
    stage: 'strategies', taskKind: 'strategies', artefactKind: 'signals', isolated: false,
    bytesPerMember: context.rows * context.lineup.universe.length * FLOAT32_BYTES,
    load: strategyLoad(sizeOf(context)),
    members: listed(entries.map((entry) => ({
      entry,
      address: context.addresses.signal(entry.id),
      label: entry.id,
      needs: inputAddresses(context, entry.features),
    }))),
    payload: (members, { address, places }): StrategyTask => ({
      store: context.storeRoot, market: context.market, address,
      madeFrom: { strategies: members.map((member) => member.label), market: context.market },
      jobs: members.map(({ entry, address: member }) => ({ ...jobOf(entry), address: member })),
      inputs: strategyInputs(context, members.map(({ entry }) => entry), places),
    }),
  }
}

function jobOf({ id, use, file, sourceHash, params }: StrategyEntry): SignalJob {
  return { id, use, file, sourceHash, params }
}

/** Where every feature of some instances is, by expression. */
function strategyInputs(context: WorkContext, entries: readonly StrategyEntry[], places: Places): SignalJobs['inputs'] {
  const refs = new Map(entries.flatMap(({ features }) => features.map((ref) => [ref.expression, ref])))
  return Object.fromEntries([...refs.values()].map((ref) => [ref.expression, inputPlace(context, ref, places)]))
}

/** Models, one after the other, each in a process of its own. */
export function modelWork(context: WorkContext): StageWork<Of<ModelEntry>> {
  const rawClose: InputPlace = { kind: 'market', input: 'raw.close' }
  const { models } = context.lineup
  const largest = {
    fileBytes: Math.max(0, ...models.map(({ fileBytes }) => fileBytes)),
    windowLength: Math.max(0, ...models.map(({ spec }) => spec.window * spec.features.length)),
  }
  return {
    stage: 'models', taskKind: 'models', artefactKind: 'signals', isolated: true,
    bytesPerMember: context.rows * context.lineup.universe.length * (FLOAT32_BYTES + FLOAT64_BYTES),
    load: modelLoad({ ...sizeOf(context), ...largest }),
    members: listed(models.map((entry) => ({
      entry,
      address: context.addresses.signal(entry.spec.name),
      label: entry.spec.name,
      needs: inputAddresses(context, entry.spec.features),
    }))),
    payload: ([{ entry }], { address, places, sizes }): ModelTask => ({
      store: context.storeRoot, market: context.market, address,
      madeFrom: { model: entry.spec.name, file: entry.fileHash, market: context.market },
      spec: entry.spec,
      fileHash: entry.fileHash,
      widths: entry.widths,
      inputs: [...entry.spec.features.map((ref) => inputPlace(context, ref, places)), rawClose],
      threads: sizes.modelThreads,
    }),
  }
}

/** Ensembles, one piece of work per level: a level reads only earlier ones. */
export function ensembleWork(context: WorkContext): StageWork<Of<ResolvedEnsemble>>[] {
  return ensembleLevels(context.lineup.ensembles).map((ensembles) => ({
    stage: 'ensembles', taskKind: 'ensembles', artefactKind: 'signals', isolated: false,
    bytesPerMember: context.rows * context.lineup.universe.length * FLOAT32_BYTES,
    load: loneLoad('ensemble', sizeOf(context)),
    members: listed(ensembles.map((entry) => ({
      entry,
      address: context.addresses.signal(entry.name),
      label: entry.name,
      needs: entry.members.map((member) => context.addresses.signal(member.signal)),
    }))),
    payload: ([{ entry }], { address, places }): EnsembleTask => ({
      store: context.storeRoot, market: context.market, address,
      madeFrom: { ensemble: entry, market: context.market },
      name: entry.name,
      method: entry.method,
      weights: entry.members.map((member) => member.weight),
      inputs: entry.members.map((member) => signalInput(context, member.signal, places)),
    }),
  }))
}

function ensembleLevels(ensembles: readonly ResolvedEnsemble[]): ResolvedEnsemble[][] {
  const levelOf = new Map<string, number>()
  const levels: ResolvedEnsemble[][] = []
  for (const ensemble of ensembles) {
    const level = Math.max(0, ...ensemble.members.map(({ signal }) => (levelOf.get(signal) ?? -1) + 1))
    levelOf.set(ensemble.name, level)
    levels[level] = [...(levels[level] ?? []), ensemble]
  }
  return levels
}

/** Every risk model of every pattern. */
export function riskWork(context: WorkContext): StageWork<Of<{ pattern: PatternEntry; model: RiskEntry }>> {
  return {
    stage: 'risk', taskKind: 'risk', artefactKind: 'decisions', isolated: false,
    bytesPerMember: context.rows * (3 * context.lineup.universe.length + 2) * FLOAT32_BYTES,
    load: loneLoad('risk', sizeOf(context)),
    members: listed(context.lineup.patterns.flatMap((pattern) =>
      pattern.models.map((model) => ({
        entry: { pattern, model },
        address: context.addresses.decision(pattern.name, model.name),
        label: `${pattern.name}/${model.name}`,
        needs: [
          ...inputAddresses(context, model.features),
          ...pattern.book.signals.map((member) => context.addresses.signal(member.signal)),
        ],
      })),
    )),
    payload: ([{ entry: { pattern, model }, label }], { address, places }): RiskTask => ({
      store: context.storeRoot, market: context.market, address,
      madeFrom: { riskModel: model.name, params: model.params, pattern: pattern.name, book: pattern.book, market: context.market },
      name: label, use: model.use, file: model.file, sourceHash: model.sourceHash, params: model.params,
      features: model.features.map((ref) => inputPlace(context, ref, places)),
      book: { combine: pattern.book.combine, weights: pattern.book.signals.map((member) => member.weight) },
      bookSignals: pattern.book.signals.map((member) => signalInput(context, member.signal, places)),
    }),
  }
}

/** A portfolio of which more is worked out only where somebody asks: getters of a literal would be made anew for each. */
class PortfolioMember implements Of<PortfolioChoice> {
  readonly entry: PortfolioChoice
  readonly address: Address
  readonly #needsOf: (choice: PortfolioChoice) => readonly Address[]

  constructor(entry: PortfolioChoice, address: Address, needsOf: (choice: PortfolioChoice) => readonly Address[]) {
    this.entry = entry
    this.address = address
    this.#needsOf = needsOf
  }

  get label(): string {
    return idOf(this.entry)
  }

  get needs(): readonly Address[] {
    return this.#needsOf(this.entry)
  }
}

/**
 * Portfolios in batches, in the experiment's order, so that neighbours share signals.
 * @throws the reason of `interrupted`
 */
export async function portfolioWork(context: WorkContext): Promise<StageWork<Of<PortfolioChoice>>> {
  const { experiment } = context
  const patterns = new Map(context.lineup.patterns.map((pattern) => [pattern.name, pattern]))
  const decisionsOf = (name: string) => {
    const pattern = patterns.get(name) as PatternEntry
    return pattern.models.map((model) => ({ address: context.addresses.decision(name, model.name), fields: model.decides }))
  }
  const fused = new Map(context.lineup.strategies.filter(({ id }) => context.fused.has(id)).map((entry) => [entry.id, entry]))
  const madeFrom = (signal: string): readonly Address[] => {
    const entry = fused.get(signal)
    return entry === undefined ? [context.addresses.signal(signal)] : inputAddresses(context, entry.features)
  }
  const needsOf = (choice: PortfolioChoice): readonly Address[] => {
    const { signals, patterns: used } = inputsOf([choice])
    return [...signals.flatMap(madeFrom), ...used.flatMap((name) => decisionsOf(name).map(({ address }) => address))]
  }
  const count = portfolioCount(experiment)
  const addresses = new AddressList(count)
  for (let index = 0; index < count; index++) {
    if (index % STEPS_PER_BREATH === 0) await breathe(context.interrupted)
    addresses.push(context.addresses.portfolio(choiceAt(experiment, index)))
  }
  return {
    stage: 'portfolios', taskKind: 'portfolios', artefactKind: 'results', isolated: false,
    bytesPerMember: 512,
    load: portfolioLoad({
      ...sizeOf(context), subscriptions: context.subscriptions, isRecorded: experiment.record === 'all', kernels: context.kernels,
      isFused: context.fused.size > 0,
    }),
    members: {
      addresses,
      at: (index) => new PortfolioMember(choiceAt(experiment, index), addresses.at(index), needsOf),
    },
    payload: (members, { address, places, sizes }): PortfolioTask => {
      const choices = members.map(({ entry }) => entry)
      const { signals, patterns: used } = inputsOf(choices)
      const turned = signals.flatMap((name) => fused.get(name) ?? [])
      return {
        store: context.storeRoot, market: context.market, address,
        madeFrom: { portfolios: members.length, first: members[0].label, market: context.market },
        members: members.map((member) => member.address),
        portfolios: gatherPortfolios(choices, experiment.patterns),
        profile: experiment.profile,
        record: experiment.record,
        rowsPerBlock: sizes.rowsPerBlock,
        signals: gatherPlaces(signals.filter((name) => !fused.has(name)), (name) => placeOf(places, context.addresses.signal(name))),
        ...(turned.length > 0 && { fused: { jobs: turned.map(jobOf), inputs: strategyInputs(context, turned, places) } }),
        patterns: Object.fromEntries(
          used.map((name) => [
            name,
            decisionsOf(name).map((decision) => ({
              artefact: placeOf(places, decision.address).artefact,
              fields: decision.fields,
            })),
          ]),
        ),
      }
    },
  }
}
