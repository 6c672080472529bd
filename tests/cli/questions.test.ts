import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDesk, TINY, type Desk } from './command-line.ts'

let desk: Desk
let run: string

beforeAll(() => {
  desk = openDesk()
  desk.write('tiny.yaml', TINY)
  run = desk.json<{ run: string }>('run', 'tiny.yaml', '--record', 'all').run
})
afterAll(() => desk.remove())

describe('top', () => {
  it('ranks by any metric, under a condition', () => {
    const top = desk.millrace('top', 'latest', '--by', 'maxDrawdown', '--ascending', '--count', '3', '--where', 'trades > 1')
    expect(top.code).toBe(0)
    expect(top.stdout).toMatch(/3 of \d+ portfolios by maxDrawdown, smallest first, profile empyrical/)
    const drawdowns = [...top.stdout.matchAll(/^ *\d+ +([\d.]+) %/gm)].map(([, value]) => Number(value))
    expect(drawdowns).toEqual(drawdowns.toSorted((a, b) => a - b))
    const { rows, total, profile } = desk.json<{ rows: { portfolio: string }[]; total: number; profile: { name: string } }>('top', run)
    expect([rows.length, total, profile.name]).toEqual([10, 10, 'empyrical'])
    expect(desk.millrace('top', run, '--where', 'trades > 1e9').stdout).toBe('no portfolio fulfils that\n')
  })
})

describe('sql', () => {
  it('answers over ledgers and panels, in every format', () => {
    expect(desk.millrace('sql', run, 'select count(*) n from metrics').stdout).toBe(' n\n10\n')
    const csv = desk.millrace('sql', run, 'select portfolio, trades from metrics order by ordinal limit 1', '--format', 'csv')
    expect(csv.stdout).toMatch(/^portfolio,trades\n"single\[trend\[fast=5,slow=20\]\]\[riskTolerance=0\]",\d+\.0\n$/)
    const joined = desk.json<{ rows: number[][] }>('sql', run, `
      select count(*) from fills f join market m on m.symbol = f.symbol and m."closeTime" = f.time where abs(f.price / m.open - 1) > 0.1`)
    expect(joined.rows).toEqual([[0]])
    expect(desk.millrace('sql', run, 'select * from signals', '--format', 'parquet', '--out', 'signals.parquet').code).toBe(0)
    expect(readFileSync(join(desk.folder, 'signals.parquet')).subarray(0, 4).toString()).toBe('PAR1')
    expect(desk.millrace('sql', run).stdout).toContain('closeTime, symbol, open, high, low, close')
  })

  it.each([
    ['two statements', 'select 1; select 2'],
    ['a change', 'drop view metrics'],
    ['a file', "select * from read_csv('/etc/hosts')"],
    ['a copy out', "copy (select 1) to 'leak.csv'"],
    ['an extension', 'install httpfs'],
    ['a setting', 'set threads = 8'],
    ['an attachment', "attach 'other.db'"],
    ['nonsense', 'selekt 1'],
  ])('refuses %s', (_, query) => {
    const refused = desk.millrace('sql', run, query)
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toContain('SQL_INVALID')
    expect(existsSync(join(desk.folder, 'leak.csv'))).toBe(false)
  })

  it('says how to get orders that were not recorded', () => {
    desk.write('lean.yaml', TINY.replace('name: tiny', 'name: lean'))
    desk.millrace('run', 'lean.yaml', '--quiet')
    const refused = desk.millrace('sql', 'latest', 'select * from orders')
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(/kept metrics only[^]*--record all/)
  })
})

