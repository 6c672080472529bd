import { build } from 'esbuild'
import { existsSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { sha256 } from '../base/hash.ts'

/**
 * SHA-256 of each file's transitive source: what it and everything it imports by path come to, without
 * white space, comments and types, and the versions of the packages they import. `files` are relative to
 * `root`, as the keys of the result are; imports matching `external` (`*` is a wildcard) are not followed.
 * `assets` tells, by file, the hash of what it reads when it runs: that counts where the file does.
 */
export async function hashSources(of: {
  readonly root: string
  readonly files: readonly string[]
  readonly external?: readonly string[]
  readonly assets?: Readonly<Record<string, string>>
}): Promise<Record<string, string>> {
  const root = resolve(of.root)
  const result = await build({
    entryPoints: of.files.map((file) => join(root, file)), absWorkingDir: root, outbase: root, outdir: join(root, '.hashed'), write: false,
    bundle: true, packages: 'external', external: [...(of.external ?? [])],
    format: 'esm', platform: 'node', target: 'node20', charset: 'utf8',
    minifyWhitespace: true, legalComments: 'none', metafile: true, logLevel: 'silent',
  })
  const textOf = new Map(result.outputFiles.map((output) => [relative(root, output.path).replaceAll('\\', '/'), output.text]))
  const hashes: Record<string, string> = {}
  for (const [output, { entryPoint, imports, inputs }] of Object.entries(result.metafile.outputs)) {
    if (entryPoint === undefined) continue
    const names = new Set(imports.filter((found) => found.external === true && /^[^./*]/.test(found.path)).map((found) => found.path))
    const versions = [...names].filter((name) => !isBuiltin(name)).toSorted().map((name) => [name, installedVersion(name, root)])
    const assets = Object.entries(of.assets ?? {}).filter(([file]) => Object.hasOwn(inputs, file)).map(([, hash]) => hash)
    hashes[entryPoint] = sha256(JSON.stringify([textOf.get(output), versions, ...assets]))
  }
  return Object.fromEntries(of.files.map((file) => [file, hashes[file]]))
}

/** Version of the package that a resolved module (a file URL) belongs to; empty when it has none. */
export function packageVersion(url: string): string {
  for (let folder = dirname(fileURLToPath(url)); ; folder = dirname(folder)) {
    const version = versionIn(join(folder, 'package.json'))
    if (version !== undefined) return version
    if (dirname(folder) === folder) return ''
  }
}

function versionIn(file: string): string | undefined {
  if (!existsSync(file)) return undefined
  return (JSON.parse(readFileSync(file, 'utf8')) as { version?: string }).version
}

/** Version of the package a bare import names, as Node would find it from `folder`. */
function installedVersion(specifier: string, folder: string): string {
  const name = specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
  for (let at = folder; ; at = dirname(at)) {
    const manifest = join(at, 'node_modules', name, 'package.json')
    if (existsSync(manifest)) return packageVersion(pathToFileURL(manifest).href)
    if (dirname(at) === at) return ''
  }
}
