import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { judgesEachAlone } from '../../src/experiment/params.ts'
import { instanceFinder, instanceOf, signalNames, strategyInstanceCount, strategyInstances } from '../../src/experiment/signals.ts'
import { problemsOf, resolveYaml } from './fixture.ts'

function experiment(strategy: string): string {
  return `
name: test
market: { source: test }
strategies:
  - ${strategy}
defaults: { risk: none }
portfolios: [{ name: all, signals: ["*"] }]
`
}

describe('strategies of an experiment', () => {
  it('become instances named by their grid parameters', async () => {
    const resolved = await resolveYaml(experiment('{ name: trend, use: sma-cross, params: { fast: 5 }, grid: { slow: { from: 20, to: 60, step: 20 } }, tags: [slow] }'))
    expect(strategyInstanceCount(resolved)).toBe(3)
    expect([...strategyInstances(resolved)]).toEqual([20, 40, 60].map((slow) => ({
      id: `trend[slow=${slow}]`, name: 'trend', tags: ['slow'], use: 'sma-cross', sourceHash: 'hash of strategies/sma-cross.ts', params: { fast: 5, slow },
    })))
  })

  it('are found by their names, and nothing else is', async () => {
    const resolved = await resolveYaml(experiment('{ name: trend, use: sma-cross, grid: { fast: [5, 10, 50], slow: [20, 100] }, where: fast < slow }'))
    const find = instanceFinder(resolved)
    const all = [...strategyInstances(resolved)]
    expect(all.map(({ id }) => find(id))).toEqual(all)
    expect(find('trend[fast=50,slow=20]')).toBeUndefined()
  })

  it('of a whole grid have the names they have one by one, and are found by them', async () => {
    const [trend, bands] = ['{ name: trend, use: sma-cross, params: { fast: 5 }, grid: { slow: [20, 100] } }', '{ name: bands, use: bollinger-reversion, grid: { window: [10, 20, 30], entry: { from: 0.5, to: 2, step: 0.1 }, exit: [0, 0.25] } }']
    const resolved = await resolveYaml(experiment(`${trend}\n  - ${bands}`))
    const all = [...strategyInstances(resolved)]
    expect(all).toHaveLength(2 + 96)
    expect(signalNames(resolved)).toEqual(all.map(({ id }) => id))
    expect(all.map(({ id }) => instanceFinder(resolved)(id))).toEqual(all)
    expect(all[2 + 2 * 3 + 1].id).toBe('bands[window=10,entry=0.8,exit=0.25]')
  })

  it('have the group\'s name when there is no grid, and the schema\'s defaults among their parameters', async () => {
    const resolved = await resolveYaml(experiment('{ name: bands, use: bollinger-reversion, params: { window: 20, entry: 2 } }'))
    expect([...strategyInstances(resolved)]).toMatchObject([{ id: 'bands', params: { window: 20, entry: 2, exit: 0 } }])
  })

  it('keep the combinations that `where` holds for, defaults included', async () => {
    const grid = 'grid: { fast: [10, 20, 30], slow: [20, 30] }'
    const resolved = await resolveYaml(experiment(`{ name: trend, use: sma-cross, ${grid}, where: fast < slow }`))
    expect(signalNames(resolved)).toEqual(['trend[fast=10,slow=20]', 'trend[fast=10,slow=30]', 'trend[fast=20,slow=30]'])
    expect(resolved.strategies[0].count).toBe(3)
    const bands = await resolveYaml(experiment('{ name: bands, use: bollinger-reversion, params: { window: 20 }, grid: { entry: [1, 2] }, where: entry > exit + 1 }'))
    expect(signalNames(bands)).toEqual(['bands[entry=2]'])
  })

  it('keep their names when a grid is widened', async () => {
    const narrow = await resolveYaml(experiment('{ name: trend, use: sma-cross, grid: { fast: [5, 10], slow: [50] } }'))
    const wide = await resolveYaml(experiment('{ name: trend, use: sma-cross, grid: { fast: [3, 5, 7, 10], slow: [40, 50] } }'))
    const names = new Set(signalNames(wide))
    expect(signalNames(narrow).every((name) => names.has(name))).toBe(true)
  })

  it('survive a structured clone', async () => {
    const resolved = await resolveYaml(experiment('{ name: trend, use: sma-cross, grid: { fast: [5, 10, 50], slow: [20, 100] }, where: fast < slow }'))
    const clone = structuredClone(resolved)
    expect(clone).toEqual(resolved)
    expect(instanceOf(clone.strategies[0], 3)).toEqual(instanceOf(resolved.strategies[0], 3))
  })

  it.each([
    { what: 'an unknown name, with the nearest', where: 'fats < slow', says: /no parameter `fats`/, hint: '`fast`' },
    { what: 'exponents, which it cannot read', where: 'fast < 1e5', says: /cannot be read/, hint: '100000' },
    { what: 'what is no comparison', where: 'fast + slow', says: /true or false/, hint: 'fast < slow' },
    { what: 'text that ends too early', where: 'fast <', says: /cannot be read: it ends after `fast <`$/, hint: 'fast < slow' },
    { what: 'an operator too many', where: 'fast < > slow', says: /cannot be read: at `> slow` after `fast <`$/, hint: 'fast < slow' },
    { what: 'one that begins with an operator', where: '< slow', says: /cannot be read: at `< slow`$/, hint: 'fast < slow' },
    { what: 'a sign it has not', where: 'fast = 5', says: /cannot be read: at `= 5` after `fast`$/, hint: 'fast < slow' },
    { what: 'nothing', where: '', says: /cannot be read: it is empty$/, hint: 'fast < slow' },
    { what: 'a filter that keeps nothing', where: 'fast > 1000', says: /none of 4 combinations/, hint: 'widen' },
  ])('refuse as a filter $what', async ({ where, says, hint }) => {
    const problems = await problemsOf(experiment(`{ name: trend, use: sma-cross, grid: { fast: [5, 10], slow: [20, 60] }, where: "${where}" }`))
    expect(problems[0]).toMatchObject({ code: 'CONFIG_VALUE', value: where })
    expect(problems[0].where).toContain('(strategies[0].where)')
    expect(problems[0].message).toMatch(says)
    expect(problems[0].hint).toContain(hint)
  })

  it('tell an unfit value once, however many instances it is in', async () => {
    const problems = await problemsOf(experiment('{ name: trend, use: sma-cross, grid: { fast: [5, 1], slow: { from: 20, to: 200, step: 1 } } }'))
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatchObject({ code: 'CONFIG_VALUE', message: 'must be at least 2', value: 1 })
    expect(problems[0].where).toContain('grid.fast[1]')
  })

  it.each([
    { what: 'a parameter both fixed and varied', strategy: '{ name: trend, use: sma-cross, params: { fast: 5 }, grid: { fast: [5, 10], slow: [20] } }' },
    { what: 'a value twice on an axis', strategy: '{ name: trend, use: sma-cross, params: { fast: 5 }, grid: { slow: [20, 30, 20] } }' },
  ])('refuse $what', async ({ strategy }) => {
    expect((await problemsOf(experiment(strategy)))[0].code).toBe('CONFIG_DUPLICATE')
  })

  it.each([
    { range: '{ from: 20, to: 200, step: 50 }', hint: '`to: 170` or `to: 220`' },
    { range: '{ from: 0.1, to: 0.35, step: 0.1 }', hint: '`to: 0.3` or `to: 0.4`' },
    { range: '{ from: 2, to: 3, step: 5 }', hint: '`to: 2` or `to: 7`' },
  ])('refuse $range, which never comes to its end, and name the ends it does', async ({ range, hint }) => {
    const [problem] = await problemsOf(experiment(`{ name: trend, use: sma-cross, params: { fast: 5 }, grid: { slow: ${range} } }`))
    expect(problem).toMatchObject({ code: 'CONFIG_VALUE', where: expect.stringContaining('grid.slow.to)') as string, hint })
    expect(problem.message).toMatch(/both ends of a range are in/)
  })

  it('say of a fraction that was drawn how to draw whole numbers', async () => {
    const problems = await problemsOf(experiment('{ name: trend, use: sma-cross, grid: { fast: { from: 5, to: 50 }, slow: [60] }, sample: { method: sobol, count: 8 } }'))
    expect(problems).toMatchObject([{ code: 'CONFIG_TYPE', value: { from: 5, to: 50 }, hint: expect.stringContaining('`integer: true`') as string }])
  })

  it('refuse a range that runs backwards or stands still', async () => {
    for (const range of ['{ from: 60, to: 20, step: 20 }', '{ from: 20, to: 60, step: 0 }']) {
      const problems = await problemsOf(experiment(`{ name: trend, use: sma-cross, params: { fast: 5 }, grid: { slow: ${range} } }`))
      expect(problems.map(({ code }) => code)).toEqual(['CONFIG_VALUE'])
    }
  })
})

describe('parameters of a strategy', () => {
  it.each([
    { what: 'each by itself', schema: z.object({ a: z.int().refine((value) => value !== 2), b: z.int() }), alone: true },
    { what: 'together', schema: z.object({ a: z.int(), b: z.int() }).refine(({ a, b }) => a < b), alone: false },
    { what: 'behind a conversion', schema: z.preprocess((value) => value, z.object({ a: z.int() })), alone: false },
  ])('are known to be judged $what', ({ schema, alone }) => {
    expect(judgesEachAlone(schema)).toBe(alone)
  })
})
