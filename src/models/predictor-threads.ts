import { Worker } from 'node:worker_threads'
import { fromErrorReport } from '../base/errors.ts'
import type { Predictor } from './model.ts'
import type { OnnxSpec } from './onnx.ts'
import type { Asked, Failed, Told } from './predictor-thread.ts'

export interface PredictorThreads {
  readonly model: OnnxSpec
  /** At least 1. */
  readonly threads: number
  /** The bundled file that calls `servePredictions`. */
  readonly threadFile: string
}

/**
 * Loads a model once in each of some threads, and gives every predict call to the thread that has the fewest: as
 * many calls as there are threads are predicted at once, each as a thread alone would predict it, bit for bit.
 * (A thread of its own for parts of one operation pays only where the operations are large: recurrent networks,
 * thousands of small ones, take longer so.) The caller's event loop stays free.
 *
 * @throws MillraceError as `loadOnnx` does; from `predict` as its predictor does. A thread that ends by itself
 *   rejects all its calls.
 */
export async function openPredictorThreads({ model, threads, threadFile }: PredictorThreads): Promise<Predictor> {
  const all = Array.from({ length: threads }, () => new PredictorThread(threadFile, model))
  const release = async (): Promise<void> => void (await Promise.all(all.map((thread) => thread.end())))
  try {
    await Promise.all(all.map((thread) => thread.loaded))
  } catch (error) {
    await release()
    throw error
  }
  return {
    predict: (windows, rows) => {
      const idlest = all.reduce((best, thread) => (thread.underWay < best.underWay ? thread : best))
      return idlest.predict(windows.subarray(0, rows * model.window * model.features), rows)
    },
    release,
  }
}

interface Awaited {
  readonly resolve: (predictions: Float32Array) => void
  readonly reject: (error: unknown) => void
}

class PredictorThread {
  readonly loaded: Promise<void>
  readonly #worker: Worker
  readonly #calls = new Map<number, Awaited>()
  readonly #gone: Promise<void>
  #latest = 0
  #ended: Error | undefined
  #loading: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined

  constructor(file: string, model: OnnxSpec) {
    this.#worker = new Worker(file, { workerData: model })
    this.loaded = new Promise((resolve, reject) => {
      this.#loading = { resolve, reject }
    })
    // Who waits for all threads hears of the first that fails.
    this.loaded.catch(() => undefined)
    this.#worker.on('message', (told: Told) => this.#hear(told))
    this.#worker.on('error', (error) => this.#die(error))
    this.#gone = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#die(new Error('a thread of the model has ended'))
        resolve()
      })
    })
  }

  get underWay(): number {
    return this.#calls.size
  }

  predict(windows: Float32Array, rows: number): Promise<Float32Array> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    return new Promise((resolve, reject) => {
      const call = ++this.#latest
      this.#calls.set(call, { resolve, reject })
      const copy = windows.slice()
      this.#worker.postMessage({ say: 'predict', call, windows: copy, rows } satisfies Asked, [copy.buffer])
    })
  }

  /** By itself: to be terminated inside a call of the runtime takes the whole process down. */
  end(): Promise<void> {
    if (this.#ended === undefined) this.#worker.postMessage({ say: 'end' } satisfies Asked, [])
    return this.#gone
  }

  #die(error: Error): void {
    this.#ended ??= error
    this.#loading?.reject(this.#ended)
    for (const { reject } of this.#calls.values()) reject(this.#ended)
    this.#calls.clear()
  }

  #hear(told: Told): void {
    if (told.say === 'loaded') return this.#loading?.resolve()
    if (told.say === 'unloadable') return this.#loading?.reject(errorOf(told.failure))
    const call = this.#calls.get(told.call)
    this.#calls.delete(told.call)
    if (told.say === 'predicted') call?.resolve(told.predictions)
    else call?.reject(errorOf(told.failure))
  }
}

function errorOf(failure: Failed): unknown {
  return failure.kind === 'fault' ? fromErrorReport(failure.report) : failure.error
}
