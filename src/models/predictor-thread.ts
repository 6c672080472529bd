import { on } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { MillraceError, toErrorReport, type ErrorReport } from '../base/errors.ts'
import { loadOnnx, type OnnxSpec } from './onnx.ts'

/** What a thread is asked. */
export type Asked =
  | { readonly say: 'predict'; readonly call: number; readonly windows: Float32Array; readonly rows: number }
  /** The last: when it has answered what came before, the thread ends. */
  | { readonly say: 'end' }

export type Failed =
  /** A fault of the world. */
  | { readonly kind: 'fault'; readonly report: ErrorReport }
  /** Whatever else was thrown. */
  | { readonly kind: 'bug'; readonly error: unknown }

/** What a thread tells: that it has loaded the model or could not, then how each call went. */
export type Told =
  | { readonly say: 'loaded' }
  | { readonly say: 'unloadable'; readonly failure: Failed }
  | { readonly say: 'predicted'; readonly call: number; readonly predictions: Float32Array }
  | { readonly say: 'unpredicted'; readonly call: number; readonly failure: Failed }

/** The thread's side of a predictor: loads the model, then predicts what comes, one after the other, until it is to end. */
export async function servePredictions(): Promise<void> {
  const port = parentPort
  if (port === null) throw new Error('a thread of a predictor has to be started by one')
  const tell = (told: Told): void => port.postMessage(told)
  const asked = on(port, 'message')
  const predictor = await loadOnnx(workerData as OnnxSpec).catch((error: unknown) => tell({ say: 'unloadable', failure: failureOf(error) }))
  if (predictor !== undefined) tell({ say: 'loaded' })
  for await (const [message] of asked as AsyncIterable<[Asked]>) {
    if (message.say === 'end') break
    const { call, windows, rows } = message
    await predictor?.predict(windows, rows).then(
      (predictions) => tell({ say: 'predicted', call, predictions }),
      (error: unknown) => tell({ say: 'unpredicted', call, failure: failureOf(error) }),
    )
  }
  await predictor?.release()
  port.close()
}

function failureOf(error: unknown): Failed {
  return error instanceof MillraceError ? { kind: 'fault', report: toErrorReport(error) } : { kind: 'bug', error }
}
