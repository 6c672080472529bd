import { fork } from 'node:child_process'
import { systemClock } from '../src/base/clock.ts'
import type { Kernel } from '../src/kernel/kernel.ts'
import { createReferenceKernel } from '../src/kernel/reference.ts'
import type { KernelModules } from '../src/kernel/variants.ts'
import { createVectorKernel } from '../src/kernel/wasm.ts'
import { BLOCK_ROWS, BUSY, CALM, kernelBatch, SIGNALS, SUBSCRIBED, withEveryRule, withSharedTargets } from './kernel-batch.ts'
import type { KernelBatch, Pace } from './kernel-batch.ts'
import { gauge, median } from './measure.ts'
import type { Bench, Figure, Gauge, Target } from './measure.ts'
import { messagesOf, receiver, takeRows } from './recorded.ts'
import { compileYardsticks } from './yardstick.ts'
import type { Yardstick } from './yardstick.ts'

const PORTFOLIOS = 3000
/** Steps (portfolio × symbol × bar) of one run, about. */
const STEPS = 6_000_000
/** Portfolios that follow the same signals, where targets are shared. */
const ALIKE = 20
const UNIT = 'ns/portfolio-symbol-bar'
const ROUNDS = { warmUps: 2, runs: 9 }

type Runner = Pick<Kernel, 'run' | 'performance'> & { release?(): void }

/** Nanoseconds of this process's CPU time that a batch's blocks take, per step; the books are placed before. */
function takeBatch({ setup, blocks, steps }: KernelBatch, create: () => Runner, seen?: { fillsPerStep: number }): number {
  const kernel = create()
  const start = process.cpuUsage()
  for (const block of blocks) kernel.run(block)
  const { user, system } = process.cpuUsage(start)
  if (seen !== undefined) seen.fillsPerStep = setup.portfolios.reduce((sum, _, p) => sum + kernel.performance(p).fills, 0) / steps
  kernel.release?.()
  return ((user + system) * 1000) / steps
}

interface Case {
  readonly modules: KernelModules
  readonly yardsticks: readonly Yardstick[]
  readonly symbols: number
  readonly pace: Pace
}

/** SIMD, orders recorded, every rule, the C yardsticks and the reference in turns, at one size and pace; then their ratios to 128-bit C. */
async function benchSize({ modules, yardsticks, symbols, pace }: Case, fills: Record<string, number>): Promise<Figure[]> {
  const plain = kernelBatch({ symbols, portfolios: PORTFOLIOS, steps: STEPS, pace })
  const every = withEveryRule(plain)
  const shared = withSharedTargets(plain, ALIKE)
  const sample = kernelBatch({ symbols, portfolios: 60, steps: STEPS / 50, pace })
  const rows = plain.steps / PORTFOLIOS / symbols
  const at = `N = ${symbols}, ${pace.name}`
  const seen = { fillsPerStep: 0 }
  const messages = messagesOf(modules, plain)
  const simd = (batch: KernelBatch) => () => createVectorKernel(modules, batch.setup)
  const gauges: Gauge[] = [
    { name: `SIMD, ${at}`, unit: UNIT, take: () => takeBatch(plain, simd(plain), seen) },
    ...yardsticks.map(({ name, run }) => ({
      name: `${name}, ${at}`, unit: UNIT,
      take: () => {
        const { nanoseconds, fillsPerStep } = run({ symbols, portfolios: PORTFOLIOS, rows, pace })
        fills[`${name}, ${at}`] = fillsPerStep
        return nanoseconds
      },
    })),
    { name: `SIMD, ${ALIKE} alike, ${at}`, unit: UNIT, take: () => takeBatch(shared, simd(shared)) },
    { name: `SIMD, orders recorded, ${at}`, unit: UNIT, take: () => takeBatch(plain, () => createVectorKernel(modules, plain.setup, receiver())) },
    { name: `ledger rows made of what is recorded, ${at}`, unit: 'ns/row', take: () => takeRows(plain, messages) },
    { name: `SIMD, every rule, ${at}`, unit: UNIT, take: () => takeBatch(every, simd(every)) },
    { name: `reference, ${at}`, unit: UNIT, take: () => takeBatch(sample, () => createReferenceKernel(sample.setup)) },
  ]
  const figures = (await gauge(gauges, ROUNDS)).map((figure) => (figure.name === `SIMD, ${at}` && pace === CALM ? { ...figure, target: { atMost: WANTED_NS[symbols] } } : figure))
  fills[`SIMD, ${at}`] = seen.fillsPerStep
  return [...figures, ...ratios(figures, at)]
}

/** What a step may take, by symbols, where C in 128 bits takes 3.4, 1.25 and 1.1 ns. */
const WANTED_NS: Readonly<Record<number, number>> = { 1: 3.2, 10: 1.5, 100: 1.2 }

