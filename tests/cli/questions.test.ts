import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDesk, TINY, type Desk } from './command-line.ts'

let desk: Desk
let run: string

beforeAll(async () => {
  desk = openDesk()
  desk.write('tiny.yaml', TINY)
  run = desk.json<{ run: string }>('run', 'tiny.yaml', '--record', 'all').run
})
afterAll(() => desk.remove())

const inDesk = (name: string) => join(desk.folder, name)

describe('top', () => {
  it('ranks by any metric, under a condition', async () => {
    const top = desk.millrace('top', 'latest', '--by', 'maxDrawdown', '--ascending', '--count', '3', '--where', 'trades > 1')
    expect(top).toMatchObject({ code: 0, stderr: '' })
    expect(top.stdout).toMatch(/3 of \d+ portfolios by maxDrawdown, smallest first, profile empyrical/)
    const drawdowns = [...top.stdout.matchAll(/^ *\d+ +([\d.]+) %/gm)].map(([, value]) => Number(value))
    expect(drawdowns).toHaveLength(3)
    expect(drawdowns).toEqual(drawdowns.toSorted((a, b) => a - b))
    const { rows, total, profile } = await desk.typeJson<{ rows: { portfolio: string }[]; total: number; profile: { name: string } }>('top', run)
    expect([rows.length, total, profile.name]).toEqual([10, 10, 'empyrical'])
    expect((await desk.type('top', run, '--where', 'trades > 1e9')).stdout).toBe('no portfolio fulfils that\n')
    expect(await desk.type('top', run, '--where', '1; drop table x')).toMatchObject({ code: 2, stdout: '' })
  })
})

describe('sql', () => {
  it('answers over ledgers and panels, in every format', async () => {
    expect(desk.millrace('sql', run, 'select count(*) n from metrics').stdout).toBe(' n\n10\n')
    const csv = desk.millrace('sql', run, 'select portfolio, trades from metrics order by ordinal limit 1', '--format', 'csv')
    expect(csv.stdout).toMatch(/^portfolio,trades\n"single\[trend\[fast=5,slow=20\]\]\[riskTolerance=0\]",\d+\.0\n$/)
    const joined = await desk.typeJson<{ rows: number[][] }>('sql', run, `
      select count(*) from fills f join market m on m.symbol = f.symbol and m."closeTime" = f.time where abs(f.price / m.open - 1) > 0.1`)
    expect(joined.rows).toEqual([[0]])
    expect(await desk.type('sql', run, 'select * from signals', '--format', 'parquet', '--out', inDesk('signals.parquet'))).toMatchObject({ code: 0 })
    expect(readFileSync(inDesk('signals.parquet')).subarray(0, 4).toString()).toBe('PAR1')
    expect((await desk.type('sql', run)).stdout).toContain('closeTime, symbol, open, high, low, close')
    expect(await desk.type('sql', run, 'select 1', '--format', 'parquet', '--out', inDesk('no/folder.parquet'))).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no folder') as string })
  })

  it('refuses whatever is not one SELECT over the views', async () => {
    const leak = inDesk('leak.csv')
    const refused = [
      'select 1; select 2', 'drop view metrics', "select * from read_csv('/etc/hosts')", `copy (select 1) to '${leak}'`, `select 1) to '${leak}' --`,
      'install httpfs', 'set threads = 8', "attach 'other.db'", 'selekt 1', ' ', "select * from 'https://example.org/x.parquet'",
    ]
    for (const query of refused) {
      for (const format of [[], ['--format', 'csv', '--out', inDesk('result.csv')]]) {
        const ended = await desk.type('sql', run, query, ...format)
        expect({ query, ...ended }).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('SQL_INVALID') as string })
      }
    }
    expect(existsSync(leak)).toBe(false)
    expect(desk.millrace('sql', run, refused[0]).code).toBe(2)
  })

  it('names every view there is where a query speaks of none', async () => {
    const { stderr } = await desk.type('sql', run, 'select * from tickers')
    expect(stderr).toContain('one SELECT over: metrics, orders, fills, cancellations, equity, signals, decisions, predictions, features, market')
  })

  it('says how to get orders that were not recorded', async () => {
    desk.write('lean.yaml', TINY.replace('name: tiny', 'name: lean'))
    desk.millrace('run', 'lean.yaml', '--quiet')
    const refused = await desk.type('sql', 'latest', 'select * from orders')
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(/kept metrics only[^]*--record all/)
  })
})

