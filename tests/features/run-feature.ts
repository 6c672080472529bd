import type { Row } from '../../src/domain/timeline.ts'
import type { FeatureRef } from '../../src/features/feature.ts'
import { buildFeatureGraph, createFeatureStep } from '../../src/features/graph.ts'
import type { FeatureRegistry } from '../../src/features/registry.ts'

const MS_PER_DAY = 86_400_000

export interface Panels {
  readonly symbols: number
  /** Rows of every market panel a feature reads: `panels.close[t][n]`. */
  readonly panels: Readonly<Record<string, readonly (readonly number[])[]>>
  /** One per row; default consecutive days. */
  readonly sessionDates?: readonly number[]
  readonly registry?: FeatureRegistry
}

/** Turns a feature and everything it reads, bar by bar; returns its rows. */
export function runFeature(ref: FeatureRef, market: Panels): number[][] {
  const { symbols, panels, registry } = market
  const nodes = buildFeatureGraph([ref], registry).map((node) => ({
    node, step: createFeatureStep(node, symbols), out: new Float64Array(node.columns(symbols)),
  }))
  const rows = Math.max(...Object.values(panels).map((panel) => panel.length), market.sessionDates?.length ?? 0)
  return Array.from({ length: rows }, (_, t) => {
    const sessionDate = market.sessionDates?.[t] ?? 18_000 + t
    const row: Row = { t, closeTime: sessionDate * MS_PER_DAY, sessionDate }
    const values = new Map(Object.entries(panels).map(([name, panel]) => [name, Float64Array.from(panel[t])]))
    for (const { node, step, out } of nodes) {
      step.step(row, node.inputs.map((input) => values.get(input.expression) as Float64Array), out)
      values.set(node.ref.expression, out)
    }
    return [...(values.get(ref.expression) as Float64Array)]
  })
}

/** The rows of a feature of one symbol with the given closes. */
export function runOnCloses(ref: FeatureRef, closes: readonly number[]): number[] {
  return runFeature(ref, { symbols: 1, panels: { close: closes.map((close) => [close]) } }).map((row) => row[0])
}
