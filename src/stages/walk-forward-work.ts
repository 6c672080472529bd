import { MillraceError } from '../base/errors.ts'
import { addressOf } from '../base/hash.ts'
import { breathe, STEPS_PER_BREATH } from '../base/turn.ts'
import { PERFORMANCE_FIELDS } from '../domain/performance.ts'
import { countUnits, cutWindows, type Window } from '../domain/walk-forward.ts'
import type { ResolvedExperiment, WalkForwardGroup } from '../experiment/experiment.ts'
import type { SourceHashes } from '../experiment/installation.ts'
import { choiceAt, inputsOf } from '../experiment/portfolios.ts'
import type { Locate } from '../experiment/problems.ts'
import { trainedGroup } from '../experiment/walk-forward.ts'
import { kernelShares } from '../lineup/kernel-choice.ts'
import type { Lineup } from '../lineup/lineup.ts'
import { AddressList } from '../store/address-list.ts'
import type { Address } from '../store/store.ts'
import type { Addresses } from './addresses.ts'
import type { DecisionPlace, SignalPlace } from './kernel-blocks.ts'
import { CANDIDATES_PER_TRAINING, subscriptionsOf, walkForwardLoad, type PortfolioLoad } from './member-load.ts'
import { listed, placeOf, type Member, type MemberList, type Places, type StageWork } from './stage-work.ts'
import { stitchedIdentity } from './stitched-run.ts'
import type { TrainingTask } from './training-task.ts'
import type { WalkForwardTask } from './walk-forward-task.ts'

const FLOAT64_BYTES = 8

/** Candidates [from, to) of a group and what they read. */
interface Batch {
  readonly from: number
  readonly to: number
  readonly address: Address
  readonly signals: readonly string[]
  readonly riskPatterns: readonly string[]
  readonly needs: readonly Address[]
}

/** A walk-forward over a market: its windows. */
export interface CutWalkForward {
  readonly group: WalkForwardGroup
  readonly windows: readonly Window[]
}

/** With everything it makes, up to the address of its one portfolio. */
export interface PlannedWalkForward extends CutWalkForward {
  /** The group as its portfolios train. */
  readonly trained: WalkForwardGroup
  readonly batches: readonly Batch[]
  readonly address: Address
}

export interface WalkForwardContext {
  readonly storeRoot: string
  readonly market: Address
  readonly lineup: Lineup
  /** Of what only metrics are kept: `record` is about the one portfolio, not about its candidates. */
  readonly addresses: Addresses
  readonly sources: SourceHashes
  readonly experiment: Pick<ResolvedExperiment, 'walkForwards' | 'patterns' | 'profile' | 'record'>
  /** Rows of the whole market. */
  readonly rows: number
  readonly locate: Locate
  readonly interrupted: AbortSignal
}

/**
 * Cuts the windows of every walk-forward.
 * @param timeline of the market: its first traded row, and every row's session
 * @throws MillraceError CONFIG_VALUE when the market is too short for one training and a bar to test
 */
export function cutWalkForwards(
  { experiment, locate }: WalkForwardContext, timeline: () => { readonly firstRow: number; readonly sessionDates: Int32Array },
): CutWalkForward[] {
  return experiment.walkForwards.map((group) => {
    const of = timeline()
    const windows = cutWindows(group.windows, of)
    if (windows.length === 0) throw tooShort(group, countUnits(group.windows.unit, of), locate)
    return { group, windows }
  })
}

/**
 * Addresses the candidates of every walk-forward, and its one portfolio.
 * @throws the reason of `interrupted`
 */
