import { readFileSync } from 'node:fs'
import { builtFile } from '../base/built-file.ts'
import { MillraceError } from '../base/errors.ts'
import { sha256 } from '../base/hash.ts'
import type { ModelSpec, Predictor } from '../models/model.ts'
import { predictRows, type ModelRow } from '../models/model-run.ts'
import { predictionsToSignals } from '../models/prediction-signal.ts'
import { openPredictorThreads } from '../models/predictor-threads.ts'
import { createWindowBuffer } from '../models/windows.ts'
import type { FeatureWidth } from '../features/feature.ts'
import { makeArtefact } from '../store/made-artefact.ts'
import type { Address } from '../store/store.ts'
import { openInputRows, type InputPlace, type InputRows } from './input-rows.ts'
import { CALLS_PER_THREAD, WINDOWS_PER_CALL } from './member-load.ts'
import { StoredMarket } from './stored-market.ts'
import { storeAt } from './worker-cache.ts'

export interface ModelTask {
  readonly store: string
  readonly market: Address
  readonly address: Address
  readonly madeFrom: unknown
  readonly spec: ModelSpec
  /** SHA-256 of the model's file when the run was planned. */
  readonly fileHash: string
  readonly widths: readonly FeatureWidth[]
  /** The model's features in order, then a price panel. */
  readonly inputs: readonly InputPlace[]
  readonly threads: number
}

/** Stage 2: loads the model once a thread, predicts every window in large batches, writes predictions and signals. */
export async function modelTask(task: ModelTask, report: (done: number, total: number) => void): Promise<void> {
  const market = new StoredMarket(storeAt(task.store), task.market)
  const inputs = openInputRows(market, task.inputs)
  try {
    const predictor = await openPredictorThreads({
      model: { file: task.spec.file, window: task.spec.window, features: task.spec.features.length },
      threads: task.threads,
      threadFile: builtFile('model-thread.mjs'),
    })
    try {
      refuseChanged(task)
      await storePredictions(task, { market, inputs, predictor, report })
    } finally {
      await predictor.release()
    }
  } finally {
    inputs.close()
    market.close()
  }
}

interface Opened {
  readonly market: StoredMarket
  readonly inputs: InputRows
  readonly predictor: Predictor
  readonly report: (done: number, total: number) => void
}

function storePredictions(task: ModelTask, { market, inputs, predictor, report }: Opened): Promise<void> {
  const { rows, symbols: universe } = market
  const columns = universe.length
  const signal = new Float64Array(columns)
  const rounded = new Float32Array(columns)
  const windows = createWindowBuffer({ symbols: columns, widths: task.widths, window: task.spec.window })
  const run = { name: task.spec.name, universe, predictor, windows, batchSize: WINDOWS_PER_CALL, callsAtOnce: CALLS_PER_THREAD * task.threads }
  const facts = { labels: [task.spec.name], symbols: universe, predictions: true }
  return makeArtefact(market.store, { address: task.address, kind: 'signals', madeFrom: task.madeFrom, members: [task.address], facts }, async (draft) => {
    const predictions = draft.startPanel('predictions', { type: 'float64', rows, columns })
    const signals = draft.startPanel('signals', { type: 'float32', rows, columns })
    for await (const row of predictRows(run, modelRows(rows, inputs))) {
      predictions.append(row.predictions)
      predictionsToSignals(task.spec.signal, row.predictions, signal)
      rounded.set(signal)
      signals.append(rounded)
      if (row.t % 512 === 511) report(row.t, rows)
    }
    predictions.end()
    signals.end()
  })
}

/** Asked when the model has been loaded: it is the planned one or, if the file is, of a file changed and changed back. */
function refuseChanged({ spec, fileHash }: ModelTask): void {
  if (sha256(readFileSync(spec.file)) === fileHash) return
  throw new MillraceError({
    code: 'ONNX_INVALID',
    message: 'the model file was changed while the run was under way',
    where: spec.file,
    hint: 'run the experiment again; what the change does not touch is not made again',
  })
}

function* modelRows(rows: number, inputs: InputRows): Generator<ModelRow> {
  for (let t = 0; t < rows; t++) {
    inputs.fill(t)
    yield { row: inputs.row, inputs: inputs.arrays }
  }
}
