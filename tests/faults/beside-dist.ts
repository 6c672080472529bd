import { rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { afterAll } from 'vitest'

const dist = fileURLToPath(new URL('../../dist', import.meta.url))

/** Bundles a process's entry into dist/, where it finds the API for users' own modules and the workers as the product does. */
export function bundleBesideDist(file: URL): string {
  const entry = fileURLToPath(file)
  const outfile = join(dist, `${basename(entry, '.ts')}-${process.pid}.mjs`)
  buildSync({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', packages: 'external' })
  afterAll(() => rmSync(outfile, { force: true }))
  return outfile
}
