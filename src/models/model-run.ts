import { MillraceError } from '../base/errors.ts'
import { formatTime, type Row } from '../domain/timeline.ts'
import { roundPrediction, type Predictor } from './model.ts'
import type { WindowBuffer } from './windows.ts'

/** What both drivers run a model with. */
export interface ModelRun {
  /** Name of the model, for errors. */
  readonly name: string
  readonly universe: readonly string[]
  readonly predictor: Predictor
  readonly windows: WindowBuffer
  /** Windows gathered before one predict call: a thousand in staged, 1 in lockstep. */
  readonly batchSize: number
  /** Predict calls under way at once: as many as keep all threads of the predictor at work in staged, 1 in lockstep. */
  readonly callsAtOnce: number
}

/** One row as a driver hands it over: scratch, read before the next one is asked for. */
export interface ModelRow {
  readonly row: Row
  /** The model's features in order, then a price panel (NaN = no bar). */
  readonly inputs: readonly Float64Array[]
}

/** Predictions of one row, N long, rounded to 2⁻¹²; NaN where there was no window. */
export interface PredictionRow {
  readonly t: number
  readonly predictions: Float64Array
}

/** Rows pushed and not yet predicted, with their windows in order. */
class Gathered {
  readonly windows: Float32Array
  /** Which symbol each window belongs to. */
  readonly owners: Int32Array
  readonly rows: { t: number; closeTime: number; windows: number }[] = []
  count = 0
  readonly #buffer: WindowBuffer
  readonly #batchSize: number

  constructor(run: ModelRun) {
    const capacity = run.batchSize + run.universe.length
    this.#buffer = run.windows
    this.#batchSize = run.batchSize
    this.windows = new Float32Array(capacity * run.windows.windowLength)
    this.owners = new Int32Array(capacity)
  }

  get isFull(): boolean {
    return this.count >= this.#batchSize || this.rows.length >= this.#batchSize
  }

  add(row: Row, inputs: readonly Float64Array[]): void {
    this.#buffer.push(inputs)
    const windows = this.#buffer.collect(this.windows, this.count, this.owners.subarray(this.count))
    this.rows.push({ t: row.t, closeTime: row.closeTime, windows })
    this.count += windows
  }

  clear(): void {
    this.rows.length = 0
    this.count = 0
  }
}

/** Rows with their predict call under way. */
interface Call {
  readonly gathered: Gathered
  readonly values: Promise<Float32Array>
}

/**
 * Predicts rows in order: gathers the windows of consecutive rows until `batchSize` of them are there, makes
 * one predict call, and yields one row of predictions for each row taken. What goes into a call does not depend
 * on how many are under way. With a `batchSize` of 1 and one call at once every row is predicted, and yielded,
 * before the next is asked for. Memory is constant in the number of rows.
 *
 * @throws MillraceError ONNX_NONFINITE naming the model, the bar and the symbol.
 */
export async function* predictRows(
  run: ModelRun,
  rows: Iterable<ModelRow> | AsyncIterable<ModelRow>,
): AsyncGenerator<PredictionRow, void, undefined> {
  const calls: Call[] = []
  const free: Gathered[] = []
  let gathered = new Gathered(run)
  const start = (): void => {
    calls.push({ gathered, values: startCall(run, gathered) })
  }
  for await (const { row, inputs } of rows) {
    gathered.add(row, inputs)
    if (!gathered.isFull) continue
    start()
    if (calls.length === run.callsAtOnce) yield* finishCall(run, calls.shift() as Call, free)
    gathered = free.pop() ?? new Gathered(run)
  }
  start()
  for (const call of calls) yield* finishCall(run, call, free)
}

function startCall(run: ModelRun, gathered: Gathered): Promise<Float32Array> {
  const values = predictNamed(run, gathered)
  // It is waited for in its turn, and not at all when an earlier one has failed.
  values.catch(() => undefined)
  return values
}

async function* finishCall(run: ModelRun, call: Call, free: Gathered[]): AsyncGenerator<PredictionRow, void, undefined> {
  const { gathered } = call
  const values = await call.values
  let window = 0
  for (const { t, windows } of gathered.rows) {
    const predictions = new Float64Array(run.universe.length).fill(NaN)
    for (const end = window + windows; window < end; window++) {
      predictions[gathered.owners[window]] = roundPrediction(values[window])
    }
    yield { t, predictions }
  }
  gathered.clear()
  free.push(gathered)
}

/** The predictor knows only the number of a window; here it gets the names of its bar and symbol. */
async function predictNamed(run: ModelRun, gathered: Gathered): Promise<Float32Array> {
  try {
    return await run.predictor.predict(gathered.windows, gathered.count)
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'ONNX_NONFINITE') throw error
    const { row: window, prediction } = error.value as { row: number; prediction: number }
    const symbol = run.universe[gathered.owners[window]]
    let last = -1
    const bar = gathered.rows.find((row) => (last += row.windows) >= window)
    const at = bar === undefined ? '' : `, bar ${bar.t} (${formatTime(bar.closeTime)})`
    throw new MillraceError({
      ...error.problems[0],
      message: `model ${run.name} predicted ${prediction} for ${symbol}`,
      where: `${error.where}${at}, symbol ${symbol}`,
      value: prediction,
    })
  }
}
