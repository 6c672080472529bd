import { describe, expect, it } from 'vitest'
import { readIds, readPerformances } from '../../src/lineup/results.ts'
import { runInline, SMALL } from '../analysis/inline-run.ts'

/** With rules for both kernels, and of every kind that remembers something from block to block. */
const SWEPT = {
  ...SMALL,
  portfolios: [
    { name: 'capped', each: ['trend*', 'pair'], grid: { 'limits.cap': { from: 0.05, to: 0.5, step: 0.09 }, riskTolerance: [0, 0.5] } },
    { name: 'stopped', signals: ['committee'], grid: { 'exits.stopLoss': [0.01, 0.03], 'exits.trailingStop': [null, 0.02], trading: ['rebalance', 'hold'] } },
    { name: 'late', signals: ['committee'], execution: { profile: 'next-close' }, grid: { threshold: [0, 0.01] } },
    ...SMALL.portfolios,
  ],
}

const SIZES = [[16, 2_500], [17, 7], [23, 40], [64, 7], [256, 40]] as const

/** The sums of every portfolio, by its name. */
async function sums(of: { readonly portfoliosPerBatch: number; readonly rowsPerBlock?: number }): Promise<Readonly<Record<string, unknown>>> {
  const run = await runInline(SWEPT, of)
  const found = run.opened.artefacts.results.flatMap((address) => {
    const ids = readIds(run.store, address)
    return readPerformances(run.store, address).map((performance, i) => [ids[i], performance] as const)
  })
  run.remove()
  return Object.fromEntries(found)
}

describe('the sums of a sweep', () => {
  it('are the same bit for bit in blocks and batches of every size', async () => {
    const planned = await sums({ portfoliosPerBatch: 2_500 })
    expect(Object.keys(planned).length).toBeGreaterThan(60)
    for (const [rowsPerBlock, portfoliosPerBatch] of SIZES) {
      expect(await sums({ portfoliosPerBatch, rowsPerBlock }), `blocks of ${rowsPerBlock}, batches of ${portfoliosPerBatch}`).toEqual(planned)
    }
    console.log(`blocks and batches: ${Object.keys(planned).length} portfolios, ${SIZES.length} plans`)
  }, 120_000)
})
