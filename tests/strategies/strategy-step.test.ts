import { expect, test } from 'vitest'
import { buildFeatureGraph, createFeatureStep } from '../../src/features/graph.ts'
import smaCross from '../../src/strategies/sma-cross.ts'
import { createStrategyStep } from '../../src/strategies/strategy-step.ts'

const row = (t: number) => ({ t, closeTime: t * 86_400_000, sessionDate: t })

test('close → sma → sma-cross, by hand', () => {
  const { step, features } = createStrategyStep({ definition: smaCross, params: { fast: 2, slow: 3 }, universe: ['A', 'B'] })
  const nodes = buildFeatureGraph(features)
  expect(nodes.map((node) => node.ref.expression)).toEqual(['sma(close,2)', 'sma(close,3)'])
  expect(step.warmup).toBe(2)
  const steps = nodes.map((node) => createFeatureStep(node, 2))
  const closes = [[1, 10], [2, 9], [3, NaN], [1, 8], [0, 12]]
  const inputs = [new Float64Array(2), new Float64Array(2)]
  const out = new Float64Array(2)
  const signals = closes.map((close, t) => {
    steps.forEach((feature, i) => feature.step(row(t), [Float64Array.from(close)], inputs[i]))
    step.step(row(t), inputs, out)
    return [...out]
  })
  // A: sma2 2.5, 2, 0.5 against sma3 2, 2, 4/3; B (bars 10, 9, 8, 12): 8.5 against 9, 10 against 29/3
  expect(signals).toEqual([[NaN, NaN], [NaN, NaN], [1, NaN], [0, 0], [0, 1]])
})
