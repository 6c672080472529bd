import type { ModelSpec } from '../models/model.ts'
import { loadOnnx } from '../models/onnx.ts'

export interface ModelCheckTask {
  readonly spec: ModelSpec
}

/**
 * Loads a model and lets it go again, so that a file that cannot be one is refused before anything is computed.
 * Runs in a process of its own: a file that brings the runtime down takes nothing else with it.
 * @throws MillraceError FILE_NOT_FOUND, FILE_UNREADABLE, ONNX_INVALID, ONNX_SIGNATURE
 */
export async function modelCheckTask({ spec }: ModelCheckTask): Promise<void> {
  const predictor = await loadOnnx({ file: spec.file, window: spec.window, features: spec.features.length })
  await predictor.release()
}
