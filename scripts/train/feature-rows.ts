import { readMarketInput, type MarketInput, type MarketPanels } from '../../src/domain/market-panels.ts'
import type { Row } from '../../src/domain/timeline.ts'
import type { FeatureRef } from '../../src/features/feature.ts'
import { buildFeatureGraph, createFeatureStep, isMarketPanel } from '../../src/features/graph.ts'

export interface FeatureRow {
  readonly row: Row
  /** Values of the features asked for, in order: stable scratch arrays. */
  readonly inputs: readonly Float64Array[]
}

/** Turns the features' own steps over a market, row by row, in this process. */
export function* featureRows(market: MarketPanels, refs: readonly FeatureRef[]): Generator<FeatureRow, void, undefined> {
  const symbols = market.instruments.length
  const nodes = buildFeatureGraph(refs)
  const values = new Map(nodes.map((node) => [node.ref.expression, new Float64Array(node.columns(symbols))]))
  for (const ref of [...refs, ...nodes.flatMap((node) => node.inputs)]) {
    if (isMarketPanel(ref)) values.set(ref.expression, new Float64Array(symbols))
  }
  const valuesOf = (ref: FeatureRef) => values.get(ref.expression) as Float64Array
  const panels = [...values.keys()].filter((expression) => !nodes.some((node) => node.ref.expression === expression))
  const steps = nodes.map((node) => ({
    step: createFeatureStep(node, symbols),
    inputs: node.inputs.map(valuesOf),
    out: valuesOf(node.ref),
  }))
  const inputs = refs.map(valuesOf)
  const { closeTimes, sessionDates } = market.timeline
  for (let t = 0; t < closeTimes.length; t++) {
    const row = { t, closeTime: closeTimes[t], sessionDate: sessionDates[t] }
    for (const panel of panels) readMarketInput(market, panel as MarketInput, t, values.get(panel) as Float64Array)
    for (const { step, inputs: stepInputs, out } of steps) step.step(row, stepInputs, out)
    yield { row, inputs }
  }
}