export async function planWalkForwards(context: WalkForwardContext, cut: readonly CutWalkForward[]): Promise<PlannedWalkForward[]> {
  const { patterns, profile, record } = context.experiment
  const planned: PlannedWalkForward[] = []
  for (const { group, windows } of cut) {
    const trained = trainedGroup(group)
    const batches: Batch[] = []
    for (let from = 0; from < group.count; from += CANDIDATES_PER_TRAINING) {
      await breathe(context.interrupted)
      batches.push(batchOf(context, trained, { from, to: Math.min(group.count, from + CANDIDATES_PER_TRAINING) }))
    }
    const address = addressOf({
      kind: 'walk-forward', code: [sourceOf(context, 'training-task'), sourceOf(context, 'walk-forward-task')],
      identity: stitchedIdentity(group, patterns), windows, candidates: batches.map((batch) => batch.address), record,
      // What is selected is selected by its figures: trainings keep sums, of which only some follow the profile.
      profile,
    })
    planned.push({ group, trained, windows, batches, address })
  }
  return planned
}

function tooShort({ name, windows: { train, unit } }: WalkForwardGroup, traded: number, locate: Locate): MillraceError {
  return new MillraceError({
    code: 'CONFIG_VALUE', message: `the walk-forward of ${name} trains on ${train} ${unit} and leaves nothing of the market's ${traded} traded ${unit} to test`,
    where: locate(['portfolios', name, 'walkForward', 'train'], 'value'), value: train,
    hint: traded > 1 ? `at most ${traded - 1}, or a longer market` : 'trade a longer market',
  })
}

function sourceOf({ sources }: WalkForwardContext, task: string): string {
  const hash = sources[`stages/${task}.ts`]
  if (hash === undefined) throw new Error(`no source hash for ${task}; build again`)
  return hash
}

function batchOf(context: WalkForwardContext, group: WalkForwardGroup, { from, to }: { from: number; to: number }): Batch {
  const { addresses } = context
  const choices = Array.from({ length: to - from }, (_, i) => choiceAt({ portfolios: [group] }, from + i))
  const { signals, patterns: riskPatterns } = inputsOf(choices)
  const decisions = riskPatterns.flatMap((pattern) => decisionsOf(context, pattern).map(({ address }) => address))
  return {
    from, to, signals, riskPatterns, needs: [...signals.map(addresses.signal), ...decisions],
    address: addressOf(choices.map(addresses.portfolio)),
  }
}

function decisionsOf({ lineup, addresses }: WalkForwardContext, pattern: string) {
  const models = lineup.patterns.find(({ name }) => name === pattern)?.models ?? []
  return models.map((model) => ({ address: addresses.decision(pattern, model.name), fields: model.decides }))
}

function trainingAddress(context: WalkForwardContext, batch: Batch, { train }: Window): Address {
  return addressOf({ kind: 'training', code: sourceOf(context, 'training-task'), candidates: batch.address, rows: [train.first, train.last] })
}

/** Where the signals and decisions of candidates are. */
function placesOf(context: WalkForwardContext, batches: readonly Batch[], places: Places) {
  const signals = new Map<string, SignalPlace>()
  const decisions = new Map<string, readonly DecisionPlace[]>()
  for (const batch of batches) {
    for (const name of batch.signals) signals.set(name, placeOf(places, context.addresses.signal(name)))
    for (const name of batch.riskPatterns) {
      decisions.set(name, decisionsOf(context, name).map(({ address, fields }) => ({ artefact: placeOf(places, address).artefact, fields })))
    }
  }
  return { signals: Object.fromEntries(signals), decisions: Object.fromEntries(decisions) }
}

interface Training extends Member {
  readonly trained: WalkForwardGroup
  readonly batch: Batch
  readonly window: Window
}

function loadOf({ lineup, rows, experiment }: WalkForwardContext): Omit<PortfolioLoad, 'isRecorded'> {
  const { walkForwards: portfolios, patterns } = experiment
  return {
    rows, symbols: lineup.universe.length, subscriptions: subscriptionsOf(portfolios), kernels: kernelShares({ portfolios, patterns }),
  }
}

