import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../src/base/clock.ts'
import { findInstallation } from '../src/experiment/installation.ts'
import { resolveExperiment } from '../src/experiment/resolve.ts'
import { openLocalPool } from '../src/pool/local.ts'
import { proportionalSetSize } from '../src/pool/memory-meter.ts'
import { prepareRun, runStages, type StagedRun } from '../src/stages/pipeline.ts'
import { openStore } from '../src/store/local-store.ts'
import type { Bench } from './measure.ts'

const CANDIDATES = 1_000
const SYMBOLS = 10
const TRAIN = 250
const TEST = 20
const MIB = 2 ** 20

/** What all processes occupied when a window's last training, or its test, was done. */
interface WindowMemory {
  readonly stage: 'training' | 'walk-forward'
  readonly window: number
  readonly seconds: number
  readonly pssMiB: number
}

function experimentOf(windows: number) {
  return {
    name: 'walk-forward', defaults: { risk: 'none' }, costs: { feeBps: 5 },
    market: { source: 'synthetic', symbols: SYMBOLS, bars: TRAIN + windows * TEST },
    strategies: [{ name: 'trend', use: 'sma-cross', grid: { fast: { from: 3, to: 12, step: 1 }, slow: { from: 20, to: 60, step: 10 } } }],
    portfolios: [{
      name: 'rolling', each: 'trend*', grid: { threshold: { from: 0, to: 0.095, step: 0.005 } },
      walkForward: { train: TRAIN, test: TEST },
    }],
  }
}

/** Runs a walk-forward of a thousand candidates, a line of memory per window. */
async function runWindows(windows: number): Promise<{ trainingSeconds: number; testSeconds: number; memory: readonly WindowMemory[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const { sources, workerFile } = findInstallation()
  const pool = openLocalPool({ workers: availableParallelism(), workerFile })
  const memory: WindowMemory[] = []
  const seconds = { training: 0, 'walk-forward': 0 }
  let started = 0
  const note = (stage: WindowMemory['stage'], done: number): void => {
    const before = memory.filter((line) => line.stage === stage).length
    for (let window = before; window < Math.floor(done * windows + 1e-9); window++) {
      const pss = [process.pid, ...pool.processIds()].reduce((sum, id) => sum + proportionalSetSize(id), 0)
      const line = { stage, window, seconds: (systemClock.monotonic() - started) / 1000, pssMiB: pss / MIB }
      memory.push(line)
      console.log(`  ${stage} window ${String(window).padStart(3)}  ${line.seconds.toFixed(2).padStart(7)} s  ${line.pssMiB.toFixed(0).padStart(5)} MiB`)
    }
  }
  const run: StagedRun = {
    experiment: await resolveExperiment(experimentOf(windows), { folder, sources }),
    configs: [], sources, pool, store: openStore(folder, { clock: systemClock }), clock: systemClock,
    machine: { cores: availableParallelism(), memoryBytes: 2 ** 33 }, timeoutMs: 600_000, interrupted: new AbortController().signal,
    observer: {
      stageStarted: () => {
        started = systemClock.monotonic()
      },
      stageProgress: (stage, { done, total }) => {
        if (stage === 'training' || stage === 'walk-forward') note(stage, done / total)
      },
      stageFinished: (stage, { wallMs }) => {
        if (stage === 'training' || stage === 'walk-forward') seconds[stage] = wallMs / 1000
      },
    },
  }
  try {
    const { failures } = await runStages(run, await prepareRun(run))
    if (failures.length > 0) throw new Error(failures[0].error.problems[0].message)
    return { trainingSeconds: seconds.training, testSeconds: seconds['walk-forward'], memory }
  } finally {
    await pool.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A thousand candidates over 10 and over 100 windows: time per training, and whether memory grows with the windows. */
export async function benchWalkForward(): Promise<Bench> {
  const few = await runWindows(10)
  const many = await runWindows(100)
  const once = (name: string, unit: string, value: number) => ({ name, unit, median: value, least: value, most: value, runs: 1 })
  const peak = ({ memory }: typeof few) => Math.max(...memory.map(({ pssMiB }) => pssMiB))
  return {
    name: 'walk-forward',
    setting: { candidates: CANDIDATES, symbols: SYMBOLS, train: TRAIN, test: TEST, windows: 100, workers: availableParallelism(), memory: many.memory },
    figures: [
      once('100 windows, training', 's', many.trainingSeconds),
      once('100 windows, tests', 's', many.testSeconds),
      once('training', 'ns/portfolio-symbol-bar', (many.trainingSeconds * 1e9) / (CANDIDATES * SYMBOLS * TRAIN * 100)),
      once('10 windows, most memory', 'MiB', peak(few)),
      once('100 windows, most memory', 'MiB', peak(many)),
    ],
  }
}
