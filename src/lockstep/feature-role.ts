import type { Instrument } from '../domain/instrument.ts'
import { readMarketInput, type MarketInput } from '../domain/market-panels.ts'
import type { FeatureRef } from '../features/feature.ts'
import { buildFeatureGraph, createFeatureStep, isMarketPanel } from '../features/graph.ts'
import type { Role, Slot } from '../lineup/role.ts'
import { featureSlot, marketSlot } from '../lineup/slots.ts'

export interface FeatureRoleSpec {
  readonly instruments: readonly Instrument[]
  /** Every feature and market input that any other role reads. */
  readonly refs: readonly FeatureRef[]
}

const MARKET = ['open', 'high', 'low', 'close', 'volume', 'adjustment', 'splitProduct'] as const

/** All features of the run, advanced level by level within one bar. */
export function createFeatureRole(spec: FeatureRoleSpec): Role {
  const symbols = spec.instruments.length
  const nodes = buildFeatureGraph(spec.refs)
  const steps = nodes.map((node) => createFeatureStep(node, symbols))
  const marketInputs = new Set<string>(spec.refs.filter(isMarketPanel).map((ref) => ref.expression))
  for (const node of nodes) {
    for (const input of node.inputs) if (isMarketPanel(input)) marketInputs.add(input.expression)
  }
  const outputs: Slot[] = [
    ...[...marketInputs].map((expression) => ({ name: featureSlot(expression), columns: symbols })),
    ...nodes.map((node) => ({ name: featureSlot(node.ref.expression), columns: node.columns(symbols) })),
  ]
  const position = new Map(outputs.map((slot, index) => [slot.name, index]))
  const inputIndices = nodes.map((node) =>
    node.inputs.map((input) => position.get(featureSlot(input.expression)) as number),
  )
  return {
    inputs: MARKET.map((panel) => ({ name: marketSlot(panel), columns: symbols })),
    outputs,
    turn: (row, inputs, rows) => {
      const [open, high, low, close, volume, adjustment, splitProduct] = inputs
      const market = { instruments: spec.instruments, open, high, low, close, volume, adjustment, splitProduct }
      let index = 0
      for (const input of marketInputs) readMarketInput(market, input as MarketInput, 0, rows[index++])
      nodes.forEach((_, k) => {
        steps[k].step(row, inputIndices[k].map((at) => rows[at]), rows[index + k])
      })
    },
  }
}
