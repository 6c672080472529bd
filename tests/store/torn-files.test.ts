import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { MillraceError } from '../../src/base/errors.ts'
import { addressOf, canonicalJson, sha256 } from '../../src/base/hash.ts'
import { createRandom } from '../../src/base/random.ts'
import { openStore } from '../../src/store/local-store.ts'
import type { Store } from '../../src/store/store.ts'
import { placesIn, scratchFolder } from './scratch.ts'

const folder = scratchFolder('torn')
const address = addressOf('torn')
const member = addressOf('a member')
let stores = 0

interface Artefact {
  readonly root: string
  readonly home: string
  readonly pristine: string
  /** What {@link readAll} has to find. */
  readonly truth: string
}

/** An artefact with one file of each sort, whose panel has `rows` rows of 64 columns. */
function publish(rows: number, root = join(folder, String(stores++))): Artefact {
  const store = openStore(root, { clock: systemClock })
  const values = Float64Array.from({ length: rows * 64 }, (_, i) => Math.cos(i))
  const draft = store.draft({ address, kind: 'signals', madeFrom: { rows }, members: [addressOf('another'), member], facts: { warmup: 3 } })
  draft.addPanel('panel.arrow', { values, rows, columns: 64 })
  draft.addJson('labels.json', { symbols: ['A', 'B'] })
  writeFileSync(join(draft.folder, 'ledger.parquet'), Buffer.from(values.buffer, 0, 100))
  draft.publish()
  const home = join(root, 'artefacts', address.slice(0, 2), address.slice(2))
  const pristine = join(root, 'pristine')
  cpSync(home, pristine, { recursive: true })
  return { root, home, pristine, truth: readAll(store) as string }
}

/** All that can be read of the artefact; undefined when the store says that something is wrong with it. */
function readAll(store: Store): string | undefined {
  try {
    const meta = store.meta(address)
    const place = placesIn(store, 'signals', [member]).get(member)
    if (meta === undefined || place === undefined) return undefined
    const panel = store.panel(address, 'panel.arrow')
    try {
      const values = panel.read(0, panel.shape.rows)
      const ledger = readFileSync(store.file(address, 'ledger.parquet')).toString('hex')
      return canonicalJson([meta, place, sha256(new Uint8Array(values.buffer)), store.json(address, 'labels.json'), ledger])
    } finally {
      panel.close()
    }
  } catch (error) {
    if (error instanceof MillraceError && ['ARTEFACT_CORRUPT', 'ARTEFACT_MISSING'].includes(error.code)) return undefined
    throw error
  }
}

/** Damages the artefact, looks at it with a fresh store, and puts it right again. */
function lookAfter(artefact: Artefact, damage: () => void): string | undefined {
  damage()
  const seen = readAll(openStore(artefact.root, { clock: systemClock }))
  restore(artefact)
  return seen
}

function restore({ root, home, pristine }: Artefact): void {
  rmSync(join(root, 'quarantine'), { recursive: true, force: true })
  mkdirSync(home, { recursive: true })
  for (const name of readdirSync(pristine)) copyFileSync(join(pristine, name), join(home, name))
}

