import { fork } from 'node:child_process'
import { systemClock } from '../src/base/clock.ts'
import type { Kernel } from '../src/kernel/kernel.ts'
import { createReferenceKernel } from '../src/kernel/reference.ts'
import type { KernelModules } from '../src/kernel/variants.ts'
import { createVectorKernel } from '../src/kernel/wasm.ts'
import { BLOCK_ROWS, BUSY, CALM, kernelBatch, RARE, SIGNALS, SUBSCRIBED, withEveryRule, withSharedTargets, withStops } from './kernel-batch.ts'
import type { KernelBatch, Pace } from './kernel-batch.ts'
import { figureOf, gauge, inPairs, takeInTurns } from './measure.ts'
import type { Bench, Figure, Gauge, Target } from './measure.ts'
import { messagesOf, receiver, takeRows } from './recorded.ts'
import { compileYardsticks } from './yardstick.ts'
import type { Yardstick } from './yardstick.ts'

const PORTFOLIOS = 3000
/** Steps (portfolio × symbol × bar) of one run, about. */
const STEPS = 6_000_000
/** Rows of a block where portfolios are few: what a plan gives them, who read little of a row (src/stages/block-rows.ts). */
const FEW_BLOCK_ROWS = 256
/** Portfolios that follow the same signals, where targets are shared. */
const ALIKE = 20
const UNIT = 'ns/portfolio-symbol-bar'
const ROUNDS = { warmUps: 2, runs: 9 }

type Runner = Pick<Kernel, 'run' | 'performance'> & { release?(): void }

/** Nanoseconds of this process's CPU time that a batch's blocks take, per step; the books are placed before. */
function takeBatch({ setup, blocks, steps }: KernelBatch, create: () => Runner, tell?: (fillsPerStep: number) => void): number {
  const kernel = create()
  const start = process.cpuUsage()
  for (const block of blocks) kernel.run(block)
  const { user, system } = process.cpuUsage(start)
  tell?.(setup.portfolios.reduce((sum, _, p) => sum + kernel.performance(p).fills, 0) / steps)
  kernel.release?.()
  return ((user + system) * 1000) / steps
}

interface Case {
  readonly modules: KernelModules
  readonly yardsticks: readonly Yardstick[]
  readonly symbols: number
  readonly pace: Pace
}

/** What a step may take, by symbols, where C in 128 bits takes 3.4, 1.25 and 1.1 ns; and how much more with its orders recorded. */
const WANTED_NS: Readonly<Record<number, { plain: number; recorded: number }>> = { 1: { plain: 3.2, recorded: 1 }, 10: { plain: 1.5, recorded: 0.6 }, 100: { plain: 1.2, recorded: 0.6 } }

/** SIMD, orders recorded, every rule, the C yardsticks and the reference in turns, at one size and pace; then how they compare, round by round. */
async function benchSize(of: Case, fills: Record<string, number>): Promise<Figure[]> {
  const { symbols, pace } = of
  const at = `N = ${symbols}, ${pace.name}`
  const gauges = gaugesOf(of, (who, fillsPerStep) => { fills[`${who}, ${at}`] = fillsPerStep })
  const taken = await takeInTurns(gauges, ROUNDS)
  const figure = (name: string, unit: string, values: readonly number[], target?: Target): Figure => figureOf({ name: `${name}, ${at}`, unit, values, target })
  const pairs = (name: string, how: { first: string; second: string; unit: string; as: (first: number, second: number) => number }, target?: Target): Figure[] => {
    const [first, second] = [how.first, how.second].map((side) => taken[gauges.findIndex((each) => each.name === side)])
    return first === undefined || second === undefined ? [] : [figure(name, how.unit, inPairs({ first, second, as: how.as }), target)]
  }
  const ratio = (name: string, [first, second]: readonly [string, string], target?: Target): Figure[] => pairs(name, { first, second, unit: '×', as: (a, b) => a / b }, target)
  const wanted = WANTED_NS[symbols]
  return [
    ...gauges.map(({ name, unit }, i) => figure(name, unit, taken[i], name === 'SIMD' && pace === CALM ? { atMost: wanted.plain } : undefined)),
    ...ratio('SIMD / C, 128 bit', ['SIMD', 'C, 128 bit'], { atMost: 1.35 }),
    ...ratio('targets shared / own', [`SIMD, ${ALIKE} alike`, 'SIMD'], { atMost: 1 }),
    ...ratio('orders recorded / plain', ['SIMD, orders recorded', 'SIMD']),
    ...pairs('orders recorded − plain', { first: 'SIMD, orders recorded', second: 'SIMD', unit: UNIT, as: (a, b) => a - b }, { atMost: wanted.recorded }),
    ...ratio('every rule / plain', ['SIMD, every rule', 'SIMD'], { atMost: 1.6 }),
    ...ratio('reference / SIMD', ['reference', 'SIMD']),
  ]
}