describe('signals, decisions, features', () => {
  it('are listed, shown and exported', () => {
    expect(desk.millrace('signals', run).stdout).toMatch(/^committee +ensemble +mean +4 signals$/m)
    expect(desk.millrace('decisions', run).stdout).toMatch(/^default\/limits +limits +cap gross veto/m)
    expect(desk.millrace('features', run).stdout).toMatch(/^zscore\(spread\(close\),20\) +1 step$/m)
    const shown = desk.millrace('signals', run, 'trend*', '--symbols', 'SYN02', '--from', '2015-06-01', '--to', '2015-06-02')
    expect(shown.stdout.trim().split('\n')).toHaveLength(1 + 2 * 4)
    const { rows, columns } = desk.json<{ rows: (string | number)[][]; columns: { name: string }[] }>('decisions', run, 'default/var', '--from', '2015-06-01', '--to', '2015-06-01')
    expect(columns.map(({ name }) => name)).toEqual(['closeTime', 'decision', 'field', 'symbol', 'value'])
    expect(rows).toHaveLength(1)
    const csv = desk.millrace('features', run, 'sma(close,5)', '--format', 'csv', '--symbols', 'SYN01')
    expect(csv.stdout.trim().split('\n')).toHaveLength(201)
    expect(desk.millrace('signals', run, '--format', 'parquet', '--out', 'all.parquet').code).toBe(0)
    expect(desk.json<{ rows: number[][] }>('sql', run, 'select count(*) from signals').rows).toEqual([[200 * 4 * 6]])
  })

  it('agree with the features they were made from', () => {
    const value = (command: string, name: string) => {
      const { rows } = desk.json<{ rows: (string | number | null)[][] }>(command, run, name, '--symbols', 'SYN01')
      return rows.map((row) => row[3])
    }
    const [fast, slow, signal] = [value('features', 'sma(close,5)'), value('features', 'sma(close,20)'), value('signals', 'trend[fast=5,slow=20]')]
    signal.forEach((own, t) => {
      const [a, b] = [fast[t], slow[t]]
      expect(own).toBe(a === null || b === null ? null : a > b ? 1 : 0)
    })
  })

  it('name the nearest of what there is not', () => {
    expect(desk.millrace('signals', run, 'comittee').stderr).toContain('did you mean `committee`?')
    expect(desk.millrace('signals', run, 'pair', '--symbols', 'SYN9').stderr).toContain('SYN0')
    expect(desk.millrace('signals', run, 'pair', '--from', '2031-01-01').stderr).toContain('there is no bar from 2031-01-01')
    expect(desk.millrace('signals', run, 'pair', '--from', '2015-02-30').stderr).toContain('must be a date')
    expect(desk.millrace('signals', run, 'pair', '--format', 'parquet').stderr).toContain('--out')
  })
})

describe('replay', () => {
  it('makes a portfolio’s ledgers again, says they are identical, and they equal the recorded ones', () => {
    const replayed = desk.millrace('replay', run, 'mixed', '--ledger', 'all', '--format', 'parquet', '--out', 'mixed')
    expect(replayed.code).toBe(0)
    expect(replayed.stderr).toContain(`identical to the stored results of run ${run}, bit for bit`)
    for (const ledger of ['orders', 'fills', 'cancellations', 'equity']) expect(existsSync(join(desk.folder, 'mixed', `${ledger}.parquet`))).toBe(true)
    const made = desk.json<{ identical: boolean; ledgers: { fills: { rows: unknown[] } } }>('replay', run, 'mixed', '--ledger', 'fills')
    const recorded = desk.json<{ rows: unknown[] }>('sql', run, "select * from fills where portfolio = 'mixed' order by sequence")
    const plain = (rows: unknown[]) => JSON.stringify(rows).replaceAll('.000Z', 'Z')
    expect(made.identical).toBe(true)
    expect(plain(made.ledgers.fills.rows)).toBe(plain(recorded.rows))
  })

  it('names the nearest portfolio', () => {
    const refused = desk.millrace('replay', run, 'mixd')
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(/PORTFOLIO_NOT_FOUND[^]*did you mean `mixed`\?/)
  })
})

