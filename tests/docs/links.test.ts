import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { codeOf, PAGES, proseOf, readPage, repository } from './markdown.ts'

/** A heading as GitHub's anchor: lower case, hyphens for spaces, no punctuation. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-')
}

function anchors(page: string): string[] {
  return [...proseOf(readPage(page)).matchAll(/^#+ (.*)$/gm)].map((match) => anchorOf(match[1]))
}

const links = PAGES.flatMap((page) =>
  [...proseOf(readPage(page)).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => ({ page, link: match[1] })).filter(({ link }) => !/^https?:/.test(link)),
)

describe('relative links', () => {
  it.each(links)('$page: $link', ({ page, link }) => {
    const [path, anchor] = link.split('#')
    const target = path === '' ? page : join(dirname(page), path)
    expect(existsSync(join(repository, target)), `${target} exists`).toBe(true)
    if (anchor !== undefined) expect(anchors(target)).toContain(anchor)
  })

  it('are found', () => {
    expect(links.length).toBeGreaterThan(10)
  })
})

const folders = ['', 'src'].flatMap((folder) => readdirSync(join(repository, folder), { withFileTypes: true }).filter((entry) => entry.isDirectory())).map(({ name }) => name)

/** A path of this repository, or what looks like a file in a folder. `./…` and `.millrace/…` are the reader's. */
function isPath(code: string): boolean {
  if (!/^[a-z.][\w-]*\/[\w./-]*$/.test(code) || /^\.(?:\.?\/|millrace)/.test(code)) return false
  return folders.includes(code.split('/')[0]) || /\.\w{1,4}$/.test(code)
}

/** The reader makes it. */
const MADE_LATER = 'examples/data/'
const paths = PAGES.flatMap((page) => [...new Set(codeOf(proseOf(readPage(page))))].map((path) => ({ page, path })))
  .filter(({ path }) => isPath(path) && path !== MADE_LATER)

describe('paths that pages name', () => {
  it.each(paths)('$page: $path', ({ page, path }) => {
    const places = ['', 'src', dirname(page)].map((folder) => join(repository, folder, path))
    expect(places.some((place) => existsSync(place)), path).toBe(true)
  })

  it('are found', () => {
    expect(paths.length).toBeGreaterThan(10)
  })
})
