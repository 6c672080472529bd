import { expect, test } from 'vitest'
import type { Random } from '../../src/base/random.ts'
import { pairCount } from '../../src/domain/market-panels.ts'
import { featureWidth } from '../../src/features/graph.ts'
import { strategies } from '../../src/strategies/registry.ts'
import { createStrategyStep } from '../../src/strategies/strategy-step.ts'
import { describeStepContract } from '../contracts/step-contract.ts'
import type { InputRow } from '../contracts/step-contract.ts'

const UNIVERSE = ['A', 'B', 'C', 'D']
const PARAMS: Readonly<Record<string, object>> = {
  'sma-cross': { fast: 3, slow: 5 },
  'bollinger-reversion': { window: 4, entry: 1, exit: 0.2 },
  'bollinger-events': { window: 4, entry: 1, exit: 0.2 },
  'momentum-rank': { window: 3, fraction: 0.25, short: true },
  'spread-zscore': { first: 'D', second: 'B', window: 5, entry: 1 },
}

for (const [name, { definition }] of Object.entries(strategies)) {
  const create = () => createStrategyStep({ definition, params: PARAMS[name], universe: UNIVERSE }, { trusted: true })
  const { features, step } = create()
  const lengths = { symbol: UNIVERSE.length, market: 1, pair: pairCount(UNIVERSE.length) }
  const columns = features.map((feature) => lengths[featureWidth(feature)])
  // Scores around 0, none while the features warm up, a tenth missing later.
  const inputs = (random: Random, rows: number): readonly InputRow[] =>
    Array.from({ length: rows }, (_, t) =>
      columns.map((length) => Array.from({ length }, () => (t < step.warmup || random.uniform() < 0.1 ? NaN : 1.5 * random.normal()))),
    )
  describeStepContract({ name, create: () => create().step, inputs, width: UNIVERSE.length, rows: 50 })
}

test('the registry names every strategy as it names itself, and its file', () => {
  for (const [name, { definition, source }] of Object.entries(strategies)) {
    expect(definition.name).toBe(name)
    expect(source).toBe(`strategies/${name}.ts`)
  }
  expect(Object.keys(strategies)).toHaveLength(5)
})
