import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../src/base/errors.ts'
import { LEAST_BLOCK_ROWS, MOST_BLOCK_ROWS } from '../../src/stages/block-rows.ts'
import { checkMemory, planCores, planLevel, planLockstep, type CorePlan, type Level, type LevelPlan, type Machine } from '../../src/stages/core-plan.ts'
import { modelLoad, portfolioLoad, signalsInBatch, type MemberLoad } from '../../src/stages/member-load.ts'
import { simulate, type Pace } from './makespan.ts'
import { EXPERIMENTS, loadOf, type Outline } from './simulated-experiments.ts'

const GIB = 2 ** 30
const AMPLE = 2 ** 20 * GIB
const RUNS = 300
const SEED = 64

/** Measured on two cores: 100,000 portfolios in batches of 2,500 cost the coordinator 15 µs each; a process starts in 90 to 150 ms. */
const PACE: Pace = { spread: 0.1, coordinatorMs: { task: 1, member: 0.015 }, startMs: 150, seed: 'makespan' }

const machine = (cores: number, gib: number): Machine => ({ cores, memoryBytes: gib * GIB })

const outlines = fc.record({
  rows: fc.integer({ min: 10, max: 50_000 }),
  symbols: fc.integer({ min: 1, max: 500 }),
  features: fc.array(fc.nat(500), { maxLength: 3 }),
  strategies: fc.nat(20_000),
  models: fc.nat(20),
  risk: fc.nat(10),
  portfolios: fc.oneof(fc.nat(300), fc.nat(1_000_000)),
  record: fc.constantFrom('metrics' as const, 'all' as const),
}) satisfies fc.Arbitrary<Outline>
const machines = fc.record({ cores: fc.oneof(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 512 })), memoryBytes: fc.integer({ min: 1, max: 2_000 }).map((gib) => gib * GIB) })

function check<T>(name: string, arbitrary: fc.Arbitrary<T>, property: (value: T) => void): void {
  it(name, () => {
    fc.assert(fc.property(arbitrary, property), { seed: SEED, numRuns: RUNS })
    console.log(`core plan: ${name}: seed ${SEED}, ${RUNS} runs`)
  })
}

function levelOf(plan: CorePlan, stage: LevelPlan['stage']): LevelPlan {
  const level = plan.levels.find((one) => one.stage === stage)
  if (level === undefined) throw new Error(`nothing of ${stage} is planned`)
  return level
}

/** `400 × 2,500 on 2`: tasks of at most so many, workers. */
function shape({ tasks, membersPerTask, workers }: LevelPlan): string {
  return `${tasks.toLocaleString('en-US')} × ${membersPerTask.toLocaleString('en-US')} on ${workers}`
}

describe('the portfolios of simulated experiments', () => {
  it.each([
    ['one portfolio', 64, 192, '1 × 1 on 1', 'a process each'],
    ['50 recorded', 1, 2, '1 × 50 on 1', 'one for each worker'],
    ['50 recorded', 8, 24, '8 × 7 on 8', 'one for each worker'],
    ['50 recorded', 64, 192, '10 × 5 on 10', 'too little work for more tasks'],
    ['50 recorded', 64, 8, '6 × 9 on 6', 'memory holds the tasks of 6 at a time'],
    ['3,000 portfolios', 1, 4, '4 × 750 on 1', '4 for each worker, so that all end together'],
    ['3,000 portfolios', 2, 18, '4 × 750 on 2', '2 for each worker, so that all end together'],
    ['3,000 portfolios', 64, 192, '64 × 47 on 64', 'one for each worker'],
    ['3,000 portfolios', 256, 768, '167 × 18 on 167', 'too little work for more tasks'],
    ['1,000,000 portfolios', 1, 2, '400 × 2,500 on 1', 'more in a task gain nothing'],
    ['1,000,000 portfolios', 2, 4, '400 × 2,500 on 2', 'more in a task gain nothing'],
    ['1,000,000 portfolios', 64, 192, '576 × 1,737 on 64', '9 for each worker, so that all end together'],
    ['1,000,000 portfolios', 256, 768, '768 × 1,303 on 256', '3 for each worker, so that all end together'],
    ['50 × 1,000 strategies', 8, 24, '48 × 1,042 on 8', '6 for each worker, so that all end together'],
  ] as const)('%s on %i cores with %i GiB: %s, %s', (name, cores, gib, expected, reason) => {
    const portfolios = levelOf(planCores(machine(cores, gib), loadOf(EXPERIMENTS[name])), 'portfolios')
    expect([shape(portfolios), portfolios.reason]).toEqual([expected, reason])
  })

  it('have models one after the other, with every core', () => {
    const plan = planCores(machine(64, 192), loadOf(EXPERIMENTS['20 models']))
    expect(plan.modelThreads).toBe(64)
    expect(shape(levelOf(plan, 'models'))).toBe('20 × 1 on 1')
  })

  it('give a model no more threads than memory holds copies of it and windows for, or than it has calls for', () => {
    const threads = (cores: number, gib: number, of: { rows: number; fileBytes: number; windowLength?: number }): number => {
      const size = { rows: of.rows, symbols: 10 }
      const level: Level = { stage: 'models', members: 1, load: modelLoad({ ...size, windowLength: 360, ...of }), isolated: true }
      return planCores(machine(cores, gib), { ...size, levels: [level], portfolios: 1, subscriptions: [] }).modelThreads
    }
    expect(threads(64, 192, { rows: 5_000, fileBytes: 2 ** 20 })).toBe(49)
    expect(threads(64, 192, { rows: 50_000, fileBytes: 2 ** 20 })).toBe(64)
    expect(threads(64, 192, { rows: 50_000, fileBytes: 2 ** 32 })).toBe(15)
    expect(threads(64, 192, { rows: 50_000, fileBytes: 2 ** 20, windowLength: 2 ** 20 })).toBe(11)
    expect(threads(2, 1, { rows: 50_000, fileBytes: 2 ** 32 })).toBe(1)
    expect(threads(2, 24, { rows: 100, fileBytes: 2 ** 20 })).toBe(1)
    expect(threads(2, 24, { rows: 1_000, fileBytes: 2 ** 20 })).toBe(2)
  })
})

