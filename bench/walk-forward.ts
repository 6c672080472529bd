import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setUpExperiment } from '../src/cli/experiment-setup.ts'
import { openWorkspace } from '../src/cli/workspace.ts'
import type { ExperimentInput } from '../src/experiment/schema.ts'
import { openLocalPool } from '../src/pool/local.ts'
import { prepareExperiment, runPrepared } from '../src/stages/experiment-run.ts'
import type { StageObserver } from '../src/stages/observer.ts'
import { figureOf, type Bench, type Line } from './measure.ts'
import { summedMiB } from './process-tree.ts'

const SYMBOLS = 10
const TRAIN = 250
const TEST = 20

export interface WalkForwardSize {
  /** Thresholds of each of fifty pairs of moving averages. */
  readonly thresholds: number
  readonly windows: readonly [few: number, many: number]
}

const FULL: WalkForwardSize = { thresholds: 20, windows: [10, 100] }
const SIGNALS = 50

/** What all processes occupied when a window's last training, or its test, was done. */
interface WindowMemory {
  readonly stage: 'training' | 'walk-forward'
  readonly window: number
  readonly pssMiB: number
}

function experimentOf(windows: number, thresholds: number): ExperimentInput {
  return {
    name: 'walk-forward', defaults: { risk: 'none' }, costs: { feeBps: 5 },
    market: { source: 'synthetic', symbols: SYMBOLS, bars: TRAIN + windows * TEST },
    strategies: [{ name: 'trend', use: 'sma-cross', grid: { fast: { from: 3, to: 12, step: 1 }, slow: { from: 20, to: 60, step: 10 } } }],
    portfolios: [{
      name: 'rolling', each: 'trend*', grid: { threshold: Array.from({ length: thresholds }, (_, i) => i / 200) },
      walkForward: { train: TRAIN, test: TEST },
    }],
  }
}

/** Runs a walk-forward of a thousand candidates, a line of memory per window. */
async function runWindows(windows: number, thresholds: number): Promise<{ trainingSeconds: number; testSeconds: number; memory: readonly WindowMemory[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const file = join(folder, 'walk-forward.json')
  writeFileSync(file, JSON.stringify(experimentOf(windows, thresholds)))
  const workspace = openWorkspace({ store: join(folder, 'store') })
  const pool = openLocalPool({ workers: availableParallelism(), workerFile: workspace.installation.workerFile })
  const memory: WindowMemory[] = []
  const seconds = { training: 0, 'walk-forward': 0 }
  const note = (stage: WindowMemory['stage'], done: number): void => {
    const before = memory.filter((line) => line.stage === stage).length
    for (let window = before; window < Math.floor(done * windows + 1e-9); window++) {
      memory.push({ stage, window, pssMiB: summedMiB([process.pid, ...pool.processIds()]) })
    }
  }
  const observer: StageObserver = {
    stageProgress: (stage, { done, total }) => {
      if (stage === 'training' || stage === 'walk-forward') note(stage, done / total)
    },
    stageFinished: (stage, { wallMs }) => {
      if (stage === 'training' || stage === 'walk-forward') seconds[stage] = wallMs / 1000
    },
  }
  try {
    const setup = await setUpExperiment(file, { workers: pool.workers }, { workspace, pool, interrupted: new AbortController().signal })
    const run = { ...setup, observer, save: () => undefined }
    const { failures } = await runPrepared(run, await prepareExperiment(run))
    if (failures.length > 0) throw new Error(failures[0].error.problems[0].message)
    return { trainingSeconds: seconds.training, testSeconds: seconds['walk-forward'], memory }
  } finally {
    await pool.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A thousand candidates over 10 and over 100 windows: time per training, and whether memory grows with the windows. */
export async function benchWalkForward({ thresholds, windows }: WalkForwardSize = FULL): Promise<Bench> {
  const few = await runWindows(windows[0], thresholds)
  const many = await runWindows(windows[1], thresholds)
  const candidates = SIGNALS * thresholds
  const once = (name: string, unit: string, value: number) => figureOf({ name, unit, values: [value] })
  const peak = ({ memory }: Pick<typeof few, 'memory'>) => Math.max(...memory.map(({ pssMiB }) => pssMiB))
  /** Whether what processes occupy grows from window to window, once they are warm. */
  const growth = (stage: WindowMemory['stage']): number => {
    const own = many.memory.filter((each) => each.stage === stage)
    return peak({ memory: own.slice(own.length >> 1) }) / peak({ memory: own.slice(0, own.length >> 1) })
  }
  const line = (stage: WindowMemory['stage'], name: string): Line =>
    ({ name, points: many.memory.filter((each) => each.stage === stage).map(({ window, pssMiB }) => [window + 1, pssMiB]) })
  return {
    name: 'walk-forward',
    setting: { candidates, symbols: SYMBOLS, train: TRAIN, test: TEST, windows, workers: availableParallelism() },
    figures: [
      figureOf({ name: 'training, memory of the later half of windows ÷ the earlier', unit: '×', values: [growth('training')], target: { atMost: 1.2 } }),
      figureOf({ name: 'tests, memory of the later half of windows ÷ the earlier', unit: '×', values: [growth('walk-forward')], target: { atMost: 1.2 } }),
      once(`memory, ${windows[1]} windows ÷ ${windows[0]}`, '×', peak(many) / peak(few)),
      once(`${windows[1]} windows, training`, 's', many.trainingSeconds),
      once(`${windows[1]} windows, tests`, 's', many.testSeconds),
      once('training', 'ns/portfolio-symbol-bar', (many.trainingSeconds * 1e9) / (candidates * SYMBOLS * TRAIN * windows[1])),
      once(`${windows[0]} windows, most memory`, 'MiB', peak(few)),
      once(`${windows[1]} windows, most memory`, 'MiB', peak(many)),
    ],
    notes: ['Memory is the summed proportional set size of all processes, this bench included, when a window was done. Constant means that it does not grow with the windows: a run of few windows ends before its processes are warm, so it stands beside without a target.'],
    plot: { x: 'window', y: 'MiB of all processes', lines: [line('training', 'after its training'), line('walk-forward', 'after its test')] },
  }
}
