import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repository = fileURLToPath(new URL('../..', import.meta.url))

/** Everything written for people, from the repository's root. */
export const PAGES: readonly string[] = [
  'README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md',
  ...readdirSync(join(repository, 'docs')).filter((name) => name.endsWith('.md')).toSorted().map((name) => `docs/${name}`),
]

export function readPage(page: string): string {
  return readFileSync(join(repository, page), 'utf8')
}

export interface Fence {
  readonly language: string
  readonly text: string
  /** 1-based line of its first line of text. */
  readonly line: number
}

/** Fenced blocks, indented ones (in lists) too. */
export function fencesOf(markdown: string): Fence[] {
  const fences: Fence[] = []
  let open: { indent: string; language: string; lines: string[]; line: number } | undefined
  markdown.split('\n').forEach((line, at) => {
    const mark = /^(\s*)```(\w*)/.exec(line)
    if (mark === null) open?.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line)
    else if (open === undefined) open = { indent: mark[1], language: mark[2], lines: [], line: at + 2 }
    else {
      fences.push({ language: open.language, text: open.lines.join('\n'), line: open.line })
      open = undefined
    }
  })
  return fences
}

/** The text without its fenced blocks. */
export function proseOf(markdown: string): string {
  return markdown.replace(/^(\s*)```[^]*?^\s*```$/gm, '')
}

/** What stands in backticks, in order. */
export function codeOf(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1])
}

export interface Table {
  /** The nearest heading above. */
  readonly section: string
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export function tablesOf(markdown: string): Table[] {
  const tables: { section: string; header: string[]; rows: string[][] }[] = []
  let section = ''
  let inTable = false
  for (const line of proseOf(markdown).split('\n')) {
    section = /^#+ (.*)/.exec(line)?.[1] ?? section
    if (!line.startsWith('|')) {
      inTable = false
      continue
    }
    const cells = line.slice(1, line.lastIndexOf('|')).split('|').map((cell) => cell.trim())
    if (!inTable) tables.push({ section, header: cells, rows: [] })
    else if (!cells.every((cell) => /^:?-+:?$/.test(cell))) tables[tables.length - 1].rows.push(cells)
    inTable = true
  }
  return tables
}

/** The table under a heading whose first header cell this is. */
export function tableOf(markdown: string, of: { section: string; first: string }): Table {
  const found = tablesOf(markdown).filter(({ section, header }) => section === of.section && header[0] === of.first)
  if (found.length !== 1) throw new Error(`${found.length} tables \`${of.first}\` under "${of.section}"`)
  return found[0]
}
