import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { MillraceError } from '../../src/base/errors.ts'
import { atr } from '../../src/features/atr.ts'
import { averageCorrelation } from '../../src/features/average-correlation.ts'
import { calendar } from '../../src/features/calendar.ts'
import { correlation } from '../../src/features/correlation.ts'
import { cross } from '../../src/features/cross.ts'
import { defineFeature } from '../../src/features/define-feature.ts'
import { ema } from '../../src/features/ema.ts'
import { parseFeature } from '../../src/features/expression.ts'
import { lag } from '../../src/features/lag.ts'
import { momentum } from '../../src/features/momentum.ts'
import { referFeature, toFeatureRef } from '../../src/features/reference.ts'
import { features } from '../../src/features/registry.ts'
import { rsi } from '../../src/features/rsi.ts'
import { sma } from '../../src/features/sma.ts'
import { spread } from '../../src/features/spread.ts'
import { volatility } from '../../src/features/volatility.ts'
import { zscore } from '../../src/features/zscore.ts'
import { runFeature } from './run-feature.ts'

function refused(action: () => unknown): MillraceError {
  try {
    action()
  } catch (error) {
    if (error instanceof MillraceError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('what a builder names, an expression reads', () => {
  test.each([
    ['sma(close,20)', sma('close', 20)],
    ['ema(raw.close,9)', ema('raw.close', 9)],
    ['rsi(close,14)', rsi('close', 14)],
    ['atr(high,low,close,14)', atr(14)],
    ['volatility(close,20)', volatility('close', 20)],
    ['zscore(sma(close,5),20)', zscore(sma('close', 5), 20)],
    ['momentum(volume,10)', momentum('volume', 10)],
    ['lag(rsi(close,14),1)', lag(rsi('close', 14), 1)],
    ['cross(sma(close,5),sma(close,20))', cross(sma('close', 5), sma('close', 20))],
    ['calendar(first-of-week)', calendar('first-of-week')],
    ['zscore(spread(close),60)', zscore(spread('close'), 60)],
    ['correlation(close,60)', correlation('close', 60)],
    ['average-correlation(close,60)', averageCorrelation('close', 60)],
    ['raw.volume', toFeatureRef('raw.volume')],
  ])('%s', (expression, ref) => {
    expect(ref.expression).toBe(expression)
    expect(parseFeature(expression)).toEqual(ref)
    expect(parseFeature(` ${expression.replaceAll(',', ' ,\n ').replaceAll('(', ' ( ')} `)).toEqual(ref)
  })

  test('inputs with a default may be left out', () => {
    expect(parseFeature('atr(14)')).toEqual(atr(14))
  })
})

describe('what cannot be read says why', () => {
  test.each([
    ['smaa(close,20)', 'CONFIG_UNKNOWN', 'smaa', 'sma'],
    ['zscore(sma(clsoe,5),20)', 'CONFIG_UNKNOWN', 'clsoe', 'close'],
    ['average_correlation(close,20)', 'CONFIG_UNKNOWN', 'average_correlation', 'average-correlation'],
    ['constructor(close,20)', 'CONFIG_UNKNOWN', 'constructor', 'correlation'],
  ])('%s: %s', (text, code, value, nearest) => {
    const error = refused(() => parseFeature(text))
    expect(error).toMatchObject({ code, value, where: text })
    expect(error.hint).toContain(nearest)
  })

  test.each([
    ['sma(close,fast)', 'CONFIG_TYPE', 'fast'],
    ['sma(close,2.5)', 'CONFIG_TYPE', 2.5],
    ['sma(close,sma(close,2))', 'CONFIG_TYPE', 'sma(…)'],
    ['sma(close,0)', 'CONFIG_VALUE', 0],
    ['calendar(weekend)', 'CONFIG_VALUE', 'weekend'],
  ])('%s: %s', (text, code, value) => {
    const error = refused(() => parseFeature(text, { where: 'models[0].features[2]' }))
    expect(error).toMatchObject({ code, value })
    expect(error.where).toMatch(/^models\[0\]\.features\[2\]\.(period|field)$/)
  })

  test.each([
    ['sma(close)', 'write sma(value,period)'],
    ['sma', 'write sma(value,period)'],
    ['sma(close,5,6)', 'write sma(value,period)'],
    ['atr(high,low,14)', 'write atr(high,low,close,period)'],
  ])('%s has a wrong number of arguments', (text, hint) => {
    expect(refused(() => parseFeature(text))).toMatchObject({ code: 'CONFIG_TYPE', hint })
  })

  test.each([
    ['', 1], ['sma(close,20', 13], ['sma(close,20))', 14], ['sma(,20)', 5], ['sma(close 20)', 11], ['(close)', 1], ['sma()', 5],
  ])('%j stops at column %i', (text, column) => {
    const error = refused(() => parseFeature(text))
    expect(error.code).toBe('CONFIG_SYNTAX')
    expect(error.message).toContain(`at column ${column}`)
  })

  test('a market-wide feature is no input of a pair feature', () => {
    const error = refused(() => parseFeature('correlation(average-correlation(close,5),20)'))
    expect(error).toMatchObject({ code: 'CONFIG_TYPE', value: 'average-correlation(close,5)' })
    expect(refused(() => parseFeature('cross(close,average-correlation(close,5))'))).toMatchObject({ code: 'CONFIG_TYPE' })
  })
})

test("a user's own feature is one more entry of the registry", () => {
  const definition = defineFeature({
    name: 'highest',
    params: z.object({ floor: z.number(), scaled: z.boolean().default(false) }),
    inputs: ['value'],
    warmup: () => 0,
    memory: () => ({ best: 1 }),
    update: (values, { best }, { bars, params }) => {
      best[0] = bars === 1 ? values[0] : Math.max(best[0], values[0])
      return Math.max(best[0], params.floor) * (params.scaled ? 10 : 1)
    },
  })
  const registry = { ...features, highest: { definition, source: '/own/highest.ts' } }
  const ref = parseFeature('sma(highest(close,2.5,true),2)', { registry })
  expect(ref.inputs[0]).toEqual(referFeature(definition, ['close'], { floor: 2.5, scaled: true }))
  expect(referFeature(definition, ['close'], { floor: 1 }).expression).toBe('highest(close,1,false)')
  const close = [[1], [3], [2], [5]]
  expect(runFeature(ref, { symbols: 1, panels: { close }, registry })).toEqual([[NaN], [27.5], [30], [40]])
  expect(refused(() => referFeature(definition, ['close'], { flor: 1, floor: 2 }))).toMatchObject({
    code: 'CONFIG_UNKNOWN', where: 'highest.flor', hint: 'did you mean "floor"?',
  })
})
