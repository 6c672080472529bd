import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { evaluateForecaster } from '../../scripts/train/evaluate-forecaster.ts'
import { featureRows } from '../../scripts/train/feature-rows.ts'
import { createForecasterWindows, FORECASTER_INPUTS, makeMarket } from '../../scripts/train/forecaster-market.ts'
import { FEATURES, TRAINING_SEEDS, WINDOWS } from '../../scripts/train/forecaster-plan.ts'
import { measureSkill, rankCorrelation, type Skill } from '../../scripts/train/information-coefficient.ts'
import { sha256 } from '../../src/base/hash.ts'
import { roundPrediction, type Predictor } from '../../src/models/model.ts'
import { loadOnnx } from '../../src/models/onnx.ts'

const WINDOW = WINDOWS.forecaster
const folder = new URL('../../examples/models/', import.meta.url)
const file = fileURLToPath(new URL('forecaster.onnx', folder))
const record = JSON.parse(readFileSync(new URL('forecaster.json', folder), 'utf8')) as {
  sha256: string
  features: string[]
  window: number
  training: { seeds: string[] }
  evaluation: { seeds: (Skill & { seed: string })[] }
}
const load = () => loadOnnx({ file, window: WINDOW, features: FEATURES.length })

let predictor: Predictor
beforeAll(async () => {
  predictor = await load()
})
afterAll(() => predictor.release())

describe('the shipped forecaster', () => {
  it('is the file its record describes', () => {
    const bytes = readFileSync(file)
    expect(sha256(bytes)).toBe(record.sha256)
    expect(bytes.length).toBeLessThan(300_000)
    expect(record).toMatchObject({ features: [...FEATURES], window: WINDOW, training: { seeds: TRAINING_SEEDS } })
  })

  it('was found skilled (t > 2) on five markets it was not trained on', () => {
    expect(record.evaluation.seeds).toHaveLength(5)
    for (const { seed, t } of record.evaluation.seeds) {
      expect(t).toBeGreaterThan(2)
      expect(record.training.seeds).not.toContain(seed)
    }
  })

  it('is as skilled as recorded when a market of the record is predicted again', async () => {
    const { seed, informationCoefficient, days } = record.evaluation.seeds[0]
    const found = await evaluateForecaster(predictor, { seed, window: WINDOW })
    expect(found.days).toBe(days)
    expect(Math.abs(found.informationCoefficient - informationCoefficient)).toBeLessThan(1e-3)
  })

  it('is skilled on a market nobody has looked at, and not on one in which there is nothing to learn', async () => {
    const fresh = await evaluateForecaster(predictor, { seed: 'only in this test', window: WINDOW })
    expect(fresh.t).toBeGreaterThan(2)
    const noise = await evaluateForecaster(predictor, { seed: 'only in this test', predictability: 0, window: WINDOW })
    expect(Math.abs(noise.t)).toBeLessThan(3)
    console.log(`forecaster: t = ${fresh.t.toFixed(2)} on a fresh seed, ${noise.t.toFixed(2)} without predictability`)
  })

  it('gives one row at a time what it gives in thousands, but for flips on at most 0.1 % of rows', async () => {
    const market = await makeMarket({ seed: 'flips' })
    const buffer = createForecasterWindows({ symbols: market.instruments.length, window: WINDOW })
    const windows = new Float32Array(market.close.length * buffer.windowLength)
    let rows = 0
    for (const { inputs } of featureRows(market, FORECASTER_INPUTS)) {
      buffer.push(inputs)
      rows += buffer.collect(windows, rows, new Int32Array(market.instruments.length))
    }
    rows = Math.min(rows, 10_000)
    const together = await predictor.predict(windows, rows)
    let inexact = 0
    let flips = 0
    for (let row = 0; row < rows; row++) {
      const [alone] = await predictor.predict(windows.subarray(row * buffer.windowLength), 1)
      if (alone !== together[row]) inexact++
      if (roundPrediction(alone) !== roundPrediction(together[row])) flips++
    }
    console.log(`forecaster: ${inexact} of ${rows} rows differ in their last bits between a row and a batch, ${flips} flip when rounded`)
    expect(rows).toBe(10_000)
    expect(flips).toBeLessThanOrEqual(rows / 1000)
  })

  it('gives its memory back when released, and is gone then', async () => {
    const windows = new Float32Array(4096 * WINDOW * FEATURES.length)
    const use = async (times: number) => {
      for (let i = 0; i < times; i++) {
        const loaded = await load()
        await loaded.predict(windows, 4096)
        await loaded.release()
        await expect(loaded.predict(windows, 1)).rejects.toThrow()
      }
    }
    await use(20)
    const before = process.memoryUsage().rss
    await use(60)
    const grownMiB = (process.memoryUsage().rss - before) / 2 ** 20
    console.log(`forecaster: ${grownMiB.toFixed(1)} MiB more after loading and releasing it 60 times`)
    // Kept instead of released, 60 of them take about 40 MiB.
    expect(grownMiB).toBeLessThan(20)
  })
})

describe('the information coefficient', () => {
  // scipy.stats.spearmanr of SciPy 1.17.1
  it.each([
    [[1, 2, 3, 4, 5], [5, 6, 7, 8, 7], 0.8207826816681233],
    [[0.1, 0.1, -0.3, 0.7, 0.2, 0.2], [3, -1, 2, 2, 9, 4], 0.3582488604159193],
  ])('of %j and %j is %d', (predictions, returns, published) => {
    expect(rankCorrelation({ predictions, returns })).toBeCloseTo(published, 12)
    expect(rankCorrelation({ predictions: [...predictions, NaN, 7], returns: [...returns, 3, NaN] })).toBeCloseTo(published, 12)
  })

  it('leaves out days on which nothing differs', () => {
    const day = (returns: number[]) => ({ predictions: [1, 2, 3], returns })
    const skill = measureSkill([day([1, 2, 3]), day([5, 5, 5]), day([1, 3, 2]), day([2, 3, NaN])])
    expect(skill.days).toBe(3)
    expect(skill.informationCoefficient).toBeCloseTo(2.5 / 3, 12)
    expect(skill.t).toBeCloseTo(5, 12)
  })
})
