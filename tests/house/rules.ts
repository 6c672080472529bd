import { transformSync } from 'esbuild'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { codeOnly, importsOf, readTree } from './source-tree.ts'
import type { SourceFile } from './source-tree.ts'

/** One place where a rule of the house is broken. */
export interface Violation {
  readonly rule: string
  readonly file: string
  readonly message: string
}

export type Rule = (root: string) => Violation[]

/** From the ground up: a file imports only from lower levels or from its own folder. */
export const LEVELS: readonly (readonly string[])[] = [
  ['base'],
  ['domain'],
  ['kernel', 'market', 'store', 'pool', 'bus'],
  ['features'],
  ['strategies', 'models', 'ensembles', 'risk', 'execution'],
  ['experiment'],
  ['lineup'],
  ['stages', 'lockstep', 'live'],
  ['analysis', 'sweep'],
  ['cli', 'dashboard', 'api.ts'],
]

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))

/** AssemblyScript has its own compiler and no clock; its files only count for length and names. */
const isAssembly = (file: SourceFile) => file.path.startsWith('src/kernel/assembly/')

const sources = (root: string) => readTree(root, 'src', ['.ts'])
const scripts = (root: string) => sources(root).filter((file) => !isAssembly(file))

/** The folder below src/ (or the file right in it) that decides a file's rank. */
const folderOf = (path: string) => path.split('/')[1]
const rankOf = (path: string) => LEVELS.findIndex((level) => level.includes(folderOf(path)))

export const ranks: Rule = (root) =>
  scripts(root).flatMap((file) => {
    const rank = rankOf(file.path)
    if (rank < 0) return [{ rule: 'ranks', file: file.path, message: `folder ${folderOf(file.path)} has no rank` }]
    return importsOf(file)
      .filter((target) => folderOf(target) !== folderOf(file.path) && !(rankOf(target) >= 0 && rankOf(target) < rank))
      .map((target) => ({ rule: 'ranks', file: file.path, message: `imports ${target}, which is not of a lower rank` }))
  })

export const cycles: Rule = (root) => {
  const graph = new Map(scripts(root).map((file) => [file.path, importsOf(file)]))
  const finished = new Set<string>()
  const found: Violation[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start >= 0) {
      found.push({ rule: 'cycles', file: path, message: [...trail.slice(start), path].join(' → ') })
      return
    }
    if (finished.has(path)) return
    for (const target of graph.get(path) ?? []) visit(target, [...trail, path])
    finished.add(path)
  }
  for (const path of graph.keys()) visit(path, [])
  return found
}

/** One violation for every match of `pattern` in each file, told with its line. */
function search(rule: string, files: readonly SourceFile[], pattern: RegExp): Violation[] {
  return files.flatMap((file) =>
    [...file.text.matchAll(pattern)].map((match) => {
      const line = file.text.slice(0, match.index).split('\n').length
      return { rule, file: file.path, message: `line ${line}: ${match[0].trim()}` }
    }),
  )
}

const codeOf = (files: readonly SourceFile[]) => files.map((file) => ({ path: file.path, text: codeOnly(file.text) }))