/** With orders recorded: 0.6 ns more where a step takes 1.5, and where there is one symbol 1 ns more than 3.2. */
const RECORDED = 1 + 0.6 / 1.5
const RECORDED_SINGLE = 1 + 1 / 3.2

/** Least against least: what the machine did beside only ever adds. */
function ratios(figures: readonly Figure[], at: string): Figure[] {
  const of = (name: string): Figure | undefined => figures.find((figure) => figure.name === `${name}, ${at}`)
  const ratio = (name: string, [a, b]: readonly [Figure | undefined, Figure | undefined], target?: Target): Figure[] =>
    a === undefined || b === undefined ? [] : [{ name: `${name}, ${at}`, unit: '×', median: a.median / b.median, least: a.least / b.least, most: a.most / b.most, runs: a.runs, target }]
  return [
    ...ratio('SIMD / C, 128 bit', [of('SIMD'), of('C, 128 bit')], { atMost: 1.35 }),
    ...ratio('targets shared / own', [of(`SIMD, ${ALIKE} alike`), of('SIMD')]),
    ...ratio('orders recorded / plain', [of('SIMD, orders recorded'), of('SIMD')], { atMost: at.startsWith('N = 1,') ? RECORDED_SINGLE : RECORDED }),
    ...ratio('every rule / plain', [of('SIMD, every rule'), of('SIMD')], { atMost: 1.6 }),
    ...ratio('reference / SIMD', [of('reference'), of('SIMD')]),
  ]
}

/** Batches too small to fill the pairs that go side by side. */
function benchFew(modules: KernelModules): Promise<Figure[]> {
  return gauge([1, 10].flatMap((symbols) => [1, 2, 4, 7].map((portfolios) => {
    const batch = kernelBatch({ symbols, portfolios, steps: 40_000 * portfolios, pace: CALM })
    return { name: `SIMD, N = ${symbols}, ${portfolios} portfolios`, unit: UNIT, take: () => takeBatch(batch, () => createVectorKernel(modules, batch.setup)) }
  })), ROUNDS)
}

/** Runs one batch some times and tells how long it took, when asked: half of the scaling figure. */
export function serveKernelRuns(modules: KernelModules): void {
  const batch = kernelBatch({ symbols: 10, portfolios: PORTFOLIOS, steps: STEPS, pace: CALM })
  for (let i = 0; i < 4; i++) takeBatch(batch, () => createVectorKernel(modules, batch.setup))
  process.on('message', () => {
    const start = systemClock.monotonic()
    for (let i = 0; i < 6; i++) takeBatch(batch, () => createVectorKernel(modules, batch.setup))
    process.send?.(systemClock.monotonic() - start)
  })
  process.send?.(0)
}

/** How much two processes do in the time one takes alone: by the clock, so whatever else runs on the machine counts. */
async function benchProcesses(): Promise<Figure[]> {
  const workers = [0, 1].map(() => fork(process.argv[1], ['kernel-process']))
  const answer = (worker: (typeof workers)[number]): Promise<number> => new Promise((resolve) => worker.once('message', (message) => resolve(Number(message))))
  await Promise.all(workers.map(answer))
  const run = (some: typeof workers): Promise<number[]> => {
    const answers = some.map(answer)
    for (const worker of some) worker.send('run')
    return Promise.all(answers)
  }
  const scaling: number[] = []
  // Each alone, one before and one after both: a machine that slows down or speeds up does so for either side.
  for (let round = 0; round < 15; round++) {
    const [before] = await run([workers[0]])
    const together = Math.max(...(await run(workers)))
    const [after] = await run([workers[1]])
    scaling.push((before + after) / together)
  }
  for (const worker of workers) worker.kill()
  return [{ name: '2 processes against 1', unit: '×', median: median(scaling), least: Math.min(...scaling), most: Math.max(...scaling), runs: scaling.length, target: { atLeast: 1.95 } }]
}

/**
 * Portfolio-symbol-bar in nanoseconds of CPU time: both kernels, the SIMD kernel with every rule on and for few
 * portfolios, beside C compiled on the spot; and what a second process adds.
 */
export async function benchKernel(modules: KernelModules): Promise<Bench> {
  const { yardsticks, leftOut, remove } = compileYardsticks()
  for (const reason of leftOut) console.log(`left out: ${reason}`)
  const fillsPerStep: Record<string, number> = {}
  const figures: Figure[] = []
  for (const pace of [CALM, BUSY]) {
    for (const symbols of [1, 10, 100]) figures.push(...(await benchSize({ modules, yardsticks, symbols, pace }, fillsPerStep)))
  }
  remove()
  figures.push(...(await benchFew(modules)), ...(await benchProcesses()))
  const setting = {
    portfolios: PORTFOLIOS, blockRows: BLOCK_ROWS, signals: SIGNALS, subscribed: SUBSCRIBED, paces: [CALM, BUSY],
    time: 'CPU time of the process; two processes by the clock', leftOut, fillsPerStep,
  }
  return { name: 'kernel', setting, figures }
}
