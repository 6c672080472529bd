import { pairCount } from '../../src/domain/market-panels.ts'
import { parseFeature } from '../../src/features/expression.ts'
import { buildFeatureGraph, createFeatureStep, featureWidth } from '../../src/features/graph.ts'
import { features } from '../../src/features/registry.ts'
import { expect, test } from 'vitest'
import { describeStepContract, randomWalks } from '../contracts/step-contract.ts'

const SYMBOLS = 4
const EXPRESSIONS = [
  'sma(close,7)', 'ema(close,6)', 'rsi(close,5)', 'atr(5)', 'volatility(close,6)', 'zscore(close,8)', 'momentum(close,4)',
  'lag(close,3)', 'cross(open,close)', 'calendar(weekday)', 'calendar(month)', 'calendar(first-of-session)',
  'calendar(first-of-week)', 'calendar(first-of-month)', 'spread(close)', 'correlation(close,6)',
  'average-correlation(close,5)', 'zscore(spread(close),5)', 'sma(average-correlation(close,4),3)', 'zscore(sma(close,3),4)',
]

for (const expression of EXPRESSIONS) {
  const ref = parseFeature(expression)
  const node = buildFeatureGraph([ref]).find((candidate) => candidate.ref.expression === ref.expression)
  if (node === undefined) throw new Error(`${expression} is not in its own graph`)
  const lengths = { symbol: SYMBOLS, market: 1, pair: pairCount(SYMBOLS) }
  const columns = node.inputs.map((input) => lengths[featureWidth(input)])
  describeStepContract({
    name: ref.expression,
    create: () => ({ ...createFeatureStep(node, SYMBOLS), warmup: node.definition.warmup(node.ref.params) }),
    inputs: randomWalks({ columns, gaps: expression.startsWith('average') ? 0.05 : 0.2 }),
    width: node.columns(SYMBOLS),
    rows: 60,
  })
}

test('every registered feature is under contract', () => {
  const named = new Set(EXPRESSIONS.map((expression) => parseFeature(expression).name))
  expect([...named].toSorted()).toEqual(Object.keys(features).toSorted())
})
