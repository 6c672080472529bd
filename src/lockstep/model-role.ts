import type { FeatureWidth } from '../features/feature.ts'
import type { Role, Slot } from '../lineup/role.ts'
import { featureSlot, predictionSlot, signalSlot, storedSlot } from '../lineup/slots.ts'
import type { ModelSpec } from '../models/model.ts'
import { predictRows } from '../models/model-run.ts'
import { loadOnnx } from '../models/onnx.ts'
import { predictionsToSignals } from '../models/prediction-signal.ts'
import { createWindowBuffer } from '../models/windows.ts'

export interface ModelRoleSpec {
  readonly spec: ModelSpec
  readonly universe: readonly string[]
  readonly widths: readonly FeatureWidth[]
  /** Take the predictions of the message instead of predicting. */
  readonly stored: boolean
}

/** One model: predicts each bar by itself, or turns stored predictions into signals. */
export function createModelRole(of: ModelRoleSpec): Promise<Role> {
  return of.stored ? Promise.resolve(createStoredRole(of)) : createFreshRole(of)
}

function outputsOf(of: ModelRoleSpec): Slot[] {
  const columns = of.universe.length
  return [{ name: signalSlot(of.spec.name), columns }, { name: predictionSlot(of.spec.name), columns }]
}

function createStoredRole(of: ModelRoleSpec): Role {
  return {
    inputs: [{ name: storedSlot(of.spec.name), columns: of.universe.length }],
    outputs: outputsOf(of),
    turn: (_, [stored], [signal, prediction]) => {
      prediction.set(stored)
      predictionsToSignals(of.spec.signal, stored, signal)
    },
  }
}

async function createFreshRole(of: ModelRoleSpec): Promise<Role> {
  const symbols = of.universe.length
  const predictor = await loadOnnx({ file: of.spec.file, window: of.spec.window, features: of.spec.features.length })
  const windows = createWindowBuffer({ symbols, widths: of.widths, window: of.spec.window })
  const run = { name: of.spec.name, universe: of.universe, predictor, windows, batchSize: 1, callsAtOnce: 1 }
  const features = of.spec.features.map((feature, index) => ({
    name: featureSlot(feature.expression),
    columns: of.widths[index] === 'market' ? 1 : symbols,
  }))
  return {
    inputs: [...features, { name: featureSlot('raw.close'), columns: symbols }],
    outputs: outputsOf(of),
    turn: async (row, inputs, [signal, prediction]) => {
      for await (const made of predictRows(run, [{ row, inputs }])) {
        prediction.set(made.predictions)
        predictionsToSignals(of.spec.signal, made.predictions, signal)
      }
    },
    finish: () => predictor.release(),
  }
}
