import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { traceSteps } from '../../scripts/build.mjs'
import { hashTraces, type SourceHashes, type TracedSource } from '../../src/experiment/installation.ts'
import { installedVersion } from '../../src/experiment/package-version.ts'
import { scratchFolder } from '../store/scratch.ts'
import { baseExperiment, dependantsOf, MADE_FROM, Workbench } from './workbench.ts'

/**
 * Millrace's own sources are copied, one file is edited in a way that changes what it computes, and all are hashed
 * as the build hashes them. A run with those hashes must make the edited step's dependants again and nothing else.
 */
const repository = fileURLToPath(new URL('../..', import.meta.url))
const root = scratchFolder('source-edits')
const copy = join(root, 'src')
const bench = new Workbench(join(root, 'user'))
let traces: Readonly<Record<string, TracedSource>>
let unedited: SourceHashes

beforeAll(async () => {
  cpSync(join(repository, 'src'), copy, { recursive: true })
  traces = await traceSteps(copy)
  unedited = hashTraces(traces, repository)
  await bench.run(baseExperiment(), { sources: unedited })
})
afterAll(() => {
  rmSync(root, { recursive: true })
  console.log(`caching: ${EDITS.length} edits of built-in sources`)
})

interface Edit {
  readonly file: string
  /** The first place in the file where this stands. */
  readonly from: string
  readonly to: string
  /** What is made again: everything, sorted, and whether the table of metrics is. */
  readonly again: readonly string[]
  readonly metrics?: boolean
}

