import { openLocalPool } from '../src/pool/local.ts'
import { measure } from './measure.ts'
import type { Bench } from './measure.ts'

/** Milliseconds until a worker has answered: freshly forked from its bundle, and warm. The task is one nobody knows. */
export async function benchWorkerStart(workerFile: string): Promise<Bench> {
  const ask = { id: 'bench', kind: 'bench', payload: null }
  const warm = openLocalPool({ workers: 1, workerFile })
  await warm.run(ask)
  const figures = await measure([
    {
      name: 'fork to first answer', unit: 'ms', figure: (ms) => ms,
      work: async () => {
        const pool = openLocalPool({ workers: 1, workerFile })
        await pool.run(ask)
        void pool.close()
      },
    },
    { name: 'warm worker, task to answer', unit: 'ms', figure: (ms) => ms, work: async () => void (await warm.run(ask)) },
  ], { warmUps: 2, runs: 15 })
  await warm.close()
  return { name: 'worker start-up', setting: { worker: 'dist/worker.mjs' }, figures }
}
