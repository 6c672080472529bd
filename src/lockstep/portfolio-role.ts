import type { Instrument } from '../domain/instrument.ts'
import type { MetricProfile } from '../domain/profile.ts'
import type { PortfolioConfig } from '../domain/portfolio.ts'
import { combineDecisions, createPatternDecisions, decisionWidth, type DecisionField } from '../domain/risk-decision.ts'
import type { KernelBlock } from '../kernel/kernel.ts'
import { createReferenceKernel } from '../kernel/reference.ts'
import { createBatchKernel, layOutBatch } from '../lineup/batch.ts'
import { collectLedgerRows } from '../lineup/ledger-rows.ts'
import { publishResults } from '../lineup/results.ts'
import type { Role, Slot } from '../lineup/role.ts'
import { decisionSlot, marketSlot, OPTIONAL_MARKET, signalSlot, type MarketSlot } from '../lineup/slots.ts'
import type { Address, Store } from '../store/store.ts'

export interface PortfolioRoleSpec {
  readonly address: Address
  readonly madeFrom: unknown
  readonly members: readonly Address[]
  readonly configs: readonly PortfolioConfig[]
  readonly instruments: readonly Instrument[]
  readonly warmupRows: number
  readonly lastRow: number
  readonly closeTimes: Float64Array
  readonly profile: MetricProfile
  readonly record: 'metrics' | 'all'
  readonly optionalMarket: readonly (typeof OPTIONAL_MARKET)[number][]
  /** Per pattern: its models' names and the fields each decides, in pattern order. */
  readonly patterns: Readonly<Record<string, readonly { readonly model: string; readonly fields: readonly DecisionField[] }[]>>
}

const MARKET = ['open', 'high', 'low', 'close', 'volume', 'split', 'dividend'] as const

/** A batch of portfolios on the kernel, one row a block. */
export function createPortfolioRole(spec: PortfolioRoleSpec, store: Store): Role {
  const symbols = spec.instruments.length
  const layout = layOutBatch(spec.configs)
  const rows = collectLedgerRows({
    configs: spec.configs,
    symbols: spec.instruments.map((instrument) => instrument.symbol),
    closeTime: (t) => spec.closeTimes[t],
  })
  const kernel = createBatchKernel({
    factory: createReferenceKernel,
    layout,
    market: spec,
    lastRow: spec.lastRow,
    profile: spec.profile,
    recorder: spec.record === 'all' ? rows.recorder : undefined,
  })
  const market: MarketSlot[] = [...MARKET, ...spec.optionalMarket]
  const decisions = layout.patterns.flatMap((pattern) =>
    spec.patterns[pattern].map((entry) => ({ pattern, ...entry })),
  )
  const inputs: Slot[] = [
    ...market.map((panel) => ({ name: marketSlot(panel), columns: symbols })),
    ...layout.signals.map((signal) => ({ name: signalSlot(signal), columns: symbols })),
    ...decisions.map((entry) => ({ name: decisionSlot(entry), columns: decisionWidth(entry.fields, symbols) })),
  ]
  const assemble = createBlockAssembler({ symbols, market, signals: layout.signals.length, patterns: layout.patterns, decisions })
  return {
    inputs,
    outputs: [],
    turn: (row, values) => {
      if (row.t >= spec.warmupRows) kernel.run(assemble(row, values))
    },
    finish: async () => {
      await publishResults(store, {
        address: spec.address,
        madeFrom: spec.madeFrom,
        members: spec.members,
        ids: spec.configs.map((config) => config.id),
        kernel,
        ledgers: spec.record === 'all' ? rows.ledgers : undefined,
      })
      return spec.address
    },
  }
}

interface AssemblerSpec {
  readonly symbols: number
  readonly market: readonly MarketSlot[]
  readonly signals: number
  readonly patterns: readonly string[]
  readonly decisions: readonly { readonly pattern: string; readonly fields: readonly DecisionField[] }[]
}

/** Turns the message of one bar into a kernel block of one row. */
function createBlockAssembler(of: AssemblerSpec) {
  const { symbols } = of
  const signals = new Float32Array(of.signals * symbols)
  const patterns = of.patterns.map((pattern) =>
    createPatternDecisions({
      rows: 1,
      symbols,
      hasWeights: of.decisions.some((entry) => entry.pattern === pattern && entry.fields.includes('weights')),
    }),
  )
  return (row: { t: number; closeTime: number; openTime: number; sessionDate: number }, values: readonly Float64Array[]): KernelBlock => {
    const panel = (name: MarketSlot) => values[of.market.indexOf(name)]
    const optional = (name: MarketSlot) => (of.market.includes(name) ? panel(name) : null)
    for (let s = 0; s < of.signals; s++) signals.set(values[of.market.length + s], s * symbols)
    const first = of.market.length + of.signals
    of.patterns.forEach((pattern, index) => {
      const sources = of.decisions.flatMap((entry, at) =>
        entry.pattern === pattern
          ? [{ fields: entry.fields, values: Float32Array.from(values[first + at]), offset: 0 }]
          : [],
      )
      combineDecisions(sources, { row: 0, symbols }, patterns[index])
    })
    return {
      market: {
        firstRow: row.t,
        rows: 1,
        closeTimes: Float64Array.of(row.closeTime),
        openTimes: Float64Array.of(row.openTime),
        sessionDates: Int32Array.of(row.sessionDate),
        open: panel('open'), high: panel('high'), low: panel('low'), close: panel('close'),
        volume: panel('volume'), split: panel('split'), dividend: panel('dividend'),
        halfSpread: optional('halfSpread'), delisting: optional('delisting'),
      },
      signals,
      signalCount: of.signals,
      patterns,
    }
  }
}
