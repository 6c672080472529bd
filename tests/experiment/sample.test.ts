import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDraws, SAMPLE_METHODS, spaceSize, type Dimension, type Sample } from '../../src/experiment/sample.ts'
import { instanceOf, strategyInstances } from '../../src/experiment/signals.ts'
import { findPortfolio, portfolioAt, portfolioCount, portfolioLabelAt } from '../../src/experiment/portfolios.ts'
import { problemsOf, resolveYaml } from './fixture.ts'

function drawAll(dimensions: readonly Dimension[], sample: Sample): number[][] {
  const draws = createDraws(dimensions, sample)
  return Array.from({ length: sample.count }, (_, ordinal) => draws(ordinal))
}

const distinct = (combinations: readonly (readonly number[])[]): number => new Set(combinations.map((places) => places.join())).size

const dimension: fc.Arbitrary<Dimension> = fc.oneof(
  fc.integer({ min: 1, max: 6 }),
  fc.record({ from: fc.integer({ min: -5, max: 5 }), span: fc.integer({ min: 0, max: 9 }) }).map(({ from, span }) => ({ from, to: from + span, integer: true })),
  fc.record({ from: fc.integer({ min: 1, max: 5 }), span: fc.integer({ min: 0, max: 30 }) }).map(({ from, span }) => ({ from, to: from + span, integer: true, log: true })),
  fc.record({ from: fc.double({ min: 0.001, max: 5, noNaN: true }), log: fc.boolean() }).map(({ from, log }) => ({ from, to: from + 2, log })),
)

/** The share of [0, 1) a value of a range comes from. */
function shareOf({ from, to, log }: { from: number; to: number; log?: boolean }, value: number): number {
  return log === true ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from)
}

