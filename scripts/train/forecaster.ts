import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../../src/base/hash.ts'
import { loadOnnx } from '../../src/models/onnx.ts'
import { evaluateForecaster } from './evaluate-forecaster.ts'
import { makeMarket, samplesOf } from './forecaster-market.ts'
import { EVALUATION_SEEDS, FEATURES, MARKET, TRAINING_SEEDS, VOLATILITY, WINDOW } from './forecaster-plan.ts'

/** Writes one file of float32 samples for each training market, and how to read them. */
async function exportSamples(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  for (const seed of TRAINING_SEEDS) {
    const samples = samplesOf(await makeMarket({ seed }))
    writeFileSync(join(folder, `${seed}.f32`), new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength))
  }
  const layout = { files: TRAINING_SEEDS.map((seed) => `${seed}.f32`), features: FEATURES, window: WINDOW }
  writeFileSync(join(folder, 'layout.json'), JSON.stringify(layout))
}

/** Evaluates the trained model on markets it has never seen and writes its record beside it. */
async function record(folder: string, model: string): Promise<void> {
  const file = join(model, 'forecaster.onnx')
  const training: unknown = JSON.parse(readFileSync(join(folder, 'training.json'), 'utf8'))
  const predictor = await loadOnnx({ file, window: WINDOW, features: FEATURES.length })
  const evaluation = []
  for (const seed of EVALUATION_SEEDS) evaluation.push({ seed, ...(await evaluateForecaster(predictor, { seed })) })
  await predictor.release()
  const written = {
    note: 'learned on synthetic markets alone: it shows the machinery and says nothing about real ones',
    file: 'forecaster.onnx',
    sha256: sha256(readFileSync(file)),
    features: FEATURES,
    window: WINDOW,
    predicts: `return of the next bar from its open to its close, less the mean of all symbols, in units of ${VOLATILITY}`,
    market: { source: 'synthetic', ...MARKET },
    training: { seeds: TRAINING_SEEDS, ...(training as object) },
    evaluation: {
      measure: 'mean daily rank correlation across symbols of predictions and next-bar returns (open to close); t = mean / deviation × √days',
      seeds: evaluation,
    },
  }
  writeFileSync(join(model, 'forecaster.json'), `${JSON.stringify(written, null, 2)}\n`)
  for (const { seed, informationCoefficient, t } of evaluation) console.log(seed, 'IC', informationCoefficient.toFixed(4), 't', t.toFixed(2))
}

const [command, folder, model] = process.argv.slice(2)
if (command === 'export') await exportSamples(folder)
else await record(folder, model)
