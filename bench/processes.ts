import { fork, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { METRIC_FIELDS } from '../src/domain/metrics.ts'
import type { ExperimentInput } from '../src/experiment/schema.ts'
import { writeMarket } from './csv-source.ts'
import { figureOf, median, type Bench, type Figure, type Target } from './measure.ts'
import type { PortfolioAnswer, PortfolioJob } from './portfolio-process.ts'
import { peakOf, treeOf, watchMemory } from './process-tree.ts'
import { startProgram } from './program.ts'

const SYMBOLS = 10
const COMPARED = ['totalReturn', 'sharpe', 'maxDrawdown'] as const

export interface ProcessesSize {
  readonly rows: number
  /** Processes at a time. */
  readonly counts: readonly number[]
  /** Thresholds of each of a hundred pairs of moving averages. */
  readonly thresholds: number
  readonly runs: number
  /** The bundle of portfolio-process.ts. */
  readonly processFile: string
}

export const FULL_PROCESSES: Omit<ProcessesSize, 'processFile'> = { rows: 2_520, counts: [1, 10, 50], thresholds: 30, runs: 3 }

/** What some processes took together: CPU in seconds, memory in MiB of summed proportional set size. */
interface Taken {
  readonly cpuSeconds: number
  readonly peakMiB: number
}

function experimentOf(folder: string, thresholds: number): ExperimentInput {
  return {
    name: 'batch', costs: { feeBps: 5 }, market: { source: 'csv', files: join(folder, '*.csv') },
    strategies: [{ name: 'trend', use: 'sma-cross', grid: { fast: { from: 5, to: 50, step: 5 }, slow: { from: 60, to: 150, step: 10 } } }],
    portfolios: [{ name: 'each', each: 'trend*', risk: 'none', grid: { threshold: Array.from({ length: thresholds }, (_, i) => i / 1000) } }],
  }
}

/** So many processes at once, a portfolio each. Their memory counts while all of them are there. */
async function runProcesses(count: number, of: { file: string; processFile: string; portfolios: number; batch: Float64Array }): Promise<Taken & { difference: number }> {
  const children = Array.from({ length: count }, () => fork(of.processFile, [], { serialization: 'advanced' }))
  const watch = watchMemory(() => children.flatMap(({ pid }) => pid ?? []), 50)
  const indices = children.map((_, i) => Math.floor((i * of.portfolios) / count))
  try {
    const answers = await Promise.all(children.map((child, i) => ask(child, { file: of.file, index: indices[i] })))
    const peakMiB = peakOf(watch.stop())
    const differences = answers.flatMap(({ figures }, i) => COMPARED.map((field, f) => differenceOf(figures[METRIC_FIELDS.indexOf(field)], of.batch[3 * indices[i] + f])))
    return { cpuSeconds: answers.reduce((sum, answer) => sum + answer.cpuSeconds, 0), peakMiB, difference: Math.max(...differences) }
  } finally {
    for (const child of children) child.kill()
  }
}

function differenceOf(a: number, b: number): number {
  return Object.is(a, b) ? 0 : Math.abs(a - b)
}

function ask(child: ChildProcess, job: PortfolioJob): Promise<PortfolioAnswer> {
  return new Promise((resolve, reject) => {
    child.once('message', (answer) => resolve(answer as PortfolioAnswer))
    child.once('exit', (code) => reject(new Error(`a process with one portfolio ended with ${String(code)}`)))
    child.send(job)
  })
}

/** All of them by a program of its own that uses the public API: it and its workers. */
async function runBatch(experiment: ExperimentInput, out: string): Promise<Taken> {
  const program = startProgram({ file: process.execPath, words: ['bench/cold-sweep.mjs'], input: JSON.stringify({ experiment, workers: availableParallelism(), out }) })
  const watch = watchMemory(() => treeOf(program.processId), 20)
  const { cpuSeconds } = JSON.parse(await program.ended.finally(() => watch.stop())) as { cpuSeconds: number }
  return { cpuSeconds, peakMiB: peakOf(watch.stop()) }
}

/** A batch of 3,000 portfolios beside a process for each of them. */
export async function benchProcesses(size: ProcessesSize): Promise<Bench> {
  const portfolios = 100 * size.thresholds
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const [file, out] = [join(folder, 'batch.json'), join(folder, 'out')]
  try {
    writeMarket(folder, { rows: size.rows, symbols: SYMBOLS })
    const experiment = experimentOf(folder, size.thresholds)
    writeFileSync(file, JSON.stringify(experiment))
    const batches: Taken[] = []
    const processes = size.counts.map((): (Taken & { difference: number })[] => [])
    for (let round = 0; round < size.runs; round++) {
      batches.push(await runBatch(experiment, out))
      const batch = new Float64Array(new Uint8Array(readFileSync(out)).buffer)
      for (const [i, count] of size.counts.entries()) processes[i].push(await runProcesses(count, { file, processFile: size.processFile, portfolios, batch }))
    }
    return {
      name: `a batch of ${portfolios.toLocaleString('en')} portfolios, and a process for each`,
      setting: { rows: size.rows, symbols: SYMBOLS, portfolios, processes: size.counts, workersOfTheBatch: availableParallelism() },
      figures: figuresOf({ portfolios, batches, processes, counts: size.counts }),
      notes: [
        'A process has a portfolio of its own with market (read from CSV files), features, signals and kernel; memory is the summed proportional set size while all are there, so what they share counts once.',
        `${portfolios.toLocaleString('en')} processes are extrapolated: memory by what each one more took between the two largest counts measured, CPU by what one took at the largest.`,
        'The batch is a program of its own with its workers, from start to end, on the same files. The efficiency is 1 − CPU of the batch ÷ CPU of the processes.',
      ],
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Measured {
  readonly portfolios: number
  readonly counts: readonly number[]
  readonly batches: readonly Taken[]
  /** By count, then by run. */
  readonly processes: readonly (readonly (Taken & { difference: number })[])[]
}

function figuresOf({ portfolios, counts, batches, processes }: Measured): Figure[] {
  const figure = (name: string, unit: string, values: readonly number[], target?: Target): Figure => figureOf({ name, unit, values, target })
  const last = counts.length - 1
  const medians = processes.map((runs) => median(runs.map(({ peakMiB }) => peakMiB)))
  const each = (medians[last] - medians[last - 1]) / (counts[last] - counts[last - 1])
  const allMiB = medians[last] + each * (portfolios - counts[last])
  const allCpu = (portfolios * median(processes[last].map(({ cpuSeconds }) => cpuSeconds))) / counts[last]
  const told = portfolios.toLocaleString('en')
  return [
    figure('memory, batch ÷ processes', '%', batches.map(({ peakMiB }) => (100 * peakMiB) / allMiB), { atMost: 5 }),
    figure('batch efficiency', '%', batches.map(({ cpuSeconds }) => 100 * (1 - cpuSeconds / allCpu)), { atLeast: 95 }),
    figure(`memory, batch of ${told}`, 'MiB', batches.map(({ peakMiB }) => peakMiB)),
    ...counts.map((count, i) => figure(`memory, processes: ${count}`, 'MiB', processes[i].map(({ peakMiB }) => peakMiB))),
    figure(`memory, processes: ${told}, extrapolated`, 'MiB', [allMiB]),
    figure(`CPU, batch of ${told}`, 's', batches.map(({ cpuSeconds }) => cpuSeconds)),
    ...counts.map((count, i) => figure(`CPU, processes: ${count}`, 's', processes[i].map(({ cpuSeconds }) => cpuSeconds))),
    figure(`CPU, processes: ${told}, extrapolated`, 's', [allCpu]),
    figure('largest difference of any figure', '', [Math.max(...processes.flat().map(({ difference }) => difference))], { atMost: 0 }),
  ]
}