/** What is taken in turns; where orders are rare the plain rules alone. */
function gaugesOf({ modules, yardsticks, symbols, pace }: Case, told: (who: string, fillsPerStep: number) => void): Gauge[] {
  const plain = kernelBatch({ symbols, portfolios: PORTFOLIOS, steps: STEPS, pace })
  const simd = (batch: KernelBatch) => () => createVectorKernel(modules, batch.setup)
  const rows = plain.steps / PORTFOLIOS / symbols
  const sides: Gauge[] = [
    { name: 'SIMD', unit: UNIT, take: () => takeBatch(plain, simd(plain), (fillsPerStep) => told('SIMD', fillsPerStep)) },
    ...yardsticks.map(({ name, run }) => ({
      name, unit: UNIT,
      take: () => {
        const { nanoseconds, fillsPerStep } = run({ symbols, portfolios: PORTFOLIOS, rows, pace })
        told(name, fillsPerStep)
        return nanoseconds
      },
    })),
  ]
  if (pace === RARE) return sides
  const every = withEveryRule(plain)
  const shared = withSharedTargets(plain, ALIKE)
  const sample = kernelBatch({ symbols, portfolios: 60, steps: STEPS / 50, pace })
  const messages = messagesOf(modules, plain)
  return [
    ...sides,
    { name: `SIMD, ${ALIKE} alike`, unit: UNIT, take: () => takeBatch(shared, simd(shared)) },
    { name: 'SIMD, orders recorded', unit: UNIT, take: () => takeBatch(plain, () => createVectorKernel(modules, plain.setup, receiver())) },
    { name: 'ledger rows made of what is recorded', unit: 'ns/row', take: () => takeRows(plain, messages) },
    { name: 'SIMD, every rule', unit: UNIT, take: () => takeBatch(every, simd(every)) },
    { name: 'reference', unit: UNIT, take: () => takeBatch(sample, () => createReferenceKernel(sample.setup)) },
  ]
}

/** Three times the portfolios: a step takes what it takes. */
function benchLarge(modules: KernelModules): Promise<Figure[]> {
  return gauge([1, 10, 100].map((symbols) => {
    const batch = kernelBatch({ symbols, portfolios: 10_000, steps: STEPS, pace: CALM })
    return { name: `SIMD, N = ${symbols}, 10,000 portfolios`, unit: UNIT, take: () => takeBatch(batch, () => createVectorKernel(modules, batch.setup)) }
  }), ROUNDS)
}

/** Portfolios that no longer trade. */
function benchOver(modules: KernelModules): Promise<Figure[]> {
  return gauge([1, 10].flatMap((symbols) => {
    const trading = kernelBatch({ symbols, portfolios: 300, steps: 300 * 1024 * symbols, pace: CALM })
    return Object.entries({ trading, 'stopped for ever': withStops(trading) }).map(([state, batch]) => ({
      name: `SIMD, 1,024 bars of portfolios ${state}, N = ${symbols}`, unit: UNIT, take: () => takeBatch(batch, () => createVectorKernel(modules, batch.setup)),
    }))
  }), ROUNDS)
}

/** Batches too small to fill the pairs that go side by side. */
function benchFew(modules: KernelModules): Promise<Figure[]> {
  return gauge([1, 10].flatMap((symbols) => [1, 2, 4, 7].map((portfolios) => {
    const batch = kernelBatch({ symbols, portfolios, steps: 40_000 * portfolios, pace: CALM, blockRows: FEW_BLOCK_ROWS })
    return [
      { name: `SIMD, N = ${symbols}, ${portfolios} portfolios`, unit: UNIT, take: () => takeBatch(batch, () => createVectorKernel(modules, batch.setup)) },
      { name: `reference, N = ${symbols}, ${portfolios} portfolios`, unit: UNIT, take: () => takeBatch(batch, () => createReferenceKernel(batch.setup)) },
    ]
  })).flat(), ROUNDS)
}

