import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'

/** One text file of a tree, its path relative to the tree's root and written with `/`. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

const SKIPPED = new Set(['node_modules', 'dist', '.git', '.millrace', '.venv', '__pycache__', 'coverage'])

/** Every file below `folder` of the tree whose name ends with one of `endings`, sorted by path. */
export function readTree(root: string, folder: string, endings: readonly string[]): SourceFile[] {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => !SKIPPED.has(entry.name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name)
      if (entry.isDirectory()) return readTree(root, path, endings)
      if (!endings.some((ending) => entry.name.endsWith(ending))) return []
      return [{ path, text: readFileSync(join(root, path), 'utf8') }]
    })
}

/** Comments and the insides of strings replaced by spaces, so that a rule sees code alone; lines stay where they are. */
export function codeOnly(text: string): string {
  const pattern = /\/\/[^\n]*|\/\*[^]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[^]|[^`\\])*`/g
  return text.replace(pattern, (found) => found.replace(/[^\n]/g, ' '))
}

const IMPORT_FORMS = [
  /^\s*import(?:\s+type)?\s+[\w$*{}\s,]+?\s*from\s*['"]([^'"]+)['"]/gm,
  /^\s*export(?:\s+type)?\s+(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s*from\s*['"]([^'"]+)['"]/gm,
  /^\s*import\s*['"]([^'"]+)['"]/gm,
  /\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm,
]

/** Relative imports of a file, type imports and dynamic ones included, as paths from the root. */
export function importsOf(file: SourceFile): string[] {
  return IMPORT_FORMS.flatMap((form) => [...file.text.matchAll(form)])
    .map((match) => match[1])
    .filter((target) => target.startsWith('.'))
    .map((target) => posix.join(dirname(file.path), target))
}
