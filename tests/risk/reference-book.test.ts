import { describe, expect, it } from 'vitest'
import { referenceBook } from '../../src/risk/reference-book.ts'

/** Two signals over three symbols. */
const row = {
  signals: Float32Array.of(1, 0.5, NaN, 0, -1, NaN),
  offset: 0,
  indices: Int32Array.of(0, 1),
  weights: Float32Array.of(3, 1),
  symbols: 3,
}

describe('a reference book', () => {
  it('is the combined signals, equally allocated in float32; no opinion stays none', () => {
    const out = new Float64Array(3)
    referenceBook('mean', row, new Float32Array(3), out)
    const third = Math.fround(1 / 3)
    expect([...out]).toEqual([Math.fround(0.75 * third), Math.fround(0.125 * third), NaN])
    referenceBook('vote', row, new Float32Array(3), out)
    expect([...out]).toEqual([third, third, NaN])
    referenceBook('strongest', row, new Float32Array(3), out)
    expect([...out]).toEqual([third, Math.fround(0.5 * third), NaN])
  })

  it('has no −0', () => {
    const out = new Float64Array(1)
    const flat = { signals: Float32Array.of(-0), offset: 0, indices: Int32Array.of(0), weights: Float32Array.of(1), symbols: 1 }
    referenceBook('strongest', flat, new Float32Array(1), out)
    expect(Object.is(out[0], 0)).toBe(true)
  })
})
