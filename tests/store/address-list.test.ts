import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressOf } from '../../src/base/hash.ts'
import { AddressList } from '../../src/store/address-list.ts'
import { MemberPlaces } from '../../src/store/member-places.ts'

describe('a list of addresses', () => {
  it('is, however it grows and whenever it is looked through or forgets what that took, what an array of them would be', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(200), fc.boolean(), fc.boolean()), { maxLength: 400 }), fc.nat(100), (steps, room) => {
      const list = new AddressList(room)
      const told: string[] = []
      for (const [n, looks, forgets] of steps) {
        const address = addressOf(n)
        if (looks) expect(list.indexOf(address)).toBe(told.indexOf(address))
        if (forgets) list.forgetSlots()
        list.push(address)
        told.push(address)
      }
      expect(list.length).toBe(told.length)
      expect(list.slice(0, told.length)).toEqual(told)
      expect(Buffer.from(list.digests).toString('hex')).toBe(told.join(''))
      told.forEach((address, index) => {
        expect(list.indexOf(address)).toBe(told.indexOf(address))
        expect(list.isFirst(index)).toBe(told.indexOf(address) === index)
      })
      expect(list.indexOf(addressOf('another'))).toBe(-1)
    }))
  })

  it('takes nothing but addresses', () => {
    for (const text of ['', 'ab', 'z'.repeat(64), `${addressOf(1)}0`]) expect(() => AddressList.of([text])).toThrow('not an artefact address')
  })
})

describe('places of members', () => {
  it('are told by number, and nowhere where none was', () => {
    const places = new MemberPlaces(3)
    places.set(2, { artefact: 'b', position: 7 })
    places.set(0, { artefact: 'a', position: 0 })
    expect([0, 1, 2, 3, -1].map((index) => places.at(index))).toEqual([{ artefact: 'a', position: 0 }, undefined, { artefact: 'b', position: 7 }, undefined, undefined])
  })

  it('name what members are in, in the members’ order, and nothing that is in no use any more', () => {
    const places = new MemberPlaces(4)
    const put = (index: number, artefact: string): void => places.set(index, { artefact, position: 0 })
    put(3, 'b')
    put(2, 'gone')
    put(0, 'a')
    put(1, 'b')
    put(2, 'c')
    expect(places.artefacts).toEqual(['a', 'b', 'c'])
  })
})
