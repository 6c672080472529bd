import { resolve } from 'node:path'
import { createRandom } from '../src/base/random.ts'
import { loadOnnx } from '../src/models/onnx.ts'
import { measure } from './measure.ts'
import type { Bench, Subject } from './measure.ts'

const WINDOW = 3
const FEATURES = 8
const BATCHES = [1, 256, 4096]
/** Windows of one run; single ones are slow, so there are fewer. */
const windowsOf = (batch: number) => (batch === 1 ? 2_000 : 65_536)

/** Predictions a second of the shipped forecaster on one thread, by batch size. */
export async function benchModels(): Promise<Bench> {
  const file = resolve('examples/models/forecaster.onnx')
  const predictor = await loadOnnx({ file, window: WINDOW, features: FEATURES })
  const random = createRandom('windows')
  const windows = Float32Array.from({ length: Math.max(...BATCHES) * WINDOW * FEATURES }, () => random.normal())
  const subjects = BATCHES.map((batch): Subject => ({
    name: `batches of ${batch}`, unit: 'predictions/s', figure: (ms) => (windowsOf(batch) * 1000) / ms,
    work: async () => {
      for (let done = 0; done < windowsOf(batch); done += batch) await predictor.predict(windows, batch)
    },
  }))
  const figures = await measure(subjects, { warmUps: 1, runs: 5 })
  await predictor.release()
  return { name: 'stage 2', setting: { model: 'examples/models/forecaster.onnx', window: WINDOW, features: FEATURES, threads: 1 }, figures }
}
