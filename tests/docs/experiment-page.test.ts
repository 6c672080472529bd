import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { METRIC_PROFILES } from '../../src/domain/profile.ts'
import { portfolioCount } from '../../src/experiment/portfolios.ts'
import { costsSchema, executionSchema, portfolioFields } from '../../src/experiment/portfolio-schema.ts'
import { experimentSchema } from '../../src/experiment/schema.ts'
import { signalNames } from '../../src/experiment/signals.ts'
import { parseFeature } from '../../src/features/expression.ts'
import { features } from '../../src/features/registry.ts'
import { csvSettings } from '../../src/market/csv-settings.ts'
import { syntheticSettings } from '../../src/market/synthetic-settings.ts'
import { riskModels } from '../../src/risk/registry.ts'
import { strategies } from '../../src/strategies/registry.ts'
import { baseExperiment, resolvedParts, resolveRaw, withoutValue, withValue, type Raw } from './base-experiment.ts'
import { expectDefault, type StatedField } from './stated-defaults.ts'
import { codeOf, fencesOf, readPage, tableOf, tablesOf, type Table } from './markdown.ts'

const page = readPage('docs/experiment.md')
const blocks = fencesOf(page).filter(({ language }) => language === 'yaml')

describe('the examples of docs/experiment.md', () => {
  it('begins with a whole experiment that makes what it says', async () => {
    const resolved = await resolveRaw(parse(blocks[0].text) as Raw)
    expect(signalNames(resolved)).toHaveLength(4)
    expect(signalNames(resolved)[0]).toBe('trend[fast=10,slow=50]')
    expect(portfolioCount(resolved)).toBe(4)
  })

  it.each(blocks.slice(1))('resolves the fragment in line $line', async ({ text }) => {
    const fragment = parse(text) as Raw
    const resolved = await resolveRaw({ ...baseExperiment(), ...fragment })
    expect(portfolioCount(resolved) + resolved.walkForwards.length).toBeGreaterThan(0)
  })

  it('selects what its filters say', async () => {
    const { text } = blocks.find((block) => block.text.includes('name: wide'))!
    const { portfolios } = await resolveRaw({ ...baseExperiment(), ...(parse(text) as Raw) })
    const [tagged, wide, mixed] = portfolios.map(({ each, signals }) => each ?? signals.map(({ signal }) => signal))
    const faster = [10, 20, 50].flatMap((fast) => [50, 100, 200].filter((slow) => fast < slow / 2).map((slow) => `trend[fast=${fast},slow=${slow}]`))
    expect(wide).toEqual([...faster, 'leaders[window=120]'])
    expect([tagged.length, wide.length, mixed.length]).toEqual([8, 8, 5])
  })

  it('has an example of every section', () => {
    const shown = new Set(blocks.flatMap(({ text }) => Object.keys(parse(text) as Raw)))
    expect(Object.keys(experimentSchema.shape).filter((section) => !shown.has(section))).toEqual(['account'])
  })
})

/** Where the fields of a table stand in an experiment file, and what has to be said with them. */
interface Place {
  readonly table: Table
  readonly path: readonly string[]
  readonly base?: Raw
}

const marketTables = tablesOf(page).filter(({ section, header }) => section === 'account, market' && header[0] === 'setting')
const csvBase = withValue(baseExperiment(), ['market'], { source: 'csv', files: './data' })
const PLACES: readonly Place[] = [
  { table: marketTables[0], path: ['market'] },
  { table: marketTables[1], path: ['market'] },
  { table: marketTables[2], path: ['market'], base: csvBase },
  { table: tableOf(page, { section: 'strategies', first: 'key' }), path: ['strategies', '0'] },
  { table: tableOf(page, { section: 'portfolios, defaults, costs, execution', first: 'field' }), path: ['portfolios', '0'] },
  { table: tableOf(page, { section: 'metrics, record, limits', first: 'limit' }), path: ['limits'] },
]

const rows: readonly StatedField[] = PLACES.flatMap(({ table, path, base = baseExperiment() }) =>
  table.rows.flatMap(([names, stated]) => codeOf(names).map((field) => ({ field, stated, path, base }))),
)

