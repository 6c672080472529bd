import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { addressOf } from '../../src/base/hash.ts'
import type { Store } from '../../src/store/store.ts'
import { addressAt, handOverNumber, isWhole, publishNumber } from '../store/fixtures/writing.ts'
import { placesIn } from '../store/scratch.ts'

const member = (i: number): string => addressOf({ member: i })

/** What every store must do. `open` gives a second view of the same place when called with the same root. */
export function describeStore(name: string, open: () => { store: Store; again: () => Store }): void {
  describe(`store contract: ${name}`, () => {
    const address = addressOf({ panel: 'one' })
    const values = Float64Array.from({ length: 12 }, (_, i) => (i === 5 ? NaN : i / 7))

    function publishPanel(store: Store): void {
      const draft = store.draft({ address, kind: 'feature', madeFrom: { task: 'sma', inputs: [] }, facts: { warmup: 3, ratio: NaN } })
      draft.addPanel('values.arrow', { values, rows: 4, columns: 3 })
      draft.addJson('labels.json', { symbols: ['A', 'B', 'C'], missing: NaN })
      draft.publish()
    }

    it('shows nothing of a draft before it is published', () => {
      const { store, again } = open()
      const draft = store.draft({ address, kind: 'feature', madeFrom: null })
      draft.addJson('a.json', 1)
      expect(store.has(address)).toBe(false)
      expect(store.meta(address)).toBeUndefined()
      expect(again().has(address)).toBe(false)
      draft.discard()
      expect(store.has(address)).toBe(false)
    })

    it('gives back what was published, bit for bit, also to another view of the store', () => {
      const { store, again } = open()
      publishPanel(store)
      for (const view of [store, again()]) {
        expect(view.has(address)).toBe(true)
        const meta = view.meta(address)
        expect(meta).toMatchObject({ address, kind: 'feature', madeFrom: { task: 'sma', inputs: [] }, members: [], facts: { warmup: 3, ratio: NaN } })
        expect(meta?.files.map((file) => file.name)).toEqual(['labels.json', 'values.arrow'])
        const reader = view.panel(address, 'values.arrow')
        expect(reader.shape).toMatchObject({ type: 'float64', rows: 4, columns: 3 })
        expect(reader.read(0, 4)).toEqual(values)
        expect(reader.read(1, 3)).toEqual(values.subarray(3, 9))
        const out = new Float64Array(6)
        expect(reader.read(2, 4, out)).toBe(out)
        expect(out).toEqual(values.subarray(6, 12))
        reader.close()
        expect(view.json(address, 'labels.json')).toEqual({ symbols: ['A', 'B', 'C'], missing: NaN })
        expect(readFileSync(view.file(address, 'labels.json'), 'utf8')).toContain('"symbols"')
      }
    })

    it('publishes a draft that another view hands over, once, and refuses one that is gone', async () => {
      const { store, again } = open()
      const maker = again()
      const [handed, second] = [handOverNumber(maker, 4), handOverNumber(maker, 4)]
      for (const view of [store, maker]) expect(view.has(addressAt(4))).toBe(false)
      await store.adopt(handed)
      await store.adopt(second)
      for (const view of [store, maker, again()]) expect(isWhole(view, 4)).toBe(true)
      expect(store.meta(addressAt(4))).toEqual(publishNumber(open().store, 4))
      expect(readdirSync(join(store.root, 'tmp'))).toEqual([])
      await expect(store.adopt(handed)).rejects.toMatchObject({ code: 'ARTEFACT_MISSING', value: addressAt(4) })
    })

    it('keeps nothing of a draft that it cannot take over', async () => {
      const { store, again } = open()
      mkdirSync(join(store.root, 'artefacts'), { recursive: true })
      writeFileSync(join(store.root, 'artefacts', addressAt(4).slice(0, 2)), 'no folder')
      await expect(store.adopt(handOverNumber(again(), 4))).rejects.toThrow('EEXIST')
      expect(readdirSync(join(store.root, 'tmp'))).toEqual([])
    })

    it('takes files that others write into the folder of a draft', () => {
      const { store } = open()
      const draft = store.draft({ address, kind: 'ledger', madeFrom: null })
      writeFileSync(join(draft.folder, 'orders.parquet'), 'PAR1 of sorts')
      const meta = draft.publish()
      expect(meta.files).toHaveLength(1)
      expect(meta.files[0]).toMatchObject({ name: 'orders.parquet', bytes: 13 })
      expect(readFileSync(store.file(address, 'orders.parquet'), 'utf8')).toBe('PAR1 of sorts')
    })

    it('keeps the first of two drafts of one address', () => {
      const { store, again } = open()
      const first = store.draft({ address, kind: 'feature', madeFrom: null, facts: { by: 'first' } })
      const second = again().draft({ address, kind: 'feature', madeFrom: null, facts: { by: 'second' } })
      first.addJson('a.json', 1)
      second.addJson('a.json', 1)
      const published = first.publish()
      expect(second.publish()).toEqual(published)
      expect(first.publish()).toEqual(published)
      expect(store.meta(address)).toEqual(published)
    })

    it('finds members by kind', () => {
      const { store, again } = open()
      expect(placesIn(store, 'signals', [member(0)]).size).toBe(0)
      for (const chunk of [0, 1]) {
        const draft = store.draft({ address: addressOf({ chunk }), kind: 'signals', madeFrom: null, members: [member(chunk * 2), member(chunk * 2 + 1)] })
        draft.addJson('a.json', chunk)
        draft.publish()
      }
      const expected = new Map([
        [member(3), { artefact: addressOf({ chunk: 1 }), position: 1 }],
        [member(0), { artefact: addressOf({ chunk: 0 }), position: 0 }],
      ])
      for (const view of [store, again()]) {
        expect(placesIn(view, 'signals', [member(3), member(9), member(0)])).toEqual(expected)
        expect(placesIn(view, 'decisions', [member(3)]).size).toBe(0)
        expect(view.meta(addressOf({ chunk: 1 }))?.members).toEqual([member(2), member(3)])
      }
      store.quarantine(addressOf({ chunk: 1 }), 'test')
      for (const view of [store, again()]) expect(placesIn(view, 'signals', [member(3), member(0)])).toEqual(new Map([[member(0), expected.get(member(0))]]))
    })

    it('forgets what was put into quarantine, and takes it again', () => {
      const { store } = open()
      publishPanel(store)
      store.quarantine(address, 'test')
      expect(store.has(address)).toBe(false)
      expect(() => store.panel(address, 'values.arrow')).toThrow(expect.objectContaining({ code: 'ARTEFACT_MISSING', value: address }))
      publishPanel(store)
      expect(store.has(address)).toBe(true)
      store.quarantine(address, 'again')
      store.quarantine(address, 'gone already')
    })

    it('refuses a name or an address that would lead out of the store', () => {
      const { store } = open()
      expect(() => store.has('../../etc/passwd')).toThrow('not an artefact address')
      const draft = store.draft({ address, kind: 'feature', madeFrom: null })
      for (const file of ['../a.json', 'meta.json', 'a/b', '']) expect(() => draft.addJson(file, 1)).toThrow()
      draft.discard()
    })
  })
}
