import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDecimal } from '../../src/market/csv-number.ts'

describe('parseDecimal', () => {
  it('reads every text of a finite number as Number does, bit for bit', () => {
    const digits = (length: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: length })
    const texts = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.tuple(digits(18), digits(18)).map(([whole, part]) => `${whole}.${part}`),
      fc.tuple(digits(9), digits(7)).map(([whole, part]) => `${whole}.${part}`),
      fc.tuple(digits(3), fc.integer({ min: -300, max: 300 })).map(([whole, exponent]) => `${whole}e${exponent}`),
      digits(20), digits(8).map((text) => `${text}.`), digits(8).map((text) => `.${text}`), digits(8).map((text) => `-${text}`),
    )
    const seed = 20_260_101
    const numRuns = 20_000
    fc.assert(fc.property(texts, (text) => Object.is(parseDecimal(text), Number(text))), { seed, numRuns })
    console.log(`parseDecimal = Number: seed ${seed}, ${numRuns} texts`)
  })

  it('refuses every text that is no finite decimal number', () => {
    const bad = ['', ' ', '\t', 'NaN', 'nan', 'N/A', '-', '+', '.', 'e5', '1e', '1e400', '-1e400', 'Infinity', '0x10', '0b1', '0o7', '1,5', '1,234.5', '1.2.3', '1 2', '12abc', '$5', '5%', 'null', '1_000', '١٢']
    for (const text of bad) expect(parseDecimal(text), JSON.stringify(text)).toBeNaN()
  })

  it('accepts blanks around a number, and nothing else around it', () => {
    expect(parseDecimal(' 1.5 ')).toBe(1.5)
    expect(parseDecimal('+1.5')).toBe(1.5)
    expect(parseDecimal('3.60E-05')).toBe(3.6e-5)
  })
})
