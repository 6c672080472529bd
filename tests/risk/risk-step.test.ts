import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineRiskModel } from '../../src/risk/risk-model.ts'
import { resolveRiskModel } from '../../src/risk/resolve-risk-model.ts'
import { createRiskStep } from '../../src/risk/risk-step.ts'

const universe = ['A', 'B']
const row = { t: 3, closeTime: Date.UTC(2014, 5, 9, 20), sessionDate: 16_230 }
const none = z.strictObject({})

const everything = defineRiskModel({
  name: 'everything',
  params: none,
  // Declared in another order than it is written: the row keeps the order of DECISION_FIELDS.
  decides: ['veto', 'cap', 'weights', 'gross', 'scale'],
  features: () => ['close', 'raw.volume'],
  decide: (inputs, out, { book, row: at }) => {
    out.scale = 0.1
    out.gross = at.t
    out.weights.set(inputs[0])
    out.cap.set(book)
    out.veto[0] = inputs.length === 2 ? 1 : 0
  },
})

function throwing(): never {
  throw new Error('the author slipped')
}

function decide(definition: Parameters<typeof createRiskStep>[0]['definition'], inputs: Float64Array[]): Float64Array {
  const out = new Float64Array(8).fill(7)
  createRiskStep({ definition, params: {}, universe }).step.step(row, inputs, out)
  return out
}

describe('a risk step', () => {
  it('gives the declared fields in their one order, rounded to float32, undecided where nothing was written', () => {
    const out = decide(everything as never, [Float64Array.of(0.3, -0), Float64Array.of(1, 2), Float64Array.of(0.7, NaN)])
    expect([...out]).toEqual([Math.fround(0.1), 3, Math.fround(0.3), 0, Math.fround(0.7), NaN, 1, NaN])
    expect(resolveRiskModel({ definition: everything, params: {}, universe }).features.map((ref) => ref.name)).toEqual(['close', 'raw.volume'])
  })

  it('hands out copies: what a model does to its inputs and book is seen by no other', () => {
    const inputs = [Float64Array.of(3, 1), Float64Array.of(1, 2), Float64Array.of(0.7, 0.2)]
    const spoils = defineRiskModel({
      ...everything, decide: ([close, volume], _, { book }) => { for (const given of [close, volume, book]) (given as Float64Array).fill(0) },
    })
    decide(spoils as never, inputs)
    expect(inputs.map((values) => [...values])).toEqual([[3, 1], [1, 2], [0.7, 0.2]])
  })

  it.each([
    ['scale', 1.5], ['scale', -0.1], ['gross', -1], ['cap', -1], ['veto', 0.5], ['weights', Infinity],
  ] as const)('refuses to decide %s = %d', (field, value) => {
    const wrong = defineRiskModel({
      name: 'wrong', params: none, decides: [field], features: () => [],
      decide: (_, out) => {
        if (field === 'scale' || field === 'gross') out[field] = value
        else out[field].fill(value)
      },
    })
    expect(() => decide(wrong as never, [new Float64Array(2)])).toThrow(
      expect.objectContaining({ code: 'STEP_FAILED', message: expect.stringContaining(`${field} = ${value}`) }),
    )
  })

  it('names the model and the bar when the model throws', () => {
    const failing = defineRiskModel({
      name: 'throwing', params: none, decides: ['scale'], features: () => [],
      decide: () => {
        throw new Error('no covariance')
      },
    })
    expect(() => decide(failing as never, [new Float64Array(2)])).toThrow(
      expect.objectContaining({
        code: 'STEP_FAILED', message: 'risk model throwing failed: no covariance', where: 'throwing {} at the bar of 2014-06-09T20:00:00Z',
      }),
    )
  })

  it.each([
    ['decides', { decides: ['size'] }], ['decides', { decides: [] }], ['decide', { decide: 1 }], ['params', { params: {} }], ['name', { name: '' }],
    ['features', { features: throwing }], ['features', { features: () => [5] }], ['check', { check: throwing }], ['state', { state: throwing }],
  ])('refuses a module with a wrong %s', (where, change) => {
    expect(() => resolveRiskModel({ definition: { ...everything, ...change } as never, params: {}, universe })).toThrow(
      expect.objectContaining({ code: 'MODULE_INVALID', where }),
    )
  })

  it('names the configuration path of a wrong parameter', () => {
    expect(() => createRiskStep({ definition: everything, params: { limt: 1 }, universe, where: 'risk.all' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_UNKNOWN', where: 'risk.all.limt' }),
    )
  })
})
