import { combineDecisions, createPatternDecisions, type DecisionField } from '../domain/risk-decision.ts'
import type { KernelBlock } from '../kernel/kernel.ts'
import type { RoleRow } from '../lineup/role.ts'
import type { MarketSlot } from '../lineup/slots.ts'

export interface BarLayout {
  readonly symbols: number
  readonly market: readonly MarketSlot[]
  /** How many signal rows follow the market's. */
  readonly signals: number
  readonly patterns: readonly string[]
  /** The decision rows that follow the signals'. */
  readonly decisions: readonly { readonly pattern: string; readonly fields: readonly DecisionField[] }[]
}

/** Turns the rows of one bar (market, signals, decisions, in that order) into a kernel block of one row. */
export function createBlockAssembler(layout: BarLayout): (row: RoleRow, values: readonly Float64Array[]) => KernelBlock {
  const { symbols } = layout
  const signals = new Float32Array(layout.signals * symbols)
  const patterns = layout.patterns.map((pattern) =>
    createPatternDecisions({
      rows: 1,
      symbols,
      hasWeights: layout.decisions.some((entry) => entry.pattern === pattern && entry.fields.includes('weights')),
    }),
  )
  const firstDecision = layout.market.length + layout.signals
  return (row, values) => {
    const panel = (name: MarketSlot): Float64Array => values[layout.market.indexOf(name)]
    const optional = (name: MarketSlot) => (layout.market.includes(name) ? panel(name) : null)
    for (let s = 0; s < layout.signals; s++) signals.set(values[layout.market.length + s], s * symbols)
    layout.patterns.forEach((pattern, index) => {
      const sources = layout.decisions.flatMap((entry, at) =>
        entry.pattern === pattern
          ? [{ fields: entry.fields, values: Float32Array.from(values[firstDecision + at]), offset: 0 }]
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
      signalCount: layout.signals,
      patterns,
    }
  }
}
