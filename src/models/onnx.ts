import { readFile } from 'node:fs/promises'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { MillraceError, type ErrorCode } from '../base/errors.ts'
import type { Predictor } from './model.ts'

export interface OnnxSpec {
  /** Absolute path of the ONNX file. */
  readonly file: string
  /** Bars per window. */
  readonly window: number
  /** How many features a bar of the window has. */
  readonly features: number
}

/**
 * Loads an ONNX model on the CPU and checks what it takes and gives: one float32 input, [batch, window ×
 * features] or [batch, window, features] with a free batch, and one floating-point output, [batch] or
 * [batch, 1]. The file is read as bytes, so weights outside it are never followed: its SHA-256 is the whole
 * model. It keeps to one thread, and `predict` blocks that thread's event loop (src/models/predictor-threads.ts
 * has several, that do not); `release` it at the end.
 *
 * @throws MillraceError FILE_NOT_FOUND, FILE_UNREADABLE; ONNX_INVALID when the bytes are no complete model;
 *   ONNX_SIGNATURE when it takes or gives something else; from `predict`, ONNX_NONFINITE when a prediction
 *   is not finite: `value` is { row, prediction }.
 */
export async function loadOnnx(spec: OnnxSpec): Promise<Predictor> {
  const session = await createSession(await readModel(spec.file), spec)
  try {
    const shape = checkInput(session, spec)
    checkOutput(session, spec)
    return createPredictor(session, spec, shape)
  } catch (error) {
    await session.release()
    throw error
  }
}

async function readModel(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw problem(missing ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE', file, {
      message: missing ? `there is no model file ${file}` : `the model file cannot be read: ${(error as Error).message}`,
      hint: 'check the path of the model in the experiment; a relative path starts at the experiment file',
    })
  }
}

async function createSession(bytes: Uint8Array, spec: OnnxSpec): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(bytes, {
      executionProviders: ['cpu'],
      executionMode: 'sequential',
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      // Failures come back as errors; 4 keeps the runtime from also printing them.
      logSeverityLevel: 4,
    })
  } catch (error) {
    const reason = (error as Error).message.trim()
    const isExternal = /external data|model_path/i.test(reason)
    throw problem('ONNX_INVALID', spec.file, {
      message: isExternal ? 'the model keeps its weights in another file' : `not a complete ONNX model: ${reason}`,
      value: bytes.byteLength,
      hint: isExternal
        ? 'export it with its weights inside (onnx.save without save_as_external_data)'
        : 'export it again and compare its SHA-256 after copying',
    })
  }
}

/** @returns the input's dimensions after the batch. */
function checkInput(session: InferenceSession, spec: OnnxSpec): readonly number[] {
  const { window, features } = spec
  const wanted = `one float32 input [batch, ${window * features}] or [batch, ${window}, ${features}] with a free batch`
  const [input] = session.inputMetadata
  const shape = input?.isTensor ? input.shape : []
  const rest = shape.slice(1)
  const fits =
    session.inputMetadata.length === 1 &&
    input.isTensor &&
    input.type === 'float32' &&
    isFree(shape[0]) &&
    (equal(rest, [window * features]) || equal(rest, [window, features]))
  if (fits) return rest as readonly number[]
  throw problem('ONNX_SIGNATURE', spec.file, {
    message: `the model's input does not fit: expected ${wanted}, found ${describe(session.inputMetadata)}`,
    value: describe(session.inputMetadata),
    hint: 'match `window` and the number of `features` in the experiment to the model, and export it with a dynamic batch axis',
  })
}

function checkOutput(session: InferenceSession, spec: OnnxSpec): void {
  const [output] = session.outputMetadata
  const fits =
    session.outputMetadata.length === 1 &&
    output.isTensor &&
    (output.type === 'float32' || output.type === 'float64') &&
    isFree(output.shape[0]) &&
    (output.shape.length === 1 || (output.shape.length === 2 && (output.shape[1] === 1 || isFree(output.shape[1]))))
  if (fits) return
  throw problem('ONNX_SIGNATURE', spec.file, {
    message: `the model's output does not fit: expected one float output [batch] or [batch, 1], found ${describe(session.outputMetadata)}`,
    value: describe(session.outputMetadata),
    hint: 'export a regressor with a single number per row; a classifier gives labels and probabilities',
  })
}

function createPredictor(session: InferenceSession, spec: OnnxSpec, shape: readonly number[]): Predictor {
  const [inputName] = session.inputNames
  const [outputName] = session.outputNames
  const length = spec.window * spec.features
  return {
    release: () => session.release(),
    predict: async (windows, rows) => {
      if (rows === 0) return new Float32Array(0)
      const tensor = new Tensor('float32', windows.subarray(0, rows * length), [rows, ...shape])
      const { data } = (await session.run({ [inputName]: tensor }))[outputName]
      if (data.length !== rows) {
        throw problem('ONNX_SIGNATURE', spec.file, {
          message: `the model gave ${data.length} values for ${rows} windows`,
          value: data.length,
          hint: 'export a regressor with a single number per row',
        })
      }
      const predictions = data instanceof Float32Array ? data : Float32Array.from(data as Float64Array)
      const row = predictions.findIndex((prediction) => !Number.isFinite(prediction))
      if (row < 0) return predictions
      throw problem('ONNX_NONFINITE', spec.file, {
        message: `the model predicted ${predictions[row]} for window ${row} of ${rows}`,
        value: { row, prediction: predictions[row] },
        hint: 'a model must give a finite number for every window without a gap: look for a logarithm, a division or an overflow in it',
      })
    },
  }
}

function isFree(dimension: number | string | undefined): boolean {
  return typeof dimension === 'string' || (typeof dimension === 'number' && dimension < 0)
}

function equal(found: readonly (number | string)[], wanted: readonly number[]): boolean {
  return found.length === wanted.length && found.every((dimension, i) => dimension === wanted[i])
}

function describe(values: readonly InferenceSession.ValueMetadata[]): string {
  const each = values.map((value) =>
    value.isTensor ? `${value.name}: ${value.type} [${value.shape.map((d) => (isFree(d) ? d || 'free' : d)).join(', ')}]` : `${value.name}: no tensor`,
  )
  return each.join('; ') || 'none'
}

function problem(code: ErrorCode, file: string, of: { message: string; hint: string; value?: unknown }): MillraceError {
  return new MillraceError({ code, where: file, ...of })
}
