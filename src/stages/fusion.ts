import type { ResolvedExperiment } from '../experiment/experiment.ts'
import { portfolioCount } from '../experiment/portfolios.ts'
import type { Lineup } from '../lineup/lineup.ts'
import { AddressList } from '../store/address-list.ts'
import type { Store } from '../store/store.ts'
import type { Addresses } from './addresses.ts'

/** Strategy instances whose signals a run does not store: portfolios turn them where they read them. */
export interface Fusion {
  readonly signals: ReadonlySet<string>
  /** What storing them would take. */
  readonly bytes: number
  readonly reason: string
}

export interface FusionOf {
  readonly experiment: Pick<ResolvedExperiment, 'portfolios' | 'walkForwards'>
  readonly lineup: Lineup
  readonly addresses: Addresses
  readonly store: Pick<Store, 'findMembers'>
  readonly rows: number
  /** What somebody has decided. */
  readonly wish?: 'stored' | 'fused'
}

const FLOAT32_BYTES = 4
/** Signals that take more are not worth writing and reading again: rules make them as fast as a disk. */
const MOST_STORED_BYTES = 2 ** 30

/**
 * Whether stages 1 and 4 go together. Only what portfolios alone read can be left unstored, and it pays only where there
 * are portfolios enough: every batch turns its own signals. No result depends on it.
 */
export function planFusion(of: FusionOf): Fusion | null {
  if (of.wish === 'stored') return null
  const { lineup, addresses } = of
  const others = readByOthers(of)
  const candidates = lineup.strategies.filter(({ id }) => !others.has(id))
  const bytesEach = of.rows * lineup.universe.length * FLOAT32_BYTES
  if (of.wish === undefined && candidates.length * bytesEach <= MOST_STORED_BYTES) return null
  const stored = of.store.findMembers('signals', AddressList.of(candidates.map(({ id }) => addresses.signal(id))))
  const signals = new Set(candidates.filter((_, index) => !stored.has(index)).map(({ id }) => id))
  const bytes = signals.size * bytesEach
  if (signals.size === 0) return null
  if (of.wish === 'fused') return { signals, bytes, reason: 'as asked for' }
  if (bytes <= MOST_STORED_BYTES || signals.size > portfolioCount(of.experiment)) return null
  return { signals, bytes, reason: 'making them again costs less than storing them' }
}

/** Signals that ensembles, risk patterns and walk-forwards read. */
function readByOthers({ experiment, lineup }: FusionOf): ReadonlySet<string> {
  const members = [...lineup.ensembles, ...lineup.patterns.map(({ book }) => ({ members: book.signals }))]
  return new Set([
    ...members.flatMap((reader) => reader.members.map(({ signal }) => signal)),
    ...experiment.walkForwards.flatMap(({ each, signals }) => each ?? signals.map(({ signal }) => signal)),
  ])
}
