import { fork } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../src/base/clock.ts'
import { kernelModulesIn } from '../src/lineup/kernel-file.ts'
import { benchCsvSource } from './csv-source.ts'
import { benchKernel, serveKernelRuns } from './kernel.ts'
import { describeMachine } from './machine.ts'
import type { Bench } from './measure.ts'
import { benchBarGrowth, benchMillion, benchPortfolioGrowth } from './growth.ts'
import { benchFusion } from './fusion.ts'
import { benchLockstep } from './lockstep.ts'
import { reached } from './measure.ts'
import { benchModels } from './models.ts'
import { benchMultiStrategy } from './multi-strategy.ts'
import { benchOneByOne } from './one-by-one.ts'
import { benchOrders } from './orders.ts'
import { shown } from './plot.ts'
import { benchProcesses, FULL_PROCESSES } from './processes.ts'
import { reportOf, type Recorded, type RecordedBench } from './report.ts'
import { benchStrategies } from './strategies.ts'
import { benchVectorbt } from './vectorbt.ts'
import { benchWalkForward } from './walk-forward.ts'
import { benchOperations, benchRerun } from './whole-run.ts'
import { benchWorkerStart } from './worker-start.ts'

/** Every bench, by the name to ask for it: `npm run bench -- kernel csv`. Run from the repository's root. */
const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  kernel: () => benchKernel(kernelModulesIn('dist')),
  csv: benchCsvSource,
  strategies: benchStrategies,
  models: benchModels,
  workers: () => benchWorkerStart('dist/worker.mjs'),
  'vectorbt-daily': () => benchVectorbt({ rows: 2_520, runs: 5, coldRuns: 3 }),
  'vectorbt-hourly': () => benchVectorbt({ rows: 8_760, runs: 3, coldRuns: 3 }),
  'one-by-one': () => benchOneByOne(),
  orders: () => benchOrders(),
  lockstep: () => benchLockstep(),
  processes: () => benchProcesses({ ...FULL_PROCESSES, processFile: 'dist/bench-portfolio.mjs' }),
  'multi-strategy': () => benchMultiStrategy(),
  fusion: () => benchFusion(),
  operations: () => benchOperations(),
  rerun: () => benchRerun(),
  'walk-forward': () => benchWalkForward(),
  'more-portfolios': () => benchPortfolioGrowth(),
  'more-bars': () => benchBarGrowth(),
  million: () => benchMillion(),
}

function show({ name, figures, notes = [] }: Bench): void {
  console.log(`\n${name}`)
  for (const figure of figures) {
    const range = `${shown(figure.least)} to ${shown(figure.most)}, ${figure.runs} runs`
    const verdict = figure.target === undefined ? '' : reached(figure.target, figure.median) ? '   target reached' : '   TARGET MISSED'
    console.log(`  ${figure.name.padEnd(52)} ${shown(figure.median).padStart(12)} ${figure.unit}   (${range})${verdict}`)
  }
  for (const note of notes) console.log(`  * ${note}`)
}

async function runBenches(asked: readonly string[]): Promise<void> {
  const unknown = asked.find((name) => !Object.hasOwn(BENCHES, name))
  if (unknown !== undefined) {
    console.error(`there is no bench "${unknown}": ${Object.keys(BENCHES).join(', ')}`)
    process.exit(2)
  }
  const machine = describeMachine()
  console.log(`${machine.processor}, ${machine.cores} cores, Node ${machine.node}, commit ${machine.commit}`)
  const measuredAt = new Date(systemClock.now()).toISOString()
  const file = join('bench/results', `${measuredAt.slice(0, 19).replaceAll(':', '')}.json`)
  const benches: RecordedBench[] = []
  for (const id of asked.length > 0 ? asked : Object.keys(BENCHES)) {
    const bench = await inItsOwnProcess(id)
    if (bench === undefined) {
      // It has said why; the others have nothing to do with it.
      console.error(`\nthe bench "${id}" ended without figures`)
      process.exitCode = 1
      continue
    }
    show(bench)
    benches.push({ id, ...bench })
    record(file, { measuredAt, machine, benches })
  }
  if (benches.length > 0) console.log(`\nrecorded in ${file}; told in docs/benchmarks.md`)
}

/** A bench finds neither the heap nor the compiled code that another has left behind; undefined where it fails. */
function inItsOwnProcess(id: string): Promise<Bench | undefined> {
  return new Promise((resolve, reject) => {
    const child = fork(process.argv[1], ['one-bench', id])
    let bench: Bench | undefined
    child.once('message', (message) => { bench = message as Bench })
    child.once('error', reject)
    child.once('exit', () => resolve(bench))
  })
}

async function tellBench(id: string): Promise<void> {
  const bench = await BENCHES[id]()
  process.send?.(bench, undefined, undefined, () => process.disconnect())
}

/** After every bench: whoever ends a run before its end keeps what is measured. */
function record(file: string, recorded: Recorded): void {
  mkdirSync('bench/results', { recursive: true })
  writeFileSync(file, `${JSON.stringify(recorded, null, 1)}\n`)
  const { page, plots } = reportOf('bench/results')
  mkdirSync('docs/benchmarks', { recursive: true })
  writeFileSync('docs/benchmarks.md', page)
  for (const [name, plot] of plots) writeFileSync(join('docs/benchmarks', name), plot)
}

const [mode, name] = process.argv.slice(2)
// This file starts itself again: for each bench, and in the kernel's for the figure of two processes.
if (mode === 'kernel-process') serveKernelRuns(kernelModulesIn('dist'))
else if (mode === 'one-bench') await tellBench(name)
else await runBenches(process.argv.slice(2))
