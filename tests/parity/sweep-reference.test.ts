import { describe, expect, it } from 'vitest'
import { ledgerViews } from '../../src/analysis/sql-views.ts'
import { METRIC_FIELDS } from '../../src/domain/metrics.ts'
import { openSql } from '../../src/store/sql-session.ts'
import { runInline, SMALL } from '../analysis/inline-run.ts'

/** A batch large enough to outgrow every buffer it begins with, each portfolio with rules of its own. */
const WIDE = {
  ...SMALL,
  portfolios: [
    { name: 'capped', each: ['trend*', 'pair'], grid: { 'limits.cap': { from: 0.05, to: 0.5, step: 0.01 }, riskTolerance: [0, 0.5] } },
    { name: 'stopped', signals: ['committee'], grid: { 'exits.stopLoss': { from: 0.005, to: 0.05, step: 0.001 }, 'limits.gross': [0.3, 0.6] } },
    ...SMALL.portfolios,
  ],
}

/** Every figure of every portfolio, all in one batch. */
async function figures(record: 'metrics' | 'all'): Promise<readonly (readonly unknown[])[]> {
  const run = await runInline({ ...WIDE, record }, { portfoliosPerBatch: 2_000 })
  const session = await openSql({ views: ledgerViews(run.opened) })
  const { rows } = await session.query(`select portfolio, ${METRIC_FIELDS.map((field) => `"${field}"`).join(', ')} from metrics order by ordinal`)
  session.close()
  run.remove()
  return rows
}

describe('a sweep', () => {
  it('has of every portfolio the figures that the reference kernel has when it records everything', async () => {
    const sweep = await figures('metrics')
    const recorded = await figures('all')
    expect(sweep.length).toBeGreaterThan(300)
    expect(sweep.filter((row, i) => row.some((figure, f) => !Object.is(figure, recorded[i][f]))).map(([portfolio]) => portfolio)).toEqual([])
    const fills = sweep.reduce((sum, row) => sum + Number(row[METRIC_FIELDS.indexOf('fills') + 1]), 0)
    expect(fills).toBeGreaterThan(10_000)
    console.log(`sweep = reference: ${sweep.length} portfolios, ${fills} fills`)
  }, 120_000)
})
