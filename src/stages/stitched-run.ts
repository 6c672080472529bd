import type { Performance } from '../domain/performance.ts'
import type { PortfolioConfig } from '../domain/portfolio.ts'
import type { MetricProfile } from '../domain/profile.ts'
import type { RowRange } from '../domain/walk-forward.ts'
import type { ResolvedPattern, WalkForwardGroup } from '../experiment/experiment.ts'
import { candidateConfig, idleConfig } from '../experiment/walk-forward.ts'
import type { Recorder } from '../kernel/kernel.ts'
import { createBatchKernel, layOutBatch } from '../lineup/batch.ts'
import { kernelBlocks, type DecisionPlace, type SignalPlace } from './kernel-blocks.ts'
import type { StoredMarket } from './stored-market.ts'

/** Rows in which a stitched portfolio has the parameters of one candidate; null = it stays out of the market. */
export interface Segment extends RowRange {
  readonly ordinal: number | null
}

export interface StitchedRun {
  readonly market: StoredMarket
  readonly group: WalkForwardGroup
  readonly patterns: readonly ResolvedPattern[]
  readonly profile: MetricProfile
  /** Where a signal is, and the decisions of a pattern. */
  readonly signal: (name: string) => SignalPlace
  readonly decisions: (pattern: string) => readonly DecisionPlace[]
  readonly recorder?: Recorder
}

/**
 * One portfolio through consecutive segments: positions, cash, waiting orders and sums go on, the rules change. A
 * kernel's state has one layout whatever the rules are, so each segment's kernel takes over the last one's.
 */
export function runStitched(of: StitchedRun, segments: readonly Segment[], report: (row: number) => void = () => undefined): Performance {
  const { market, profile } = of
  const rows = { first: segments[0].first, last: segments[segments.length - 1].last }
  let state: Uint8Array | undefined
  let performance: Performance | undefined
  for (const { first, last, ordinal } of segments) {
    const config = ordinal === null ? idleConfig(of.group, of.patterns) : candidateConfig(of.group, of.patterns, ordinal)
    const layout = layOutBatch([config])
    const kernel = createBatchKernel({ layout, instruments: market.instruments, rows, profile }, of.recorder)
    if (state !== undefined) kernel.restore(state)
    const inputs = { market, signals: layout.signals.map(of.signal), patterns: layout.patterns.map(of.decisions) }
    for (const block of kernelBlocks(inputs, first, last + 1)) kernel.run(block)
    state = kernel.snapshot()
    performance = kernel.performance(0)
    report(last)
  }
  if (performance === undefined) throw new Error('a walk-forward without windows was run')
  return performance
}

/** What a stitched portfolio's orders are named after: its candidates, its windows, and how they are selected (a function by its source). */
export function stitchedIdentity(group: WalkForwardGroup, patterns: readonly ResolvedPattern[]): PortfolioConfig {
  const { each, signals, body, axes, sample, windows, select } = group
  const candidates = { each, signals, body, axes, sample }
  const selection = 'by' in select ? select : { sourceHash: select.sourceHash, path: select.path }
  const identity: PortfolioConfig & { readonly walkForward: unknown } = { ...idleConfig(group, patterns), walkForward: { candidates, windows, selection } }
  return identity
}
