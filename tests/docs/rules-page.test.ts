import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { METRIC_PROFILES } from '../../src/domain/profile.ts'
import { portfolioAt } from '../../src/experiment/portfolios.ts'
import { portfolioFields } from '../../src/experiment/portfolio-schema.ts'
import { instrumentsOf } from '../../src/market/instrument-settings.ts'
import { baseExperiment, resolveRaw } from './base-experiment.ts'
import { codeOf, readPage, tableOf } from './markdown.ts'
import { expectDefault } from './stated-defaults.ts'

const { rows } = tableOf(readPage('docs/rules.md'), { section: 'All rules, profiles and defaults', first: 'rule' })
const order = tableOf(readPage('src/kernel/ORDER.md'), { section: 'Rules, profiles and defaults', first: 'rule' })

const fields = rows.flatMap(([rule, names, stated, others]) =>
  codeOf(names).map((field) => ({ rule, field, stated, values: [...codeOf(stated), ...codeOf(others)] })),
)
const isPortfolioField = ({ field }: { readonly field: string }) => !/^(?:metrics|instruments|account|market)\./.test(field)
const ofPortfolio = fields.filter(isPortfolioField)

describe('the table of docs/rules.md', () => {
  it.each(ofPortfolio)('$field: $stated', async ({ field, stated }) => {
    const path = ['portfolios', '0']
    const none = field === 'drawdownStop.limit' ? 'drawdownStop' : field
    const row = { field: none, stated, path, base: baseExperiment() }
    await expectDefault(row, stated.startsWith('none') ? null : parse(codeOf(stated)[0]))
  })

  it.each(fields.filter((row) => !isPortfolioField(row) && !row.field.startsWith('instruments')))('$field: $stated', async ({ field, stated }) => {
    const base = field.startsWith('market') ? { ...baseExperiment(), market: { source: 'csv', files: './data' } } : baseExperiment()
    await expectDefault({ field, stated, path: [], base }, parse(codeOf(stated)[0]))
  })

  it('instruments', () => {
    const stated = Object.fromEntries(fields.filter(({ field }) => field.startsWith('instruments')).map((row) => [row.field.split('.')[2], row.stated]))
    const [instrument] = instrumentsOf(['ABC'], { accountCurrency: 'USD', instruments: {} })
    expect({ lot: stated.lot, multiplier: stated.multiplier }).toEqual({ lot: `\`${instrument.lot}\``, multiplier: `\`${instrument.multiplier}\`` })
    expect([stated.margin, instrument.margin]).toEqual(['none: price × multiplier', null])
  })

  it('names every field of a portfolio', async () => {
    const { id: _, containerId: _container, signals: _signals, riskPattern: _pattern, ...config } = portfolioAt(await resolveRaw(baseExperiment()), 0)
    const whole = { ...config, risk: 'default', schedule: 'bar', positions: null, drawdownStop: { limit: null, resumeAfterBars: null } }
    expect(leafPaths(whole).filter((path) => !fields.some(({ field }) => field === path))).toEqual([])
  })

  it('names every value of every rule', () => {
    const choices = enumsOf(portfolioFields)
    expect(choices.map(({ path }) => path)).toContain('exits.gapFill')
    for (const { path, values } of choices) {
      const row = fields.find(({ field }) => field === path)
      expect(row?.values ?? [], path).toEqual(expect.arrayContaining(values))
    }
    expect(fields.find(({ field }) => field === 'metrics.profile')?.values).toEqual(Object.keys(METRIC_PROFILES))
  })

  it('says all that the table of ORDER.md says', () => {
    const stated = new Set(rows.flatMap((row) => row.flatMap(codeOf)).flatMap((code) => code.split('.')))
    const words = order.rows.flatMap((row) => row.flatMap(codeOf)).flatMap((code) => code.split(': '))
    expect(words.length).toBeGreaterThan(30)
    expect(words.filter((word) => !stated.has(word) && !stated.has(word.split('.')[0]))).toEqual([])
  })
})

function leafPaths(value: object): string[] {
  return Object.entries(value).flatMap(([key, part]: [string, unknown]) =>
    part !== null && typeof part === 'object' && Object.keys(part).length > 0 ? leafPaths(part).map((path) => `${key}.${path}`) : [key],
  )
}

/** Every choice among words in a shape, by path. */
function enumsOf(shape: Readonly<Record<string, z.ZodType>>): { path: string; values: string[] }[] {
  return Object.entries(shape).flatMap(([key, schema]) => {
    const inner = schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType) : schema
    if (inner instanceof z.ZodEnum) return [{ path: key, values: inner.options as string[] }]
    if (inner instanceof z.ZodObject) {
      return enumsOf(inner.shape as Record<string, z.ZodType>).map(({ path, values }) => ({ path: `${key}.${path}`, values }))
    }
    if (!(inner instanceof z.ZodUnion)) return []
    return enumsOf(Object.fromEntries(inner.options.map((option) => [key, option as z.ZodType]))).filter(({ path }) => key !== 'execution' || path !== key)
  })
}
