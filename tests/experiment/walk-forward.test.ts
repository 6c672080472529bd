import { describe, expect, it } from 'vitest'
import { loadExperiment } from '../../src/experiment/load.ts'
import { portfolioAt, portfolioCount } from '../../src/experiment/portfolios.ts'
import { candidateConfig, idleConfig } from '../../src/experiment/walk-forward.ts'
import { catalogue, folderWith, problemsOf, refusal, resolveYaml, sources } from './fixture.ts'

const HEAD = `
name: test
market: { source: test }
strategies: [{ name: trend, use: sma-cross, grid: { fast: [5, 10], slow: [20, 60] } }]
defaults: { risk: none }
`

const group = (walkForward: string, fields = 'grid: { threshold: [0, 0.1] }') => `${HEAD}portfolios:
  - { name: plain, each: trend }
  - { name: rolling, each: trend, ${fields}, walkForward: ${walkForward} }
`

describe('a walk-forward in an experiment', () => {
  it('makes its portfolios candidates, with every default spelled out', async () => {
    const resolved = await resolveYaml(group('{ train: 500, test: 60 }'))
    expect(portfolioCount(resolved)).toBe(4)
    const [rolling] = resolved.walkForwards
    expect(rolling).toMatchObject({
      name: 'rolling', containerId: 'rolling', count: 8, select: { by: 'sharpe', order: 'highest' },
      windows: { train: 500, test: 60, step: 60, unit: 'bars', anchored: false },
    })
    expect(structuredClone(resolved)).toEqual(resolved)
    const fifth = candidateConfig(rolling, resolved.patterns, 5)
    expect(fifth).toEqual({ ...portfolioAt({ portfolios: [rolling], patterns: [] }, 5), id: 'rolling' })
    expect(fifth).toMatchObject({ threshold: 0.1, signals: [{ signal: 'trend[fast=10,slow=20]', weight: 1 }] })
    expect(idleConfig(rolling, resolved.patterns)).toMatchObject({ id: 'rolling', signals: [], limits: { cap: 0 }, drawdownStop: { limit: 1, resumeAfterBars: null } })
  })

  it('takes candidates from a sample', async () => {
    const resolved = await resolveYaml(group('{ train: 500, test: 60, unit: sessions, anchored: true, step: 20, select: { by: maxDrawdown, order: lowest } }',
      'grid: { threshold: { from: 0, to: 1 } }, sample: { method: sobol, count: 16 }'))
    expect(resolved.walkForwards[0]).toMatchObject({ count: 64, select: { by: 'maxDrawdown', order: 'lowest' }, windows: { step: 20, unit: 'sessions', anchored: true } })
  })

  it.each([
    { what: 'an unknown metric, with the nearest', walkForward: '{ train: 9, test: 3, select: { by: sharp } }', at: 'walkForward.select.by', says: /no metric is called `sharp`/, hint: '`sharpe`' },
    { what: 'a step that leaves bars out', walkForward: '{ train: 9, test: 3, step: 4 }', at: 'walkForward.step', says: /no window tests/, hint: 'at most 3' },
    { what: 'a metric that stands alone', walkForward: '{ train: 9, test: 3, select: sharpe }', at: 'walkForward.select', says: /a selection is/, hint: 'select: { by: sharpe }' },
    { what: 'no length', walkForward: '{ train: 0, test: 3 }', at: 'walkForward.train', says: /at least 1/, hint: '' },
    { what: 'an unknown key', walkForward: '{ train: 9, tests: 3, test: 2 }', at: 'walkForward.tests', says: /unknown key/, hint: '`test`' },
    { what: 'orders without a size at an edge', walkForward: '{ train: 9, test: 3 }', fields: 'grid: { sizing.kind: [exposure, allIn] }', at: 'walkForward', says: /`allIn`/, hint: 'two groups' },
    { what: 'a choice among what it starts with', walkForward: '{ train: 9, test: 3 }', fields: 'grid: { positions.SYN01: [0, 500] }', at: 'walkForward', says: /train flat/, hint: 'state `positions` once' },
  ])('is refused for $what', async ({ walkForward, fields, at, says, hint }) => {
    const [problem] = await problemsOf(group(walkForward, fields))
    expect(problem.code).toMatch(/^CONFIG_/)
    expect(problem.where).toContain(`(portfolios[1].${at})`)
    expect(problem.message).toMatch(says)
    expect(problem.hint ?? '').toContain(hint)
  })

  it('may select by a function of a TypeScript experiment, and of nothing else', async () => {
    const { folder, remove } = folderWith({
      'experiment.ts': `import { defineExperiment } from 'millrace'
export default defineExperiment({
  name: 'typed', market: { source: 'test' }, defaults: { risk: 'none' },
  strategies: [{ name: 'trend', use: 'sma-cross', grid: { fast: [5, 10], slow: [20, 60] } }],
  portfolios: [{ name: 'rolling', each: 'trend*', walkForward: { train: 9, test: 3, select: ({ portfolios }) => portfolios[0].ordinal } }],
})
`,
    })
    const resolved = await loadExperiment(`${folder}/experiment.ts`, { sources, catalogue })
    expect(resolved.walkForwards[0].select).toMatchObject({ file: `${folder}/experiment.ts`, path: ['portfolios', 0, 'walkForward', 'select'], sourceHash: expect.stringMatching(/^[0-9a-f]{64}$/) })
    remove()
    const { resolveExperiment } = await import('../../src/experiment/resolve.ts')
    const raw = {
      name: 'raw', market: { source: 'test' }, defaults: { risk: 'none' }, strategies: [{ name: 'trend', use: 'sma-cross', params: { fast: 5, slow: 20 } }],
      portfolios: [{ name: 'rolling', each: 'trend*', walkForward: { train: 9, test: 3, select: () => 0 } }],
    }
    expect((await refusal(() => resolveExperiment(raw, { folder, sources, catalogue }))).message).toMatch(/only in an experiment file/)
  })
})