describe('a core plan', () => {
  check('makes every member once, in no more tasks at a time than there are processes', fc.tuple(machines, outlines), ([of, outline]) => {
    const load = loadOf(outline)
    const plan = planCores(of, load)
    const levels = load.levels.filter(({ members }) => members > 0)
    expect(plan.levels.map(({ stage, members }) => [stage, members])).toEqual(levels.map(({ stage, members }) => [stage, members]))
    for (const [i, { members, membersPerTask, tasks, workers }] of plan.levels.entries()) {
      expect((tasks - 1) * membersPerTask).toBeLessThan(members)
      expect(tasks * membersPerTask).toBeGreaterThanOrEqual(members)
      expect(membersPerTask).toBeLessThanOrEqual(levels[i].load.mostPerTask)
      expect(workers).toBeGreaterThanOrEqual(1)
      expect(workers).toBeLessThanOrEqual(Math.min(tasks, plan.workers, levels[i].isolated ? 1 : of.cores))
    }
    expect(plan.workers).toBeLessThanOrEqual(of.cores)
    expect([16, 32, 64, 128, 256]).toContain(plan.rowsPerBlock)
  })

  check('stays in memory as long as one task at a time does', fc.tuple(machines, outlines), ([of, outline]) => {
    const plan = planCores(of, loadOf(outline))
    if (plan.memoryBytes <= of.memoryBytes) return
    const largest = plan.levels.toSorted((a, b) => b.memoryBytes - a.memoryBytes)[0]
    expect(largest === undefined ? plan.workers : largest.workers).toBe(1)
    expect(largest?.membersPerTask ?? 1).toBe(1)
    expect(largest?.threads ?? 1).toBe(1)
  })

  const levels = fc.record({
    members: fc.integer({ min: 1, max: 4_000 }),
    msPerMember: fc.double({ min: 0.01, max: 1_000, noNaN: true }),
    msPerTask: fc.double({ min: 1, max: 200, noNaN: true }),
    workers: fc.oneof(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 256 })),
  })

  check('ends a level about as early as the best of all equal cuts', levels, ({ members, msPerMember, msPerTask, workers }) => {
    const load: MemberLoad = { msPerMember, msPerTask, heldBytesPerTask: 0, heldBytesPerMember: 0, mostPerTask: 5_000 }
    const level: Level = { stage: 'portfolios', members, load, isolated: false }
    const ends = (size: number): number => Math.ceil(Math.ceil(members / size) / workers) * (msPerTask + Math.min(size, members) * msPerMember)
    const best = Math.min(...Array.from({ length: members }, (_, i) => ends(i + 1)))
    expect(ends(planLevel(level, { workers, memoryBytes: AMPLE, overrides: {} }).membersPerTask)).toBeLessThanOrEqual(2 * best)
  })

  check('spends little on tasks where there is enough to do, and lets every worker do as much as the others', levels, ({ members, msPerMember, msPerTask, workers }) => {
    const load: MemberLoad = { msPerMember, msPerTask, heldBytesPerTask: 0, heldBytesPerMember: 0, mostPerTask: 5_000 }
    const { membersPerTask, tasks } = planLevel({ stage: 'portfolios', members, load, isolated: false }, { workers, memoryBytes: AMPLE, overrides: {} })
    const isEnough = members * msPerMember >= 4 * 20 * msPerTask * workers && members >= 64 * workers
    if (!isEnough) return
    expect(tasks).toBeGreaterThanOrEqual(3.8 * workers)
    expect(msPerTask).toBeLessThanOrEqual(0.06 * (msPerTask + membersPerTask * msPerMember))
  })

  check('never has fewer workers or takes longer on paper with twice the cores', fc.tuple(fc.integer({ min: 1, max: 256 }), outlines), ([cores, outline]) => {
    const load = loadOf({ ...outline, portfolios: Math.min(outline.portfolios, 20_000) })
    const pace: Pace = { ...PACE, spread: 0, startMs: 0, coordinatorMs: { task: 0, member: 0 } }
    const plan = planCores({ cores, memoryBytes: AMPLE }, load)
    const doubled = planCores({ cores: 2 * cores, memoryBytes: AMPLE }, load)
    expect(doubled.workers).toBeGreaterThanOrEqual(plan.workers)
    expect(simulate(doubled, load, pace).ms).toBeLessThanOrEqual(1.05 * simulate(plan, load, pace).ms)
  })

  const overrides = fc.record({
    workers: fc.integer({ min: 1, max: 64 }), portfoliosPerBatch: fc.integer({ min: 1, max: 100_000 }),
    rowsPerBlock: fc.integer({ min: LEAST_BLOCK_ROWS, max: MOST_BLOCK_ROWS }),
  })
  check('takes what was decided as it is', fc.tuple(machines, outlines, overrides), ([of, outline, decided]) => {
    const plan = planCores(of, loadOf(outline), decided)
    expect(plan.workers).toBeLessThanOrEqual(decided.workers)
    expect(plan.modelThreads).toBeLessThanOrEqual(decided.workers)
    expect(plan).toMatchObject({ rowsPerBlock: decided.rowsPerBlock, share: { workers: decided.workers } })
    if (outline.portfolios > 0) expect(levelOf(plan, 'portfolios').membersPerTask).toBe(decided.portfoliosPerBatch)
  })
})

