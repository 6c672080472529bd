import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../src/base/clock.ts'
import { findInstallation } from '../../src/experiment/installation.ts'
import { resolveExperiment } from '../../src/experiment/resolve.ts'
import { openLocalPool } from '../../src/pool/local.ts'
import { runExperiment } from '../../src/stages/experiment-run.ts'
import type { Failure } from '../../src/stages/observer.ts'
import { openStore } from '../../src/store/local-store.ts'
import { digestRun, type RunDigest } from './run-digest.ts'

export const TARGETS = ['strategy', 'risk model', 'model', 'portfolio'] as const
export type Target = (typeof TARGETS)[number]
export const POISONS = ['throw', 'loop', 'memory', 'abort', 'nan'] as const
export type Poison = (typeof POISONS)[number]

/** What the poisonous member does at its eighth bar; the numbers around it are those of any other member. */
const ACTS: Readonly<Record<Poison, string>> = {
  throw: `throw new Error('poison')`,
  loop: 'for (;;);',
  memory: 'const kept = []; for (;;) kept.push(Array.from({ length: 4_000_000 }).fill(0.5))',
  abort: 'process.abort()',
  nan: 'return',
}

const STRATEGY = (poison: Poison, at: number) => `
  import { defineStrategy, z } from 'millrace'
  export default defineStrategy({
    name: 'many',
    params: z.object({ n: z.int() }),
    features: () => ['close'],
    signal: (_, out, { params: { n }, row }) => {
      if (n === ${at} && row.t === 7) { ${ACTS[poison]} }
      for (let i = 0; i < out.length; i++) out[i] = ((row.t * 31 + n * 17 + i * 7) % 11 - 5) / 5
    },
  })`

const RISK = (poison: Poison, at: number) => `
  import { defineRiskModel, z } from 'millrace'
  export default defineRiskModel({
    name: 'many',
    params: z.object({ n: z.int() }),
    decides: ['scale'],
    features: () => ['close'],
    decide: (_, out, { params: { n }, row }) => {
      if (n === ${at} && row.t === 7) { ${ACTS[poison]} }
      out.scale = ((row.t + n) % 9) / 9
    },
  })`

const fixture = (name: string): string => fileURLToPath(new URL(`../models/fixtures/${name}.onnx`, import.meta.url))

export interface PoisonPlan {
  readonly target: Target
  readonly poison: Poison
  /** How many of the target there are; of models, how many signals there are besides. */
  readonly members: number
  /** A folder that is not there yet. */
  readonly folder: string
  /** A bundle of fixtures/poisoned-worker.ts. */
  readonly workerFile: string
  /** A task silent for longer is killed. */
  readonly timeoutMs: number
}

export interface PoisonOutcome {
  readonly failures: readonly Failure[]
  readonly digest: RunDigest
  /** What the culprit is called. */
  readonly culprit: string
  /** Digests that have to be those of a run without the culprit: all but its own and its dependants'. */
  readonly others: RunDigest
}

const CULPRIT = 5
const MODELS = 4

/** The experiment with the culprit in it or, for comparison, left out. */
function experimentOf({ target, members }: PoisonPlan, without: boolean): Record<string, unknown> {
  const where = without ? { where: `n != ${CULPRIT}` } : {}
  const instances = { from: 1, to: target === 'risk model' ? 3 : target === 'model' ? members - MODELS : members, step: 1 }
  const numbers = Array.from({ length: members }, (_, index) => index + 1).filter((n) => !(without && n === CULPRIT))
  const models = Array.from({ length: MODELS }, (_, index) => ({
    name: index === 2 ? 'culprit' : `net-${index}`, file: index === 2 ? 'culprit.onnx' : 'net.onnx',
    features: ['momentum(close,2)', 'momentum(close,3)'], window: 3, signal: { kind: 'scale', scale: 1 + index },
  }))
  const risk = {
    models: numbers.map((n) => ({ name: `r${n}`, use: './risk.ts', params: { n } })),
    patterns: Object.fromEntries(numbers.map((n) => [`p${n}`, { book: { signals: ['many*'] }, models: [`r${n}`] }])),
  }
  const isRisk = target === 'risk model'
  return {
    name: 'poison',
    market: { source: 'synthetic', symbols: 3, bars: 40, seed: 3 },
    strategies: [{ name: 'many', use: './many.ts', grid: { n: instances }, ...(target === 'strategy' ? where : {}) }],
    models: target === 'model' ? models.filter(({ name }) => !(without && name === 'culprit')) : [],
    risk: isRisk ? risk : { models: [], patterns: {} },
    portfolios: isRisk
      ? numbers.map((n) => ({ name: `p${n}`, signals: ['many*'], risk: `p${n}` }))
      : [{ name: 'singles', each: '*', risk: 'none' }],
  }
}

function culpritOf({ target }: PoisonPlan): string {
  if (target === 'strategy') return `many[n=${CULPRIT}]`
  if (target === 'risk model') return `p${CULPRIT}/r${CULPRIT}`
  return target === 'model' ? 'culprit' : `singles[many[n=${CULPRIT}]]`
}

/** Runs an experiment in which one member is poisonous (or, `without`, is not there at all). */
export async function runPoisoned(plan: PoisonPlan, without = false): Promise<PoisonOutcome> {
  const { target, poison, folder } = plan
  mkdirSync(folder, { recursive: true })
  const isUsers = target === 'strategy' || target === 'risk model'
  writeFileSync(join(folder, 'many.ts'), STRATEGY(target === 'strategy' ? poison : 'nan', target === 'strategy' ? CULPRIT : 0))
  writeFileSync(join(folder, 'risk.ts'), RISK(poison, CULPRIT))
  copyFileSync(fixture('flat'), join(folder, 'net.onnx'))
  copyFileSync(fixture(target === 'model' && poison === 'nan' ? 'logarithm' : 'flat'), join(folder, 'culprit.onnx'))
  const culprit = culpritOf(plan)
  const { sources } = findInstallation()
  const experiment = await resolveExperiment(experimentOf(plan, without), { folder, sources })
  const store = openStore(join(folder, 'store'), { clock: systemClock })
  const machine = { cores: 2, memoryBytes: 2 ** 32 }
  const pool = openLocalPool({
    workers: machine.cores, workerFile: plan.workerFile, heapMb: 64,
    env: isUsers || poison === 'nan' ? {} : { POISONED: culprit, POISON: poison },
  })
  try {
    const record = await runExperiment({
      experiment, store, pool, sources,
      clock: systemClock, machine, overrides: { portfoliosPerBatch: 50 }, timeoutMs: plan.timeoutMs, observer: {},
      interrupted: new AbortController().signal,
      experimentFile: join(folder, 'experiment.yaml'),
      environment: { millrace: '0', node: '', platform: '', ...machine, sources: '' },
      save: () => undefined,
    })
    const digest = await digestRun(store.root, record)
    return { failures: record.failures, digest, culprit, others: withoutDependants(digest, plan) }
  } finally {
    await pool.close()
  }
}

/** The metrics table has a row for each portfolio, so it differs; its rows are made of the sums, which are compared. */
function withoutDependants(digest: RunDigest, { target }: PoisonPlan): RunDigest {
  const name = target === 'risk model' ? `p${CULPRIT}` : target === 'model' ? 'culprit' : `many[n=${CULPRIT}]`
  const own = [`signal ${name}`, `predictions ${name}`, `decisions ${name}/r${CULPRIT}`, `performance ${name}`, `performance singles[${name}]`, 'metrics']
  return Object.fromEntries(Object.entries(digest).filter(([key]) => !own.includes(key)))
}
