import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { choosePredictions, runRecordedInLockstep } from '../../src/analysis/lockstep-run.ts'
import { openRun } from '../../src/analysis/opened-run.ts'
import { replayPortfolio } from '../../src/analysis/replay.ts'
import { findInstallation } from '../../src/experiment/installation.ts'
import type { RunRecord } from '../../src/stages/run-record.ts'
import { runInline, SMALL, type InlineRun } from './inline-run.ts'

let run: InlineRun

beforeAll(async () => {
  run = await runInline({ ...SMALL, market: { ...SMALL.market, bars: 130 } })
})
afterAll(() => run.remove())

function lockstep(records: RunRecord[], interrupted = new AbortController().signal, onBar?: () => void) {
  let id: string | undefined
  const save = (record: RunRecord) => {
    records.push(record)
    if (id === undefined) id = run.runs.begin(record)
    else run.runs.save(id, record)
  }
  const observer = { stageProgress: () => onBar?.() }
  return runRecordedInLockstep({
    ...run.setup, save, interrupted, observer,
    workerFile: findInstallation().lockstepWorkerFile, workers: 1, portfoliosPerBatch: 10, predictions: 'fresh',
  }, run.prepared)
}

describe('a recorded lockstep run', () => {
  it('has the staged results, bit for bit, and says so; what the staged run stored explains it, too', async () => {
    const records: RunRecord[] = []
    const record = await lockstep(records)
    expect(records[0].status).toBe('running')
    expect(record).toMatchObject({ driver: 'lockstep', status: 'finished', lockstep: { bars: 130, predictions: 'fresh', compared: 0, flips: 0, staged: 16, identical: 16 } })
    expect(record.timings.map(({ stage }) => stage)).toEqual(['lockstep'])
    expect(record.artefacts?.metrics).not.toBe(run.opened.artefacts.metrics)
    expect(replayPortfolio(openRun(run, 'latest'), 'guarded').identical).toBe(true)
  })

  it('notes that it was interrupted', async () => {
    const controller = new AbortController()
    const records: RunRecord[] = []
    let bars = 0
    await expect(lockstep(records, controller.signal, () => {
      if (++bars === 5) controller.abort()
    })).rejects.toMatchObject({ code: 'INTERRUPTED' })
    expect(records.at(-1)?.status).toBe('interrupted')
    expect(bars).toBe(5)
  })

  it('takes fresh predictions where none are stored, unless stored ones are wished for', () => {
    expect(choosePredictions(run.store, run.prepared)).toBe('stored')
    const model = { spec: { name: 'forecaster' } }
    const prepared = { ...run.prepared, lineup: { ...run.prepared.lineup, models: [model] }, addresses: { ...run.prepared.addresses, signal: () => '0'.repeat(64) } } as unknown as typeof run.prepared
    expect(choosePredictions(run.store, prepared)).toBe('fresh')
    expect(() => choosePredictions(run.store, prepared, 'stored')).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error)
  })
})
