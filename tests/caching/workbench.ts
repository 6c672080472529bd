import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../src/base/clock.ts'
import { createRandom } from '../../src/base/random.ts'
import { findInstallation } from '../../src/experiment/installation.ts'
import { resolveExperiment } from '../../src/experiment/resolve.ts'
import { openInlinePool } from '../../src/pool/inline.ts'
import type { Pool, Task } from '../../src/pool/pool.ts'
import type { SourceHashes } from '../../src/experiment/installation.ts'
import { configsOf, type PortfolioSet } from '../../src/experiment/portfolio-set.ts'
import { runExperiment } from '../../src/stages/experiment-run.ts'
import { taskHandlers } from '../../src/stages/handlers.ts'
import type { RunRecord } from '../../src/stages/run-record.ts'
import { openStore } from '../../src/store/local-store.ts'

const MODEL = fileURLToPath(new URL('../models/fixtures/flat.onnx', import.meta.url))

/** Files of a user: two strategies and a risk model of their own, and what those import. */
const FILES: Readonly<Record<string, string>> = {
  'own.ts': `
    import { defineStrategy, momentum, rsi, z } from 'millrace'
    import { isHigh } from './lib/high.ts'
    export default defineStrategy({
      name: 'own',
      params: z.object({ period: z.int().min(2), least: z.number().default(0) }),
      features: ({ period }) => [rsi('close', period), momentum('close', 5)],
      signal: ([strength, change], out, { params: { least } }) => {
        for (let n = 0; n < out.length; n++) out[n] = isHigh(strength[n]) ? -1 : Math.abs(change[n]) > least ? Math.sign(change[n]) : 0
      },
    })`,
  'lib/high.ts': `import { HIGH } from './levels.ts'\nexport const isHigh = (strength: number): boolean => strength > HIGH\n`,
  'lib/levels.ts': `export const HIGH = 65\n`,
  'other.ts': `
    import { defineStrategy, z } from 'millrace'
    export default defineStrategy({
      name: 'other',
      params: z.object({}),
      features: () => ['close', 'open'],
      signal: ([close, open], out) => { for (let n = 0; n < out.length; n++) out[n] = close[n] > open[n] ? 1 : 0 },
    })`,
  'own-risk.ts': `
    import { defineRiskModel, z } from 'millrace'
    import { half } from './lib/half.ts'
    export default defineRiskModel({
      name: 'own-risk',
      params: z.object({ whole: z.number() }),
      decides: ['scale'],
      features: () => ['close'],
      decide: (_, out, { params }) => { out.scale = half(params.whole) },
    })`,
  'lib/half.ts': 'export const half = (whole: number): number => whole / 2\n',
}

/** Every kind of step once or twice, and two risk patterns, over four CSV files. */
export function baseExperiment() {
  return {
    name: 'caching',
    market: { source: 'csv', files: 'data/*.csv' } as Record<string, unknown>,
    strategies: [
      { name: 'trend', use: 'sma-cross', params: { slow: 12 }, grid: { fast: [3, 5] } },
      { name: 'own', use: './own.ts', params: { period: 7 } as Record<string, number> },
      { name: 'other', use: './other.ts' },
    ],
    models: [
      { name: 'net', file: 'net.onnx', features: ['momentum(close,5)', 'volatility(close,10)'], window: 3, signal: { kind: 'scale', scale: 2 } },
    ],
    ensembles: [{ name: 'committee', method: 'mean', members: ['trend*', 'own*'] }],
    risk: {
      models: [
        { name: 'var', use: 'var-limit', params: { limit: 0.01, window: 15 } },
        { name: 'halved', use: './own-risk.ts', params: { whole: 1 } },
      ],
      patterns: {
        default: { book: { signals: ['trend*'] }, models: ['var'] },
        strict: { book: { signals: ['other'] }, models: ['halved'] },
      },
    },
    portfolios: [
      { name: 'singles', each: 'trend*', grid: { threshold: [0, 0.02] } },
      { name: 'strict', each: ['own', 'other'], risk: 'strict' },
      { name: 'free', signals: ['net', 'committee'], risk: 'none' },
    ],
    costs: { feeBps: 5 },
    metrics: { profile: 'empyrical' } as { profile: unknown },
    record: 'metrics',
  }
}

export type Experiment = ReturnType<typeof baseExperiment>

/** What each thing made is made from, stated by hand: the test's own idea of who depends on whom. */
export const MADE_FROM: Readonly<Record<string, readonly string[]>> = {
  market: [],
  'rsi(close,7)': ['market'],
  'momentum(close,5)': ['market'],
  'sma(close,3)': ['market'],
  'sma(close,5)': ['market'],
  'sma(close,12)': ['market'],
  'volatility(close,10)': ['market'],
  'volatility(close,15)': ['market'],
  'average-correlation(close,15)': ['market'],
  'trend[fast=3]': ['sma(close,3)', 'sma(close,12)'],
  'trend[fast=5]': ['sma(close,5)', 'sma(close,12)'],
  own: ['rsi(close,7)', 'momentum(close,5)'],
  other: ['market'],
  net: ['momentum(close,5)', 'volatility(close,10)'],
  committee: ['trend[fast=3]', 'trend[fast=5]', 'own'],
  'default/var': ['volatility(close,15)', 'average-correlation(close,15)', 'trend[fast=3]', 'trend[fast=5]'],
  'strict/halved': ['market', 'other'],
  'singles[trend[fast=3]][threshold=0]': ['trend[fast=3]', 'default/var'],
  'singles[trend[fast=3]][threshold=0.02]': ['trend[fast=3]', 'default/var'],
  'singles[trend[fast=5]][threshold=0]': ['trend[fast=5]', 'default/var'],
  'singles[trend[fast=5]][threshold=0.02]': ['trend[fast=5]', 'default/var'],
  'strict[own]': ['own', 'strict/halved'],
  'strict[other]': ['other', 'strict/halved'],
  free: ['net', 'committee'],
}

