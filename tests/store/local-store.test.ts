import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { openStore } from '../../src/store/local-store.ts'
import { describeStore } from '../contracts/store-contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-store-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let count = 0

describeStore('local folder', () => {
  const root = join(folder, String(count++))
  return { store: openStore(root, { clock: systemClock }), again: () => openStore(root, { clock: systemClock }) }
})
