import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, describe, expect, it } from 'vitest'
import { loadExperiment } from '../../src/experiment/load.ts'
import { loadModule } from '../../src/experiment/modules.ts'
import { catalogue, folderWith, lineAndColumn, refusal, SOUND, sources } from './fixture.ts'

const MODULE = `import { defineExperiment } from 'millrace'
const fast = [5, 10]
export default defineExperiment({
  name: 'test',
  market: { source: 'test' },
  strategies: [{ name: 'trend', use: 'sma-cross', grid: { fast, slow: { from: 20, to: 60, step: 20 } } }],
  defaults: { risk: 'none' },
  portfolios: [{ name: 'singles', each: 'trend*' }],
})
`
const STRATEGY = `import { defineStrategy, sma, z } from 'millrace'
export default defineStrategy({
  name: 'mine', params: z.object({ period: z.int() }), features: ({ period }) => [sma('close', period)], signal: () => {},
})
`
const place = folderWith({
  'sound.yaml': SOUND,
  'module.ts': MODULE,
  'unknown-key.ts': MODULE.replace('each:', 'eahc:'),
  'no-default.ts': 'export const name = 1\n',
  'broken.yaml': SOUND.replace('use: sma-cross', 'use: sma-cros'),
  'notes.txt': 'notes',
  'mine.ts': STRATEGY,
})
afterAll(place.remove)

const load = (name: string) => loadExperiment(join(place.folder, name), { sources, catalogue })

describe('an experiment', () => {
  it('is the same in YAML and as a TypeScript module', async () => {
    expect(await load('module.ts')).toEqual(await load('sound.yaml'))
    expect((await load('sound.yaml')).folder).toBe(place.folder)
  })

  it('names its file in errors as the user named it', async () => {
    const path = relative(process.cwd(), join(place.folder, 'broken.yaml'))
    const error = await refusal(() => loadExperiment(path, { sources, catalogue }))
    expect(error.where).toBe(`${path}:${lineAndColumn(SOUND, 'sma-cross')} (strategies[0].use)`)
  })

  it('has paths without lines when it is a module', async () => {
    const error = await refusal(() => load('unknown-key.ts'))
    expect(error).toMatchObject({ code: 'CONFIG_UNKNOWN', where: `${join(place.folder, 'unknown-key.ts')} (portfolios[0].eahc)`, hint: 'did you mean `each`?' })
  })

  it.each([
    { file: 'absent.yaml', code: 'FILE_NOT_FOUND' },
    { file: 'notes.txt', code: 'USAGE' },
    { file: 'no-default.ts', code: 'MODULE_INVALID' },
  ])('is refused with $code: $file', async ({ file, code }) => {
    expect((await refusal(() => load(file))).code).toBe(code)
  })
})

/** The module loader and the API bundled as they are shipped, below the repository so that packages are found. */
async function bundled(): Promise<{ readonly folder: string; readonly worker: string }> {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const folder = mkdtempSync(join(root, 'node_modules', '.millrace-test-'))
  writeFileSync(join(folder, 'worker.ts'), `import { loadModule } from ${JSON.stringify(join(root, 'src/experiment/modules.ts'))}
process.on('message', async (file: string) => {
  const { exports, sourceHash } = await loadModule(file)
  const { features } = exports.default as { features(params: object): { expression: string }[] }
  process.send?.({ sourceHash, features: features({ period: 7 }).map(({ expression }) => expression) }, () => process.exit(0))
})
`)
  await build({
    entryPoints: [{ in: join(folder, 'worker.ts'), out: 'worker' }, { in: join(root, 'src/api.ts'), out: 'api' }],
    outdir: folder, outExtension: { '.js': '.mjs' }, bundle: true, packages: 'external', platform: 'node', format: 'esm', target: 'node20',
  })
  return { folder, worker: join(folder, 'worker.mjs') }
}

describe('a user\'s module', () => {
  it('is the same in a forked worker made of bundles', async () => {
    const { folder, worker } = await bundled()
    const file = join(place.folder, 'mine.ts')
    const reply = await new Promise((resolve, reject) => {
      const child = fork(worker, [], { serialization: 'advanced' })
      child.once('message', resolve)
      child.once('error', reject)
      child.once('exit', (code) => reject(new Error(`the worker ended with ${code}`)))
      child.send(file)
    })
    rmSync(folder, { recursive: true })
    expect(reply).toEqual({ sourceHash: (await loadModule(file)).sourceHash, features: ['sma(close,7)'] })
  })
})
