import type { Command } from 'commander'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ERROR_CODES } from '../../src/base/errors.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { EXIT } from '../../src/cli/exit-codes.ts'
import { createProgram } from '../../src/cli/program.ts'
import { openDesk, TINY, type Desk } from './command-line.ts'

let desk: Desk

beforeAll(() => {
  desk = openDesk()
  desk.write('tiny.yaml', TINY)
})
afterAll(() => desk.remove())

const documentation = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')

describe('wrong usage', () => {
  it.each([
    [['rnu'], /unknown command 'rnu'[^]*did you mean `run`\?/],
    [['run'], /missing required argument 'experiment'[^]*millrace run --help/],
    [['run', 'tiny.yaml', '--wrkers', '2'], /unknown option '--wrkers'[^]*did you mean `--workers`\?/],
    [['run', 'tiny.yaml', '--workers', '0'], /whole number of at least 1/],
    [['run', 'tiny.yaml', '--driver', 'live'], /Allowed choices are staged, lockstep/],
    [['run', 'tiny.yaml', 'other.yaml'], /too many arguments/],
    [['store'], /store needs a command[^]*millrace store --help/],
    [['store', 'prun'], /did you mean `prune`\?/],
    [['top', 'latest'], /RUN_NOT_FOUND[^]*run an experiment first/],
    [['top', 'latest', '--by', 'sharp'], /did you mean `sharpe`\?/],
    [['run', 'tiny.txt'], /FILE_NOT_FOUND/],
    [['data', 'check', 'x.csv', '--zone', 'Mars'], /--zone: expected an IANA time zone/],
    [['data', 'check', 'x.csv', '--columns', 'time'], /not role=name/],
  ] as const)('%j is refused with what to do instead', async (words, expected) => {
    const refused = await desk.type(...words)
    expect(refused).toMatchObject({ code: EXIT.refused, stdout: '' })
    expect(refused.stderr).toMatch(expected)
    expect(refused.stderr).not.toMatch(/^\s+at /m)
  })

  it('is told by the program, too, as one JSON document with --json', () => {
    expect(desk.millrace('rnu')).toMatchObject({ code: 2, stdout: '', stderr: "USAGE: unknown command 'rnu'\n    hint:  did you mean `run`? `millrace --help` lists the commands\n" })
    const { error } = desk.json<{ error: { problems: { code: string }[]; total: number } }>('rnu')
    expect(error).toMatchObject({ total: 1, problems: [{ code: 'USAGE' }] })
  })
})

describe('help', () => {
  it('lists every command, quickly', () => {
    const started = performance.now()
    const { code, stdout } = desk.millrace('--help')
    console.log(`--help: ${(performance.now() - started).toFixed(0)} ms`)
    expect(code).toBe(0)
    for (const { name } of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${name.split(' ')[0]}\\b`, 'm'))
    expect(desk.millrace('--version').stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect(desk.millrace().stdout).toBe(stdout)
  })

  it.each(COMMANDS)('of $name stands in docs/cli.md, option by option and no other', async ({ name }) => {
    const program = await createProgram('1.0.0', name.split(' '))
    const command = name.split(' ').reduce<Command | undefined>((parent, word) => parent?.commands.find((candidate) => candidate.name() === word), program)
    const section = documentation('cli.md').split(/^### /m).find((text) => text.startsWith(`millrace ${name}`)) ?? ''
    const documented = [...section.split(/^## /m)[0].matchAll(/`(--[\w-]+)/g)].map(([, option]) => option)
    expect([...new Set(documented)].toSorted()).toEqual(command?.options.map(({ long }) => long).toSorted())
  })
})

describe('documentation', () => {
  it('knows no command and no option that is not there', () => {
    const text = documentation('cli.md')
    const documented = [...text.matchAll(/^### millrace ([a-z ]+?)(?: [[A-Z].*)?$/gm)].map(([, name]) => name)
    expect(documented.toSorted()).toEqual(COMMANDS.map(({ name }) => name).toSorted())
    for (const [, name] of text.matchAll(/\bmillrace ((?:data |store )?[a-z]+)\b/g)) {
      expect(COMMANDS.some((command) => command.name === name || command.name.startsWith(`${name} `)), name).toBe(true)
    }
  })

  it('lists every exit code', () => {
    const codes = [...documentation('cli.md').matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code))
    expect(codes).toEqual(Object.values(EXIT))
  })

  it('explains every error code, and no other', () => {
    const codes = [...documentation('errors.md').matchAll(/^\| `([A-Z_]+)` \| (.+) \| (.+) \|$/gm)]
    expect(codes.map(([, code]) => code).toSorted()).toEqual([...ERROR_CODES].toSorted())
    for (const [, , meaning, remedy] of codes) expect(Math.min(meaning.length, remedy.length)).toBeGreaterThan(10)
  })
})

describe('pipes', () => {
  it('may close early', () => {
    desk.millrace('run', 'tiny.yaml', '--quiet')
    for (const line of ['millrace sql latest "select * from signals" --format csv | head -1', 'millrace replay latest mixed --format csv | head -1']) {
      const { code, stdout, stderr } = desk.shell(line)
      expect({ line, code, lines: stdout.trim().split('\n').length }).toEqual({ line, code: 0, lines: 1 })
      expect(stderr).not.toMatch(/EPIPE|BUG|bug/)
    }
  })

  it('get results alone: what is told while waiting goes to stderr', () => {
    const { stdout } = desk.shell('millrace replay latest mixed --format csv 2>/dev/null')
    expect(stdout.split('\n')[0]).toBe('portfolio,containerId,orderKey,decidedTime,symbol,kind,quantity,target')
  })
})

describe('schema', () => {
  it('is a JSON Schema', async () => {
    expect(JSON.parse((await desk.type('schema')).stdout)).toMatchObject({ title: 'Millrace experiment', type: 'object' })
  })
})

describe('data check', () => {
  it('ends with 0 for files that would load and with 2 for others', async () => {
    const inDesk = (name: string) => join(desk.folder, name)
    desk.write('GOOD.csv', 'date,open,high,low,close,volume\n2020-01-02,10,11,9,10.5,100\n2020-01-03,10.5,11,10,10.8,90\n')
    desk.write('BAD.csv', 'date,open,high,low,close,volume\n2020-01-03,10,11,9,10.5,100\n2020-01-02,10.5,11,12,N/A,90\n')
    expect(desk.millrace('data', 'check', 'GOOD.csv')).toMatchObject({ code: 0, stdout: expect.stringContaining('1 file: all would load') as string })
    const bad = await desk.type('data', 'check', inDesk('GOOD.csv'), inDesk('BAD.csv'))
    expect(bad.code).toBe(2)
    expect(bad.stdout).toContain('CSV_BAD_NUMBER')
    expect((await desk.typeJson<{ sound: boolean }>('data', 'check', inDesk('BAD.csv'))).sound).toBe(false)
    desk.write('MINE.csv', 'when;o;h;l;c;v\n02.01.2020;10;11;9;10.5;100\n03.01.2020;10.5;11;9;10.7;100\n')
    const mapped = await desk.type('data', 'check', inDesk('MINE.csv'), '--delimiter', ';', '--time-format', 'dd.MM.yyyy', '--columns', 'time=when,open=o,high=h,low=l,close=c,volume=v')
    expect(mapped).toMatchObject({ code: 0 })
  })
})
