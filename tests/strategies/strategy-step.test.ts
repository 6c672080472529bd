import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { StateLayout } from '../../src/domain/step.ts'
import { averageCorrelation } from '../../src/features/average-correlation.ts'
import { buildFeatureGraph, createFeatureStep } from '../../src/features/graph.ts'
import { sma } from '../../src/features/sma.ts'
import { spread } from '../../src/features/spread.ts'
import { resolveStrategy } from '../../src/strategies/resolve-strategy.ts'
import smaCross from '../../src/strategies/sma-cross.ts'
import { defineStrategy } from '../../src/strategies/strategy.ts'
import type { StrategyDefinition } from '../../src/strategies/strategy.ts'
import { createStrategyStep } from '../../src/strategies/strategy-step.ts'
import { turnStrategy } from './turn-strategy.ts'

const row = (t: number) => ({ t, closeTime: t * 86_400_000, sessionDate: t })

test('close → sma → sma-cross, by hand', () => {
  const { step, features } = createStrategyStep({ definition: smaCross, params: { fast: 2, slow: 3 }, universe: ['A', 'B'] })
  const nodes = buildFeatureGraph(features)
  expect(nodes.map((node) => node.ref.expression)).toEqual(['sma(close,2)', 'sma(close,3)'])
  expect(step.warmup).toBe(2)
  const steps = nodes.map((node) => createFeatureStep(node, 2))
  const closes = [[1, 10], [2, 9], [3, NaN], [1, 8], [0, 12]]
  const inputs = [new Float64Array(2), new Float64Array(2)]
  const out = new Float64Array(2)
  const signals = closes.map((close, t) => {
    steps.forEach((feature, i) => feature.step(row(t), [Float64Array.from(close)], inputs[i]))
    step.step(row(t), inputs, out)
    return [...out]
  })
  // A: sma2 2.5, 2, 0.5 against sma3 2, 2, 4/3; B (bars 10, 9, 8, 12): 8.5 against 9, 10 against 29/3
  expect(signals).toEqual([[NaN, NaN], [NaN, NaN], [1, NaN], [0, 0], [0, 1]])
})

/** Says `value` for every symbol, whatever its inputs. */
const constant = (value: number, change: Partial<StrategyDefinition<unknown, StateLayout>> = {}) =>
  defineStrategy<unknown, StateLayout>({
    name: 'constant', params: z.object({}), features: () => ['close'], signal: (_, out) => void out.fill(value), ...change,
  })

describe('what the framework does to a signal', () => {
  const universe = ['A', 'B', 'C']
  const one = (definition: StrategyDefinition, inputs: number[][]): number[] => turnStrategy({ definition, params: {}, universe }, [inputs])[0]

  test('float32, clipped to [−1, 1], −0 is 0', () => {
    expect(one(constant(0.1), [[1, 1, 1]])).toEqual([Math.fround(0.1), Math.fround(0.1), Math.fround(0.1)])
    expect(one(constant(-7), [[1, 1, 1]])).toEqual([-1, -1, -1])
    expect(one(constant(1e300), [[1, 1, 1]])).toEqual([1, 1, 1])
    expect(Object.is(one(constant(-0), [[1, 1, 1]])[0], 0)).toBe(true)
  })

  test('a symbol it does not write has no opinion', () => {
    expect(one(constant(0, { signal: (_, out) => { out[1] = 1 } }), [[1, 1, 1]])).toEqual([NaN, 1, NaN])
  })

  test('no opinion where a symbol-wide input is missing, nowhere where a market-wide one is; pairs are its own business', () => {
    expect(one(constant(1), [[1, NaN, 1]])).toEqual([1, NaN, 1])
    const market = constant(1, { features: () => ['close', averageCorrelation('close', 5)] })
    expect(one(market, [[1, NaN, 1], [0.5]])).toEqual([1, NaN, 1])
    expect(one(market, [[1, 1, 1], [NaN]])).toEqual([NaN, NaN, NaN])
    expect(one(constant(1, { features: () => [spread('close')] }), [[NaN, NaN, NaN]])).toEqual([1, 1, 1])
    expect(one(constant(1, { acceptsMissing: true }), [[1, NaN, 1]])).toEqual([1, 1, 1])
  })

  test('a thrown error names strategy, parameters and bar', () => {
    const failing = constant(0, {
      name: 'careless', params: z.object({ depth: z.int() }),
      signal: (_, __, { row: { t } }) => { if (t === 1) throw new Error('depth is undefined') },
    })
    const { step } = createStrategyStep({ definition: failing, params: { depth: 3 }, universe })
    const turnRow = (t: number) => () => step.step(row(t), [new Float64Array(3)], new Float64Array(3))
    expect(turnRow(0)).not.toThrow()
    expect(turnRow(1)).toThrow(expect.objectContaining({
      code: 'STEP_FAILED', message: 'strategy careless failed: depth is undefined',
      where: 'careless {"depth":3} at the bar of 1970-01-02T00:00:00Z',
    }))
  })
})

