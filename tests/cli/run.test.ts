import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDesk, TINY, type Desk, type Ended } from './command-line.ts'

let desk: Desk
let first: Ended

beforeAll(() => {
  desk = openDesk()
  desk.write('tiny.yaml', TINY)
  first = desk.millrace('run', 'tiny.yaml', '--workers', '2')
})
afterAll(() => desk.remove())

interface RunReport {
  readonly run: string
  readonly unchanged: boolean
  readonly status: string
  readonly portfolios: number
  readonly best: readonly Readonly<Record<string, unknown>>[]
  readonly next: readonly string[]
  readonly timings: readonly { readonly stage: string; readonly made: number; readonly cached: number }[]
  readonly failures: readonly { readonly label: string; readonly because?: string }[]
  readonly lockstep?: { readonly staged: number; readonly identical: number }
}

describe('millrace run', () => {
  it('tells the plan and every stage while it runs', () => {
    expect(first.code).toBe(0)
    expect(first.stderr).toContain('synthetic: 200 bars of 4 symbols, traded from 2015-04-01')
    expect(first.stderr).toMatch(/sweep +5 strategy instances, 6 signals, 10 portfolios/)
    expect(first.stderr).toMatch(/resources +about [\d.]+ MiB of memory; [\d.]+ KiB of disk/)
    expect(first.stderr).toMatch(/cores +\d workers?, blocks of 256 rows/)
    expect(first.stderr).toMatch(/strategies +5 +0 +5 +1/)
    for (const stage of ['features', 'strategies', 'ensembles', 'risk', 'portfolios']) expect(first.stderr).toMatch(new RegExp(`^${stage}: \\d+ made in [\\d.]+ s \\(.*MiB at most\\)$`, 'm'))
  })

  it('ends with a ranked table, its metric profile, and commands that work', () => {
    expect(first.stdout).toMatch(/^tiny: 10 portfolios in [\d.]+ s, run \d{8}-\d{6}-\d{3}$/m)
    expect(first.stdout).toContain('best by sharpe, profile empyrical')
    const next = first.stdout.slice(first.stdout.indexOf('\nnext\n')).split('\n').slice(2).filter((line) => line !== '')
    expect(next.map((line) => / (top|explain|replay|sql) latest/.exec(line)?.[1])).toEqual(['top', 'explain', 'replay', 'sql'])
    for (const line of next) expect(desk.shell(line).code).toBe(0)
  })

  it('says how many portfolios never traded, why if no signal had an opinion, and how to list them', () => {
    expect(first.stdout).not.toContain('never traded')
    desk.write('idle.yaml', TINY.replace(/^name: .*$/m, 'name: idle').replace(/^portfolios:$/m, `portfolios:
  - { name: still, signals: [slow], risk: none }
  - { name: shy, signals: ['trend*'], risk: none, threshold: 50 }`).replace(/^strategies:$/m, `strategies:
  - { name: slow, use: sma-cross, params: { fast: 3, slow: 5000 } }`))
    const idle = desk.millrace('run', 'idle.yaml', '--workers', '2', '--store', 'idle')
    expect(idle.stdout).toContain('2 portfolios never traded, 1 of them because none of its signals ever had an opinion')
    const next = idle.stdout.split('\n').find((line) => line.includes('# those that never traded')) as string
    const listed = desk.shell(next)
    expect(listed.stdout).toContain('still')
    expect(listed.stdout).toContain('shy')
  })

  it('does nothing when nothing has changed, and says which run has the results', async () => {
    const id = /run (\S+)$/m.exec(first.stdout)?.[1]
    // In seconds of CPU, since other tests may be keeping the cores busy.
    const again = desk.shell("TIMEFORMAT='%R %U %S'; time millrace run tiny.yaml")
    const [wall, user, system] = again.stderr.trim().split(' ').map(Number)
    console.log(`nothing changed: ${wall.toFixed(2)} s, ${(user + system).toFixed(2)} s of CPU`)
    expect(again.code).toBe(0)
    expect(user + system).toBeLessThan(2)
    expect(again.stdout).toContain(`nothing to do: run ${id} has the results of tiny`)
    expect(desk.json('run', 'tiny.yaml')).toMatchObject({ run: id, unchanged: true })
    expect((await desk.typeJson<{ runs: unknown[] }>('runs')).runs).toHaveLength(1)
  })

  it('makes only what a change asks for', () => {
    desk.write('wider.yaml', TINY.replace('slow: [20, 30]', 'slow: [20, 30, 40]'))
    const { timings, portfolios } = desk.json<RunReport>('run', 'wider.yaml')
    expect(portfolios).toBe(14)
    const counts = Object.fromEntries(timings.map(({ stage, made, cached }) => [stage, [made, cached]]))
    expect(counts.strategies).toEqual([2, 5])
    expect(counts.portfolios[1]).toBe(0)
    desk.write('richer.yaml', TINY.replace('name: guarded,', 'name: guarded, cash: 5000,'))
    const richer = desk.json<RunReport>('run', 'richer.yaml')
    expect(richer.timings.filter(({ made }) => made > 0)).toMatchObject([{ stage: 'portfolios', made: 1, cached: 9 }])
  })

  it('runs in lockstep, too, with the same results bit for bit; quietly when asked', () => {
    desk.write('short.yaml', TINY.replace('bars: 200', 'bars: 110'))
    const quiet = desk.millrace('run', 'short.yaml', '--quiet')
    expect(quiet).toMatchObject({ code: 0, stderr: '' })
    expect(quiet.stdout).toContain('best by sharpe')
    const lockstep = desk.millrace('run', 'short.yaml', '--driver', 'lockstep', '--workers', '1')
    expect(lockstep.code).toBe(0)
    expect(lockstep.stdout).toContain('turned 110 bars')
    expect(lockstep.stdout).toContain('10 of 10 portfolios equal their staged results bit for bit')
    expect(desk.json<RunReport>('run', 'short.yaml', '--driver', 'lockstep').unchanged).toBe(true)
  }, 60_000)

  it('names a failed strategy once, with its cause and what it took along, and ends with 1', () => {
    desk.write('bad.ts', `import { defineStrategy, sma, z } from 'millrace'
export default defineStrategy({
  name: 'bad', params: z.object({ at: z.int() }), features: () => [sma('close', 5)], state: () => ({ row: 1 }),
  signal: (_, out, { params, state: { row } }) => {
    row[0] += 1
    if (row[0] > params.at) throw new Error('it went wrong on purpose')
    out.fill(1)
  },
})
`)
    desk.write('bad.yaml', TINY.replace('strategies:', 'strategies:\n  - { name: bad, use: ./bad.ts, grid: { at: [50, 100000] } }').replace('portfolios:', 'portfolios:\n  - { name: poisoned, each: "bad*", grid: { riskTolerance: [0, 1] } }'))
    const failed = desk.millrace('run', 'bad.yaml')
    expect(failed.code).toBe(1)
    expect(failed.stderr).toMatch(/^strategies: 1 made, 5 reused, 1 failed in/m)
    expect(failed.stdout.match(/it went wrong on purpose/g)).toHaveLength(1)
    expect(failed.stdout).toContain('failed: strategies bad[at=50]')
    expect(failed.stdout).toContain('and with it 2 results that needed it')
    expect(failed.stdout).toMatch(/STEP_FAILED.*strategy bad/)
    expect(failed.stdout).toMatch(/bad\.ts:6:\d+/)
    const report = desk.json<RunReport>('run', 'bad.yaml')
    expect(report.status).toBe('partial')
    expect(report.failures.filter(({ because }) => because === undefined).map(({ label }) => label)).toEqual(['bad[at=50]'])
    expect(report.portfolios).toBe(12)
  }, 60_000)
})

