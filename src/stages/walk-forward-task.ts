import { computeMetrics } from '../domain/metrics.ts'
import type { MetricProfile } from '../domain/profile.ts'
import { formatSessionDate } from '../domain/timeline.ts'
import type { Window } from '../domain/walk-forward.ts'
import type { ResolvedPattern, WalkForwardGroup } from '../experiment/experiment.ts'
import { portfolioLabelAt } from '../experiment/portfolios.ts'
import { openLedgerFiles } from '../lineup/ledger-files.ts'
import { publishResults, readPerformances } from '../lineup/results.ts'
import type { LedgerColumn } from '../store/ledgers.ts'
import type { Address } from '../store/store.ts'
import type { DecisionPlace, SignalPlace } from './kernel-blocks.ts'
import { createSelection, type Selected } from './selection.ts'
import { runStitched, stitchedIdentity, type Segment } from './stitched-run.ts'
import { MarketWindow, StoredMarket } from './stored-market.ts'
import { storeAt } from './worker-cache.ts'

export const WINDOWS_FILE = 'windows.parquet'

export interface WalkForwardTask {
  readonly store: string
  readonly market: Address
  readonly address: Address
  readonly madeFrom: unknown
  readonly group: WalkForwardGroup
  readonly patterns: readonly ResolvedPattern[]
  readonly profile: MetricProfile
  readonly record: 'metrics' | 'all'
  /** With the artefacts of their trainings, which together have every candidate in order. */
  readonly windows: readonly (Window & { readonly trained: readonly Address[] })[]
  readonly signals: Readonly<Record<string, SignalPlace>>
  readonly decisions: Readonly<Record<string, readonly DecisionPlace[]>>
}

/** Selects in every window from its training, then trades all tests as one portfolio. One window is held at a time. */
export async function walkForwardTask(task: WalkForwardTask, report: (done: number, total: number) => void): Promise<void> {
  const { group, patterns, profile } = task
  const store = storeAt(task.store)
  const select = await createSelection(group)
  const selected = task.windows.map(({ trained }, window) => {
    const metrics = trained.flatMap((address) => readPerformances(store, address).map((performance) => computeMetrics(performance, profile)))
    return select(window, metrics)
  })
  const segments = task.windows.map(({ test }, window): Segment => ({ ...test, ordinal: selected[window].ordinal }))
  const market = new StoredMarket(store, task.market)
  const times = new MarketWindow(market, [])
  const ledgers = task.record === 'all'
    ? await openLedgerFiles({ configs: [stitchedIdentity(group, patterns)], symbols: market.symbols, closeTime: (t) => times.closeTime(t) })
    : undefined
  try {
    const performance = runStitched({
      market, group, patterns, profile,
      signal: (name) => task.signals[name],
      decisions: (pattern) => task.decisions[pattern],
      recorder: ledgers?.recorder,
    }, segments, (row) => report(row, market.rows))
    await publishResults(store, {
      kind: 'results', address: task.address, madeFrom: task.madeFrom, members: [task.address], ids: [group.name],
      kernel: { performance: () => performance },
      ledgers,
      beside: { facts: { segments }, tables: { [WINDOWS_FILE]: windowColumns({ task, selected, sessionDate: (row) => times.sessionDate(row) }) } },
    })
  } finally {
    market.close()
    ledgers?.close()
  }
}

/** The ledger `windows`: a row for each. */
function windowColumns({ task, selected, sessionDate }: { task: WalkForwardTask; selected: readonly Selected[]; sessionDate: (row: number) => number }): LedgerColumn[] {
  const { group, windows } = task
  const rule = group.select
  const date = (row: number) => formatSessionDate(sessionDate(row))
  const numbers = (name: string, valueOf: (window: Window) => number): LedgerColumn => ({ name, type: 'INTEGER', values: windows.map(valueOf) })
  const dates = (name: string, rowOf: (window: Window) => number): LedgerColumn => ({ name, type: 'VARCHAR', values: windows.map((window) => date(rowOf(window))) })
  return [
    { name: 'portfolio', type: 'VARCHAR', values: windows.map(() => group.name) },
    { name: 'windowNumber', type: 'INTEGER', values: windows.map((_, window) => window) },
    numbers('trainFirstRow', ({ train }) => train.first), numbers('trainLastRow', ({ train }) => train.last),
    dates('trainFrom', ({ train }) => train.first), dates('trainTo', ({ train }) => train.last),
    numbers('testFirstRow', ({ test }) => test.first), numbers('testLastRow', ({ test }) => test.last),
    dates('testFrom', ({ test }) => test.first), dates('testTo', ({ test }) => test.last),
    { name: 'selected', type: 'VARCHAR', values: selected.map(({ ordinal }) => (ordinal === null ? null : portfolioLabelAt({ portfolios: [group] }, ordinal).id)) },
    { name: 'selectedOrdinal', type: 'INTEGER', values: selected.map(({ ordinal }) => ordinal ?? NaN) },
    { name: 'selectedBy', type: 'VARCHAR', values: windows.map(() => ('by' in rule ? `${rule.order} ${rule.by}` : 'a function')) },
    { name: 'trainingMetric', type: 'DOUBLE', values: selected.map(({ figure }) => figure) },
    { name: 'note', type: 'VARCHAR', values: selected.map(({ note }) => (note === '' ? null : note)) },
  ]
}
