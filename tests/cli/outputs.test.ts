import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
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

describe('a place that takes no more', () => {
  it.runIf(existsSync('/dev/full'))('ends the command as a fault of the machine, without a stack', () => {
    const ended = desk.shell('millrace schema > /dev/full')
    expect(ended).toMatchObject({ code: 3, stderr: expect.stringMatching(/^MACHINE_FAULT: .*ENOSPC/) as string })
    expect(ended.stderr).not.toContain('    at ')
  })
})