/** `roots` and everything made from them, directly or not, and the metrics ledger if a portfolio is among them. */
export function dependantsOf(...roots: readonly string[]): string[] {
  const affected = new Set(roots)
  for (const [name, needs] of Object.entries(MADE_FROM)) if (needs.some((need) => affected.has(need))) affected.add(name)
  return Object.keys(MADE_FROM).filter((name) => affected.has(name)).toSorted()
}

const installed = findInstallation().sources
const MACHINE = { cores: 1, memoryBytes: 2 ** 32 }

export interface Outcome {
  /** Everything a task made, sorted. */
  readonly made: readonly string[]
  readonly newMetrics: boolean
  readonly record: RunRecord
}

export interface RunOptions {
  readonly sources?: SourceHashes
  readonly portfoliosPerBatch?: number
  /** Called with the kind of every task just before it is run. */
  readonly beforeTask?: (kind: string) => void
  /** Lets a run end with failures. */
  readonly mayFail?: boolean
}

/** A user's folder with an experiment and a store that lasts from run to run. */
export class Workbench {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
    for (const [name, text] of Object.entries(FILES)) this.write(name, text)
    this.write('net.onnx', readFileSync(MODEL))
    for (const symbol of ['AAA', 'BBB', 'CCC', 'DDD']) this.write(`data/${symbol}.csv`, barsOf(symbol))
  }

  write(name: string, content: string | Uint8Array): void {
    const path = join(this.folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  }

  /** Replaces exactly one occurrence of `from` in a file. */
  edit(name: string, from: string, to: string): void {
    const text = readFileSync(join(this.folder, name), 'utf8')
    if (text.split(from).length !== 2) throw new Error(`${name} has not exactly one ${from}`)
    this.write(name, text.replace(from, to))
  }

  /** Resolves and runs the experiment, as another process would: nothing is remembered but what is on the disk. */
  async run(raw: unknown = baseExperiment(), options: RunOptions = {}): Promise<Outcome> {
    const { sources = installed, portfoliosPerBatch = 3 } = options
    const store = openStore(join(this.folder, 'store'), { clock: systemClock })
    const before = new Set(store.addresses())
    const experiment = await resolveExperiment(raw, { folder: this.folder, sources })
    const tasks: Task[] = []
    const record = await runExperiment({
      experiment, store, sources,
      pool: recordTasks(openInlinePool(taskHandlers), (task) => {
        tasks.push(task)
        options.beforeTask?.(task.kind)
      }),
      clock: systemClock,
      machine: MACHINE,
      overrides: { portfoliosPerBatch },
      timeoutMs: 60_000,
      observer: {},
      interrupted: new AbortController().signal,
      experimentFile: join(this.folder, 'experiment.yaml'),
      environment: { millrace: '0', node: '', platform: '', ...MACHINE, sources: '' },
      save: () => undefined,
    })
    if (record.failures.length > 0 && options.mayFail !== true) throw new Error(JSON.stringify(record.failures[0]))
    return { made: tasks.flatMap(membersOf).toSorted(), newMetrics: !before.has(record.artefacts?.metrics ?? ''), record }
  }
}

function recordTasks(pool: Pool, record: (task: Task) => void): Pool {
  return {
    ...pool,
    run: (task, onProgress) => {
      record(task)
      return pool.run(task, onProgress)
    },
  }
}

interface Payload {
  readonly jobs: readonly { readonly ref: { readonly expression: string }; readonly id: string }[]
  readonly spec: { readonly name: string }
  readonly name: string
  readonly portfolios: PortfolioSet
}

/** What a task makes, as a person calls it. */
function membersOf(task: Task): string[] {
  const { jobs, spec, name, portfolios } = task.payload as Payload
  if (task.kind === 'market') return ['market']
  if (task.kind === 'features') return jobs.map((job) => job.ref.expression)
  if (task.kind === 'strategies') return jobs.map((job) => job.id)
  if (task.kind === 'models') return [spec.name]
  if (task.kind === 'portfolios') return configsOf(portfolios).map((config) => config.id)
  return task.kind === 'model-check' ? [] : [name]
}

/** 160 daily bars, Monday to Friday. */
export function barsOf(symbol: string): string {
  const random = createRandom(symbol)
  const lines = ['date,open,high,low,close,volume']
  let price = 50
  for (let day = Date.UTC(2020, 0, 6); lines.length <= 160; day += 86_400_000) {
    const date = new Date(day)
    if (date.getUTCDay() % 6 === 0) continue
    const open = price
    price *= 1 + 0.015 * random.normal()
    const [high, low] = [Math.max(open, price) * 1.004, Math.min(open, price) * 0.996]
    lines.push([date.toISOString().slice(0, 10), ...[open, high, low, price].map((value) => value.toFixed(3)), 1000 + random.integer(1000)].join(','))
  }
  return `${lines.join('\n')}\n`
}
