import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { evaluateForecaster } from '../../scripts/train/evaluate-forecaster.ts'
import { featureRows } from '../../scripts/train/feature-rows.ts'
import { createForecasterWindows, FORECASTER_INPUTS, makeMarket } from '../../scripts/train/forecaster-market.ts'
import { FEATURES, TRAINING_SEEDS, WINDOWS } from '../../scripts/train/forecaster-plan.ts'
import type { Skill } from '../../scripts/train/information-coefficient.ts'
import { sha256 } from '../../src/base/hash.ts'
import { roundPrediction, type Predictor } from '../../src/models/model.ts'
import { loadOnnx } from '../../src/models/onnx.ts'

interface Evaluation {
  readonly seeds: readonly (Skill & { readonly seed: string })[]
  readonly membersAlone?: readonly Pick<Skill, 'informationCoefficient' | 't'>[]
}

const folder = new URL('../../examples/models/', import.meta.url)
const recordOf = (name: string) => JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as {
  sha256: string
  features: string[]
  window: number
  training: { seeds: string[] }
  evaluation: Evaluation
}
const file = fileURLToPath(new URL('recurrent.onnx', folder))
const window = WINDOWS.recurrent
const record = recordOf('recurrent')
const load = () => loadOnnx({ file, window, features: FEATURES.length })
const meanSkill = (skills: readonly { readonly informationCoefficient: number }[]): number =>
  skills.reduce((sum, skill) => sum + skill.informationCoefficient, 0) / skills.length

let predictor: Predictor
beforeAll(async () => {
  predictor = await load()
})
afterAll(() => predictor.release())

describe('the shipped committee of recurrent networks', () => {
  it('is the file its record describes', () => {
    const bytes = readFileSync(file)
    expect(sha256(bytes)).toBe(record.sha256)
    expect(bytes.length).toBeLessThan(300_000)
    expect(record).toMatchObject({ features: [...FEATURES], window, training: { seeds: TRAINING_SEEDS } })
  })

  it('was found skilled (t > 2) on five markets it was not trained on, more than its members alone and than the forecaster', () => {
    const { seeds, membersAlone = [] } = record.evaluation
    const forecaster = recordOf('forecaster').evaluation.seeds
    expect(seeds.map(({ seed }) => seed)).toEqual(forecaster.map(({ seed }) => seed))
    for (const { seed, t } of seeds) {
      expect(t).toBeGreaterThan(2)
      expect(record.training.seeds).not.toContain(seed)
    }
    expect(membersAlone).toHaveLength(8)
    for (const member of membersAlone) expect(meanSkill(seeds)).toBeGreaterThan(member.informationCoefficient)
    expect(meanSkill(seeds)).toBeGreaterThan(meanSkill(forecaster))
  })

  it('is as skilled as recorded when a market of the record is predicted again', async () => {
    const { seed, informationCoefficient, days } = record.evaluation.seeds[0]
    const found = await evaluateForecaster(predictor, { seed, window })
    expect(found.days).toBe(days)
    expect(Math.abs(found.informationCoefficient - informationCoefficient)).toBeLessThan(1e-3)
  }, 60_000)

  it('is skilled on a market nobody has looked at, and not on one in which there is nothing to learn', async () => {
    const fresh = await evaluateForecaster(predictor, { seed: 'only in this test', bars: 600, window })
    expect(fresh.t).toBeGreaterThan(2)
    const noise = await evaluateForecaster(predictor, { seed: 'only in this test', bars: 600, predictability: 0, window })
    expect(Math.abs(noise.t)).toBeLessThan(3)
    console.log(`recurrent: t = ${fresh.t.toFixed(2)} on a fresh seed, ${noise.t.toFixed(2)} without predictability`)
  }, 60_000)

  it('gives a bar at a time what it gives in thousands, but for flips on at most 0.1 % of rows', async () => {
    const market = await makeMarket({ seed: 'flips', bars: 190 })
    const symbols = market.instruments.length
    const buffer = createForecasterWindows({ symbols, window })
    const windows = new Float32Array(market.close.length * buffer.windowLength)
    let rows = 0
    for (const { inputs } of featureRows(market, FORECASTER_INPUTS)) {
      buffer.push(inputs)
      rows += buffer.collect(windows, rows, new Int32Array(symbols))
    }
    const together = await predictor.predict(windows, rows)
    let inexact = 0
    let flips = 0
    for (let row = 0; row < rows; row += symbols) {
      const alone = await predictor.predict(windows.subarray(row * buffer.windowLength), symbols)
      for (let n = 0; n < symbols; n++) {
        if (alone[n] !== together[row + n]) inexact++
        if (roundPrediction(alone[n]) !== roundPrediction(together[row + n])) flips++
      }
    }
    console.log(`recurrent: ${inexact} of ${rows} rows differ in their last bits between a bar and a batch, ${flips} flip when rounded`)
    expect(rows).toBeGreaterThan(1500)
    expect(flips).toBeLessThanOrEqual(rows / 1000)
  }, 60_000)
})
