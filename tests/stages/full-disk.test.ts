import { expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import type { RunRecord } from '../../src/stages/run-record.ts'
import { openStore } from '../../src/store/local-store.ts'
import { openRuns } from '../../src/store/manifests.ts'
import { runInline } from '../analysis/inline-run.ts'
import { scratchFolder } from '../store/scratch.ts'

const folder = scratchFolder('full-disk')

it('a disk that takes no more of what workers hand over ends the run, which is noted as the machine’s fault', async () => {
  const store = openStore(folder, { clock: systemClock })
  store.adopt = () => Promise.reject(Object.assign(new Error('ENOSPC: no space left on device, fsync'), { code: 'ENOSPC', syscall: 'fsync' }))
  await expect(runInline({
    name: 'full', market: { source: 'synthetic', seed: 1, symbols: 2, bars: 60 },
    strategies: [{ name: 'trend', use: 'sma-cross', params: { fast: 2, slow: 5 } }],
    portfolios: [{ name: 'only', signals: ['trend'], risk: 'none' }],
  }, { store })).rejects.toMatchObject({ code: 'MACHINE_FAULT' })
  const runs = openRuns<RunRecord>(folder, { clock: systemClock })
  expect(runs.ids().map((id) => runs.read(id))).toMatchObject([{ status: 'failed', error: { problems: [{ code: 'MACHINE_FAULT', message: expect.stringContaining('ENOSPC') }] } }])
})
