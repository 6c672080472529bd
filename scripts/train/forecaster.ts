import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../../src/base/hash.ts'
import { loadOnnx } from '../../src/models/onnx.ts'
import { evaluateForecaster } from './evaluate-forecaster.ts'
import { makeMarket, samplesOf } from './forecaster-market.ts'
import { EVALUATION_SEEDS, FEATURES, MARKET, TRAINING_SEEDS, VOLATILITY, WINDOWS, type ShippedModel } from './forecaster-plan.ts'
import type { Skill } from './information-coefficient.ts'

/** Writes one file of float32 samples for each training market, and how to read them. */
async function exportSamples(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  for (const seed of TRAINING_SEEDS) {
    const samples = samplesOf(await makeMarket({ seed }))
    writeFileSync(join(folder, `${seed}.f32`), new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength))
  }
  const layout = { files: TRAINING_SEEDS.map((seed) => `${seed}.f32`), features: FEATURES, window: WINDOWS.forecaster }
  writeFileSync(join(folder, 'layout.json'), JSON.stringify(layout))
}

interface Evaluated extends Skill {
  readonly seed: string
}

async function evaluate(file: string, window: number): Promise<Evaluated[]> {
  const predictor = await loadOnnx({ file, window, features: FEATURES.length })
  const evaluated: Evaluated[] = []
  for (const seed of EVALUATION_SEEDS) evaluated.push({ seed, ...(await evaluateForecaster(predictor, { seed, window })) })
  await predictor.release()
  return evaluated
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** Some members of a committee alone: their mean over the seeds. */
async function evaluateAlone(folder: string, files: readonly string[], window: number): Promise<object[]> {
  const alone = []
  for (const file of files) {
    const evaluated = await evaluate(join(folder, file), window)
    alone.push({ informationCoefficient: mean(evaluated.map((skill) => skill.informationCoefficient)), t: mean(evaluated.map((skill) => skill.t)) })
  }
  return alone
}

/** Evaluates a trained model on markets it has never seen and writes its record beside it. */
async function record(samples: string, models: string, name: ShippedModel): Promise<void> {
  const file = join(models, `${name}.onnx`)
  const window = WINDOWS[name]
  const { alone, ...training } = JSON.parse(readFileSync(join(samples, `${name}-training.json`), 'utf8')) as { alone?: string[] }
  const evaluation = await evaluate(file, window)
  const written = {
    note: 'learned on synthetic markets alone: it shows the machinery and says nothing about real ones',
    file: `${name}.onnx`,
    sha256: sha256(readFileSync(file)),
    features: FEATURES,
    window,
    predicts: `return of the next bar from its open to its close, less the mean of all symbols, in units of ${VOLATILITY}`,
    market: { source: 'synthetic', ...MARKET },
    training: { seeds: TRAINING_SEEDS, ...training },
    evaluation: {
      measure: 'mean daily rank correlation across symbols of predictions and next-bar returns (open to close); t = mean / deviation × √days',
      seeds: evaluation,
      ...(alone === undefined ? {} : { membersAlone: await evaluateAlone(samples, alone, window) }),
    },
  }
  writeFileSync(join(models, `${name}.json`), `${JSON.stringify(written, null, 2)}\n`)
  for (const { seed, informationCoefficient, t } of evaluation) console.log(seed, 'IC', informationCoefficient.toFixed(4), 't', t.toFixed(2))
}

const [command, samples, models, name] = process.argv.slice(2)
if (command === 'export') await exportSamples(samples)
else await record(samples, models, name as ShippedModel)