describe('signals, decisions, features', () => {
  it('are listed, shown and exported', async () => {
    expect((await desk.type('signals', run)).stdout).toMatch(/^committee +ensemble +mean +4 signals$/m)
    expect((await desk.type('decisions', run)).stdout).toMatch(/^default\/limits +limits +cap gross veto/m)
    expect((await desk.type('features', run)).stdout).toMatch(/^zscore\(spread\(close\),20\) +1 step$/m)
    const shown = await desk.type('signals', run, 'trend*', '--symbols', 'SYN02', '--from', '2015-06-01', '--to', '2015-06-02')
    expect(shown.stdout.trim().split('\n')).toHaveLength(1 + 2 * 4)
    const { rows, columns } = await desk.typeJson<{ rows: (string | number)[][]; columns: { name: string }[] }>('decisions', run, 'default/var', '--from', '2015-06-01', '--to', '2015-06-01')
    expect(columns.map(({ name }) => name)).toEqual(['closeTime', 'decision', 'field', 'symbol', 'value'])
    expect(rows).toHaveLength(1)
    const csv = desk.millrace('features', run, 'sma(close,5)', '--format', 'csv', '--symbols', 'SYN01')
    expect(csv.stdout.trim().split('\n')).toHaveLength(201)
    expect(await desk.type('signals', run, '--format', 'parquet', '--out', inDesk('all.parquet'))).toMatchObject({ code: 0 })
    expect((await desk.typeJson<{ rows: number[][] }>('sql', run, 'select count(*) from signals')).rows).toEqual([[200 * 4 * 6]])
  })

  it('agree with the features they were made from', async () => {
    const valuesOf = async (command: string, name: string) => {
      const { rows } = await desk.typeJson<{ rows: (string | number | null)[][] }>(command, run, name, '--symbols', 'SYN01')
      return rows.map((row) => row[3])
    }
    const fast = await valuesOf('features', 'sma(close,5)')
    const slow = await valuesOf('features', 'sma(close,20)')
    const signal = await valuesOf('signals', 'trend[fast=5,slow=20]')
    expect(signal).toHaveLength(200)
    signal.forEach((own, t) => {
      const [a, b] = [fast[t], slow[t]]
      expect(own).toBe(a === null || b === null ? null : a > b ? 1 : 0)
    })
  })

  it.each([
    [['signals', 'RUN', 'comittee'], 'did you mean `committee`?'],
    [['signals', 'RUN', 'pair', '--symbols', 'SYN9'], 'SYN0'],
    [['decisions', 'RUN', '--from', '2031-01-01', '--format', 'csv'], 'there is no bar from 2031-01-01'],
    [['signals', 'RUN', 'pair', '--from', '2015-02-30'], 'must be a date'],
    [['features', 'RUN', '--format', 'parquet'], '--out'],
  ])('%j is refused: %s', async (words, expected) => {
    const refused = await desk.type(...words.map((word) => (word === 'RUN' ? run : word)))
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toContain(expected)
  })
})

describe('replay', () => {
  it('makes a portfolio’s ledgers again, says they are identical, and they equal the recorded ones', async () => {
    const replayed = desk.millrace('replay', run, 'mixed', '--ledger', 'all', '--format', 'parquet', '--out', 'mixed')
    expect(replayed.code).toBe(0)
    expect(replayed.stderr).toContain(`identical to the stored results of run ${run}, bit for bit`)
    for (const ledger of ['orders', 'fills', 'cancellations', 'equity']) expect(existsSync(inDesk(`mixed/${ledger}.parquet`))).toBe(true)
    const made = await desk.typeJson<{ identical: boolean; sameCode: boolean; ledgers: { fills: { rows: unknown[] } } }>('replay', run, 'mixed', '--ledger', 'fills')
    const recorded = await desk.typeJson<{ rows: unknown[] }>('sql', run, "select * from fills where portfolio = 'mixed' order by sequence")
    const plain = (rows: unknown[]) => JSON.stringify(rows).replaceAll('.000Z', 'Z')
    expect([made.identical, made.sameCode]).toEqual([true, true])
    expect(plain(made.ledgers.fills.rows)).toBe(plain(recorded.rows))
    const table = await desk.type('replay', run, 'guarded', '--limit', '3')
    expect(table.stdout).toMatch(/^orderKey +decidedTime +symbol +kind +quantity +target$/m)
    expect(table.stdout).toMatch(/… and \d+ more rows/)
  })

  it('names the nearest portfolio', async () => {
    const refused = await desk.type('replay', run, 'mixd')
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(/PORTFOLIO_NOT_FOUND[^]*did you mean `mixed`\?/)
  })
})