describe('millrace plan', () => {
  it('takes sizes as they are asked for, and says so', async () => {
    const path = join(desk.folder, 'tiny.yaml')
    const { cores } = await desk.typeJson<{ cores: Record<string, unknown> }>('plan', path, '--workers', '3', '--block-rows', '40', '--memory', '2000')
    expect(cores).toMatchObject({ memoryBytes: 2000 * 2 ** 20, rowsPerBlock: 40, rowsPerBlockReason: 'as asked for' })
    const refused = await desk.type('plan', path, '--block-rows', '8')
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/^USAGE: .*--block-rows.* It must be from 16 to 256/)])
    const poor = await desk.type('plan', path, '--memory', '100')
    expect([poor.code, poor.stderr]).toEqual([2, expect.stringMatching(/--memory: PLAN_TOO_LARGE: the processes of this run need about \d+ MiB of memory and may use 100 MiB\n +found: +100\n +hint: +allow more by --memory/)])
    expect((await desk.type('plan', path, '--memory', '100', '--allow-large')).code).toBe(0)
  })

  it('says what a run would do, and does none of it', async () => {
    desk.write('planned.yaml', TINY.replace('fast: [5, 10]', 'fast: [5, 7]'))
    const plan = desk.json<{ portfolios: number; stages: { stage: string; total: number; cached: number }[] }>('plan', 'planned.yaml', '--batch', '3')
    expect(plan.portfolios).toBe(10)
    expect(plan.stages.find(({ stage }) => stage === 'strategies')).toMatchObject({ total: 5, cached: 3 })
    expect(plan.stages.find(({ stage }) => stage === 'portfolios')).toMatchObject({ tasks: 4 })
    const { stdout } = await desk.type('plan', join(desk.folder, 'planned.yaml'))
    expect(stdout).toMatch(/^ +sweep +5 strategy instances, 6 signals, 10 portfolios$/m)
    desk.write('unread.yaml', TINY.replace('signals: [pair, { signal: committee, weight: 2 }]', 'signals: [committee]'))
    expect((await desk.type('plan', join(desk.folder, 'unread.yaml'))).stdout).toContain('6 signals (1 that no portfolio leads to: not computed), 10 portfolios')
    expect(stdout).toContain('run it: ')
    expect(stdout).toMatch(/cores +\d workers? \(.+\), blocks of 256 rows \(a core’s cache holds .+\)$/m)
    expect(stdout).toMatch(/^ +portfolios +10 +\d+ +\d+ +1 +\d+ +1 .+ (one for each worker|too little work for more tasks)$/m)
    expect((await desk.typeJson<{ runs: { experimentFile: string }[] }>('runs')).runs.some(({ experimentFile }) => experimentFile.endsWith('planned.yaml'))).toBe(false)
  })
})

