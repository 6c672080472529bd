import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import { openStore } from '../../src/store/local-store.ts'
import { describeStore } from '../contracts/store-contract.ts'
import { scratchFolder } from './scratch.ts'

const folder = scratchFolder('store')
let count = 0

describeStore('local folder', () => {
  const root = join(folder, String(count++))
  return { store: openStore(root, { clock: systemClock }), again: () => openStore(root, { clock: systemClock }) }
})
