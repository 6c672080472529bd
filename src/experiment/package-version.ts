import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** Version of the package that a resolved module (a file URL) belongs to; empty when it has none. */
export function packageVersion(url: string): string {
  for (let folder = dirname(fileURLToPath(url)); ; folder = dirname(folder)) {
    const version = versionIn(join(folder, 'package.json'))
    if (version !== undefined) return version
    if (dirname(folder) === folder) return ''
  }
}

/** The package that a bare import is of: `csv-parse/sync` is of `csv-parse`. */
export function packageNameOf(specifier: string): string {
  return specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
}

/** Version of a package as Node would find it from `folder`; empty when it is not there. */
export function installedVersion(name: string, folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    const manifest = join(at, 'node_modules', name, 'package.json')
    if (existsSync(manifest)) return packageVersion(pathToFileURL(manifest).href)
    if (dirname(at) === at) return ''
  }
}

function versionIn(file: string): string | undefined {
  if (!existsSync(file)) return undefined
  return (JSON.parse(readFileSync(file, 'utf8')) as { version?: string }).version
}