describe('what is refused before a bar is read', () => {
  const resolve = (definition: unknown, params: unknown = {}) => () =>
    resolveStrategy({ definition: definition as StrategyDefinition, params, universe: ['A'], where: 'strategies[0]' })

  test('parameters, with the path under the place they were written', () => {
    expect(resolve(smaCross, { fast: 5, slwo: 20 })).toThrow(
      expect.objectContaining({ code: 'CONFIG_UNKNOWN', where: 'strategies[0].slwo', value: 20, hint: 'did you mean "slow"?', total: 2 }),
    )
    expect(resolve(smaCross, { fast: '5', slow: 20 })).toThrow(expect.objectContaining({ code: 'CONFIG_TYPE', where: 'strategies[0].fast', value: '5' }))
    expect(resolve(smaCross, { fast: 1, slow: 20 })).toThrow(expect.objectContaining({ code: 'CONFIG_VALUE', where: 'strategies[0].fast', value: 1 }))
    expect(resolve(smaCross, null)).toThrow(expect.objectContaining({ code: 'CONFIG_TYPE', where: 'strategies[0]' }))
  })

  test.each([
    ['nothing at all', undefined],
    ['a name that is no text', { ...smaCross, name: 5 }],
    ['no schema', { ...smaCross, params: { fast: 5 } }],
    ['features as a list', { ...smaCross, features: ['close'] }],
    ['features that are no list', { ...smaCross, params: z.object({}), features: () => 'close' }],
    ['features that hold a hole', { ...smaCross, params: z.object({}), features: () => ['close', undefined] }],
    ['features that throw', { ...smaCross, params: z.object({}), features: () => { throw new Error('no') } }],
    ['no signal function', { ...smaCross, signal: null }],
    ['a state that is no function', { ...smaCross, state: { held: 'N' } }],
    ['a check that is no function', { ...smaCross, check: true }],
    ['a check that throws', { ...smaCross, params: z.object({}), check: () => { throw new Error('no') } }],
    ['a state that throws', { ...smaCross, params: z.object({}), features: () => [], state: () => { throw new Error('no') } }],
  ])('a module with %s', (_, definition) => {
    expect(resolve(definition)).toThrow(expect.objectContaining({ code: 'MODULE_INVALID' }))
  })

  test('features and panels nobody has', () => {
    expect(resolve({ ...constant(1), features: () => ['clsoe'] })).toThrow(expect.objectContaining({ code: 'CONFIG_UNKNOWN', hint: 'did you mean "close"?' }))
    expect(resolve({ ...constant(1), features: () => [sma('close', 0)] })).toThrow(expect.objectContaining({ code: 'CONFIG_VALUE', where: 'sma.period' }))
  })
})