describe('the makespan of a plan, on paper', () => {
  const BIG: Readonly<Record<string, Outline>> = {
    ...EXPERIMENTS,
    '100,000 portfolios of 43 stocks': { rows: 5_536, symbols: 43, features: [100], strategies: 1_000, portfolios: 100_000 },
    '1,000,000 portfolios of 43 stocks': { rows: 5_536, symbols: 43, features: [100], strategies: 1_000, portfolios: 1_000_000 },
    '1,000,000 portfolios of 100 symbols, hourly': { rows: 20_000, symbols: 100, features: [256], strategies: 4_000, portfolios: 1_000_000 },
  }

  it.each([
    [1, '3,000 portfolios'], [2, '3,000 portfolios'], [1, '1,000,000 portfolios'], [2, '1,000,000 portfolios'],
    [2, '50 × 1,000 strategies'], [8, '1,000,000 portfolios'], [8, '50 × 1,000 strategies'],
    [8, '100,000 portfolios of 43 stocks'], [64, '1,000,000 portfolios of 43 stocks'],
    [64, '1,000,000 portfolios of 100 symbols, hourly'], [256, '1,000,000 portfolios of 100 symbols, hourly'],
  ])('%i cores: %s keep them busy', (cores, name) => {
    const load = loadOf(BIG[name])
    const { ms, efficiency } = simulate(planCores(machine(cores, 3 * cores), load), load, PACE)
    console.log(`makespan on ${cores} cores: ${name}: ${(ms / 1000).toFixed(1)} s, ${(100 * efficiency).toFixed(1)} % of them`)
    expect(efficiency).toBeGreaterThanOrEqual(0.9)
  })
})

describe('memory', () => {
  const recorded = loadOf(EXPERIMENTS['50 recorded'])

  it('is refused where even one portfolio at a time needs more, unless large plans are allowed', () => {
    const plan = planCores({ cores: 2, memoryBytes: GIB / 2 }, recorded)
    expect(levelOf(plan, 'portfolios')).toMatchObject({ membersPerTask: 1, workers: 1 })
    expect(() => checkMemory(plan, { allowLarge: false })).toThrow(expect.objectContaining({ code: 'PLAN_TOO_LARGE', where: '--memory', hint: 'allow more by --memory, or pass --allow-large' }))
    expect(() => checkMemory(plan, { allowLarge: true })).not.toThrow()
    expect(() => checkMemory(planCores(machine(2, 1), recorded), { allowLarge: false })).not.toThrow()
  })

  it('is refused to what was asked for, which the hint names', () => {
    const plan = planCores(machine(2, 1), recorded, { workers: 9, portfoliosPerBatch: 50 })
    const refused = (): unknown => {
      try {
        return checkMemory(plan, { allowLarge: false })
      } catch (error) {
        return error
      }
    }
    expect(refused()).toBeInstanceOf(MillraceError)
    expect((refused() as MillraceError).hint).toContain('leave out --workers and --batch')
  })

  it('is refused to more workers than it holds, and counts no more portfolios in a batch than there are', () => {
    expect(() => checkMemory(planCores(machine(2, 4), recorded, { workers: 100 }), { allowLarge: false })).toThrow(expect.objectContaining({ code: 'PLAN_TOO_LARGE' }))
    const few = loadOf({ ...EXPERIMENTS['50 recorded'], portfolios: 2 })
    const whole = planCores(machine(2, 4), few, { portfoliosPerBatch: 1_000_000 })
    expect(whole.levels.find(({ stage }) => stage === 'strategies')?.workers).toBe(2)
    expect(() => checkMemory(whole, { allowLarge: false })).not.toThrow()
  })

  it('decides how many processes there are', () => {
    const plan = planCores(machine(64, 8), loadOf(EXPERIMENTS['1,000,000 portfolios']))
    expect(plan.workersReason).toBe('memory holds no more')
    expect(plan.workers).toBeLessThan(64)
    expect(plan.memoryBytes).toBeLessThanOrEqual(8 * GIB)
  })
})

