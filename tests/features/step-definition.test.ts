import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { MillraceError } from '../../src/base/errors.ts'
import type { StateLayout } from '../../src/domain/step.ts'
import { resolveStep, type StepDefinition } from '../../src/features/step-definition.ts'
import { sma } from '../../src/features/sma.ts'
import { zscore } from '../../src/features/zscore.ts'

const KIND = { noun: 'step', work: 'act', hint: 'write it like this' }

const sound = {
  name: 'sound',
  params: z.strictObject({ period: z.int().min(1).default(5) }),
  features: ({ period }: { period: number }) => ['raw.close', sma('close', period)],
  state: ({ period }: { period: number }, symbols: number) => ({ ring: period * symbols }),
  act: () => undefined,
}

const resolve = (change: object = {}, params: unknown = {}) =>
  resolveStep({ definition: { ...sound, ...change } as unknown as StepDefinition<unknown, StateLayout>, params, universe: ['A', 'B', 'C'] }, KIND)

describe('a step definition', () => {
  it('gives parameters with their defaults, features in order, memory and warm-up', () => {
    const { params, features, layout, warmup } = resolve()
    expect(params).toEqual({ period: 5 })
    expect(features.map(({ expression }) => expression)).toEqual(['raw.close', 'sma(close,5)'])
    expect(layout).toEqual({ ring: 15 })
    expect(warmup).toBe(4)
    expect(resolve({ state: undefined }).layout).toEqual({})
  })

  it('reads features named by a builder or by an expression alike', () => {
    const { features, warmup } = resolve({ features: () => ['close', 'zscore(sma(close, 5), 20)', sma('close', 5)] })
    expect(features.map(({ expression }) => expression)).toEqual(['close', 'zscore(sma(close,5),20)', 'sma(close,5)'])
    expect(features[1]).toEqual(zscore(sma('close', 5), 20))
    expect(warmup).toBe(23)
    expect(() => resolve({ features: () => ['sma(clos,5)'] })).toThrow(
      expect.objectContaining({ code: 'CONFIG_UNKNOWN', where: 'features', value: 'clos', hint: 'did you mean "close"?' }),
    )
  })

  it.each([
    ['check', () => { throw new Error('slipped') }, 'slipped'],
    ['features', () => { throw new Error('slipped') }, 'slipped'],
    ['state', () => { throw new Error('slipped') }, 'slipped'],
    ['features', () => 'close', 'close'],
    ['act', 'text', 'text'],
    ['state', 5, 5],
    ['state', () => ({ held: 'Q' }), '{"held":"Q"}'],
    ['state', () => ({ held: -1 }), '{"held":-1}'],
    ['params', {}, 'object'],
    ['name', '', ''],
  ])('names its %s and what was found there', (member, found, value) => {
    expect(() => resolve({ [member]: found })).toThrow(
      expect.objectContaining({ code: 'MODULE_INVALID', where: member, value, hint: 'write it like this', message: expect.stringContaining(`a step's ${member}`) }),
    )
  })

  it('that is sound as one kind is still checked as another', () => {
    const definition = { ...sound } as unknown as StepDefinition<unknown, StateLayout>
    const as = (work: string) => resolveStep({ definition, params: {}, universe: ['A'] }, { ...KIND, work })
    expect(as('act').warmup).toBe(4)
    expect(() => as('decide')).toThrow(expect.objectContaining({ code: 'MODULE_INVALID', where: 'decide' }))
    expect(as('act').warmup).toBe(4)
  })

  it('is named by the place that names it in the experiment', () => {
    const definition = { ...sound, state: 5 } as unknown as StepDefinition<unknown, StateLayout>
    expect(() => resolveStep({ definition, params: {}, universe: ['A'], where: 'trend[period=5]' }, KIND)).toThrow(
      expect.objectContaining({ where: 'trend[period=5].state' }),
    )
  })

  it('passes on what its author refuses, at the place that was written', () => {
    const problem = { code: 'CONFIG_VALUE', message: 'three symbols are too many' } as const
    expect(() => resolve({ check: () => problem })).toThrow(expect.objectContaining({ ...problem, where: 'sound' }))
    const own = new MillraceError({ code: 'CONFIG_CYCLE', message: 'round and round' })
    expect(() => resolve({ features: () => { throw own } })).toThrow(own)
  })
})
