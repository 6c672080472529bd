import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MillraceError } from '../base/errors.ts'
import { rememberSource, sourcePlace } from '../base/source-place.ts'
import type { Bundle } from './bundle.ts'

/** A user's own TypeScript or JavaScript module. It runs trusted: it is the user's code. */
export interface LoadedModule {
  readonly exports: Readonly<Record<string, unknown>>
  /** SHA-256 of its transitive source: an edited import changes it, a comment does not. */
  readonly sourceHash: string
}

interface CachedModule {
  readonly stamps: readonly (readonly [file: string, stamp: string])[]
  readonly loaded: LoadedModule
}

/** Loaded modules of this process, by absolute path; checked against the files' sizes and times. */
const loadedModules = new Map<string, CachedModule>()

/**
 * Loads a module by absolute path: bundled with everything it imports by path, `millrace` bound to this
 * installation's public API. Unchanged files are loaded once per process.
 * @throws MillraceError FILE_NOT_FOUND; MODULE_INVALID with `file:line:column` when it cannot be parsed,
 *   an import is missing, or it throws while it is loaded
 */
export async function loadModule(file: string): Promise<LoadedModule> {
  if (!existsSync(file)) {
    throw new MillraceError({ code: 'FILE_NOT_FOUND', message: 'there is no such module', where: file, value: file })
  }
  const cached = loadedModules.get(file)
  if (cached !== undefined && cached.stamps.every(([input, stamp]) => stampOf(input) === stamp)) return cached.loaded
  const { bundleModule } = await import('./bundle.ts')
  const bundle = await bundleModule(file, publicApi)
  const stamps = bundle.inputs.map((input) => [input, stampOf(input)] as const)
  const loaded = { exports: await evaluate(bundle, file), sourceHash: bundle.sourceHash }
  loadedModules.set(file, { stamps, loaded })
  return loaded
}

function stampOf(file: string): string {
  const status = statSync(file, { throwIfNoEntry: false, bigint: true })
  return status === undefined ? 'absent' : `${status.size}:${status.mtimeNs}`
}

async function evaluate(bundle: Bundle, file: string): Promise<Record<string, unknown>> {
  const url = toDataUrl(bundle)
  rememberSource(url, { map: bundle.map, folder: dirname(file) })
  try {
    return (await import(/* @vite-ignore */ url)) as Record<string, unknown>
  } catch (error) {
    if (error instanceof MillraceError) throw error
    const message = error instanceof Error ? error.message : String(error)
    throw new MillraceError({
      code: 'MODULE_INVALID',
      message: `it throws while it is loaded: ${message}`, where: sourcePlace(error) ?? file,
    })
  }
}

/** Equal text is the same URL, so Node loads it once. */
function toDataUrl(bundle: Bundle): string {
  let text = bundle.text
  for (const [placeholder, url] of bundle.packages) text = text.replaceAll(JSON.stringify(placeholder), JSON.stringify(url))
  return `data:text/javascript;base64,${Buffer.from(text).toString('base64')}`
}

let apiUrl: Promise<string> | undefined

/** URL of what `import … from 'millrace'` means: the built API beside this bundle, or the sources' own. */
function publicApi(): Promise<string> {
  apiUrl ??= findApi()
  return apiUrl
}

async function findApi(): Promise<string> {
  const built = new URL('./api.mjs', import.meta.url)
  if (existsSync(built)) return built.href
  const { bundleModule } = await import('./bundle.ts')
  const source = fileURLToPath(new URL('../api.ts', import.meta.url))
  return toDataUrl(await bundleModule(source, () => Promise.reject(new Error('the API imports itself'))))
}

/** `file:line` of a module's default export, for errors about what it is. */
export function placeOfDefaultExport(file: string): string {
  const before = readFileSync(file, 'utf8').split(/^export\s+default\b|\bas\s+default\b/m)[0]
  return `${file}:${before.split('\n').length}`
}
