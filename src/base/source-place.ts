import { SourceMap } from 'node:module'
import { resolve } from 'node:path'

/** What is needed to lead a place in a module that was bundled for loading back to the file it was written in. */
export interface BundledSource {
  /** Source map, as JSON. */
  readonly map: string
  /** Folder its source paths are relative to. */
  readonly folder: string
}

/** Bundled modules that this process has loaded, by the URL they were loaded from. */
const sources = new Map<string, BundledSource>()

/** Makes places in the module loaded from `url` known to `sourcePlace`. */
export function rememberSource(url: string, source: BundledSource): void {
  sources.set(url, source)
}

/** `file:line:column` of the innermost frame of an error that lies in a remembered module, as it was written. */
export function sourcePlace(error: unknown): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  for (const [, url, line, column] of stack.matchAll(/(data:text\/javascript;base64,[\w+/=]*):(\d+):(\d+)/g)) {
    const source = sources.get(url)
    if (source === undefined) continue
    const map = new SourceMap(JSON.parse(source.map) as ConstructorParameters<typeof SourceMap>[0])
    const entry = map.findEntry(Number(line) - 1, Number(column) - 1)
    if ('originalSource' in entry) return `${resolve(source.folder, entry.originalSource)}:${entry.originalLine + 1}:${entry.originalColumn + 1}`
  }
  return undefined
}
