import { join } from 'node:path'
import { createRandom } from '../src/base/random.ts'
import { findInstallation } from '../src/experiment/installation.ts'
import { loadOnnx } from '../src/models/onnx.ts'
import { measure } from './measure.ts'
import type { Bench, Subject } from './measure.ts'

const FEATURES = [
  'rsi(close,3)', 'rsi(close,30)', 'zscore(close,5)', 'zscore(close,20)',
  'momentum(close,1)', 'momentum(close,60)', 'volatility(close,20)', 'average-correlation(close,20)',
]

/** The models that are shipped: how they are called in the pages, and the bars of a window. */
const SHIPPED = {
  forecaster: { called: 'the forecaster', window: 3, windowsOfRun: 65_536, singly: 2_000 },
  recurrent: { called: 'the recurrent committee', window: 45, windowsOfRun: 4_096, singly: 40 },
} as const

export type ShippedModel = keyof typeof SHIPPED

const fileOf = (name: ShippedModel): string => join(findInstallation().root, 'examples/models', `${name}.onnx`)

/** A shipped model as an experiment names it, with the features that it was trained on. */
export function shippedModel(name: ShippedModel) {
  return { name, file: fileOf(name), window: SHIPPED[name].window, signal: { kind: 'rank' as const }, features: FEATURES }
}

/** A bar of ten symbols is a batch of ten. */
const BATCHES = [1, 10, 256, 4096]

/** Predictions a second of the shipped models on one thread, by batch size. */
export async function benchModels(): Promise<Bench> {
  const subjects: Subject[] = []
  const opened = []
  for (const name of Object.keys(SHIPPED) as ShippedModel[]) {
    const { called, window, windowsOfRun, singly } = SHIPPED[name]
    const predictor = await loadOnnx({ file: fileOf(name), window, features: FEATURES.length })
    opened.push(predictor)
    const random = createRandom('windows')
    const windows = Float32Array.from({ length: Math.max(...BATCHES) * window * FEATURES.length }, () => random.normal())
    for (const batch of BATCHES) {
      // Small batches are slow, so there are fewer.
      const count = Math.min(windowsOfRun, singly * batch)
      subjects.push({
        name: `${called}, batches of ${batch}`, unit: 'predictions/s', figure: (ms) => (count * 1000) / ms,
        work: async () => {
          for (let done = 0; done < count; done += batch) await predictor.predict(windows, batch)
        },
      })
    }
  }
  const figures = await measure(subjects, { warmUps: 1, runs: 5 })
  for (const predictor of opened) await predictor.release()
  return {
    name: 'stage 2',
    setting: { models: Object.keys(SHIPPED).map((name) => `examples/models/${name}.onnx`), features: FEATURES.length, threads: 1 },
    figures,
    notes: [
      'The forecaster is gradient-boosted trees, which the runtime steps in one operation. The committee is 64 recurrent networks over 45 bars, as an exporter writes them, one beside the other: some 23,000 small operations a call, whether for one window or for thousands.',
    ],
  }
}