describe('explain', () => {
  const orderOf = async (condition: string) => (await desk.typeJson<{ rows: string[][] }>('sql', run, `select "orderKey" from fills where ${condition} order by time desc limit 1`)).rows[0][0]

  it('prints numbers that lead from feature to fill', async () => {
    const { stdout, code } = desk.millrace('explain', run, await orderOf(`portfolio = 'mixed' and leg = 'increase' and kind = 'target'`))
    expect(code).toBe(0)
    const fround = Math.fround
    const number = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? NaN)
    const [, combined, allocated, share] = (/allocation +(\S+) → (\S+) +× (\S+),/.exec(stdout) ?? []).map(Number)
    expect(fround(fround(combined) * fround(share))).toBe(fround(allocated))
    const scaled = number(/scale +\S+ → (\S+) /)
    expect(fround(fround(allocated) * fround(number(/scale .*× (\S+) by default\/var/)))).toBe(fround(scaled))
    const cap = number(/cap .*at most (\S+) by/)
    const capped = number(/cap +\S+ → (\S+) /)
    expect(capped).toBe(Math.max(-cap, Math.min(cap, scaled)))
    const target = fround(number(/^ {2}target: (\S+)$/m))
    expect(Math.abs(target)).toBeLessThanOrEqual(Math.abs(fround(capped)))
    const wanted = number(/wanted: (\S+),/)
    const units = (target * number(/= target × (\S+), by/)) / number(/, by (\S+) a unit/)
    expect(Math.trunc(units * (1 + 1e-12)) + 0).toBe(wanted)
    const sign = /order: (buy|sell)/.exec(stdout)?.[1] === 'buy' ? 1 : -1
    expect(sign * number(/order: (?:buy|sell) (\S+)/)).toBe(wanted - number(/held: (\S+)/))
    const price = number(/ at (\S+), which increases the position/)
    expect(price).toBe(number(/price: open (\S+) /) * (1 + sign * (4 / 10_000)))
    const cash = number(/^ {2}cash: .* = (\S+)$/m)
    expect(Math.abs(number(/book after: +cash (\S+),/) - (number(/book before: cash (\S+),/) + cash))).toBeLessThan(1e-9)
  })

  it('is one JSON document, too', async () => {
    const explanation = await desk.typeJson<{ fills: unknown[] }>('explain', run, await orderOf(`kind = 'stop-loss'`))
    expect(explanation).toMatchObject({ kind: 'stop-loss', decision: null, openedBy: expect.stringContaining('.target') as string })
    expect(explanation.fills).toHaveLength(1)
  })

  it('refuses what is no order of the run', async () => {
    expect(await desk.type('explain', run, 'hello')).toMatchObject({ code: 2, stderr: expect.stringMatching(/ORDER_NOT_FOUND[^]*a key looks like/) as string })
    expect((await desk.type('explain', run, '0f3a9c2b7d11.2015-06-09T20:00:00Z.SYN01.target')).stderr).toContain('no portfolio of run')
  })
})

describe('store', () => {
  it('tells what it holds, and prunes what no kept run names', async () => {
    const other = openDesk()
    other.write('a.yaml', TINY)
    other.write('b.yaml', TINY.replace('seed: 3', 'seed: 5'))
    other.millrace('run', 'a.yaml', '--quiet')
    other.millrace('run', 'b.yaml', '--quiet')
    const before = await other.typeJson<{ artefacts: number; kinds: { kind: string }[] }>('store', 'usage')
    expect(before.kinds.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['market', 'features', 'signals', 'decisions', 'results', 'metrics']))
    expect((await other.type('store', 'prune', '--keep', '1', '--dry-run')).stdout).toMatch(/^would remove \d+ artefacts .*; what the newest run names stays\ndo it: /)
    expect(await other.typeJson('store', 'usage')).toMatchObject({ artefacts: before.artefacts })
    expect(await other.typeJson('store', 'prune', '--keep', '1')).toMatchObject({ artefacts: before.artefacts / 2 })
    expect(await other.type('top', 'latest')).toMatchObject({ code: 0 })
    const oldest = (await other.typeJson<{ runs: { run: string }[] }>('runs')).runs[1].run
    expect(await other.type('top', oldest)).toMatchObject({ code: 2, stderr: expect.stringContaining('ARTEFACT_MISSING') as string })
    expect(other.json('run', 'a.yaml')).toMatchObject({ unchanged: false, status: 'finished' })
    other.remove()
  }, 120_000)
})
