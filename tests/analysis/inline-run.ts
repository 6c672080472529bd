import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openRun, type OpenedRun } from '../../src/analysis/opened-run.ts'
import { systemClock } from '../../src/base/clock.ts'
import { findInstallation } from '../../src/experiment/installation.ts'
import { resolveExperiment } from '../../src/experiment/resolve.ts'
import { openInlinePool } from '../../src/pool/inline.ts'
import { prepareExperiment, runPrepared, type ExperimentRun } from '../../src/stages/experiment-run.ts'
import { taskHandlers } from '../../src/stages/handlers.ts'
import type { PreparedRun } from '../../src/stages/pipeline.ts'
import type { RunRecord } from '../../src/stages/run-record.ts'
import { openStore, type LocalStore } from '../../src/store/local-store.ts'
import { openRuns, type Runs } from '../../src/store/manifests.ts'

/** A market of four symbols, every shape of portfolio, both risk families; small enough to run in process. */
export const SMALL = {
  name: 'small',
  market: { source: 'synthetic', seed: 3, symbols: 4, bars: 260, start: '2015-01-05', from: '2015-04-01', instruments: { SYN03: { lot: 10 }, SYN04: { lot: 0 } } },
  strategies: [
    { name: 'trend', use: 'sma-cross', grid: { fast: [5, 10], slow: [20] } },
    { name: 'reversion', use: 'bollinger-reversion', params: { window: 15, entry: 1, exit: 0.2 } },
    { name: 'pair', use: 'spread-zscore', params: { first: 'SYN01', second: 'SYN02', window: 20, entry: 1 } },
    { name: 'leaders', use: 'momentum-rank', params: { window: 10, fraction: 0.5, short: true } },
    { name: 'events', use: 'bollinger-events', params: { window: 15, entry: 1, exit: 0.3 } },
  ],
  ensembles: [{ name: 'committee', method: 'mean', members: ['trend*', { signal: 'reversion', weight: 2 }] }],
  risk: {
    models: [
      { name: 'minvar', use: 'minimum-variance', params: { window: 30, everyBars: 10, maxWeight: 0.5 } },
      { name: 'var', use: 'var-limit', params: { limit: 0.006, window: 20 } },
      { name: 'limits', use: 'limits', params: { cap: 0.18, gross: 0.4, maxVolatility: 0.4 } },
    ],
    patterns: {
      default: { book: { signals: ['committee'] }, models: ['var', 'limits'] },
      optimised: { book: { signals: ['committee'] }, models: ['minvar', 'var'] },
    },
  },
  costs: { feeBps: 5, feeMinimum: 1, entrySlippageBps: 4, exitSlippageBps: 7 },
  execution: { participation: 0.05 },
  portfolios: [
    { name: 'single', each: ['trend*', 'pair', 'committee'], grid: { riskTolerance: [0, 0.5] } },
    { name: 'optimised', signals: ['pair', { signal: 'committee', weight: 2 }], risk: 'optimised', limits: { cap: 0.15, gross: 0.35 } },
    { name: 'active', signals: ['trend*', { signal: 'leaders', weight: 3 }], combine: 'vote', risk: 'none', allocation: 'active', longOnly: true, threshold: 0.01 },
    { name: 'guarded', signals: ['committee'], risk: 'none', exits: { stopLoss: 0.02, takeProfit: 0.03, trailingStop: 0.025 }, cooldownBars: 2 },
    { name: 'held', signals: ['events'], risk: 'none', trading: 'hold', sizing: { kind: 'fixedCash', cash: 8000 }, maxHoldBars: 15 },
    { name: 'counted', signals: ['committee'], risk: 'none', sizing: { kind: 'fixedQuantity', quantity: 200 }, execution: 'next-close' },
    { name: 'allin', signals: ['reversion'], risk: 'none', sizing: { kind: 'allIn', size: 1, cashBuffer: 0.02 }, leverage: 1 },
    { name: 'sameclose', signals: ['committee'], risk: 'none', execution: 'same-close', drawdownStop: { limit: 0.03, resumeAfterBars: 10 } },
    { name: 'weekly', signals: ['trend*'], risk: 'none', schedule: 'week', end: 'last-close', leverage: 1.5, sizing: { kind: 'exposure', size: 1.5 } },
  ],
}

export interface InlineRun {
  readonly opened: OpenedRun
  readonly store: LocalStore
  readonly runs: Runs<RunRecord>
  readonly prepared: PreparedRun
  /** What another run of the same experiment is set up with. */
  readonly setup: ExperimentRun
  remove(): void
}

const MACHINE = { cores: 1, memoryBytes: 2 ** 32 }

/** Runs an experiment in this process into a store of its own. */
export async function runInline(raw: unknown, into: { readonly store?: LocalStore; readonly portfoliosPerBatch?: number; readonly rowsPerBlock?: number; readonly signals?: 'stored' | 'fused' } = {}): Promise<InlineRun> {
  const { portfoliosPerBatch = 5, rowsPerBlock, signals } = into
  const folder = mkdtempSync(join(tmpdir(), 'millrace-analysis-'))
  const store = into.store ?? openStore(join(folder, 'store'), { clock: systemClock })
  const runs = openRuns<RunRecord>(store.root, { clock: systemClock })
  const { sources } = findInstallation()
  const experiment = await resolveExperiment(raw, { folder, sources })
  let id: string | undefined
  const setup: ExperimentRun = {
    experiment, store, sources,
    pool: openInlinePool(taskHandlers),
    clock: systemClock,
    observer: {},
    machine: MACHINE,
    overrides: { portfoliosPerBatch, rowsPerBlock, signals },
    timeoutMs: 60_000,
    interrupted: new AbortController().signal,
    experimentFile: join(folder, 'small.yaml'),
    environment: { millrace: 'test', node: process.version, platform: process.platform, ...MACHINE, sources: '' },
    save: (record) => {
      if (id === undefined) id = runs.begin(record)
      else runs.save(id, record)
    },
  }
  const prepared = await prepareExperiment(setup)
  await runPrepared(setup, prepared)
  return {
    opened: openRun({ store, runs }, id ?? ''), store, runs, prepared, setup,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