describe('a per-symbol strategy', () => {
  const universe = ['A', 'B', 'C']
  const own = (change: Partial<StrategyDefinition<unknown, StateLayout>> = {}) => constant(0, {
    perSymbol: true, features: () => ['close', averageCorrelation('close', 5)],
    signal: ([close, calm], out) => { for (let n = 0; n < out.length; n++) out[n] = close[n] * calm[n] }, ...change,
  })
  const inputs = [Float64Array.of(0.5, NaN, 1, 0.25, 0.5, 2), Float64Array.of(0.5, NaN)]
  const blocks = inputs.map((values) => ({ values, isComplete: false }))
  const step = (definition: StrategyDefinition) => createStrategyStep({ definition, params: {}, universe }).step

  test('sees a market-wide input beside every symbol, in rows at once and one by one', () => {
    const out = new Float32Array(6)
    step(own()).stepRows?.([row(0), row(1)], blocks, out)
    expect([...out]).toEqual([0.25, NaN, 0.5, NaN, NaN, NaN])
    const one = new Float64Array(3)
    step(own()).step(row(0), [inputs[0].slice(0, 3), inputs[1].slice(0, 1)], one)
    expect([...one]).toEqual([0.25, NaN, 0.5])
  })

  test('sees nothing that would tell rows or symbols apart, and says so at the bar', () => {
    const nosy = own({ signal: (_, out, { row: { t } }) => void out.fill(t) })
    const refused = { code: 'STEP_FAILED', message: expect.stringContaining('sees no `row`'), where: expect.stringContaining('1970-01-01') }
    expect(() => step(nosy).step(row(0), [inputs[0].slice(0, 3), inputs[1].slice(0, 1)], new Float64Array(3))).toThrow(expect.objectContaining(refused))
    expect(() => step(nosy).stepRows?.([row(0), row(1)], blocks, new Float32Array(6))).toThrow(expect.objectContaining(refused))
  })

  test('that can only be turned row by row is', () => {
    const narrow = own({
      signal: ([close], out) => {
        if (out.length > 3) throw new Error('too many')
        out.set(close)
      },
    })
    const out = new Float32Array(6).fill(9)
    step(narrow).stepRows?.([row(0), row(1)], blocks, out)
    expect([...out]).toEqual([0.5, NaN, 1, NaN, NaN, NaN])
  })

  test('gives signals, whatever it writes, in rows at once as one by one', () => {
    const loud = own({ features: () => ['close'], signal: ([close], out) => { for (let n = 0; n < out.length; n++) out[n] = n % 2 === 0 ? 4 * close[n] : -0 } })
    const out = new Float32Array(6)
    step(loud).stepRows?.([row(0), row(1)], blocks.slice(0, 1), out)
    expect([...out]).toEqual([1, NaN, 1, 0, 1, 0])
  })

  test('neither remembers nor reads pairs', () => {
    expect(() => step(own({ state: () => ({ held: 'N' }) }))).toThrow(expect.objectContaining({ code: 'MODULE_INVALID', value: 'held' }))
    expect(() => step(own({ features: () => [spread('close')] }))).toThrow(expect.objectContaining({ code: 'MODULE_INVALID', where: 'perSymbol' }))
  })
})

describe('a signal function that does what it should not', () => {
  const universe = ['A', 'B', 'C']
  const step = (definition: StrategyDefinition) => createStrategyStep({ definition, params: {}, universe }).step
  const turn = (definition: StrategyDefinition, inputs: Float64Array[]) => step(definition).step(row(0), inputs, new Float64Array(3))

  test('sorts its inputs in place: others read them as they were', () => {
    const inputs = [Float64Array.of(3, 1, 2)]
    turn(constant(0, { signal: ([close], out) => { close.sort(); out.fill(0) } }), inputs)
    expect([...inputs[0]]).toEqual([3, 1, 2])
  })

  test('returns values, or a promise, in place of writing them', () => {
    const inputs = [Float64Array.of(1, 1, 1)]
    const returns = (answer: unknown) => constant(0, { signal: () => answer as undefined })
    expect(() => turn(returns([1, 1, 1]), inputs)).toThrow(expect.objectContaining({ code: 'STEP_FAILED', message: expect.stringContaining('written into `out`') }))
    expect(() => turn(returns(Promise.resolve()), inputs)).toThrow(expect.objectContaining({ code: 'STEP_FAILED', message: expect.stringContaining('async') }))
    expect(() => turn(constant(0, { signal: (_, out) => out.fill(1) as unknown as undefined }), inputs)).not.toThrow()
  })

  test('replaces its memory: a snapshot could not have it', () => {
    const replaces = constant(0, { state: () => ({ held: 'N' }), signal: (_, __, { state }) => { (state as Record<string, unknown>).held = [1] } })
    expect(() => turn(replaces, [Float64Array.of(1, 1, 1)])).toThrow(expect.objectContaining({ code: 'STEP_FAILED' }))
  })
})
