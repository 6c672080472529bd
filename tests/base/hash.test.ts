import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressOf, asConstant, canonicalJson, sha256 } from '../../src/base/hash.ts'

describe('sha256', () => {
  it('gives the digests of FIPS 180-2, appendix B', () => {
    expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    expect(sha256('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq')).toBe(
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    )
    expect(sha256(new Uint8Array(1_000_000).fill(97))).toBe('cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0')
  })

  it('reads text as UTF-8', () => {
    expect(sha256('µ')).toBe(sha256(new Uint8Array([0xc2, 0xb5])))
  })
})

/** The same value with the members of every object in another order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).toReversed().map(([key, member]) => [key, reversed(member)]))
}

describe('canonicalJson', () => {
  it('sorts keys, leaves out undefined and white space', () => {
    expect(canonicalJson({ b: [1, 'x', null], a: { d: true, c: undefined } })).toBe('{"a":{"d":true},"b":[1,"x",null]}')
  })

  it('spells numbers that JSON has no word for, and knows one zero', () => {
    expect(canonicalJson([NaN, Infinity, -Infinity, -0])).toBe('[{"$number":"NaN"},{"$number":"Infinity"},{"$number":"-Infinity"},0]')
    expect(canonicalJson(NaN)).not.toBe(canonicalJson('NaN'))
  })

  it('keeps the place of an undefined in a list', () => {
    expect(canonicalJson([undefined, 1])).toBe('[null,1]')
  })

  it.each([() => 1, Symbol('s'), 10n, undefined])('refuses %s', (value) => {
    expect(() => canonicalJson(value)).toThrow('no canonical form')
  })

  it('is the same for what was declared never to change, in any place', () => {
    const value = { b: [1, { d: NaN, c: null }], a: 'x' }
    const written = canonicalJson(value)
    const shared = asConstant(structuredClone(value))
    const list = asConstant([3, shared])
    expect(canonicalJson(shared)).toBe(written)
    expect(canonicalJson({ z: shared, y: list })).toBe(`{"y":[3,${written}],"z":${written}}`)
  })

  it('tells keys apart whatever characters they hold', () => {
    expect([{}, { '': 1 }, { 'b\0a': 1, c: 2 }, { b: 1, 'a\0c': 2 }].map((value) => canonicalJson(value))).toEqual(
      ['{}', '{"":1}', '{"b\\u0000a":1,"c":2}', '{"a\\u0000c":2,"b":1}'],
    )
  })

  it('is JSON, and does not depend on the order of keys', () => {
    const runs = 500
    const seed = 4711
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value))
        expect(addressOf(reversed(value))).toBe(addressOf(value))
      }),
      { seed, numRuns: runs },
    )
    console.log(`canonical JSON: ${runs} random values, seed ${seed}`)
  })
})

describe('addressOf', () => {
  it('differs where any number differs', () => {
    const addresses = [{ a: 1 }, { a: 1 + 2 ** -52 }, { a: '1' }, { b: 1 }, [1], NaN, 'NaN'].map(addressOf)
    expect(new Set(addresses).size).toBe(addresses.length)
  })
})