describe('signals of a batch', () => {
  it('are all those of a group that combines them, and of `each` as many as a batch comes across', () => {
    expect(signalsInBatch([{ portfolios: 1_000, signals: 20, each: false }], 1)).toBe(20)
    expect(signalsInBatch([{ portfolios: 1_000, signals: 20, each: true }], 1)).toBe(1)
    expect(signalsInBatch([{ portfolios: 1_000, signals: 20, each: true }], 50)).toBe(2)
    expect(signalsInBatch([{ portfolios: 1_000, signals: 20, each: true }], 2_500)).toBe(20)
    expect(signalsInBatch([{ portfolios: 2, signals: 3, each: false }, { portfolios: 10, signals: 10, each: true }], 4)).toBe(5)
  })

  it('make blocks short, and a market of few symbols long ones', () => {
    const rowsOf = (signals: number, symbols: number): number =>
      planCores(machine(1, 4), { rows: 1_000, symbols, portfolios: 1, levels: [], subscriptions: [{ portfolios: 1, signals, each: false }] }).rowsPerBlock
    expect([rowsOf(1, 1), rowsOf(100, 10), rowsOf(100, 43), rowsOf(1_000, 43)]).toEqual([256, 128, 32, 16])
  })
})

describe('lockstep', () => {
  it('has a batch for each process', () => {
    const plan = planCores(machine(8, 16), loadOf(EXPERIMENTS['3,000 portfolios']))
    const of = { rows: 100, symbols: 4, subscriptions: [], isRecorded: false, kernels: { reference: 1, long: 0 }, portfolios: 3_000, models: 1 }
    expect(planLockstep(plan, of)).toMatchObject({ workers: 8, portfoliosPerBatch: 375, workersReason: 'one per core' })
    const decided = planCores(machine(8, 16), loadOf(EXPERIMENTS['3,000 portfolios']), { workers: 3, portfoliosPerBatch: 7 })
    expect(planLockstep(decided, of)).toMatchObject({ workers: 3, portfoliosPerBatch: 7, workersReason: 'as asked for' })
  })
})

describe('the cost of a portfolio', () => {
  it('grows with bars, with rules, and on the reference kernel', () => {
    const of = { rows: 1_000, symbols: 10, subscriptions: [{ portfolios: 100, signals: 10, each: true }], isRecorded: false, kernels: { reference: 0, long: 0 } }
    expect(portfolioLoad({ ...of, rows: 2_000 }).msPerMember).toBeGreaterThan(portfolioLoad(of).msPerMember)
    const onlyLong = portfolioLoad({ ...of, kernels: { reference: 0, long: 1 } })
    expect(onlyLong.msPerMember).toBeGreaterThan(portfolioLoad(of).msPerMember)
    expect(portfolioLoad({ ...of, kernels: { reference: 1, long: 0 } }).msPerMember).toBeGreaterThan(onlyLong.msPerMember)
  })

  it('is more where it is recorded, but not of memory: rows leave a batch as they come', () => {
    const of = { rows: 1_000, symbols: 10, subscriptions: [], isRecorded: false, kernels: { reference: 0, long: 0 } }
    const [plain, recorded] = [portfolioLoad(of), portfolioLoad({ ...of, isRecorded: true })]
    expect(recorded.msPerMember).toBeGreaterThan(plain.msPerMember)
    expect(recorded.heldBytesPerMember).toBe(plain.heldBytesPerMember)
    expect(recorded.heldBytesPerTask).toBe(portfolioLoad({ ...of, rows: 1_000_000, isRecorded: true }).heldBytesPerTask)
    expect(recorded.heldBytesPerTask).toBeGreaterThan(plain.heldBytesPerTask)
  })
})