describe('the defaults of docs/experiment.md', () => {
  it.each(rows.filter(({ stated }) => stated.startsWith('`')))('$field: $stated', async (row) => {
    await expectDefault(row, parse(codeOf(row.stated)[0]))
  })

  it.each(rows.filter(({ stated, path }) => stated === 'none' && path[0] === 'portfolios'))('$field: none', async (row) => {
    await expectDefault(row, null)
  })

  it('containerId: the name', async () => {
    expect(await resolvedParts(baseExperiment(), { whole: false })).toMatchObject({ portfolio: { containerId: 'singles' } })
  })

  it.each(rows.filter(({ stated }) => stated === 'required'))('$field is required', async ({ field, path, base }) => {
    await expect(resolveRaw(withoutValue(base, [...path, field]))).rejects.toThrow(new RegExp(field))
  })

  it.each(tableOf(page, { section: 'metrics, record, limits', first: 'profile' }).rows)('profile %s', (...row) => {
    const { header } = tableOf(page, { section: 'metrics, record, limits', first: 'profile' })
    const [name, ...values] = row.map((cell) => codeOf(cell)[0])
    const stated = Object.fromEntries(values.map((value, i) => [codeOf(header[i + 1])[0], parse(value) as unknown]))
    expect({ name, ...stated }).toEqual(METRIC_PROFILES[name])
  })
})

describe('nothing is left out of docs/experiment.md', () => {
  const documented = (table: Table) => new Set(table.rows.flatMap(([names]) => codeOf(names)))
  const common = documented(marketTables[0])
  const shapeKeys = (schema: { readonly shape: object }) => Object.keys(schema.shape)
  const marketKeys = (schema: { readonly shape: object }) => shapeKeys(schema).filter((key) => key !== 'accountCurrency')

  it.each([
    ['synthetic', marketTables[1], marketKeys(syntheticSettings)],
    ['csv', marketTables[2], marketKeys(csvSettings)],
  ] as const)('settings of %s', (_, table, keys) => {
    const known = new Set([...common, ...documented(table)])
    expect(keys.filter((key) => !known.has(key))).toEqual([])
    expect([...documented(table)].filter((key) => !(keys as readonly string[]).includes(key))).toEqual([])
  })

  it('portfolio fields', () => {
    const table = documented(PLACES[4].table)
    const isObject = (schema: unknown): schema is z.ZodObject => schema instanceof z.ZodObject
    const paths = Object.entries(portfolioFields).flatMap(([field, schema]) => {
      if (field === 'sizing') return ['sizing', 'sizing.size', 'sizing.cashBuffer']
      if (field === 'execution') return shapeKeys(executionSchema).map((key) => `execution.${key}`)
      if (field === 'costs') return shapeKeys(costsSchema).map((key) => `costs.${key}`)
      return isObject(schema) ? shapeKeys(schema).map((key) => `${field}.${key}`) : [field]
    })
    expect(paths.filter((path) => !table.has(path))).toEqual([])
  })

  const steps = [
    { first: 'strategy', section: 'strategies', registry: strategies },
    { first: 'model', section: 'risk', registry: riskModels },
  ]
  it.each(steps)('every $first with its parameters', ({ first, section, registry }) => {
    const table = tableOf(page, { section, first })
    expect(table.rows.map(([name]) => codeOf(name)[0]).toSorted()).toEqual(Object.keys(registry).toSorted())
    for (const row of table.rows) {
      const [name] = codeOf(row[0])
      const { shape } = registry[name].definition.params as z.ZodObject
      const text = row.join(' ')
      const stated = Object.fromEntries([...text.matchAll(/`(\w+)` \(`([^` ]+)/g)].map(([, key, value]) => [key, parse(value) as unknown]))
      const defaults = Object.entries(shape).map(([key, schema]) => [key, (schema as z.ZodType).safeParse(undefined).data] as const)
      expect(Object.keys(shape).filter((key) => !codeOf(text).includes(key)), name).toEqual([])
      expect(stated, name).toEqual(Object.fromEntries(defaults.filter(([, value]) => value !== undefined)))
    }
  })

  it('every feature, by an expression that can be read', () => {
    const expressions = tableOf(page, { section: 'Features', first: 'feature' }).rows.map(([cell]) => codeOf(cell)[0])
    expect(expressions.map((expression) => parseFeature(expression).name).toSorted()).toEqual(Object.keys(features).toSorted())
  })
})