describe('what is refused', () => {
  const refusals: readonly (readonly [string, string, RegExp])[] = [
    ['an unknown key', TINY.replace('ensembles:', 'ensembels:'), /refused\.yaml:\d+:\d+ .*CONFIG_UNKNOWN[^]*ensembles/],
    ['a symbol the market has not', TINY.replace('second: SYN02', 'second: SYN22'), /CONFIG_VALUE[^]*SYN22[^]*SYN02/],
    ['more disk than allowed', `${TINY}limits: { maxDiskMiB: 0.001 }\n`, /PLAN_TOO_LARGE[^]*disk/],
  ]
  it.each(refusals)('%s: exit code 2, where, and what to do; no run begins', (_, text, expected) => {
    const other = openDesk()
    other.write('refused.yaml', text)
    const refused = other.millrace('run', 'refused.yaml')
    expect(refused.code).toBe(2)
    expect(refused.stdout).toBe('')
    expect(refused.stderr).toMatch(expected)
    expect(refused.stderr).not.toMatch(/^\s+at /m)
    expect(existsSync(join(other.folder, '.millrace', 'runs'))).toBe(false)
    other.remove()
  })

  it('a file that is not there, before anything is written', () => {
    const other = openDesk()
    const missing = other.millrace('run', 'nope.yaml')
    expect(missing).toMatchObject({ code: 2, stdout: '' })
    expect(missing.stderr).toContain('FILE_NOT_FOUND')
    expect(existsSync(join(other.folder, '.millrace'))).toBe(false)
    const { error } = other.json<{ error: { problems: { code: string }[] } }>('run', 'nope.yaml')
    expect(error.problems[0].code).toBe('FILE_NOT_FOUND')
    other.remove()
  })
})
