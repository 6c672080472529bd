import type { FeatureRef } from '../features/feature.ts'

/**
 * A model: windows of features → one prediction per symbol and bar → signal. Batchable: thousands of windows
 * at a time in staged, one row in lockstep and live. Predictions are rounded to 2⁻¹² before anything reads
 * them, so that batch size may flip a last bit only rarely.
 */
export interface ModelSpec {
  readonly name: string
  /** Absolute path of the ONNX file; its SHA-256 is part of the address. */
  readonly file: string
  readonly features: readonly FeatureRef[]
  /** Bars per window, newest last. The tensor is [rows, window × features], window-major. */
  readonly window: number
  readonly signal: PredictionToSignal
}

/** Stateless mapping of one row of predictions (N) to signals. */
export type PredictionToSignal =
  /** clip(prediction × scale) */
  | { readonly kind: 'scale'; readonly scale: number }
  /** sign(prediction) where |prediction| > threshold, else 0 */
  | { readonly kind: 'sign'; readonly threshold: number }
  /** cross-sectional rank mapped linearly to [−1, 1]; ties share the mean rank */
  | { readonly kind: 'rank' }

/** A loaded model. */
export interface Predictor {
  /**
   * `rows` windows in, `rows` predictions out; the windows are read until the promise is settled. Throws
   * ONNX_NONFINITE when a prediction is not finite.
   */
  predict(windows: Float32Array, rows: number): Promise<Float32Array>
  release(): Promise<void>
}

/** 2⁻¹²: the grid predictions are rounded to. */
export const PREDICTION_STEP = 1 / 4096

/** To the nearest multiple of 2⁻¹²; −0 becomes 0. */
export function roundPrediction(prediction: number): number {
  return Math.round(prediction / PREDICTION_STEP) * PREDICTION_STEP + 0
}
