import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { addressOf } from '../../src/base/hash.ts'
import { openStore } from '../../src/store/local-store.ts'
import { describeStore } from '../contracts/store-contract.ts'
import { placesIn, scratchFolder } from './scratch.ts'

const folder = scratchFolder('store')
let count = 0

describeStore('local folder', () => {
  const root = join(folder, String(count++))
  return { store: openStore(root, { clock: systemClock }), again: () => openStore(root, { clock: systemClock }) }
})

describeStore('local folder that does not outlive its process', () => {
  const root = join(folder, String(count++))
  return { store: openStore(root, { clock: systemClock, isPassing: true }), again: () => openStore(root, { clock: systemClock, isPassing: true }) }
})

describe('a local store', () => {
  it('prunes what nobody keeps, and counts bytes by kind', () => {
    const store = openStore(join(folder, 'prune'), { clock: systemClock })
    const addresses = [1, 2, 3, 4].map((n) => {
      const draft = store.draft({ address: addressOf({ n }), kind: n === 4 ? 'ledger' : 'signals', madeFrom: null, members: n === 4 ? [] : [addressOf({ member: n })] })
      draft.addJson('a.json', 'x'.repeat(1000 * n))
      return draft.publish().address
    })
    expect(store.addresses()).toEqual(addresses.toSorted())
    const before = store.usage()
    expect(before.get('signals')).toMatchObject({ artefacts: 3 })
    expect(before.get('signals')?.bytes).toBeGreaterThan(6000)
    expect(before.get('ledger')?.bytes).toBeGreaterThan(4000)

    const keep = new Set([addresses[1], addressOf('never made')])
    const planned = store.prune(keep, { dryRun: true })
    expect(planned.artefacts).toBe(3)
    expect(store.addresses()).toHaveLength(4)
    expect(placesIn(store, 'signals', [addressOf({ member: 1 })]).size).toBe(1)
    expect(store.prune(keep)).toEqual(planned)
    expect(store.addresses()).toEqual([addresses[1]])
    expect(placesIn(store, 'signals', [1, 2, 3].map((member) => addressOf({ member })))).toEqual(new Map([[addressOf({ member: 2 }), { artefact: addresses[1], position: 0 }]]))
    expect(store.usage().has('ledger')).toBe(false)
    expect(store.prune(keep)).toEqual({ artefacts: 0, bytes: 0 })
  })

  it('finds each of many members in many artefacts, also those published since', () => {
    const root = join(folder, 'members')
    const [writer, reader] = [openStore(root, { clock: systemClock }), openStore(root, { clock: systemClock })]
    const [artefacts, perArtefact] = [40, 500]
    const members = (n: number): string[] => Array.from({ length: perArtefact }, (_, i) => addressOf([n, i]))
    for (let n = 0; n < artefacts; n++) {
      const draft = writer.draft({ address: addressOf(n), kind: n % 2 === 0 ? 'signals' : 'decisions', madeFrom: null, members: members(n) })
      draft.publish()
      expect(placesIn(reader, n % 2 === 0 ? 'signals' : 'decisions', [members(n)[7]])).toEqual(new Map([[members(n)[7], { artefact: addressOf(n), position: 7 }]]))
    }
    const all = Array.from({ length: artefacts }, (_, n) => members(n)).flat()
    for (const view of [writer, reader, openStore(root, { clock: systemClock })]) {
      const found = placesIn(view, 'signals', all)
      expect(found.size).toBe((artefacts / 2) * perArtefact)
      for (let n = 0; n < artefacts; n += 2) members(n).forEach((member, position) => {
        const place = found.get(member)
        if (place?.artefact !== addressOf(n) || place.position !== position) expect.fail(`member ${position} of ${n} was found at ${JSON.stringify(place)}`)
      })
    }
  })

  it('opens a file again without reading what was sealed of all of them, and misses one that was cut or set aside since', () => {
    const root = join(folder, 'again')
    const [reader, other] = [openStore(root, { clock: systemClock }), openStore(root, { clock: systemClock })]
    const make = (n: number): string => {
      const draft = other.draft({ address: addressOf({ again: n }), kind: 'signals', madeFrom: null })
      for (const name of ['a', 'b']) draft.addPanel(name, { values: Float64Array.of(1, 2, 3), rows: 3, columns: 1 })
      return draft.publish().address
    }
    const read = (address: string, name: string): number[] => {
      const panel = reader.panel(address, name)
      try {
        return [...panel.read(0, 3)]
      } finally {
        panel.close()
      }
    }
    const [cut, aside] = [make(1), make(2)]
    for (const address of [cut, aside]) for (const name of ['a', 'b', 'a']) expect(read(address, name)).toEqual([1, 2, 3])
    truncateSync(reader.file(cut, 'a'), 8)
    other.quarantine(aside, 'for a test')
    expect(read(cut, 'b')).toEqual([1, 2, 3])
    for (const address of [cut, aside]) expect(() => read(address, 'a')).toThrow(expect.objectContaining({ code: 'ARTEFACT_MISSING' }))
    expect(reader.has(cut)).toBe(false)
    for (const address of [make(1), make(2)]) expect(read(address, 'a')).toEqual([1, 2, 3])
  })
})
