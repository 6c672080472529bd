import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { scratchFolder } from '../store/scratch.ts'
import { bundleBesideDist } from './beside-dist.ts'
import { POISONS, runPoisoned, TARGETS, type Poison, type PoisonOutcome, type PoisonPlan, type Target } from './poison.ts'

/**
 * One poisonous member among many: it is named once with its cause, and everybody else's bytes are those of a run
 * without it. `node scripts/soak-poison.mjs` tries every poison among a thousand.
 */
const MEMBERS = Number(process.env.MILLRACE_MEMBERS ?? 8)
const LOOP_MS = 2000

const root = scratchFolder('poison')
const workerFile = bundleBesideDist(new URL('fixtures/poisoned-worker.ts', import.meta.url))

const CAUSES: Readonly<Record<Exclude<Poison, 'nan'>, { readonly code: string; readonly message: RegExp }>> = {
  throw: { code: 'STEP_FAILED', message: /poison/ },
  loop: { code: 'WORKER_TIMEOUT', message: /silent for 2 s/ },
  memory: { code: 'WORKER_CRASHED', message: /out of memory/ },
  abort: { code: 'WORKER_CRASHED', message: /SIGABRT/ },
}

function planOf(target: Target, poison: Poison, members: number): PoisonPlan {
  const folder = join(root, `${target} ${poison} ${members}`)
  return { target, poison, workerFile, members, timeoutMs: poison === 'loop' ? LOOP_MS : 60_000, folder }
}

/** Runs without the culprit, by what is compared with them. */
const undisturbed = new Map<string, Promise<PoisonOutcome>>()

function withoutCulprit(target: Target, members: number): Promise<PoisonOutcome> {
  const key = `${target} ${members}`
  const known = undisturbed.get(key) ?? runPoisoned({ ...planOf(target, 'nan', members), folder: join(root, `without ${key}`) }, true)
  undisturbed.set(key, known)
  return known
}

async function expectConfined(target: Target, poison: Poison, members: number): Promise<void> {
  const without = await withoutCulprit(target, members)
  const startedAt = performance.now()
  const plan = planOf(target, poison, members)
  const { others, failures, culprit } = await runPoisoned(plan)
  expect(others).toEqual(without.others)
  expect(Object.keys(others).length).toBeGreaterThanOrEqual(members - 1)
  const [first, ...blocked] = failures
  // without an opinion, or undecided, is something a rule may say; a model must predict
  if (poison === 'nan' && target !== 'model') expect(failures).toEqual([])
  else {
    const cause = poison === 'nan' ? { code: 'ONNX_NONFINITE', message: /predicted (NaN|-Infinity)/ } : CAUSES[poison]
    const problem = { code: cause.code, message: expect.stringMatching(cause.message) as string }
    expect(first).toMatchObject({ label: culprit, error: { problems: [problem] } })
    expect(first.because).toBeUndefined()
    expect(blocked.map((failure) => [failure.stage, failure.because])).toEqual(target === 'portfolio' ? [] : [['portfolios', culprit]])
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(`poison: one ${target} of ${members}: ${poison}; ${Object.keys(others).length} digests of others equal, ${seconds} s`)
  rmSync(plan.folder, { recursive: true })
}

describe.each(TARGETS)(`one %s among ${MEMBERS}`, (target) => {
  // a portfolio has no code of its own that could give NaN; a strategy's NaN comes to it
  const poisons = POISONS.filter((poison) => !(target === 'portfolio' && poison === 'nan'))

  it.each(poisons)('leaves the others as they are: %s', (poison) => expectConfined(target, poison, MEMBERS), 180_000)
})

describe('of forty, one', () => {
  // A process that has made its part of the others dies of the next one.
  it('strategy that aborts leaves the others as they are', () => expectConfined('strategy', 'abort', 40), 60_000)
})

describe('of two hundred, one', () => {
  it('portfolio that throws leaves the others as they are', () => expectConfined('portfolio', 'throw', 200), 180_000)
})