describe('explain', () => {
  it('prints numbers that lead from feature to fill', () => {
    const [[key]] = desk.json<{ rows: string[][] }>('sql', run, `
      select "orderKey" from fills where portfolio = 'mixed' and leg = 'increase' and kind = 'target' order by time desc limit 1`).rows
    const { stdout, code } = desk.millrace('explain', run, key)
    expect(code).toBe(0)
    const fround = Math.fround
    const number = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? NaN)
    const [, combined, allocated, share] = (/allocation +(\S+) → (\S+) +× (\S+),/.exec(stdout) ?? []).map(Number)
    expect(fround(fround(combined) * fround(share))).toBe(fround(allocated))
    const scaled = number(/scale +\S+ → (\S+) /)
    expect(fround(fround(allocated) * fround(number(/scale .*× (\S+) by default\/var/)))).toBe(fround(scaled))
    const capped = number(/cap +\S+ → (\S+) /)
    expect(capped).toBe(Math.max(-number(/cap .*at most (\S+) by/), Math.min(number(/cap .*at most (\S+) by/), scaled)))
    const target = number(/target: (\S+)/)
    const [money, unit] = [number(/= target × (\S+), by/), number(/, by (\S+) a unit/)]
    const wanted = number(/wanted: (\S+),/)
    expect(Math.trunc((fround(target) * money / unit) * (1 + 1e-12)) + 0).toBe(wanted)
    const sign = /order: (buy|sell)/.exec(stdout)?.[1] === 'buy' ? 1 : -1
    expect(sign * number(/order: (?:buy|sell) (\S+)/)).toBe(wanted - number(/held: (\S+)/))
    const price = number(/ at (\S+), which increases the position/)
    expect(price).toBe(number(/price: open (\S+) /) * (1 + sign * (4 / 10_000)))
    const before = number(/book before: cash (\S+),/)
    expect(Math.abs(number(/book after: +cash (\S+),/) - (before + number(/ = (\S+)\n {2}book before/)))).toBeLessThan(1e-9)
  })

  it('is one JSON document, too', () => {
    const [[key]] = desk.json<{ rows: string[][] }>('sql', run, `select "orderKey" from orders where kind = 'stop-loss' limit 1`).rows
    const explanation = desk.json<{ kind: string; decision: null; openedBy: string; fills: unknown[] }>('explain', run, key)
    expect(explanation).toMatchObject({ kind: 'stop-loss', decision: null, openedBy: expect.stringContaining('.target') as string })
    expect(explanation.fills).toHaveLength(1)
  })

  it('refuses what is no order of the run', () => {
    expect(desk.millrace('explain', run, 'hello')).toMatchObject({ code: 2, stderr: expect.stringMatching(/ORDER_NOT_FOUND[^]*a key looks like/) as string })
    expect(desk.millrace('explain', run, '0f3a9c2b7d11.2015-06-09T20:00:00Z.SYN01.target').stderr).toContain('no portfolio of run')
  })
})

describe('store', () => {
  it('tells what it holds, and prunes what no kept run names', () => {
    const other = openDesk()
    other.write('a.yaml', TINY)
    other.write('b.yaml', TINY.replace('seed: 3', 'seed: 5'))
    other.millrace('run', 'a.yaml', '--quiet')
    other.millrace('run', 'b.yaml', '--quiet')
    const before = other.json<{ artefacts: number; kinds: { kind: string }[] }>('store', 'usage')
    expect(before.kinds.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['market', 'features', 'signals', 'decisions', 'results', 'metrics']))
    expect(other.millrace('store', 'prune', '--keep', '1', '--dry-run').stdout).toMatch(/^would remove \d+ artefacts .*\ndo it: /)
    expect(other.json<{ artefacts: number }>('store', 'usage').artefacts).toBe(before.artefacts)
    const removed = other.json<{ artefacts: number }>('store', 'prune', '--keep', '1')
    expect(removed.artefacts).toBe(before.artefacts / 2)
    expect(other.millrace('top', 'latest').code).toBe(0)
    const oldest = other.json<{ runs: { run: string }[] }>('runs').runs[1].run
    expect(other.millrace('top', oldest)).toMatchObject({ code: 2, stderr: expect.stringContaining('ARTEFACT_MISSING') as string })
    expect(other.json<{ unchanged: boolean }>('run', 'a.yaml').unchanged).toBe(false)
    other.remove()
  }, 60_000)
})
