import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { loadOnnx } from '../../src/models/onnx.ts'

/** Made by scripts/train/make_fixtures.py: window 3 × 2 features, prediction = Σ position × value. */
const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}.onnx`, import.meta.url))
const load = (file: string, of: { window?: number; features?: number } = {}) => loadOnnx({ file, window: 3, features: 2, ...of })
const folder = mkdtempSync(join(tmpdir(), 'millrace-onnx-'))
afterAll(() => rmSync(folder, { recursive: true }))

function written(name: string, bytes: Uint8Array): string {
  const file = join(folder, name)
  writeFileSync(file, bytes)
  return file
}

describe('an ONNX model', () => {
  it.each(['flat', 'cube', 'double'])('predicts one number per window: %s', async (name) => {
    const predictor = await load(fixture(name))
    const windows = Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.5, 1, 9, 9, 9, 9, 9, 9)
    expect(await predictor.predict(windows, 2)).toEqual(Float32Array.of(1, 8.5))
    expect(await predictor.predict(windows, 0)).toEqual(new Float32Array(0))
    await predictor.release()
  })

  it.each([
    'fixed-batch', 'double-input', 'two-inputs', 'two-columns', 'labels', 'two-outputs',
  ])('is refused with what was found when its signature does not fit: %s', async (name) => {
    await expect(load(fixture(name))).rejects.toMatchObject({
      code: 'ONNX_SIGNATURE', where: fixture(name), value: expect.stringMatching(/[xyz]: (float32|float64|int64) \[/), hint: expect.any(String),
    })
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

  it('is refused when cut anywhere, filled with noise, empty or with weights in another file', async () => {
    const bytes = readFileSync(fixture('flat'))
    for (let length = 0; length < bytes.length; length += 7) {
      await expect(load(written(`cut-${length}.onnx`, bytes.subarray(0, length))), `cut at ${length}`).rejects.toMatchObject({ code: 'ONNX_INVALID' })
    }
    await expect(load(written('noise.onnx', bytes.map((byte, i) => byte ^ (i * 37))))).rejects.toMatchObject({ code: 'ONNX_INVALID' })
    await expect(load(fixture('external'))).rejects.toMatchObject({ code: 'ONNX_INVALID', message: 'the model keeps its weights in another file' })
  })

  it('is refused when it is not there or is a folder', async () => {
    await expect(load(join(folder, 'none.onnx'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
    await expect(load(folder)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })

  it('says which window got a prediction that is not finite', async () => {
    const predictor = await load(fixture('logarithm'))
    const windows = new Float32Array(5 * 6).fill(1)
    expect((await predictor.predict(windows, 5))[0]).toBeCloseTo(Math.log(21), 6)
    windows[3 * 6] = -21
    await expect(predictor.predict(windows, 5)).rejects.toMatchObject({ code: 'ONNX_NONFINITE', value: { row: 3, prediction: NaN } })
    windows.fill(0, 6, 12)
    await expect(predictor.predict(windows, 5)).rejects.toMatchObject({ code: 'ONNX_NONFINITE', value: { row: 1, prediction: -Infinity } })
    await predictor.release()
  })
})
