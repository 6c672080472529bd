import { mkdtempSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { openStore } from '../../src/store/local-store.ts'
import { handOverArtefact, makeArtefact } from '../../src/store/made-artefact.ts'
import type { ArtefactDraft, PassedDraft } from '../../src/store/store.ts'
import { addressAt } from './fixtures/writing.ts'
import { scratchFolder } from './scratch.ts'

const folder = scratchFolder('made')
const open = () => openStore(mkdtempSync(join(folder, 'store-')), { clock: systemClock })
const description = { address: addressAt(1), kind: 'number', madeFrom: null, facts: { known: 1 } }
const write = async (draft: ArtefactDraft | PassedDraft): Promise<void> => draft.addJson('number.json', 1)
const fail = async (draft: ArtefactDraft | PassedDraft): Promise<never> => {
  await write(draft)
  throw new Error('half way')
}

describe('makeArtefact', () => {
  it('publishes what is made, with the facts found out on the way', async () => {
    const store = open()
    await makeArtefact(store, description, async (draft) => {
      await write(draft)
      return { found: 2 }
    })
    expect(store.json(addressAt(1), 'number.json')).toBe(1)
    expect(store.meta(addressAt(1))?.facts).toEqual({ known: 1, found: 2 })
  })

  it('leaves nothing of what throws half way', async () => {
    const store = open()
    await expect(makeArtefact(store, description, fail)).rejects.toThrow('half way')
    expect(store.has(addressAt(1))).toBe(false)
    expect(readdirSync(join(store.root, 'tmp'))).toEqual([])
  })
})

describe('handOverArtefact', () => {
  it('leaves what is made to whoever adopts it', async () => {
    const store = open()
    const handed = await handOverArtefact(store, description, write)
    expect(store.has(addressAt(1))).toBe(false)
    await store.adopt(handed)
    expect(store.json(addressAt(1), 'number.json')).toBe(1)
  })

  it('leaves nothing of what throws half way', async () => {
    const store = open()
    await expect(handOverArtefact(store, description, fail)).rejects.toThrow('half way')
    expect(readdirSync(join(store.root, 'tmp'))).toEqual([])
  })
})
