import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { openStore } from '../../src/store/local-store.ts'
import { scratchFolder } from '../store/scratch.ts'
import { digestRun, type RunDigest } from '../faults/run-digest.ts'
import { baseExperiment, Workbench } from './workbench.ts'

/**
 * A user saves a file after the run was planned and before the task that reads it: nothing may be stored under the
 * address of the old content, or every later run would find it there.
 */
const root = scratchFolder('changed-meanwhile')
const edited = new Workbench(join(root, 'edited'))
let bench: Workbench
let truth: RunDigest

/** What is saved just before the first task of its kind. */
const EDITS: readonly { readonly kind: string; edit(of: Workbench): void }[] = [
  { kind: 'strategies', edit: (of) => of.edit('own.ts', '? -1 :', '? 0 :') },
  { kind: 'risk', edit: (of) => of.edit('lib/half.ts', '/ 2', '/ 3') },
  {
    kind: 'models',
    edit: (of) => {
      const bytes = readFileSync(join(of.folder, 'net.onnx'))
      bytes.writeFloatLE(7, bytes.indexOf(Buffer.from(Float32Array.of(6).buffer)))
      of.write('net.onnx', bytes)
    },
  },
]

beforeAll(async () => {
  for (const { edit } of EDITS) edit(edited)
  truth = await digestRun(join(edited.folder, 'store'), (await edited.run()).record)
})
beforeEach(() => {
  bench = new Workbench(join(root, 'bench'))
  return () => rmSync(bench.folder, { recursive: true })
})

describe('a file that is saved while the run is under way', () => {
  it('a strategy’s, a model’s and a risk model’s: what reads it fails and says so, and the next run is right', async () => {
    const due = new Map(EDITS.map((entry) => [entry.kind, entry.edit]))
    const beforeTask = (kind: string): void => {
      due.get(kind)?.(bench)
      due.delete(kind)
    }
    const { record } = await bench.run(baseExperiment(), { mayFail: true, beforeTask })
    const culprits = record.failures.filter((failure) => failure.because === undefined)
    expect(culprits.map((failure) => failure.label).toSorted()).toEqual(['net', 'own', 'strict/halved'])
    for (const { error } of culprits) expect(error.problems[0].message).toContain('changed while the run was under way')
    expect(await digestRun(join(bench.folder, 'store'), (await bench.run()).record)).toEqual(truth)
  })

  it('the market’s: the run fails and nothing is stored', async () => {
    const lines = readFileSync(join(bench.folder, 'data/CCC.csv'), 'utf8').trimEnd().split('\n')
    const shorter = (count: number) => bench.write('data/CCC.csv', `${lines.slice(0, -count).join('\n')}\n`)
    shorter(1)
    await expect(bench.run(baseExperiment(), { beforeTask: () => shorter(2) })).rejects.toMatchObject({ code: 'FILE_UNREADABLE', where: 'market' })
    expect(openStore(join(bench.folder, 'store'), { clock: systemClock }).addresses()).toEqual([])
    expect((await bench.run()).record.artefacts?.rows).toBe(lines.length - 1)
  })
})
