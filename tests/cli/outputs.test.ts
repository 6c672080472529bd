import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDesk, TINY, type Desk } from './command-line.ts'

let desk: Desk

beforeAll(async () => {
  desk = openDesk()
  desk.write('tiny.yaml', TINY)
  await desk.type('run', join(desk.folder, 'tiny.yaml'))
})
afterAll(() => desk.remove())

const QUERY = 'select portfolio, trades from metrics order by ordinal'
const COMMANDS: readonly (readonly string[])[] = [
  ['sql', 'latest', QUERY], ['signals', 'latest', 'committee'], ['replay', 'latest', 'mixed', '--ledger', 'equity'],
]

describe('--out', () => {
  for (const words of COMMANDS) {
    for (const format of ['table', 'csv', 'json', 'parquet']) {
      it(`holds what ${words[0]} answers as ${format}, written twice over`, async () => {
        const out = join(desk.folder, `${words[0]}.${format}`)
        for (const turn of [1, 2]) {
          const ended = await desk.type(...words, '--format', format, '--out', out)
          expect({ turn, ...ended }).toMatchObject({ code: 0, stdout: '' })
        }
        const text = readFileSync(out)
        if (format === 'json') expect(JSON.parse(text.toString())).toHaveProperty('run')
        else if (format === 'parquet') expect(text.subarray(0, 4).toString()).toBe('PAR1')
        else expect(text.toString().split('\n').length).toBeGreaterThan(10)
      })
    }
  }

  it('keeps the file that is there when the query is refused, and leaves no draft', async () => {
    const out = join(desk.folder, 'kept.csv')
    writeFileSync(out, 'mine')
    expect(await desk.type('sql', 'latest', 'select nothing from nowhere', '--format', 'csv', '--out', out)).toMatchObject({ code: 2 })
    expect(readFileSync(out, 'utf8')).toBe('mine')
    expect(readdirSync(desk.folder).filter((name) => name.includes('.part'))).toEqual([])
  })
})

describe('runs', () => {
  it('lists the others when the record of one is damaged', async () => {
    const runs = () => desk.typeJson<{ runs: { run: string }[]; damaged: { code: string }[] }>('runs')
    const [{ run }] = (await runs()).runs
    const copy = join(desk.folder, '.millrace', 'runs', '20990101-000000-000')
    mkdirSync(copy)
    writeFileSync(join(copy, 'manifest.json'), '{"status":"fin')
    expect((await runs()).runs.map((line) => line.run)).toContain(run)
    expect((await runs()).damaged).toMatchObject([{ code: 'ARTEFACT_CORRUPT' }])
    expect((await desk.type('runs')).stdout).toMatch(new RegExp(`^${run} [^]*ARTEFACT_CORRUPT: the manifest of run 20990101-000000-000 is damaged`, 'm'))
    const again = await desk.type('run', join(desk.folder, 'tiny.yaml'), '--quiet')
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing to do') as string })
    rmSync(copy, { recursive: true })
  })
})

describe('a place that takes no more', () => {
  it.runIf(existsSync('/dev/full'))('ends the command as a fault of the machine, without a stack', () => {
    const ended = desk.shell('millrace schema > /dev/full')
    expect(ended).toMatchObject({ code: 3, stderr: expect.stringMatching(/^MACHINE_FAULT: .*ENOSPC/) as string })
    expect(ended.stderr).not.toContain('    at ')
  })
})
