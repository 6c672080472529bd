import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { codeOf, fencesOf, PAGES, proseOf, readPage, repository } from './markdown.ts'
import { makeWorkspace, type Workspace } from './workspace.ts'

interface Typed {
  readonly page: string
  readonly line: number
  readonly command: string
}

interface Replayed {
  readonly ledgers: { readonly orders: { readonly columns: readonly { readonly name: string }[]; readonly rows: readonly (readonly string[])[] } }
}

/** Every command in a fenced block, without its comment; `npx millrace` is `millrace`. */
function commandsOf(page: string): Typed[] {
  return fencesOf(readPage(page)).filter(({ language }) => ['', 'sh', 'bash'].includes(language)).flatMap((fence) =>
    fence.text.split('\n').flatMap((text, at) =>
      text.replace(/\s+#.*$/, '').split(' && ').map((part) => part.trim().replace(/^(?:\$ )?(?:npx (?=millrace ))?/, ''))
        .filter((command) => /^(?:npm|npx|node|millrace) /.test(command))
        .map((command) => ({ page, line: fence.line + at, command })),
    ),
  )
}

const typed = PAGES.flatMap(commandsOf)
const isMillrace = ({ command }: Typed) => command.startsWith('millrace ')

describe('commands of the project', () => {
  const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { scripts: Record<string, string> }

  it.each(typed.filter((one) => !isMillrace(one)))('$page:$line $command', ({ command }) => {
    const [program, first, ...rest] = command.split(/\s+/)
    if (program === 'npm' && first === 'ci') expect(existsSync(join(repository, 'package-lock.json'))).toBe(true)
    else if (program === 'npm') expect(Object.keys(scripts)).toContain(first === 'run' ? rest[0] : first)
    else if (program === 'node') expect(existsSync(join(repository, first)), first).toBe(true)
    else {
      expect(existsSync(join(repository, 'node_modules/.bin', first)), first).toBe(true)
      for (const path of rest.filter((word) => word.includes('/'))) expect(existsSync(join(repository, path)), path).toBe(true)
    }
  })
})

describe('commands named in passing', () => {
  const names = COMMANDS.map(({ name }) => name)
  const named = PAGES.flatMap((page) => codeOf(proseOf(readPage(page))).map((code) => ({ page, code }))).filter(({ code }) => /^millrace [a-z]/.test(code))

  it.each(named)('$page: $code', ({ code }) => {
    expect(names.some((name) => code === `millrace ${name}` || code.startsWith(`millrace ${name} `)), code).toBe(true)
  })

  it('are found', () => {
    expect(named.length).toBeGreaterThan(3)
  })
})

describe('millrace commands, page by page as a reader would type them', () => {
  let workspace: Workspace
  beforeAll(async () => {
    workspace = await makeWorkspace()
    expectSuccess('millrace run examples/own-csv.yaml')
  })
  afterAll(() => workspace.remove())

  function expectSuccess(command: string): string {
    const { status, stdout, stderr } = workspace.type(command)
    expect(status, `${command}\n${stderr}`).toBe(0)
    return stdout
  }

  interface Placeholders {
    readonly portfolio: string
    readonly order: string
  }

  /** Of the latest run; asked for once per run. */
  let placeholders: Placeholders | undefined

  function findPlaceholders(): Placeholders {
    const top = JSON.parse(expectSuccess('millrace top latest --json')) as { rows: { portfolio: string }[] }
    const { portfolio } = top.rows[0]
    const { orders } = (JSON.parse(expectSuccess(`millrace replay latest '${portfolio}' --json`)) as Replayed).ledgers
    return { portfolio, order: orders.rows[0][orders.columns.findIndex(({ name }) => name === 'orderKey')] }
  }

  function filledIn(command: string): string {
    if (command.startsWith('millrace run ')) placeholders = undefined
    if (!/\b(?:PORTFOLIO|ORDER)\b/.test(command)) return command
    placeholders ??= findPlaceholders()
    return command.replaceAll(/\bPORTFOLIO\b/g, placeholders.portfolio).replaceAll(/\bORDER\b/g, placeholders.order)
  }

  it.each(typed.filter(isMillrace))('$page:$line $command', ({ command }) => {
    expect(expectSuccess(filledIn(command)).trim()).not.toBe('')
  })

  it('are found', () => {
    expect(typed.filter(isMillrace).length).toBeGreaterThanOrEqual(7)
  })
})
