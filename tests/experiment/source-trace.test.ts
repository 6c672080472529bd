import { describe, expect, it } from 'vitest'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hashTraces } from '../../src/experiment/installation.ts'
import { traceSources } from '../../src/experiment/source-trace.ts'
import { folderWith } from './fixture.ts'

const FILES = {
  'steps/a.ts': `import { base } from '../base.ts'\nexport default base + 1\n`,
  'steps/b.ts': `import type { Text } from '../words.ts'\nexport default 'b' as Text\n`,
  'steps/list.ts': `import a from './a.ts'\nimport b from './b.ts'\nexport const steps = [a, b]\n`,
  'steps/c.ts': `import { steps } from './list.ts'\nexport default steps.length\n`,
  'base.ts': 'export const base = 10\n',
  'words.ts': 'export type Text = string\n',
}
const STEPS = ['steps/a.ts', 'steps/b.ts', 'steps/c.ts']

async function hashes(edits: Readonly<Record<string, string>> = {}, external?: readonly string[]) {
  const place = folderWith({ ...FILES, ...edits })
  try {
    return hashTraces(await traceSources({ root: place.folder, files: STEPS, external }), place.folder)
  } finally {
    place.remove()
  }
}

describe('source hashes', () => {
  it('are one per file, the same wherever the folder is', async () => {
    const first = await hashes()
    expect(Object.keys(first)).toEqual(STEPS)
    expect(new Set(Object.values(first)).size).toBe(3)
    expect(await hashes()).toEqual(first)
  })

  it('change with an import for exactly the files that depend on it', async () => {
    const before = await hashes()
    const after = await hashes({ 'base.ts': 'export const base = 11\n' })
    expect(STEPS.filter((file) => before[file] !== after[file])).toEqual(['steps/a.ts', 'steps/c.ts'])
  })

  it('do not follow external imports', async () => {
    const before = await hashes({}, ['*/list.ts'])
    const after = await hashes({ 'base.ts': 'export const base = 11\n' }, ['*/list.ts'])
    expect(STEPS.filter((file) => before[file] !== after[file])).toEqual(['steps/a.ts'])
  })

  it('do not change with comments, white space and types', async () => {
    const edits = { 'base.ts': '/* ten */\nexport  const base: number =\n  10 // it is\n', 'words.ts': 'export type Text = string | number\n' }
    expect(await hashes(edits)).toEqual(await hashes())
  })

  it('change with the version of a package', async () => {
    const withPackage = (version: string) => ({
      'steps/b.ts': `import { x } from 'extra/deep'\nexport default x\n`,
      'node_modules/extra/package.json': `{ "name": "extra", "version": "${version}" }`,
    })
    const before = await hashes(withPackage('1.0.0'))
    const after = await hashes(withPackage('2.0.0'))
    expect(STEPS.filter((file) => before[file] !== after[file])).toEqual(['steps/b.ts', 'steps/c.ts'])
  })

  it('change with the version of a package that is installed after the build', async () => {
    const manifest = 'node_modules/@some/extra/package.json'
    const place = folderWith({ ...FILES, 'steps/b.ts': `import { x } from '@some/extra/deep'\nexport default x\n`, [manifest]: '{ "version": "1.0.0" }' })
    const traces = await traceSources({ root: place.folder, files: STEPS })
    const before = hashTraces(traces, place.folder)
    writeFileSync(join(place.folder, manifest), '{ "version": "1.0.1" }')
    const after = hashTraces(traces, place.folder)
    place.remove()
    expect(STEPS.filter((file) => before[file] !== after[file])).toEqual(['steps/b.ts', 'steps/c.ts'])
  })

  it('are made of Millrace\'s own steps in one go', async () => {
    const root = new URL('../../src', import.meta.url).pathname
    const files = readdirSync(`${root}/features`).map((name) => `features/${name}`)
    const made = await traceSources({ root, files, external: ['*/registry.ts'] })
    expect(Object.values(made).every(({ source: hash }) => /^[0-9a-f]{64}$/.test(hash))).toBe(true)
    expect(Object.keys(made)).toEqual(files)
  })
})
