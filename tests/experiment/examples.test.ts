import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { experimentJsonSchema } from '../../src/experiment/json-schema.ts'
import { loadExperiment, readExperiment } from '../../src/experiment/load.ts'
import { portfolioAt, portfolioCount, portfolioLabelAt } from '../../src/experiment/portfolios.ts'
import { strategyInstanceCount } from '../../src/experiment/signals.ts'
import { checkAgainstUniverse } from '../../src/experiment/universe.ts'
import { systemClock } from '../../src/base/clock.ts'
import { marketSources } from '../../src/market/registry.ts'
import { folderWith, sources } from './fixture.ts'

const path = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url))
const EXAMPLES = ['quickstart.yaml', 'own-csv.yaml', 'walk-forward.yaml']

describe('the JSON Schema', () => {
  const schema = z.fromJSONSchema(experimentJsonSchema())

  it.each(EXAMPLES)('accepts examples/%s', async (name) => {
    expect(schema.safeParse((await readExperiment(path(name))).value).error).toBeUndefined()
  })

  it('refuses what the experiment file refuses', async () => {
    const { value } = await readExperiment(path('quickstart.yaml'))
    const sound = value as Record<string, unknown>
    expect(schema.safeParse({ ...sound, metric: {} }).success).toBe(false)
    expect(schema.safeParse({ ...sound, record: 'everything' }).success).toBe(false)
    expect(schema.safeParse({ ...sound, portfolios: [{ name: 'all', signals: ['*'], treshold: 1 }] }).success).toBe(false)
    expect(schema.safeParse({ ...sound, market: { source: 'csv' } }).success).toBe(false)
    expect(schema.safeParse({ ...sound, market: { ...(sound.market as object), accountCurrency: 'EUR' } }).success).toBe(false)
  })

  it('describes each market source and is plain JSON', () => {
    const described = experimentJsonSchema() as { properties: { market: { anyOf: { properties: { source: { const: string } } }[] } } }
    expect(described.properties.market.anyOf.map((market) => market.properties.source.const)).toEqual(Object.keys(marketSources))
    expect(JSON.parse(JSON.stringify(described))).toEqual(described)
  })
})

describe('the examples', () => {
  it('quickstart.yaml resolves to thousands of distinct portfolios', async () => {
    const { folder, remove } = folderWith({ 'quickstart.yaml': readFileSync(path('quickstart.yaml'), 'utf8'), 'models/forecaster.onnx': 'not read here' })
    const resolved = await loadExperiment(join(folder, 'quickstart.yaml'), { sources })
    remove()
    expect(strategyInstanceCount(resolved)).toBeGreaterThanOrEqual(40)
    expect(new Set(resolved.strategies.map(({ use }) => use)).size).toBe(5)
    const count = portfolioCount(resolved)
    expect(count).toBeGreaterThanOrEqual(2_000)
    const ids = new Set<string>()
    const configs = new Set<string>()
    for (let i = 0; i < count; i++) {
      ids.add(portfolioLabelAt(resolved, i).id)
      configs.add(JSON.stringify({ ...portfolioAt(resolved, i), id: null }))
    }
    expect(ids.size).toBe(count)
    expect(configs.size).toBe(count)
    const { source, settings } = resolved.market
    const market = await marketSources[source].source.load(settings, { folder: resolved.folder, clock: systemClock })
    checkAgainstUniverse(resolved, market.instruments.map(({ symbol }) => symbol))
  })

  it('walk-forward.yaml draws candidates by Sobol’s sequence, and selects among them', async () => {
    const { strategies, walkForwards, portfolios } = await loadExperiment(path('walk-forward.yaml'), { sources })
    expect(strategies[0]).toMatchObject({ sample: { method: 'sobol', count: 32 }, axes: [{ name: 'fast', values: { from: 3, to: 60 } }, { name: 'slow', values: { from: 20, to: 200 } }] })
    expect([strategies[0].count, walkForwards[0].count, portfolios[0].count]).toEqual([31, 31 * 4, 31])
    expect(walkForwards[0]).toMatchObject({ windows: { train: 504, test: 126 }, select: { by: 'sortino' } })
  })

  it('own-csv.yaml resolves with a strategy of its own', async () => {
    const resolved = await loadExperiment(path('own-csv.yaml'), { sources })
    expect(resolved.strategies[0]).toMatchObject({ use: 'channel-breakout', file: path('my-strategy.ts'), count: 9 })
    expect(portfolioCount(resolved)).toBe(15 * 6 + 1)
  })
})
