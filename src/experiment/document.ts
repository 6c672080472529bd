import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, visit, type Document, type Node, type Pair } from 'yaml'
import { MillraceError, type Problem } from '../base/errors.ts'
import { formatPath, type ConfigPath, type Locate } from './problems.ts'

/** An experiment file as plain data, and where each part of it stands. */
export interface ConfigDocument {
  readonly value: unknown
  readonly locate: Locate
  /** When it is a module: what functions in it are found in again. */
  readonly module?: { readonly file: string; readonly sourceHash: string }
}

/** A place by path alone: for files, such as modules, whose values have no line, or for what is in no file. */
export function locateByPath(file?: string): Locate {
  if (file === undefined) return formatPath
  return (path) => (path.length === 0 ? file : `${file} (${formatPath(path)})`)
}

/**
 * Parses YAML 1.2 without merge keys, custom tags or several documents.
 * @throws MillraceError CONFIG_SYNTAX, or CONFIG_UNKNOWN for a key that is there twice or is `__proto__`,
 *   each with `file:line:column`
 */
export function parseYaml(text: string, file: string): ConfigDocument {
  const lines = new LineCounter()
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${file}:${line}:${col}`
  }
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false })
  const document = Array.isArray(documents) ? documents[0] : undefined
  if (document === undefined) throw new MillraceError({ code: 'CONFIG_SYNTAX', message: 'the file is empty', where: file })
  const problems: Problem[] = [...document.errors, ...document.warnings].map(({ code, message, pos: [offset] }) => {
    const where = place(offset)
    if (code === 'DUPLICATE_KEY') {
      const value = keyAt(text, offset)
      return { code: 'CONFIG_UNKNOWN', message: `the key \`${value}\` is already there above`, where, value, hint: 'keep one of the two' }
    }
    return { code: 'CONFIG_SYNTAX', message, where, hint: code === 'TAB_AS_INDENT' ? 'indent with spaces' : undefined }
  })
  if (documents.length > 1) {
    problems.push({ code: 'CONFIG_SYNTAX', message: 'more than one YAML document in the file', where: place(documents[1].range[0]) })
  }
  visit(document, {
    Pair: (_, pair) => {
      if (keyOf(pair) === '__proto__') {
        problems.push({
          code: 'CONFIG_UNKNOWN',
          message: 'a key must not be called `__proto__`', where: place(startOf(pair.key)),
          value: '__proto__',
        })
      }
    },
  })
  if (problems.length > 0) throw new MillraceError(problems)
  return { value: document.toJS() as unknown, locate: locateIn(document, file, place) }
}

function keyAt(text: string, offset: number): string {
  return /^[^:\n]*/.exec(text.slice(offset))?.[0] ?? ''
}

function keyOf(pair: Pair<unknown, unknown>): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key)
}

function startOf(node: unknown): number {
  return (node as Node | null)?.range?.[0] ?? 0
}

/** Follows a path through the nodes as far as it exists; an entry of a list is found by its name, too. */
function locateIn(document: Document, file: string, place: (offset: number) => string): Locate {
  return (path: ConfigPath, at) => {
    let node: unknown = document.contents
    let offset = startOf(node)
    for (const [depth, part] of path.entries()) {
      if (isAlias(node)) node = node.resolve(document)
      const last = depth === path.length - 1
      if (isMap(node)) {
        const pair = node.items.find((item) => keyOf(item) === String(part))
        if (pair === undefined) break
        node = pair.value
        offset = startOf(at === 'key' && last ? pair.key : (pair.value ?? pair.key))
      } else if (isSeq(node)) {
        node = typeof part === 'number' ? node.items[part] : node.items.find((item) => isMap(item) && item.get('name') === part)
        if (node === undefined) break
        offset = startOf(node)
      } else break
    }
    const where = document.contents === null ? file : place(offset)
    return path.length === 0 ? where : `${where} (${formatPath(path)})`
  }
}
