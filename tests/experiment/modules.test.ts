import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { StrategyDefinition } from '../../src/strategies/strategy.ts'
import { loadModule } from '../../src/experiment/modules.ts'
import { createStrategyStep } from '../../src/strategies/strategy-step.ts'
import { folderWith, problemsOf, refusal, resolveYaml } from './fixture.ts'

const STRATEGY = `import { defineStrategy, sma, z } from 'millrace'
import { threshold } from './threshold'

interface Pair { a: number; b: number }
const pair: Pair = { a: 1, b: -1 }

export default defineStrategy({
  name: 'mine',
  params: z.object({ period: z.int().min(2), gap: z.number().default(0.5) }),
  features: ({ period }) => [sma('close', period), 'close'],
  signal: ([average, close], out) => {
    for (let n = 0; n < out.length; n++) out[n] = close[n] > average[n] * (1 + threshold) ? pair.a : pair.b
  },
})
`
const THRESHOLD = 'export const threshold: number = 0.25 // a quarter\n'

const { folder, remove } = folderWith({ 'mine.ts': STRATEGY, 'threshold.ts': THRESHOLD })
afterAll(remove)

function experiment(use: string, params = '{ period: 2 }'): string {
  return `
name: test
market: { source: test }
strategies: [{ name: own, use: ${use}, params: ${params} }]
defaults: { risk: none }
portfolios: [{ name: all, signals: [own] }]
`
}

async function hashAfter(edits: Readonly<Record<string, string>>): Promise<string> {
  const copy = folderWith({ 'mine.ts': STRATEGY, 'threshold.ts': THRESHOLD, ...edits })
  try {
    return (await loadModule(join(copy.folder, 'mine.ts'))).sourceHash
  } finally {
    copy.remove()
  }
}

describe('a strategy of the user\'s own', () => {
  it('is loaded with what it imports, and runs', async () => {
    const { exports } = await loadModule(join(folder, 'mine.ts'))
    const made = createStrategyStep({ definition: exports.default as StrategyDefinition, params: { period: 2 }, universe: ['A', 'B'] })
    expect(made.features.map(({ expression }) => expression)).toEqual(['sma(close,2)', 'close'])
    const out = new Float64Array(2)
    made.step.step({ t: 0, closeTime: 0, sessionDate: 0 }, [Float64Array.of(100, 100), Float64Array.of(126, 124)], out)
    expect([...out]).toEqual([1, -1])
  })

  it('is named in an experiment, with its schema\'s defaults', async () => {
    const resolved = await resolveYaml(experiment('./mine.ts'), { folder })
    const { sourceHash } = await loadModule(join(folder, 'mine.ts'))
    expect(resolved.strategies[0]).toMatchObject({ use: 'mine', file: join(folder, 'mine.ts'), sourceHash, params: { period: 2, gap: 0.5 } })
    expect(sourceHash).toMatch(/^[0-9a-f]{64}$/)
  })

  it('has its parameters checked by its own schema', async () => {
    const [problem] = await problemsOf(experiment('./mine.ts', '{ period: 1 }'), { folder })
    expect(problem).toMatchObject({ code: 'CONFIG_VALUE', message: 'must be at least 2' })
    const [unknown] = await problemsOf(experiment('./mine.ts', '{ periods: 5 }'), { folder })
    expect(unknown).toMatchObject({ code: 'CONFIG_UNKNOWN', hint: 'did you mean `period`?' })
  })

  it('has one hash wherever it lies, and another when it or an import of it does something else', async () => {
    const original = (await loadModule(join(folder, 'mine.ts'))).sourceHash
    expect(await hashAfter({})).toBe(original)
    expect(await hashAfter({ 'mine.ts': STRATEGY.replace('? pair.a', '? 2 * pair.a') })).not.toBe(original)
    expect(await hashAfter({ 'threshold.ts': THRESHOLD.replace('0.25', '0.5') })).not.toBe(original)
  })

  it('keeps its hash when only comments, white space or types change', async () => {
    const original = (await loadModule(join(folder, 'mine.ts'))).sourceHash
    expect(await hashAfter({ 'threshold.ts': `/* said again */\n${THRESHOLD.replace(' // a quarter', '\n\n')}` })).toBe(original)
    expect(await hashAfter({ 'mine.ts': STRATEGY.replace('interface Pair', '/** A pair. */\ninterface Pair').replace('const pair: Pair', 'const pair   :   Readonly<Pair>') })).toBe(original)
  })

  it('is loaded again in the same process when an import was edited, and only then', async () => {
    const copy = folderWith({ 'mine.ts': STRATEGY, 'threshold.ts': THRESHOLD })
    const file = join(copy.folder, 'mine.ts')
    const first = await loadModule(file)
    expect(await loadModule(file)).toBe(first)
    writeFileSync(join(copy.folder, 'threshold.ts'), 'export const threshold = 0.125\n')
    expect((await loadModule(file)).sourceHash).not.toBe(first.sourceHash)
    copy.remove()
  })

  it('may import packages, whose version is part of the hash', async () => {
    const files = {
      'mine.ts': `import { bonus } from 'extra'\nexport default bonus\n`,
      'node_modules/extra/package.json': '{ "name": "extra", "version": "1.0.0", "type": "module", "exports": "./index.js" }',
      'node_modules/extra/index.js': 'export const bonus = 3\n',
    }
    const copy = folderWith(files)
    const first = await loadModule(join(copy.folder, 'mine.ts'))
    expect(first.exports.default).toBe(3)
    const other = folderWith({ ...files, 'node_modules/extra/package.json': files['node_modules/extra/package.json'].replace('1.0.0', '1.0.1') })
    expect((await loadModule(join(other.folder, 'mine.ts'))).sourceHash).not.toBe(first.sourceHash)
    copy.remove()
    other.remove()
  })

  it('has millrace\'s own zod', async () => {
    const copy = folderWith({ 'mine.ts': `import { z } from 'zod'\nimport * as millrace from 'millrace'\nexport default [z, millrace.z]\n` })
    const [own, api] = (await loadModule(join(copy.folder, 'mine.ts'))).exports.default as [unknown, unknown]
    expect(own).toBe(api)
    copy.remove()
  })
})

