import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Predictor } from '../../src/models/model.ts'
import type { OnnxSpec } from '../../src/models/onnx.ts'

/** Made by scripts/train/make_fixtures.py: window 3 × 2 features, prediction = Σ position × value. */
export const fixture = (name: string): string => fileURLToPath(new URL(`../models/fixtures/${name}.onnx`, import.meta.url))

/** What every way to load a model keeps to. */
export function describePredictor(name: string, open: (spec: OnnxSpec) => Promise<Predictor>): void {
  const load = (file: string, of: { window?: number; features?: number } = {}) => open({ file, window: 3, features: 2, ...of })

  describe(`a predictor, ${name}`, () => {
    it.each(['flat', 'cube', 'double'])('predicts one number per window: %s', async (file) => {
      const predictor = await load(fixture(file))
      const windows = Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.5, 1, 9, 9, 9, 9, 9, 9)
      expect(await predictor.predict(windows, 2)).toEqual(Float32Array.of(1, 8.5))
      expect(await predictor.predict(windows, 0)).toEqual(new Float32Array(0))
      await predictor.release()
    })

    it('predicts several calls under way at once, each its own', async () => {
      const predictor = await load(fixture('flat'))
      const calls = Array.from({ length: 20 }, (_, i) => predictor.predict(Float32Array.of(i, 0, 0, 0, 0, 0), 1))
      expect((await Promise.all(calls)).map(([prediction]) => prediction)).toEqual(Array.from({ length: 20 }, (_, i) => i))
      await predictor.release()
    })

    it('is refused when the window or the features do not fit', async () => {
      await expect(load(fixture('flat'), { window: 4 })).rejects.toMatchObject({
        code: 'ONNX_SIGNATURE', message: expect.stringContaining('expected one float32 input [batch, 8] or [batch, 4, 2]'),
      })
      await expect(load(fixture('cube'), { window: 2, features: 3 })).rejects.toMatchObject({ code: 'ONNX_SIGNATURE', value: 'x: float32 [batch, 3, 2]' })
    })

    it('is refused when it turns out to give another count of numbers than windows', async () => {
      const predictor = await load(fixture('filtered'))
      await expect(predictor.predict(new Float32Array(12).fill(1), 2)).rejects.toMatchObject({ code: 'ONNX_SIGNATURE', value: 12 })
      await predictor.release()
    })

    it('says which window got a prediction that is not finite, and goes on', async () => {
      const predictor = await load(fixture('logarithm'))
      const windows = new Float32Array(5 * 6).fill(1)
      expect((await predictor.predict(windows, 5))[0]).toBeCloseTo(Math.log(21), 6)
      windows[3 * 6] = -21
      await expect(predictor.predict(windows, 5)).rejects.toMatchObject({ code: 'ONNX_NONFINITE', value: { row: 3, prediction: NaN } })
      windows.fill(0, 6, 12)
      await expect(predictor.predict(windows, 5)).rejects.toMatchObject({ code: 'ONNX_NONFINITE', value: { row: 1, prediction: -Infinity } })
      expect(await predictor.predict(windows.fill(1), 5)).toHaveLength(5)
      await predictor.release()
    })
  })
}
