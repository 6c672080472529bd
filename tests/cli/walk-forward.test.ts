import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDesk, type Desk, type Ended } from './command-line.ts'

const EXPERIMENT = `import { defineExperiment } from 'millrace'

export default defineExperiment({
  name: 'forward',
  market: { source: 'synthetic', seed: 3, symbols: 3, bars: 220 },
  strategies: [{ name: 'trend', use: 'sma-cross', grid: { fast: [5, 10], slow: [20, 30] } }],
  defaults: { risk: 'none' },
  portfolios: [
    { name: 'plain', each: 'trend*' },
    { name: 'rolling', each: 'trend*', walkForward: { train: 60, test: 40 } },
    {
      name: 'careful', each: 'trend*',
      walkForward: {
        train: 60, test: 40, anchored: true,
        select: ({ window, portfolios }) => (window === 0 ? null : portfolios.filter(({ parameters }) => parameters.signal !== null).length - 1),
      },
    },
  ],
})
`

let desk: Desk
let first: Ended

beforeAll(() => {
  desk = openDesk()
  desk.write('forward.ts', EXPERIMENT)
  first = desk.millrace('run', 'forward.ts', '--workers', '2')
})
afterAll(() => desk.remove())

const rowsOf = (query: string) => desk.typeJson<{ rows: readonly (readonly unknown[])[] }>('sql', 'latest', query).then(({ rows }) => rows)

describe('a walk-forward on the command line', () => {
  it('is planned and run in two stages of its own, and ranked among the others', async () => {
    expect(first.stderr).toContain('4 signals, 6 portfolios\n  windows     rolling: 4 windows, in each 4 candidates to train\n              careful: 4 windows, in each 4 candidates to train\n')
    expect(first.stderr).toMatch(/training +8 +0 +8 +8/)
    expect(first.stderr).toMatch(/walk-forward +2 +0 +2 +2/)
    expect(first.code).toBe(0)
    expect(first.stdout).toMatch(/^forward: 6 portfolios in /m)
    expect(first.stdout).toContain('select * from windows')
    const top = await desk.typeJson<{ total: number; rows: readonly { portfolio: string }[] }>('top', 'latest')
    expect(top.total).toBe(6)
    expect(top.rows.map(({ portfolio }) => portfolio)).toEqual(expect.arrayContaining(['rolling', 'careful', 'plain[trend[fast=5,slow=20]]']))
  })

  it('tells what every window selected, and where it stayed out', async () => {
    const windows = await rowsOf('select windowNumber, selected, trainFirstRow, trainLastRow, testFirstRow, testLastRow, selectedBy, note from windows where portfolio = \'rolling\' order by 1')
    expect(windows).toHaveLength(4)
    for (const [window, selected, trainFirst, trainLast, testFirst, testLast, by, note] of windows) {
      const edge = 60 + 40 * Number(window)
      expect([trainFirst, trainLast, testFirst, testLast]).toEqual([edge - 60, edge - 1, edge, Math.min(219, edge + 39)])
      expect(selected).toMatch(/^rolling\[trend\[/)
      expect([by, note]).toEqual(['highest sharpe', null])
    }
    const careful = await rowsOf("select selected, trainFirstRow, note from windows where portfolio = 'careful' order by windowNumber")
    expect(careful).toEqual([[null, 0, 'select chose none'], ...Array.from({ length: 3 }, () => ['careful[trend[fast=10,slow=30]]', 0, null])])
  })

  it('is replayed bit for bit, and its orders say why they are not explained', async () => {
    const replay = await desk.typeJson<{ identical: boolean; ledgers: { orders: { rows: readonly (readonly unknown[])[]; columns: readonly { name: string }[] } } }>('replay', 'latest', 'careful')
    expect(replay.identical).toBe(true)
    const shown = await desk.type('replay', 'latest', 'rolling')
    expect(shown.stderr).toContain('identical to the stored results')
    expect(shown.stdout).not.toContain('millrace explain')
    const key = /^[0-9a-f]{12}\.\S+/m.exec(shown.stdout)?.[0] ?? ''
    const explained = await desk.type('explain', 'latest', key)
    expect(explained.code).toBe(2)
    expect(explained.stderr).toMatch(/walk-forward rolling, whose parameters change/)
  })

  it('does nothing when nothing has changed', async () => {
    expect((await desk.typeJson<{ unchanged: boolean }>('run', `${desk.folder}/forward.ts`)).unchanged).toBe(true)
  })

  it('is refused at its line where the market is too short for one training', async () => {
    const path = `${desk.folder}/${desk.write('short.yaml', `name: short
market: { source: synthetic, symbols: 2, bars: 40 }
strategies: [{ name: trend, use: sma-cross, params: { fast: 2, slow: 5 } }]
portfolios:
  - { name: plain, each: trend, risk: none, sizing: { kind: exposure } }
  - name: rolling
    each: trend
    risk: none
    walkForward: { train: 500, test: 10 }
`)}`
    const ended = await desk.type('plan', path)
    expect(ended.code).toBe(2)
    expect(ended.stderr).toContain(`${path}:9:27 (portfolios.rolling.walkForward.train): CONFIG_VALUE`)
    expect(ended.stderr).toContain('hint:  at most 39, or a longer market')
  })

  it('is refused in lockstep, with the reason, before anything runs', async () => {
    const ended = await desk.type('run', `${desk.folder}/forward.ts`, '--driver', 'lockstep')
    expect(ended.code).toBe(2)
    expect(ended.stderr).toMatch(/trains its candidates on whole windows/)
    expect(ended.stderr).toContain('run it staged')
  })
})

describe('a walk-forward that fails', () => {
  const failing = (portfolios: string) => `${EXPERIMENT.slice(0, EXPERIMENT.indexOf('  portfolios:'))}  portfolios: [${portfolios}],\n})\n`
  const lost = "{ name: 'lost', each: 'trend*', walkForward: { train: 60, test: 40, select: () => 99 } }"
  const commands = (stdout: string) => stdout.slice(stdout.indexOf('\nnext\n')).split('\n').slice(2).flatMap((line) => / (run|top|explain|replay|sql) /.exec(line)?.[1] ?? [])

  it('is offered to be run again where nothing was finished, and nothing that has no answer', async () => {
    desk.write('lost.ts', failing(lost))
    const ended = await desk.type('run', `${desk.folder}/lost.ts`)
    expect(ended.code).toBe(1)
    expect(ended.stdout).toContain('no portfolio was finished')
    expect(commands(ended.stdout)).toEqual(['run'])
    expect((await desk.type('top', 'latest')).stdout).toMatch(/^no portfolio of run \S+ was finished$/m)
  })

  it('has no windows to ask for beside portfolios that were finished', async () => {
    desk.write('beside.ts', failing(`{ name: 'plain', each: 'trend*' }, ${lost}`))
    const ended = await desk.type('run', `${desk.folder}/beside.ts`)
    expect(ended.code).toBe(1)
    expect(commands(ended.stdout)).toContain('top')
    expect(ended.stdout).not.toContain('from windows')
    expect((await desk.type('top', 'latest', '--where', 'trades > 1e9')).stdout).toBe('no portfolio fulfils that\n')
  })
})