export const clockAndRandom: Rule = (root) =>
  search(
    'clock and random',
    codeOf(scripts(root).filter((file) => folderOf(file.path) !== 'base')),
    /\bDate\.now\b|\bnew Date\b(?!\s*\(\s*[^\s)])|(?<!new )\bDate\(|\bperformance\.now\b|\bMath\.random\b|\bprocess\.hrtime\b|\brandomUUID\b|\brandomBytes\b|\bgetRandomValues\b/g,
  )

/** The kernel's equality is bitwise, so nothing in it may depend on a platform's mathematics library. */
export const exactKernel: Rule = (root) =>
  search(
    'exact kernel',
    codeOf(sources(root).filter((file) => folderOf(file.path) === 'kernel')),
    /\bMath\.(?:exp|expm1|log|log1p|log2|log10|pow|cbrt|hypot|sin|cos|tan|sinh|cosh|tanh|asin|acos|atan|atan2)\b|\*\*/g,
  )

export const noAny: Rule = (root) =>
  search('no any', codeOf(scripts(root)), /(?:[:<|&,=]|\bas|\bextends)\s*any\b(?!\s*[:(])|@ts-(?:ignore|nocheck)/g)

const WRITTEN = ['src', 'tests', 'bench', 'examples', 'scripts', 'docs', 'bin']

/** Everything people write, without this folder, whose business it is to spell what is forbidden. */
const written = (root: string) =>
  WRITTEN.flatMap((folder) => readTree(root, folder, ['.ts', '.mjs', '.md', '.yaml', '.json', '.py', '.d.ts'])).filter(
    (file) => !file.path.startsWith('tests/house/'),
  )

export const nothingLeftToDo: Rule = (root) => search('nothing left to do', written(root), /\b(?:TODO|FIXME|XXX|HACK)\b/g)

export const noMachinePaths: Rule = (root) =>
  search('no machine paths', written(root), /(?<![\w./~-])\/(?:work|home|root|Users)\/[\w.-]+|\b[A-Z]:\\Users\\/g)

const FORBIDDEN_NAMES = /(?:^|\/)(?:utils?|helpers?|types|common|misc|shared|index)(?:\.[cm]?tsx?)?(?:\/|$)/

export const names: Rule = (root) =>
  sources(root)
    .filter((file) => FORBIDDEN_NAMES.test(file.path))
    .map((file) => ({ rule: 'names', file: file.path, message: 'say what it is about' }))

interface LintReport {
  readonly diagnostics: readonly { readonly message: string; readonly code: string; readonly filename: string }[]
}

/** File and function length, as oxlint counts them under the repository's own settings. */
export const lengths: Rule = (root) => {
  const lint = join(REPOSITORY, 'node_modules/oxlint/bin/oxlint')
  const settings = ['-c', join(REPOSITORY, '.oxlintrc.json'), '--format', 'json']
  const done = spawnSync(process.execPath, [lint, ...settings, 'src'], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 })
  const report = JSON.parse(done.stdout) as LintReport
  const tooLong = report.diagnostics
    .filter((diagnostic) => /max-lines/.test(diagnostic.code))
    .map((diagnostic) => ({ rule: 'lengths', file: diagnostic.filename, message: diagnostic.message }))
  return [...tooLong, ...assemblyLengths(root)]
}

/** oxlint does not read AssemblyScript. */
const assemblyLengths: Rule = (root) =>
  sources(root)
    .filter((file) => isAssembly(file) && file.text.split('\n').length > 500)
    .map((file) => ({ rule: 'lengths', file: file.path, message: 'more than 500 lines' }))

/** Code that tests drive from outside, as a process or through both drivers, and the folder of those tests. */
export const TESTED_FROM_OUTSIDE: Readonly<Record<string, string>> = {
  'src/cli/': 'tests/cli/',
  'src/lineup/': 'tests/parity/',
  'src/lockstep/serve-role.ts': 'tests/parity/',
}

/** False for types and re-exports. */
function hasCode(file: SourceFile): boolean {
  const { code } = transformSync(file.text, { loader: 'ts', format: 'esm', minify: true })
  return code.replace(/(?:import|export)(?:\{[^}]*\}|\*)(?:from"[^"]*")?;?/g, '').trim() !== ''
}

/**
 * A file that does something is imported by a test, or by a file of its own folder that is; or there is a test
 * of its own name in the mirrored folder.
 */
export const tested: Rule = (root) => {
  const tests = readTree(root, 'tests', ['.ts'])
  const mirrored = new Set(tests.map((file) => file.path))
  const files = new Map(scripts(root).map((file) => [file.path, file]))
  const reached = new Set<string>()
  const reach = (path: string): void => {
    const file = files.get(path)
    if (file === undefined || reached.has(path)) return
    reached.add(path)
    for (const target of importsOf(file)) if (folderOf(target) === folderOf(path)) reach(target)
  }
  for (const path of tests.flatMap(importsOf)) reach(path)
  for (const path of files.keys()) if (mirrored.has(path.replace(/^src/, 'tests').replace(/\.ts$/, '.test.ts'))) reach(path)
  const outside = Object.entries(TESTED_FROM_OUTSIDE).filter(([, folder]) => tests.some((test) => test.path.startsWith(folder)))
  return [...files.values()]
    .filter((file) => !reached.has(file.path) && !outside.some(([path]) => file.path.startsWith(path)) && !file.path.endsWith('.d.ts') && hasCode(file))
    .map((file) => ({ rule: 'tested', file: file.path, message: 'no test imports it' }))
}
