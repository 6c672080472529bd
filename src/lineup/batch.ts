import type { Instrument } from '../domain/instrument.ts'
import type { MarketPanels } from '../domain/market-panels.ts'
import type { PortfolioConfig } from '../domain/portfolio.ts'
import type { MetricProfile } from '../domain/profile.ts'
import type { RowRange } from '../domain/walk-forward.ts'
import type { BatchPortfolio, Kernel, KernelSetup, MarketBlock, Recorder } from '../kernel/kernel.ts'
import { createReferenceKernel } from '../kernel/reference.ts'
import { createSweepKernel, unpooled, type SweepKernel } from '../kernel/sweep.ts'
import { kernelModules } from './kernel-file.ts'

/** The distinct signals and patterns of a batch, in the order its kernel blocks hold them. */
export interface BatchLayout {
  readonly signals: readonly string[]
  readonly patterns: readonly string[]
  readonly portfolios: readonly BatchPortfolio[]
}

/** Numbers the signals and patterns a batch subscribes to, in order of first use. */
export function layOutBatch(configs: readonly PortfolioConfig[]): BatchLayout {
  const signals = new Map<string, number>()
  const patterns = new Map<string, number>()
  let latest: Pick<BatchPortfolio, 'signals'> & { readonly of: PortfolioConfig['signals'] } | undefined
  const portfolios = configs.map((config) => {
    // Neighbours share their subscriptions, and so their numbers.
    if (latest?.of !== config.signals) latest = { of: config.signals, signals: numbersOf(config.signals, signals) }
    return { config, signals: latest.signals, pattern: config.riskPattern === null ? -1 : number(patterns, config.riskPattern) }
  })
  return { signals: [...signals.keys()], patterns: [...patterns.keys()], portfolios }
}

function numbersOf(subscriptions: PortfolioConfig['signals'], names: Map<string, number>): Int32Array {
  const numbers = new Int32Array(subscriptions.length)
  for (let i = 0; i < numbers.length; i++) numbers[i] = number(names, subscriptions[i].signal)
  return numbers
}

/** The number of `name`, which is the next one when it is new. */
function number(names: Map<string, number>, name: string): number {
  const known = names.get(name)
  if (known !== undefined) return known
  names.set(name, names.size)
  return names.size - 1
}

export interface BatchSetup {
  readonly layout: BatchLayout
  readonly instruments: readonly Instrument[]
  /** What is decided and measured. */
  readonly rows: RowRange
  readonly profile: MetricProfile
}

/** A kernel with all its verbs over a batch. */
export function createBatchKernel(of: BatchSetup, recorder?: Recorder): Kernel {
  return createReferenceKernel(setupOf(of), recorder)
}

/**
 * The fastest kernel for a batch: the reference where bars overlap, else the SIMD kernel as far as it has the
 * portfolios' rules. The figures, and what a recorder is told, are the same, bit for bit.
 */
export function createSweep(of: BatchSetup & { readonly barsOverlap: boolean }, recorder?: Recorder): SweepKernel {
  if (of.barsOverlap) return unpooled(createBatchKernel(of, recorder))
  return createSweepKernel(kernelModules(), setupOf(of), recorder)
}

function setupOf({ layout, instruments, rows, profile }: BatchSetup): KernelSetup {
  return { instruments, portfolios: layout.portfolios, profile, firstRow: rows.first, lastRow: rows.last }
}

/** Everything after the warm-up. */
export function tradedRows(market: Pick<MarketPanels, 'warmupRows'> & { readonly rows: number }): RowRange {
  return { first: market.warmupRows, last: market.rows - 1 }
}

/** What kernels read of a market. */
export type BlockPanels = Omit<MarketPanels, 'warmupRows' | 'intervalMs' | 'adjustment' | 'splitProduct'>

/** Rows [from, to) of a market as a kernel block's view; nothing is copied. */
export function marketBlock(market: BlockPanels, from: number, to: number): MarketBlock {
  const symbols = market.instruments.length
  const panel = (values: Float64Array) => values.subarray(from * symbols, to * symbols)
  return {
    firstRow: from,
    rows: to - from,
    closeTimes: market.timeline.closeTimes.subarray(from, to),
    openTimes: market.timeline.openTimes.subarray(from, to),
    sessionDates: market.timeline.sessionDates.subarray(from, to),
    open: panel(market.open),
    high: panel(market.high),
    low: panel(market.low),
    close: panel(market.close),
    volume: panel(market.volume),
    split: panel(market.split),
    dividend: panel(market.dividend),
    halfSpread: market.halfSpread === null ? null : panel(market.halfSpread),
    delisting: market.delisting === null ? null : panel(market.delisting),
  }
}
