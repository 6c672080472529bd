import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createRandom } from '../../src/base/random.ts'
import { loadModule } from '../../src/experiment/modules.ts'
import { rowBlock } from '../../src/domain/step.ts'
import { createStrategyGroup } from '../../src/lineup/strategy-group.ts'
import { folderWith } from '../experiment/fixture.ts'

const strategy = (signal: string): string => `import { defineStrategy, sma, z } from 'millrace'
export default defineStrategy({
  name: 'own', params: z.object({}), features: () => [sma('close', 2)], perSymbol: true,
  signal: ([mean], out) => { for (let n = 0; n < out.length; n++) out[n] = ${signal} },
})
`
/** Reads its neighbour where a parameter says so. */
const tuned = `import { defineStrategy, sma, z } from 'millrace'
export default defineStrategy({
  name: 'tuned', params: z.object({ ahead: z.int() }), features: () => [sma('close', 2)], perSymbol: true,
  signal: ([mean], out, { params }) => { for (let n = 0; n < out.length; n++) out[n] = mean[(n + params.ahead) % out.length] > mean[n] ? 1 : -1 },
})
`
const { folder, remove } = folderWith({ 'honest.ts': strategy('mean[n] > 100 ? 1 : -1'), 'peeks.ts': strategy('mean[n + 1] > mean[n] ? 1 : -1'), 'tuned.ts': tuned })
afterAll(remove)

const universe = ['A', 'B', 'C']
const rows = Array.from({ length: 9 }, (_, t) => ({ t, closeTime: t * 86_400_000, sessionDate: t }))
const random = createRandom('groups')
const closes = (): Float64Array => Float64Array.from({ length: rows.length * universe.length }, () => (random.uniform() < 0.2 ? NaN : 90 + 20 * random.uniform()))
const own = async (name: string) => {
  const file = join(folder, name)
  return { use: name, file, sourceHash: (await loadModule(file)).sourceHash, params: {} }
}

describe('a group of instances', () => {
  it('gives rows at once what every step gives row by row', async () => {
    const jobs = [
      { use: 'sma-cross', sourceHash: '', params: { fast: 2, slow: 3 } }, await own('honest.ts'),
      { use: 'momentum-rank', sourceHash: '', params: { window: 2, fraction: 0.4 } },
    ]
    const group = await createStrategyGroup({ jobs, universe })
    const alone = await createStrategyGroup({ jobs, universe })
    expect(group.inputs.map(({ expression }) => expression)).toEqual(['sma(close,2)', 'sma(close,3)', 'momentum(close,2)'])
    const inputs = group.inputs.map(closes)
    const signals = new Float32Array(rows.length * jobs.length * universe.length)
    group.turnRows(rows, inputs.map(rowBlock), signals)
    const out = new Float64Array(universe.length)
    rows.forEach((row, r) => alone.steps.forEach((step, k) => {
      step.step(row, alone.inputIndices[k].map((i) => inputs[i].slice(r * 3, r * 3 + 3)), out)
      expect([...signals.subarray((k * rows.length + r) * 3, (k * rows.length + r) * 3 + 3)]).toEqual([...out])
    }))
    expect(signals.some((signal) => signal > 0)).toBe(true)
  })

  it('refuses a strategy of the user that says `perSymbol` and reads the next symbol, or the next row', async () => {
    const group = await createStrategyGroup({ jobs: [await own('peeks.ts')], universe })
    expect(() => group.turnRows(rows, [rowBlock(closes())], new Float32Array(27))).toThrow(expect.objectContaining({
      code: 'STEP_FAILED', message: expect.stringContaining('says `perSymbol`'), hint: 'leave `perSymbol` out',
    }))
  })

  it('asks an instance where it has an opinion, be it late in a block', async () => {
    const file = await own('tuned.ts')
    const many = Array.from({ length: 40 }, (_, t) => ({ t, closeTime: t * 86_400_000, sessionDate: t }))
    const late = Float64Array.from({ length: many.length * 3 }, (_, i) => (i < 34 * 3 ? NaN : 90 + (i % 7)))
    const group = await createStrategyGroup({ jobs: [0, 1].map((ahead) => ({ ...file, params: { ahead } })), universe })
    expect(() => group.turnRows(many, [rowBlock(late)], new Float32Array(many.length * 6))).toThrow('says `perSymbol`')
  })

  it('believes none that had an opinion in the last row of a block only, where no next one could be read', async () => {
    const group = await createStrategyGroup({ jobs: [{ ...(await own('tuned.ts')), params: { ahead: 3 } }], universe })
    const turn = (from: number): void => {
      const rising = Float64Array.from({ length: 27 }, (_, i) => (i < from ? NaN : 90 + i))
      group.turnRows(rows, [rowBlock(rising)], new Float32Array(27))
    }
    turn(24)
    expect(() => turn(0)).toThrow('says `perSymbol`')
  })

  it('asks every instance of a strategy, whose parameters may have it read elsewhere', async () => {
    const file = await own('tuned.ts')
    const jobs = Array.from({ length: 40 }, (_, k) => ({ ...file, params: { ahead: k === 39 ? 1 : 0 } }))
    const turn = async (some: typeof jobs): Promise<void> => (await createStrategyGroup({ jobs: some, universe })).turnRows(rows, [rowBlock(closes())], new Float32Array(27 * some.length))
    await expect(turn(jobs.slice(0, 39))).resolves.toBeUndefined()
    await expect(turn(jobs)).rejects.toThrow('says `perSymbol`')
  })
})