describe('a module that is no good', () => {
  const broken: Readonly<Record<string, string>> = {
    'syntax.ts': 'export const a = 1\nexport default {{\n',
    'missing-import.ts': `\nimport { a } from './nowhere'\nexport default a\n`,
    'missing-package.ts': `import { a } from 'no-such-package-anywhere'\nexport default a\n`,
    'throws.ts': `const list: number[] | null = null\n\nexport default (list as unknown as number[]).length\n`,
    'throws-inside.ts': `import { fail } from './inner'\nexport default fail()\n`,
    'inner.ts': `// first\nexport function fail(): number {\n  throw new Error('no luck')\n}\n`,
    'no-default.ts': 'export const a = 1\n',
    'number.ts': 'const a = 1\n\nexport default a\n',
    'no-signal.ts': `import { z } from 'millrace'\nexport default { name: 'x', params: z.object({}), features: () => [] }\n`,
    'no-schema.ts': `export default { name: 'x', params: {}, features: () => [], signal: () => {} }\n`,
  }
  const place = folderWith(broken)
  afterAll(place.remove)

  it.each([
    { file: 'syntax.ts', where: 'syntax.ts:2:17', says: 'Expected identifier' },
    { file: 'missing-import.ts', where: 'missing-import.ts:2:19', says: 'Could not resolve "./nowhere"' },
    { file: 'missing-package.ts', where: 'missing-package.ts:1:19', says: 'no-such-package-anywhere' },
    { file: 'throws.ts', where: 'throws.ts:3', says: 'length' },
    { file: 'throws-inside.ts', where: 'inner.ts:3', says: 'no luck' },
    { file: 'no-default.ts', where: 'no-default.ts:', says: 'no default export' },
    { file: 'number.ts', where: 'number.ts:3', says: 'is a number' },
    { file: 'no-signal.ts', where: 'no-signal.ts:2', says: '`signal` must be a function' },
    { file: 'no-schema.ts', where: 'no-schema.ts:1', says: 'zod schema' },
  ])('is MODULE_INVALID with the place: $file', async ({ file, where, says }) => {
    const [problem] = await problemsOf(experiment(`./${file}`), { folder: place.folder })
    expect(problem.code).toBe('MODULE_INVALID')
    expect(problem.message).toContain(says)
    expect(problem.where).toContain(join(place.folder, where))
    expect(problem.where).toMatch(/named at test\.yaml:4:\d+ \(strategies\[0\]\.use\)/)
  })

  it('is FILE_NOT_FOUND when it is not there', async () => {
    expect((await problemsOf(experiment('./absent.ts'), { folder: place.folder }))[0].code).toBe('FILE_NOT_FOUND')
  })

  it('may be mended and loaded again', async () => {
    const copy = folderWith({ 'mine.ts': 'export default {{\n' })
    const file = join(copy.folder, 'mine.ts')
    expect((await refusal(() => loadModule(file))).code).toBe('MODULE_INVALID')
    cpSync(join(folder, 'threshold.ts'), file)
    expect((await loadModule(file)).exports).toMatchObject({ threshold: 0.25 })
    expect(readFileSync(file, 'utf8')).toBe(THRESHOLD)
    copy.remove()
  })

  it('is told when a schema changes parameters', async () => {
    const copy = folderWith({ 'mine.ts': STRATEGY.replace('z.int().min(2)', 'z.number().transform((n) => n + 1)'), 'threshold.ts': THRESHOLD })
    const [problem] = await problemsOf(experiment('./mine.ts'), { folder: copy.folder })
    expect(problem).toMatchObject({ code: 'MODULE_INVALID', value: 2 })
    copy.remove()
  })
})
