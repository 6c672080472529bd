import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Random } from '../../src/base/random.ts'
import { COMBINE_METHODS, combineSignals } from '../../src/domain/signal.ts'
import type { CombineMethod } from '../../src/domain/signal.ts'
import { createEnsembleStep } from '../../src/ensembles/ensemble.ts'
import { describeStepContract, turn } from '../contracts/step-contract.ts'

const fround = Math.fround

function combine(method: CombineMethod, weights: readonly number[], members: readonly (readonly number[])[]): number[] {
  const step = createEnsembleStep({ method, weights, symbols: members[0].length })
  return [...turn(step, [members], { width: members[0].length })[0]]
}

for (const method of COMBINE_METHODS) {
  const signal = (random: Random): number => (random.uniform() < 0.2 ? NaN : fround(2 * random.uniform() - 1))
  describeStepContract({
    name: `ensemble by ${method}`,
    create: () => createEnsembleStep({ method, weights: [1, 0.3, 2], symbols: 4 }),
    inputs: (random, rows) => Array.from({ length: rows }, () => Array.from({ length: 3 }, () => Array.from({ length: 4 }, () => signal(random)))),
    width: 4,
    rows: 30,
  })
}

describe('by hand', () => {
  test('mean: weighted, over those with an opinion', () => {
    expect(combine('mean', [1, 3], [[1, 1, NaN, NaN], [-1, NaN, 0.5, NaN]])).toEqual([-0.5, 1, 0.5, NaN])
  })

  test('vote: the sign of the weighted signs, a tie is flat', () => {
    expect(combine('vote', [1, 1, 1], [[0.1, 1, NaN], [0.2, -0.1, NaN], [-1, NaN, NaN]])).toEqual([1, 0, NaN])
    expect(combine('vote', [1, 3], [[1], [-0.01]])).toEqual([-1])
  })

  test('strongest: the largest weighted opinion, the first of equals', () => {
    expect(combine('strongest', [1, 2], [[0.5, 0.5, 0.9, 0], [-0.25, -0.5, NaN, NaN]])).toEqual([0.5, -0.5, fround(0.9), 0])
  })
})

test("the numbers of a portfolio's own combine, bit for bit", () => {
  const [seed, numRuns] = [11, 300]
  const opinion = fc.oneof({ weight: 8, arbitrary: fc.float({ min: -1, max: 1, noNaN: true }) }, { weight: 1, arbitrary: fc.constant(NaN) })
  const members = fc.array(fc.array(opinion, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(fc.constantFrom(...COMBINE_METHODS), members, fc.double({ min: 0.01, max: 5, noNaN: true }), (method, signals, first) => {
      const weights = signals.map((_, i) => first / (i + 1))
      const expected = new Float32Array(3)
      combineSignals(method, {
        signals: Float32Array.from(signals.flat()), offset: 0, symbols: 3,
        indices: Int32Array.from(signals.keys()), weights: Float32Array.from(weights),
      }, expected)
      expect(combine(method, weights, signals)).toEqual([...expected])
    }),
    { seed, numRuns },
  )
  console.log(`ensembles against combineSignals: ${numRuns} random member sets, seed ${seed}`)
})

test('an ensemble without members, or with a weight that is none, is refused', () => {
  const create = (weights: readonly number[]) => () => createEnsembleStep({ method: 'mean', weights, symbols: 2 })
  expect(create([])).toThrow(expect.objectContaining({ code: 'CONFIG_VALUE', where: 'members' }))
  for (const weight of [0, -1, NaN, Infinity, 1e-60]) {
    expect(create([1, weight])).toThrow(expect.objectContaining({ code: 'CONFIG_VALUE', where: 'members[1].weight', value: weight }))
  }
})