describe('a sample', () => {
  it('has exactly as many combinations as asked for, no two alike, the same for the same seed, all of them on the axes', () => {
    const seed = 20_262
    let [samples, combinations] = [0, 0]
    const cases = fc.record({
      dimensions: fc.array(dimension, { minLength: 1, maxLength: 4 }), method: fc.constantFrom(...SAMPLE_METHODS),
      share: fc.double({ min: 0.01, max: 1, noNaN: true }), seed: fc.oneof(fc.integer(), fc.string()),
    })
    fc.assert(fc.property(cases, ({ dimensions, method, share, seed: own }) => {
      const size = spaceSize(dimensions)
      const count = size === undefined ? 60 : Math.max(1, Math.floor(share * Math.min(300, Number(size))))
      const sample = { method, count, seed: own }
      const all = drawAll(dimensions, sample)
      expect(distinct(all)).toBe(count)
      expect(drawAll(dimensions, sample)).toEqual(all)
      const again = createDraws(dimensions, sample)
      expect(Array.from({ length: count }, (_, i) => again(count - 1 - i)).toReversed()).toEqual(all)
      for (const places of all) {
        places.forEach((place, d) => {
          const of = dimensions[d]
          const [from, to] = typeof of === 'number' ? [0, of - 1] : [of.from, of.to]
          expect(place).toBeGreaterThanOrEqual(from)
          expect(place).toBeLessThanOrEqual(to)
          if (typeof of === 'number' || of.integer === true) expect(Number.isInteger(place)).toBe(true)
        })
      }
      if (method !== 'latin-hypercube' && count > 1) {
        expect(drawAll(dimensions, { ...sample, count: Math.ceil(count / 2) })).toEqual(all.slice(0, Math.ceil(count / 2)))
      }
      samples++
      combinations += count
    }), { seed, numRuns: 250 })
    console.log(`sample: ${samples} samples, ${combinations} combinations, seed ${seed}`)
  })

  it('takes all combinations there are when as many are drawn', () => {
    for (const method of SAMPLE_METHODS) {
      const dimensions: Dimension[] = [7, { from: -3, to: 9, integer: true }, { from: 1, to: 11, integer: true, log: true }]
      expect(distinct(drawAll(dimensions, { method, count: 7 * 13 * 11, seed: 4 }))).toBe(1001)
    }
  })

  it('by latin-hypercube has exactly one value in each stratum of every range', () => {
    const dimensions = [{ from: -2, to: 5 }, { from: 0.01, to: 100, log: true }, { from: 3, to: 4 }]
    for (const count of [1, 2, 7, 64, 1000]) {
      const all = drawAll(dimensions, { method: 'latin-hypercube', count, seed: count })
      dimensions.forEach((range, d) => {
        const strata = new Set(all.map((places) => Math.floor(shareOf(range, places[d]) * count)))
        expect(strata.size).toBe(count)
      })
    }
    // Of a listed axis every value comes equally often.
    const listed = drawAll([5, { from: 0, to: 1 }], { method: 'latin-hypercube', count: 100, seed: 1 })
    expect([0, 1, 2, 3, 4].map((value) => listed.filter(([place]) => place === value).length)).toEqual([20, 20, 20, 20, 20])
  })

  it('by sobol is balanced in every dyadic interval of every range', () => {
    const dimensions = [{ from: 0, to: 8 }, { from: 1, to: 256, log: true }, { from: -1, to: 1 }, 16]
    const all = drawAll(dimensions, { method: 'sobol', count: 1024, seed: 'a' })
    const shares = (d: number) => all.map((places) => (d === 3 ? (places[3] + 0.5) / 16 : shareOf(dimensions[d] as { from: number; to: number }, places[d]) + 1e-12))
    for (let d = 0; d < 4; d++) {
      for (const intervals of d === 3 ? [2, 4, 16] : [2, 8, 64, 1024]) {
        const seen = new Float64Array(intervals)
        for (const share of shares(d)) seen[Math.floor(share * intervals)]++
        expect(seen).toEqual(new Float64Array(intervals).fill(1024 / intervals))
      }
    }
  })

  it('by random is uniform over values, and by log over their logarithms', () => {
    const all = drawAll([10, { from: 1, to: 10_000, log: true }], { method: 'random', count: 20_000, seed: 3 })
    const chi = (tenths: readonly number[]) => Array.from({ length: 10 }, (_, k) => (tenths.filter((tenth) => tenth === k).length - 2000) ** 2 / 2000).reduce((a, b) => a + b)
    expect(chi(all.map(([place]) => place))).toBeLessThan(27.9)
    expect(chi(all.map(([, value]) => Math.floor(Math.log10(value) * 2.5)))).toBeLessThan(27.9)
  })

  it('of many gives any of them by number', () => {
    const sample = { method: 'sobol', count: 200_000, seed: 1 } as const
    const draws = createDraws([{ from: 1, to: 1e6, integer: true }, { from: 0, to: 1 }, 40], sample)
    expect(draws(199_999)).toHaveLength(3)
    expect(draws(199_999)).not.toEqual(draws(0))
  })
})

const HEAD = 'name: test\nmarket: { source: test }\ndefaults: { risk: none }\n'
const STRATEGY = 'strategies: [{ name: trend, use: sma-cross, params: { fast: 5, slow: 50 } }]\n'
const AXES = 'grid: { threshold: { from: 0, to: 0.5 }, minHoldBars: { from: 1, to: 40, integer: true, log: true }, schedule: [bar, week] }'