async function hashesAfter({ file, from, to }: Edit): Promise<SourceHashes> {
  const path = join(copy, file)
  const text = readFileSync(path, 'utf8')
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`)
  writeFileSync(path, text.replace(from, () => to))
  try {
    return hashTraces(await traceSteps(copy), repository)
  } finally {
    writeFileSync(path, text)
  }
}

const all = Object.keys(MADE_FROM).toSorted()
const features = all.filter((name) => /^(rsi|momentum|sma|volatility|average)/.test(name))
const portfolios = all.filter((name) => /^(singles|strict\[|free)/.test(name))
const perSymbol = features.filter((name) => !name.startsWith('average'))
const means = features.filter((name) => name.startsWith('sma'))
const squares = features.filter((name) => name.startsWith('volatility'))
const signals = ['trend[fast=3]', 'trend[fast=5]', 'own', 'other']
const decisions = ['default/var', 'strict/halved']

const EDITS: readonly Edit[] = [
  // a feature, and what features import
  { file: 'features/rsi.ts', from: '50 : (100', to: '49 : (100', again: dependantsOf('rsi(close,7)') },
  { file: 'features/wilder.ts', from: '(value - average)', to: '(average - value)', again: dependantsOf('rsi(close,7)') },
  { file: 'features/window.ts', from: 'return place + 1', to: 'return place', again: dependantsOf('momentum(close,5)') },
  { file: 'features/moments.ts', from: 'let mean = 0', to: 'let mean = 1', again: dependantsOf(...squares) },
  { file: 'features/mean.ts', from: 'let mean = tails[length - 1]', to: 'let mean = tails[0]', again: dependantsOf(...means) },
  { file: 'features/define-feature.ts', from: 'value !== value', to: 'value === value', again: dependantsOf(...perSymbol) },
  { file: 'features/correlation.ts', from: 'norm > 0', to: 'norm > 1', again: [] },
  // a strategy, what turns strategies, and the list of them
  { file: 'strategies/sma-cross.ts', from: 'n < length', to: 'n < length - 1', again: dependantsOf('trend[fast=3]', 'trend[fast=5]') },
  { file: 'strategies/strategy-step.ts', from: 'said.fill(NaN)', to: 'said.fill(0)', again: dependantsOf(...signals) },
  { file: 'strategies/registry.ts', from: "'sma-cross':", to: "'sma-crossing':", again: [] },
  // models and ensembles
  { file: 'models/windows.ts', from: '(bars[n] % window)', to: '(1 + bars[n] % window)', again: dependantsOf('net') },
  { file: 'models/onnx.ts', from: 'interOpNumThreads: 1', to: 'interOpNumThreads: 2', again: dependantsOf('net') },
  { file: 'ensembles/ensemble.ts', from: 'weights.length * symbols', to: '2 * weights.length * symbols', again: dependantsOf('committee') },
  // risk models, what they import, and their reference book
  { file: 'risk/var-limit.ts', from: ': p.limit / valueAtRisk', to: ': valueAtRisk / p.limit', again: dependantsOf('default/var') },
  { file: 'risk/normal-quantile.ts', from: 'i < 2', to: 'i < 3', again: dependantsOf('default/var') },
  { file: 'risk/reference-book.ts', from: '1 / input.symbols', to: '2 / input.symbols', again: dependantsOf(...decisions) },
  // the kernel, what it imports, and what only reads its sums
  { file: 'kernel/fees.ts', from: 'rules.feeRate * notional', to: 'rules.feeRate + notional', again: portfolios },
  { file: 'kernel/assembly/kernel.ts', from: 'export function', to: 'export  function', again: portfolios },
  { file: 'kernel/lots.ts', from: '1e-12', to: '1e-11', again: portfolios },
  { file: 'domain/risk-decision.ts', from: 'cap < out.cap', to: 'cap <= out.cap', again: portfolios },
  { file: 'domain/metrics.ts', from: 'sum / count', to: 'sum / (count + 1)', again: [], metrics: true },
  // sources of markets: the one that is used, and another
  { file: 'market/csv-number.ts', from: 'pointAt < 0 ? mantissa', to: 'pointAt < 1 ? mantissa', again: all },
  { file: 'market/synthetic-symbol.ts', from: 'return', to: 'return void 0,', again: [] },
]

/** Packages that compute or read what is stored, and what is made again when another version of one is installed. */
const UPGRADES: Readonly<Record<string, readonly string[]>> = {
  'onnxruntime-node': dependantsOf('net'),
  'simple-statistics': dependantsOf('default/var'),
  quadprog: [],
  'csv-parse': all,
  luxon: all,
  '@duckdb/node-api': portfolios,
}

/** The hashes as they are where `upgraded` is installed in another version and the other packages as they are here. */
function hashesWith(upgraded: string): SourceHashes {
  const elsewhere = join(root, 'elsewhere')
  for (const name of new Set(Object.values(traces).flatMap(({ packages }) => packages))) {
    const version = name === upgraded ? 'another' : installedVersion(name, repository)
    mkdirSync(join(elsewhere, 'node_modules', name), { recursive: true })
    writeFileSync(join(elsewhere, 'node_modules', name, 'package.json'), JSON.stringify({ version }))
  }
  return hashTraces(traces, elsewhere)
}

async function madeWith(sources: SourceHashes) {
  const user = join(root, 'edited')
  cpSync(bench.folder, user, { recursive: true })
  const outcome = await new Workbench(user).run(baseExperiment(), { sources })
  rmSync(user, { recursive: true })
  return outcome
}

describe('an edited source of Millrace', () => {
  it.each(EDITS)('$file: $from → $to', async (edit) => {
    const { made, newMetrics } = await madeWith(await hashesAfter(edit))
    expect(made).toEqual(edit.again)
    expect(newMetrics).toBe(edit.metrics ?? edit.again.some((name) => portfolios.includes(name)))
  })

  it('in its comments, white space and types alone: nothing', async () => {
    const edit = { file: 'kernel/tape.ts', from: 'const MS_PER_YEAR', to: '/** Milliseconds. */\n\n  const MS_PER_YEAR : number ', again: [] }
    expect(await hashesAfter(edit)).toEqual(unedited)
  })
})

describe('another version of a package', () => {
  it.each(Object.keys(UPGRADES))('%s: what it computes is made again, without a build', async (name) => {
    expect((await madeWith(hashesWith(name))).made).toEqual(UPGRADES[name])
  })
})