describe('a damaged artefact', () => {
  it('is found out wherever one of its files is cut: at every byte', () => {
    const artefact = publish(1)
    let cuts = 0
    for (const name of readdirSync(artefact.home)) {
      const { length } = readFileSync(join(artefact.pristine, name))
      expect(length).toBeLessThan(65_536)
      for (let at = 0; at < length; at++, cuts++) {
        const seen = lookAfter(artefact, () => truncateSync(join(artefact.home, name), at))
        if (seen !== undefined) expect.fail(`${name} cut at ${at} of ${length} was taken for whole`)
      }
    }
    expect(lookAfter(artefact, () => undefined)).toBe(artefact.truth)
    console.log(`torn files: ${cuts} cuts`)
    expect(cuts).toBeGreaterThan(1500)
  })

  it('is found out when a large panel is cut, in steps of 4 KiB', () => {
    const artefact = publish(4100)
    const panel = join(artefact.home, 'panel.arrow')
    const { length } = readFileSync(panel)
    expect(length).toBeGreaterThan(2_000_000)
    let cuts = 0
    for (let at = 0; at < length; at += 4096) {
      truncateSync(panel, at)
      expect(openStore(artefact.root, { clock: systemClock }).meta(address)).toBeUndefined()
      restore(artefact)
      cuts++
    }
    expect(cuts).toBeGreaterThan(500)
  })

  it('is found out when any file is gone or lengthened', () => {
    const artefact = publish(3)
    for (const name of readdirSync(artefact.home)) {
      expect(lookAfter(artefact, () => rmSync(join(artefact.home, name)))).toBeUndefined()
      expect(lookAfter(artefact, () => writeFileSync(join(artefact.home, name), 'x', { flag: 'a' }))).toBeUndefined()
    }
  })

  it('is found out or harmless whichever bits are flipped', () => {
    const seed = 4242
    const random = createRandom(seed)
    const artefact = publish(2)
    const names = readdirSync(artefact.home)
    let found = 0
    const flips = 500
    for (let i = 0; i < flips; i++) {
      const name = names[i % names.length]
      const path = join(artefact.home, name)
      const seen = lookAfter(artefact, () => {
        const bytes = readFileSync(path)
        for (let bits = random.integer(3); bits >= 0; bits--) bytes[random.integer(bytes.length)] ^= 1 << random.integer(8)
        writeFileSync(path, bytes)
      })
      if (seen === undefined) found++
      else expect(seen, `flip ${i} in ${name}`).toBe(artefact.truth)
    }
    console.log(`flipped bits: seed ${seed}, ${found} of ${flips} found out`)
    expect(found).toBeGreaterThan(flips * 0.99)
  })

  it('never gives wrong rows, also when the bits flip while it is open or far from what is read', () => {
    const random = createRandom(7)
    const artefact = publish(6000)
    const path = join(artefact.home, 'panel.arrow')
    const pristine = readFileSync(path)
    let refused = 0
    for (let i = 0; i < 40; i++) {
      const reader = openStore(artefact.root, { clock: systemClock }).panel(address, 'panel.arrow')
      const bytes = Buffer.from(pristine)
      bytes[random.integer(bytes.length)] ^= 1 << random.integer(8)
      writeFileSync(path, bytes, { flag: 'r+' })
      const from = random.integer(6000)
      const to = Math.min(6000, from + 1 + random.integer(1500))
      let foundBy = 'file'
      try {
        const values = reader.read(from, to)
        const truth = pristine.subarray(reader.shape.valuesAt + from * 512, reader.shape.valuesAt + to * 512)
        expect(Buffer.from(values.buffer).equals(truth)).toBe(true)
      } catch (error) {
        expect(error).toMatchObject({ code: 'ARTEFACT_CORRUPT', value: address, where: path })
        refused++
        foundBy = 'read'
      }
      const code = foundBy === 'read' ? 'ARTEFACT_MISSING' : 'ARTEFACT_CORRUPT'
      expect(() => openStore(artefact.root, { clock: systemClock }).file(address, 'panel.arrow')).toThrow(expect.objectContaining({ code }))
      expect(readdirSync(join(artefact.root, 'quarantine'))).toHaveLength(1)
      reader.close()
      restore(artefact)
    }
    expect(refused).toBeGreaterThan(5)
    expect(refused).toBeLessThan(38)
  })

  it('cut while it is open is refused', () => {
    const artefact = publish(5000)
    const reader = openStore(artefact.root, { clock: systemClock }).panel(address, 'panel.arrow')
    truncateSync(join(artefact.home, 'panel.arrow'), 2_000_000)
    expect(() => reader.read(4000, 4500)).toThrow(expect.objectContaining({ code: 'ARTEFACT_CORRUPT' }))
    reader.close()
  })

  it('of another format counts as absent, is kept in quarantine with the reason, and can be made again', () => {
    const artefact = publish(1)
    const meta = join(artefact.home, 'meta.json')
    const { seal, ...body } = JSON.parse(readFileSync(meta, 'utf8')) as Record<string, unknown>
    expect(seal).toBe(addressOf(body))
    writeFileSync(meta, canonicalJson({ ...body, format: 2, seal: addressOf({ ...body, format: 2 }) }))
    const store = openStore(artefact.root, { clock: systemClock })
    expect(store.meta(address)).toBeUndefined()
    expect(store.has(address)).toBe(false)
    const [kept] = readdirSync(join(artefact.root, 'quarantine'))
    expect(readFileSync(join(artefact.root, 'quarantine', kept, 'reason.txt'), 'utf8')).toBe('meta.json is of format 2, not 1\n')
    expect(publish(1, artefact.root).truth).toBe(artefact.truth)
  })

  it('in the way of a new one is put aside', () => {
    const artefact = publish(6)
    writeFileSync(join(artefact.home, 'meta.json'), 'torn')
    expect(publish(6, artefact.root).truth).toBe(artefact.truth)
  })
})
