import { expect, test } from 'vitest'
import { atr } from '../../src/features/atr.ts'
import { averageCorrelation } from '../../src/features/average-correlation.ts'
import { calendar } from '../../src/features/calendar.ts'
import { correlation } from '../../src/features/correlation.ts'
import { cross } from '../../src/features/cross.ts'
import { buildFeatureGraph, createFeatureStep, featureWidth, isMarketPanel } from '../../src/features/graph.ts'
import { lag } from '../../src/features/lag.ts'
import { toFeatureRef } from '../../src/features/reference.ts'
import { sma } from '../../src/features/sma.ts'
import { spread } from '../../src/features/spread.ts'
import { zscore } from '../../src/features/zscore.ts'

test('distinct features, inputs first, level by level, panels left out', () => {
  const refs = [cross(sma('close', 5), lag(sma('close', 20), 2)), toFeatureRef('close'), sma('close', 5), zscore(sma('close', 5), 10), atr(3)]
  const nodes = buildFeatureGraph(refs)
  expect(nodes.map((node) => [node.level, node.ref.expression, node.warmup])).toEqual([
    [0, 'sma(close,5)', 4],
    [0, 'sma(close,20)', 19],
    [0, 'atr(high,low,close,3)', 2],
    [1, 'lag(sma(close,20),2)', 21],
    [1, 'zscore(sma(close,5),10)', 13],
    [2, 'cross(sma(close,5),lag(sma(close,20),2))', 22],
  ])
  expect(nodes[5].inputs.map((input) => input.expression)).toEqual(['sma(close,5)', 'lag(sma(close,20),2)'])
  expect(nodes[2].inputs.every(isMarketPanel)).toBe(true)
})

test('a node is as wide as its definition, or as its inputs', () => {
  const widths = [sma('close', 5), calendar('weekday'), correlation('close', 5), sma(averageCorrelation('close', 5), 3), zscore(spread('close'), 4), toFeatureRef('open')]
  expect(widths.map((ref) => featureWidth(ref))).toEqual(['symbol', 'market', 'pair', 'market', 'pair', 'symbol'])
  const nodes = buildFeatureGraph([zscore(spread('close'), 4), sma(averageCorrelation('close', 5), 3)])
  expect(nodes.map((node) => node.columns(5))).toEqual([10, 1, 10, 1])
})

test('the first value comes exactly at the warm-up the graph states', () => {
  const refs = [zscore(sma('close', 5), 10), lag(sma('close', 20), 2), sma(averageCorrelation('close', 5), 3), zscore(spread('close'), 4)]
  const nodes = buildFeatureGraph(refs)
  const steps = nodes.map((node) => ({ node, step: createFeatureStep(node, 3), out: new Float64Array(node.columns(3)) }))
  const firstAt = new Map<string, number>()
  for (let t = 0; t < 40; t++) {
    const close = Float64Array.from([100 + Math.sin(t), 50 + Math.cos(2 * t), 20 + Math.sin(3 * t)])
    const rows = new Map([['close', close]])
    for (const { node, step, out } of steps) {
      step.step({ t, closeTime: t, sessionDate: t }, node.inputs.map((input) => rows.get(input.expression) as Float64Array), out)
      rows.set(node.ref.expression, out)
      if (!firstAt.has(node.ref.expression) && !Number.isNaN(out[0])) firstAt.set(node.ref.expression, t)
    }
  }
  expect([...firstAt.entries()]).toEqual(expect.arrayContaining(nodes.map((node) => [node.ref.expression, node.warmup])))
  expect(firstAt.size).toBe(nodes.length)
})

test('an unknown feature in a ref made by hand is refused with the nearest name', () => {
  expect(() => buildFeatureGraph([{ expression: 'smaa(close)', name: 'smaa', params: {}, inputs: [] }])).toThrow(
    expect.objectContaining({ code: 'CONFIG_UNKNOWN', hint: 'did you mean "sma"?' }),
  )
})
