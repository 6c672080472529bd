import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import * as rules from './rules.ts'
import type { Rule } from './rules.ts'
import { importsOf, readTree } from './source-tree.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const lines = (count: number, line: string) => Array<string>(count).fill(line).join('\n')

/** Every rule, and the smallest trees that break it. */
const HOUSE: { name: string; rule: Rule; broken: Record<string, string>[] }[] = [
  {
    name: 'files import only from lower ranks or their own folder', rule: rules.ranks,
    broken: [
      { 'src/base/time.ts': `import type { Bar } from '../domain/bar.ts'` },
      { 'src/market/csv.ts': `import {\n  put,\n} from '../store/store.ts'` },
      { 'src/risk/var.ts': `export * from '../stages/pipeline.ts'` },
      { 'src/risk/var.ts': `type P = import('../stages/pipeline.ts').Pipeline` },
      { 'src/pool/local.ts': `import '../cli/main.ts'` },
      { 'src/extras/thing.ts': 'export const one = 1' },
    ],
  },
  {
    name: 'there are no import cycles, types included', rule: rules.cycles,
    broken: [
      { 'src/domain/a.ts': `import type { B } from './b.ts'`, 'src/domain/b.ts': `import { c } from './c.ts'`, 'src/domain/c.ts': `export { a } from './a.ts'` },
    ],
  },
  {
    name: 'only src/base reads the clock or makes randomness', rule: rules.clockAndRandom,
    broken: [
      'Date.now()', 'new Date()', 'new Date', 'Date()', 'performance.now()', 'Math.random()', 'process.hrtime.bigint()', 'crypto.randomUUID()',
    ].map((code) => ({ 'src/pool/local.ts': `export const value = ${code}` })),
  },
  {
    name: 'the kernel uses exact arithmetic alone', rule: rules.exactKernel,
    broken: [{ 'src/kernel/reference.ts': 'export const f = (x: number) => Math.exp(x)' }, { 'src/kernel/reference.ts': 'export const f = (x: number) => x ** 2' }],
  },
  {
    name: 'nothing is any', rule: rules.noAny,
    broken: ['let a: any', 'const a = b as any', 'let a: any[]', 'let a: Map<string, any>', 'let a: string | any'].map((code) => ({ 'src/base/a.ts': code })),
  },
  {
    name: 'nothing is left to do', rule: rules.nothingLeftToDo,
    broken: [{ 'src/base/a.ts': '// TODO later' }, { 'docs/guide.md': 'FIXME' }, { 'tests/base/a.test.ts': '// HACK' }],
  },
  {
    name: 'no file names a machine', rule: rules.noMachinePaths,
    broken: [{ 'src/base/a.ts': `const root = '/home/ann/data'` }, { 'docs/guide.md': 'see /work/shared' }, { 'bench/a.ts': `'C:\\Users\\ann'` }],
  },
  {
    name: 'names say what a file is about', rule: rules.names,
    broken: ['src/base/utils.ts', 'src/helpers/a.ts', 'src/domain/types.ts', 'src/common/a.ts', 'src/domain/index.ts'].map((path) => ({ [path]: 'export const a = 1' })),
  },
  {
    name: 'files have at most 500 lines, functions 70', rule: rules.lengths,
    broken: [
      { 'src/base/a.ts': lines(501, 'export {}') },
      { 'src/base/a.ts': `export function long(values: number[]): void {\n${lines(71, '  values.push(1)')}\n}` },
      { 'src/kernel/assembly/a.ts': lines(501, 'export {}') },
    ],
  },
  {
    name: 'every file that does something is reached by a test', rule: rules.tested,
    broken: [{ 'src/base/a.ts': 'export const a = 1', 'tests/base/b.test.ts': `import { a } from '../../src/base/b.ts'` }],
  },
]

const seeded: string[] = []

function seed(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'millrace-house-'))
  seeded.push(root)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), `${text}\n`)
  }
  return root
}

afterAll(() => seeded.forEach((root) => rmSync(root, { recursive: true })))

/** Written as the house wants it, with words in comments and strings that a careless rule would trip over. */
const CLEAN = {
  'src/base/clock.ts': 'export const now = () => Date.now()',
  'src/domain/bar.ts': `// any company, Date.now() and Math.random()\nimport type { Clock } from '../base/clock.ts'\nexport const at = (time: number) => new Date(time)\nexport const text = 'Math.random() as any'\nexport const many = (any: Clock) => [any]`,
  'src/domain/only-a-shape.ts': 'export interface Shape { readonly kind: string }',
  'src/kernel/kernel.ts': `import type { Shape } from '../domain/only-a-shape.ts'\nexport const square = (x: number, _: Shape) => Math.sqrt(x * x)`,
  'tests/base/clock.test.ts': `import { now } from '../../src/base/clock.ts'`,
  'tests/domain/bar.test.ts': `import { at } from '../../src/domain/bar.ts'`,
  'tests/kernel/kernel.test.ts': `import { square } from '../../src/kernel/kernel.ts'`,
  'docs/guide.md': 'see ./work/shared or https://example.org/home/page; the home/ folder',
}

describe.each(HOUSE)('$name', ({ rule, broken }) => {
  it('in this repository', () => {
    expect(rule(repository)).toEqual([])
  })

  it.each(broken.map((files) => ({ files, first: JSON.stringify(Object.values(files)[0]).slice(0, 60) })))('fires on $first', ({ files }) => {
    expect(rule(seed(files)).length).toBeGreaterThan(0)
  })

  it('leaves a clean tree alone', () => {
    expect(rule(seed(CLEAN))).toEqual([])
  })
})

describe('the house test itself', () => {
  it('reads the whole of src, and sees its imports', () => {
    const files = readTree(repository, 'src', ['.ts'])
    expect(files.length).toBeGreaterThan(20)
    const paths = new Set(files.map((file) => file.path))
    const missing = files.filter((file) => !file.path.includes('/assembly/'))
      .flatMap((file) => importsOf(file).filter((target) => target.endsWith('.ts') && !paths.has(target)).map((target) => `${file.path} → ${target}`))
    expect(missing).toEqual([])
  })
})