/** Window by window, batch by batch: only their addresses are kept. */
async function trainingsOf(context: WalkForwardContext, planned: readonly PlannedWalkForward[]): Promise<MemberList<Training>> {
  const addresses = new AddressList()
  const firsts: number[] = []
  for (const { windows, batches } of planned) {
    firsts.push(addresses.length)
    for (const window of windows) {
      for (const batch of batches) {
        if (addresses.length % STEPS_PER_BREATH === 0) await breathe(context.interrupted)
        addresses.push(trainingAddress(context, batch, window))
      }
    }
  }
  const at = (index: number): Training => {
    const number = firsts.findLastIndex((first) => first <= index)
    const { group, trained, windows, batches } = planned[number]
    const place = index - firsts[number]
    const ordinal = Math.floor(place / batches.length)
    const batch = batches[place % batches.length]
    return {
      trained, batch, window: windows[ordinal], address: addresses.at(index), needs: batch.needs,
      label: `${group.name} window ${ordinal} candidates ${batch.from} to ${batch.to - 1}`,
    }
  }
  return { addresses, at }
}

/**
 * Every batch of candidates in every window: one task and one artefact each.
 * @throws the reason of `interrupted`
 */
export async function trainingWork(context: WalkForwardContext, planned: readonly PlannedWalkForward[]): Promise<StageWork<Training>> {
  const { storeRoot, market, experiment } = context
  // There may be more windows than a call takes arguments.
  const largest = planned.reduce((most, { group }) => Math.max(most, Math.min(group.count, CANDIDATES_PER_TRAINING)), 0)
  const longest = planned.reduce((most, { windows }) => windows.reduce((rows, { train }) => Math.max(rows, train.last + 1 - train.first), most), 0)
  return {
    stage: 'training', taskKind: 'training', artefactKind: 'training', isolated: false,
    load: walkForwardLoad({ ...loadOf(context), rows: longest, isRecorded: false, candidates: largest }),
    bytesPerMember: largest * PERFORMANCE_FIELDS.length * FLOAT64_BYTES,
    members: await trainingsOf(context, planned),
    payload: ([{ trained, batch, window, label }], { address, places, sizes }): TrainingTask => ({
      store: storeRoot, market, address, madeFrom: { training: label, market },
      candidates: { group: trained, patterns: experiment.patterns, from: batch.from, to: batch.to },
      rows: window.train, profile: experiment.profile, rowsPerBlock: sizes.rowsPerBlock,
      ...placesOf(context, [batch], places),
    }),
  }
}

/** The one portfolio of every walk-forward. */
export function walkForwardWork(context: WalkForwardContext, planned: readonly PlannedWalkForward[]): StageWork<Member & { readonly of: PlannedWalkForward }> {
  const { storeRoot, market, experiment } = context
  const trained = ({ windows, batches }: PlannedWalkForward) => windows.map((window) => batches.map((batch) => trainingAddress(context, batch, window)))
  return {
    stage: 'walk-forward', taskKind: 'walk-forward', artefactKind: 'results', isolated: false,
    load: walkForwardLoad({ ...loadOf(context), isRecorded: experiment.record === 'all', kernels: { reference: 1, long: 0 }, candidates: 1 }),
    bytesPerMember: PERFORMANCE_FIELDS.length * FLOAT64_BYTES,
    members: listed(planned.map((of) => ({
      of, address: of.address, label: of.group.name,
      /** Asked for only where something has failed. */
      get needs() {
        return [...trained(of).flat(), ...of.batches.flatMap(({ needs }) => needs)]
      },
    }))),
    payload: ([{ of }], { address, places }): WalkForwardTask => {
      const trainings = trained(of)
      return {
        store: storeRoot, market, address, madeFrom: { walkForward: of.group.name, market },
        group: of.group, patterns: experiment.patterns, profile: experiment.profile, record: experiment.record,
        windows: of.windows.map((window, number) => ({ ...window, trained: trainings[number] })),
        ...placesOf(context, of.batches, places),
      }
    },
  }
}
