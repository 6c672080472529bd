import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/base/random.ts'
import { decisionWidth } from '../../src/domain/risk-decision.ts'
import { columnsOf } from '../../src/features/define-feature.ts'
import { featureWidth } from '../../src/features/graph.ts'
import type { RegisteredRiskModel } from '../../src/risk/registry.ts'
import { createRiskStep } from '../../src/risk/risk-step.ts'
import { featureRows } from '../../scripts/train/feature-rows.ts'
import { randomMarket } from './random-market.ts'

const SYMBOLS = 4
const ROWS = 60

/** What every risk model has to hold, whatever it decides. `params` are examples to run it with. */
export function riskContract(model: RegisteredRiskModel, params: readonly unknown[]): void {
  const { definition } = model
  const universe = Array.from({ length: SYMBOLS }, (_, n) => `S${n}`)
  const width = decisionWidth(definition.decides, SYMBOLS)
  const create = (given: unknown) => createRiskStep({ definition, params: given, universe })

  /** Decisions of every row; the step is thrown away after row `swapAt` and a restored one goes on. */
  const decide = (given: unknown, market: { seed: number; gaps: number }, swapAt = -1): Float64Array => {
    const { features, step } = create(given)
    let current = step
    const random = createRandom(`book ${market.seed}`)
    const book = new Float64Array(SYMBOLS)
    const out = new Float64Array(width)
    const all = new Float64Array(ROWS * width)
    for (const { row, inputs } of featureRows(randomMarket({ symbols: SYMBOLS, rows: ROWS, ...market }), features)) {
      for (let n = 0; n < SYMBOLS; n++) book[n] = random.uniform() < 0.2 ? NaN : Math.fround(random.uniform() / 2 - 0.25)
      current.step(row, [...inputs, book], out)
      all.set(out, row.t * width)
      if (row.t === swapAt) {
        const bytes = current.snapshot()
        current = create(given).step
        current.restore(bytes)
      }
    }
    return all
  }
  const bytes = (values: Float64Array) => Buffer.from(values.buffer)

  describe(`risk model ${definition.name} keeps the contract`, () => {
    it('decides nothing but float32 values, the canonical NaN and no −0, and something', () => {
      let decided = 0
      for (const given of params) {
        for (const value of decide(given, { seed: 7, gaps: 0.1 })) {
          if (Number.isNaN(value)) {
            expect(Buffer.from(Float64Array.of(value).buffer).toString('hex')).toBe('000000000000f87f')
          } else {
            expect(Object.is(value, Math.fround(value)) && !Object.is(value, -0)).toBe(true)
            decided++
          }
        }
      }
      expect(decided).toBeGreaterThan(0)
    })

    it('is deterministic, and a snapshot at any bar restored in a fresh step is never having stopped', () => {
      const seed = 20_261
      let cases = 0
      fc.assert(
        fc.property(
          fc.constantFrom(...params), fc.integer({ min: 0, max: ROWS - 1 }), fc.integer({ min: 0, max: 1000 }), fc.constantFrom(0, 0.15),
          (given, swapAt, marketSeed, gaps) => {
            cases++
            const market = { seed: marketSeed, gaps }
            expect(bytes(decide(given, market, swapAt)).equals(bytes(decide(given, market)))).toBe(true)
          },
        ),
        { seed, numRuns: 40 },
      )
      console.log(`risk ${definition.name}: snapshot at any bar, ${cases} cases, seed ${seed}`)
    })

    it('survives rows in which nothing has a value', () => {
      for (const given of params) {
        const { features, step } = create(given)
        const lengths = [...features.map((ref) => columnsOf(featureWidth(ref), SYMBOLS)), SYMBOLS]
        const empty = lengths.map((length) => new Float64Array(length).fill(NaN))
        const out = new Float64Array(width)
        for (let t = 0; t < 5; t++) step.step({ t, closeTime: t * 86_400_000, sessionDate: t }, empty, out)
      }
    })

    it('refuses a snapshot of another layout and parameters it does not know', () => {
      expect(() => create(params[0]).step.restore(new Uint8Array(3))).toThrow()
      expect(() => create({ ...(params[0] as object), lmit: 1 })).toThrow(expect.objectContaining({ code: 'CONFIG_UNKNOWN' }))
    })
  })
}