/** How long a process of the scaling figure works at a time. */
const TURN_MS = 600

/** Runs one batch over and over for as long as is asked for, and tells how many it did a second: a half of the scaling figure. */
export function serveKernelRuns(modules: KernelModules): void {
  const batch = kernelBatch({ symbols: 10, portfolios: PORTFOLIOS, steps: STEPS, pace: CALM })
  for (let i = 0; i < 4; i++) takeBatch(batch, () => createVectorKernel(modules, batch.setup))
  process.on('message', (turnMs: number) => {
    const start = systemClock.monotonic()
    let done = 0
    for (; systemClock.monotonic() - start < turnMs; done++) takeBatch(batch, () => createVectorKernel(modules, batch.setup))
    process.send?.((1000 * done) / (systemClock.monotonic() - start))
  })
  process.send?.(0)
}

/**
 * How much two processes do in the time one takes alone: by the clock, so whatever else runs on the machine counts. Both
 * work for the same time, and what they do is added: were they given the same work, the slower one's time would be compared
 * with both ones' mean, and less than two come of it wherever times scatter.
 */
async function benchProcesses(): Promise<Figure[]> {
  // A process alone must not collect its garbage on the other's core.
  const workers = [0, 1].map(() => fork(process.argv[1], ['kernel-process'], { execArgv: ['--single-threaded-gc'] }))
  const answer = (worker: (typeof workers)[number]): Promise<number> => new Promise((resolve) => worker.once('message', (message) => resolve(Number(message))))
  await Promise.all(workers.map(answer))
  const run = (some: typeof workers): Promise<number[]> => {
    const answers = some.map(answer)
    for (const worker of some) worker.send(TURN_MS)
    return Promise.all(answers)
  }
  const scaling: number[] = []
  // Each alone, one before and one after both: a machine that slows down or speeds up does so for either side.
  for (let round = 0; round < 15; round++) {
    const [before] = await run([workers[0]])
    const [first, second] = await run(workers)
    const [after] = await run([workers[1]])
    scaling.push((2 * (first + second)) / (before + after))
  }
  for (const worker of workers) worker.kill()
  return [figureOf({ name: '2 processes against 1', unit: '×', values: scaling, target: { atLeast: 1.95 } })]
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
  for (const pace of [CALM, BUSY, RARE]) {
    for (const symbols of [1, 10, 100]) figures.push(...(await benchSize({ modules, yardsticks, symbols, pace }, fillsPerStep)))
  }
  remove()
  figures.push(...(await benchLarge(modules)), ...(await benchOver(modules)), ...(await benchFew(modules)), ...(await benchProcesses()))
  const setting = {
    portfolios: PORTFOLIOS, blockRows: BLOCK_ROWS, fewBlockRows: FEW_BLOCK_ROWS, signals: SIGNALS, subscribed: SUBSCRIBED, paces: [CALM, BUSY, RARE],
    time: 'CPU time of the process; two processes by the clock', leftOut, fillsPerStep,
  }
  return { name: 'kernel', setting, figures, notes: notesOf(fillsPerStep) }
}

function notesOf(fillsPerStep: Readonly<Record<string, number>>): string[] {
  const told = Object.entries(fillsPerStep).filter(([who]) => who.startsWith('SIMD')).map(([who, share]) => `${who.slice('SIMD, '.length)}: ${(100 * share).toPrecision(2)} %`)
  return [
    `Share of portfolio-symbol-bars in which an order fills: ${told.join('; ')}. What an order costs is the larger part of a step where it is large.`,
    'The 128-bit C does the same on the same machine, in the same layout: whole lots, buying power, trades and all measures. It says what this machine can do; the targets in nanoseconds were reached by prototypes without lots, buying power and trades, on a processor of a higher clock with one more vector unit.',
    'Every ratio and difference is of one round; its median is of all rounds, so it need not be the ratio of the medians.',
  ]
}
