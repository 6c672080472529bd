import { describe, expect, it } from 'vitest'
import { PERFORMANCE_FIELDS } from '../../src/domain/performance.ts'
import { checkPlanSize, estimatePlan, type PlanSize } from '../../src/experiment/size.ts'
import { refusal } from './fixture.ts'

const SIZE: PlanSize = { instances: 300n, signals: 320n, portfolios: 4_096n, candidates: 0n, trainings: 0n, record: 'metrics' }
const MARKET = { rows: 5_000, symbols: 43 }
const LIMITS = { maxCombinations: 1_000_000, maxMemoryMiB: 4_096, maxDiskMiB: 20_480 }
const MIB = 1_048_576

describe('the size of a plan', () => {
  it('is stored signals and results on disk, a block of signals and the results in memory', () => {
    expect(estimatePlan(SIZE, MARKET)).toEqual({
      diskMiB: Math.ceil((320 * 5_000 * 43 * 4 + 4_096 * 384) / MIB),
      memoryMiB: Math.ceil((320 * 256 * 43 * 4 + 4_096 * 224) / MIB),
    })
  })

  it('grows with rows and symbols per portfolio when everything is recorded', () => {
    const { diskMiB } = estimatePlan({ ...SIZE, record: 'all' }, MARKET)
    expect(diskMiB).toBe(Math.ceil((320 * 5_000 * 43 * 4 + 4_096 * (384 + 5_000 * (40 + 43 * 10))) / MIB))
  })

  it('is within its limits, or refused with each limit it breaks and how to go on', async () => {
    expect(() => checkPlanSize(SIZE, { limits: LIMITS, allowLarge: false, market: MARKET })).not.toThrow()
    const limits = { maxCombinations: 4_000, maxMemoryMiB: 10, maxDiskMiB: 100 }
    const { problems } = await refusal(() => checkPlanSize(SIZE, { limits, allowLarge: false, market: MARKET, overruledBy: '--allow-large' }))
    expect(problems.map(({ code, where, value }) => [code, where, value])).toEqual([
      ['PLAN_TOO_LARGE', 'limits.maxCombinations', 4_096],
      ['PLAN_TOO_LARGE', 'limits.maxMemoryMiB', estimatePlan(SIZE, MARKET).memoryMiB],
      ['PLAN_TOO_LARGE', 'limits.maxDiskMiB', estimatePlan(SIZE, MARKET).diskMiB],
    ])
    expect(problems.every(({ hint }) => hint?.includes('--allow-large'))).toBe(true)
    expect(() => checkPlanSize(SIZE, { limits, allowLarge: true, market: MARKET })).not.toThrow()
  })

  it('counts every window’s training of every candidate, which stores its sums', async () => {
    const size = { ...SIZE, portfolios: 1n, candidates: 9_000n, trainings: 900_000n }
    const { memoryMiB, diskMiB } = estimatePlan(size, MARKET)
    expect(diskMiB).toBe(Math.ceil((320 * 5_000 * 43 * 4 + 384 + 900_000 * PERFORMANCE_FIELDS.length * 8) / MIB))
    expect(memoryMiB).toBe(Math.ceil((320 * 256 * 43 * 4 + 9_001 * 224) / MIB))
    const { problems } = await refusal(() => checkPlanSize(size, { limits: { ...LIMITS, maxCombinations: 10_000, maxDiskMiB: 300 }, allowLarge: false, market: MARKET }))
    expect(problems.map(({ where, value }) => [where, value])).toEqual([['limits.maxCombinations', 900_000], ['limits.maxDiskMiB', diskMiB]])
    expect(problems[0].message).toMatch(/^900,000 trainings of candidates, in all windows: more than limits\.maxCombinations = 10,000 allows/)
    expect(problems[0].hint).toMatch(/make windows longer/)
    await expect(refusal(() => checkPlanSize({ ...size, trainings: 10n ** 10n }, { limits: LIMITS, allowLarge: true, market: MARKET }))).resolves.toMatchObject({ message: expect.stringMatching(/^10,000,000,000 combinations are more than any plan can hold/) as string })
  })

  it('is judged by combinations alone while the market is not known, and says that its figures are nominal', async () => {
    const limits = { ...LIMITS, maxDiskMiB: 1 }
    expect(() => checkPlanSize(SIZE, { limits, allowLarge: false })).not.toThrow()
    const large = await refusal(() => checkPlanSize({ ...SIZE, portfolios: 40_000_000n }, { limits, allowLarge: false }))
    expect(large.message).toMatch(/about 8\.4 GiB of memory .* for a nominal market of 2,520 bars of 50 symbols$/)
    const known = await refusal(() => checkPlanSize(SIZE, { limits, allowLarge: false, market: MARKET }))
    expect(known.message).toMatch(/ for 5,000 bars of 43 symbols$/)
  })
})
