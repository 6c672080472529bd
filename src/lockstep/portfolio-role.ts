import type { Instrument } from '../domain/instrument.ts'
import type { PortfolioConfig } from '../domain/portfolio.ts'
import type { MetricProfile } from '../domain/profile.ts'
import { decisionWidth, type DecisionField } from '../domain/risk-decision.ts'
import { barsOverlap } from '../kernel/vector-rules.ts'
import { createSweep, layOutBatch, tradedRows } from '../lineup/batch.ts'
import { openLedgerFiles } from '../lineup/ledger-files.ts'
import { publishResults } from '../lineup/results.ts'
import type { Role, RoleRow, Slot } from '../lineup/role.ts'
import { decisionSlot, marketSlot, OPTIONAL_MARKET, signalSlot } from '../lineup/slots.ts'
import type { Address, Store } from '../store/store.ts'
import { createBlockAssembler } from './bar-block.ts'

export interface PortfolioBatch {
  readonly address: Address
  readonly members: readonly Address[]
  readonly configs: readonly PortfolioConfig[]
}

/** One model's part of a pattern. */
export interface PatternPart {
  readonly model: string
  readonly fields: readonly DecisionField[]
}

export interface PortfolioRoleSpec {
  readonly batches: readonly PortfolioBatch[]
  readonly madeFrom: unknown
  readonly instruments: readonly Instrument[]
  readonly warmupRows: number
  readonly openTimes: Float64Array
  readonly closeTimes: Float64Array
  readonly profile: MetricProfile
  readonly record: 'metrics' | 'all'
  readonly optionalMarket: readonly (typeof OPTIONAL_MARKET)[number][]
  /** Per pattern: its models' parts, in pattern order. */
  readonly patterns: Readonly<Record<string, readonly PatternPart[]>>
}

const MARKET = ['open', 'high', 'low', 'close', 'volume', 'split', 'dividend'] as const

/** Batches of portfolios on the kernel, one row a block. */
export async function createPortfolioRole(spec: PortfolioRoleSpec, store: Store): Promise<Role> {
  const batches = await Promise.all(spec.batches.map((batch) => createBatch(spec, batch, store)))
  const inputs = [...new Map(batches.flatMap((batch) => batch.inputs).map((slot) => [slot.name, slot])).values()]
  const position = new Map(inputs.map((slot, index) => [slot.name, index]))
  const indices = batches.map((batch) => batch.inputs.map((slot) => position.get(slot.name) as number))
  return {
    inputs,
    outputs: [],
    turn: (row, values) => {
      batches.forEach((batch, index) => batch.turn(row, indices[index].map((at) => values[at])))
    },
    finish: async () => {
      for (const batch of batches) await batch.publish()
    },
  }
}

interface RunningBatch {
  readonly inputs: readonly Slot[]
  turn(row: RoleRow, values: readonly Float64Array[]): void
  publish(): Promise<void>
}

async function createBatch(spec: PortfolioRoleSpec, batch: PortfolioBatch, store: Store): Promise<RunningBatch> {
  const symbols = spec.instruments.length
  const layout = layOutBatch(batch.configs)
  const ledgers = spec.record === 'all'
    ? await openLedgerFiles({ configs: batch.configs, symbols: spec.instruments.map(({ symbol }) => symbol), closeTime: (t) => spec.closeTimes[t] })
    : undefined
  const kernel = createSweep(
    { layout, instruments: spec.instruments, barsOverlap: barsOverlap(spec), rows: tradedRows({ ...spec, rows: spec.closeTimes.length }), profile: spec.profile },
    ledgers?.recorder,
  )
  const market = [...MARKET, ...spec.optionalMarket]
  const decisions = layout.patterns.flatMap((pattern) => spec.patterns[pattern].map((part) => ({ pattern, ...part })))
  const assemble = createBlockAssembler({
    symbols, market, decisions, signals: layout.signals.length, patterns: layout.patterns,
  })
  return {
    inputs: [
      ...market.map((panel) => ({ name: marketSlot(panel), columns: symbols })),
      ...layout.signals.map((signal) => ({ name: signalSlot(signal), columns: symbols })),
      ...decisions.map((part) => ({ name: decisionSlot(part), columns: decisionWidth(part.fields, symbols) })),
    ],
    turn: (row, values) => {
      if (row.t >= spec.warmupRows) kernel.run(assemble(row, values))
    },
    publish: async () => {
      await publishResults(store, {
        kind: 'lockstep-results',
        address: batch.address,
        madeFrom: spec.madeFrom,
        members: batch.members,
        ids: batch.configs.map((config) => config.id),
        kernel,
        ledgers,
      })
      ledgers?.close()
    },
  }
}