describe('samples in an experiment', () => {
  it('make strategy instances that are named by their parameters, as a grid’s are', async () => {
    const text = `${HEAD}strategies: [{ name: trend, use: sma-cross, grid: { fast: { from: 2, to: 60, integer: true }, slow: { from: 10, to: 250, step: 5 } }, sample: { method: sobol, count: 40 }, where: fast < slow }]
portfolios: [{ name: all, signals: ["*"] }]\n`
    const resolved = await resolveYaml(text)
    const instances = [...strategyInstances(resolved)]
    expect(instances.length).toBeGreaterThan(20)
    expect(instances.length).toBeLessThan(41)
    for (const { id, params } of instances) {
      expect(id).toBe(`trend[fast=${params.fast},slow=${params.slow}]`)
      expect(params.fast).toBeLessThan(params.slow as number)
    }
    const clone = structuredClone(resolved)
    expect(instanceOf(clone.strategies[0], 7)).toEqual(instances[7])
  })

  it('make portfolios by number, the same draws for every signal, found again by their names', async () => {
    const resolved = await resolveYaml(`${HEAD}strategies: [{ name: trend, use: sma-cross, grid: { fast: [5, 10], slow: [50] } }]
portfolios: [{ name: p, each: "*", ${AXES}, sample: { method: latin-hypercube, count: 30, seed: x } }]\n`)
    expect(portfolioCount(resolved)).toBe(60)
    const parameters = Array.from({ length: 60 }, (_, i) => portfolioLabelAt(resolved, i).parameters)
    const drawn = parameters.map(({ threshold, minHoldBars, schedule }) => ({ threshold, minHoldBars, schedule }))
    expect(drawn.slice(30)).toEqual(drawn.slice(0, 30))
    for (let i = 0; i < 60; i++) {
      const { threshold, minHoldBars, schedule, signal } = parameters[i]
      const config = portfolioAt(resolved, i)
      expect(config.id).toBe(`p[${signal}][threshold=${threshold},minHoldBars=${minHoldBars},schedule=${schedule}]`)
      expect(config).toMatchObject({ threshold, minHoldBars, schedule: schedule === 'bar' ? { everyBars: 1 } : { every: 'week' } })
      expect(findPortfolio(resolved, portfolioLabelAt(resolved, i).id)).toBe(i)
    }
  })

  it.each([
    { what: 'more combinations than there are', fields: 'grid: { threshold: [0, 0.1], minHoldBars: [1, 2, 3] }, sample: { method: random, count: 7 }', at: 'sample.count', says: /only 6 combinations/, hint: 'draw fewer' },
    { what: 'more numbers than 12 digits tell apart', fields: 'grid: { threshold: { from: 0.1, to: 0.1000000000000001 } }, sample: { method: random, count: 5 }', at: 'sample.count', says: /hardly more than 1 comb/, hint: 'widen' },
    { what: 'more than half of a narrow range', fields: 'grid: { threshold: { from: 0.25, to: 0.2500000001 }, minHoldBars: [1, 2] }, sample: { method: sobol, count: 102 }', at: 'sample.count', says: /hardly more than 202 comb/, hint: 'half' },
    { what: 'a sample without axes', fields: 'sample: { method: random, count: 7 }', at: 'sample.count', says: /no `grid`/, hint: 'axes' },
    { what: 'a range without a step in a grid', fields: 'grid: { threshold: { from: 0, to: 1 } }', at: 'grid.threshold', says: /without `step`/, hint: 'sample' },
    { what: 'a step with log', fields: 'grid: { threshold: { from: 1, to: 2, step: 1, log: true } }, sample: { method: random, count: 2 }', at: 'grid.threshold', says: /without `step`/, hint: '' },
    { what: 'a logarithm of nothing', fields: 'grid: { threshold: { from: 0, to: 2, log: true } }, sample: { method: random, count: 2 }', at: 'grid.threshold', says: /above 0/, hint: '' },
    { what: 'whole numbers between fractions', fields: 'grid: { minHoldBars: { from: 0.5, to: 2, integer: true } }, sample: { method: random, count: 2 }', at: 'grid.minHoldBars', says: /whole ends/, hint: '' },
    { what: 'fractions where a field takes whole numbers', fields: 'grid: { minHoldBars: { from: 0, to: 9 } }, sample: { method: random, count: 2 }', at: 'grid.minHoldBars', says: /whole number/, hint: '`integer: true`' },
    { what: 'a range that leaves what a field allows', fields: 'grid: { riskTolerance: { from: 0.5, to: 1.5 } }, sample: { method: random, count: 2 }', at: 'grid.riskTolerance', says: /at most 1/, hint: '' },
    { what: 'an unknown method, with the nearest', fields: 'grid: { threshold: { from: 0, to: 1 } }, sample: { method: sobel, count: 2 }', at: 'sample.method', says: /sobel/, hint: 'sobol' },
    { what: 'rules its ends break', fields: 'grid: { minHoldBars: { from: 1, to: 9, integer: true } }, maxHoldBars: 5, sample: { method: random, count: 2 }', at: 'grid.minHoldBars', says: /above maxHoldBars/, hint: '' },
  ])('are refused for $what', async ({ fields, at, says, hint }) => {
    const problems = await problemsOf(`${HEAD}${STRATEGY}portfolios: [{ name: p, signals: [trend], ${fields} }]\n`)
    expect(problems[0].where).toContain(`(portfolios[0].${at})`)
    expect(problems[0].message).toMatch(says)
    expect(problems[0].hint ?? '').toContain(hint)
  })
})
