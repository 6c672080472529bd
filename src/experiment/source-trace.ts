import { build } from 'esbuild'
import { isBuiltin } from 'node:module'
import { join, relative, resolve } from 'node:path'
import { sha256 } from '../base/hash.ts'
import type { TracedSource } from './installation.ts'
import { packageNameOf } from './package-version.ts'

/**
 * Each file's transitive source, by file: the hash of what it and everything it imports by path come to, without
 * white space, comments and types, and which packages they import. `files` are relative to `root`, as the keys of
 * the result are; imports matching `external` (`*` is a wildcard) are not followed.
 * `assets` tells, by file, the hash of what it reads when it runs: that counts where the file does.
 */
export async function traceSources(of: {
  readonly root: string
  readonly files: readonly string[]
  readonly external?: readonly string[]
  readonly assets?: Readonly<Record<string, string>>
}): Promise<Record<string, TracedSource>> {
  const root = resolve(of.root)
  const result = await build({
    entryPoints: of.files.map((file) => join(root, file)), absWorkingDir: root, outbase: root, outdir: join(root, '.hashed'), write: false,
    bundle: true, packages: 'external', external: [...(of.external ?? [])],
    format: 'esm', platform: 'node', target: 'node20', charset: 'utf8',
    minifyWhitespace: true, legalComments: 'none', metafile: true, logLevel: 'silent',
  })
  const textOf = new Map(result.outputFiles.map((output) => [relative(root, output.path).replaceAll('\\', '/'), output.text]))
  const traces: Record<string, TracedSource> = {}
  for (const [output, { entryPoint, imports, inputs }] of Object.entries(result.metafile.outputs)) {
    if (entryPoint === undefined) continue
    const foreign = imports.filter(({ path, external }) => external === true && /^[^./*]/.test(path) && !isBuiltin(path))
    const assets = Object.entries(of.assets ?? {}).filter(([file]) => Object.hasOwn(inputs, file)).map(([, hash]) => hash)
    traces[entryPoint] = {
      source: sha256(JSON.stringify([textOf.get(output), ...assets])),
      packages: [...new Set(foreign.map(({ path }) => packageNameOf(path)))].toSorted(),
    }
  }
  return Object.fromEntries(of.files.map((file) => [file, traces[file]]))
}
