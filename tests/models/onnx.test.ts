import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadOnnx } from '../../src/models/onnx.ts'
import { describePredictor, fixture } from '../contracts/predictor-contract.ts'

const load = (file: string) => loadOnnx({ file, window: 3, features: 2 })
const folder = mkdtempSync(join(tmpdir(), 'millrace-onnx-'))
afterAll(() => rmSync(folder, { recursive: true }))

function written(name: string, bytes: Uint8Array): string {
  const file = join(folder, name)
  writeFileSync(file, bytes)
  return file
}

describePredictor('in this thread', loadOnnx)

describe('an ONNX model', () => {
  it.each([
    'fixed-batch', 'double-input', 'two-inputs', 'two-columns', 'labels', 'two-outputs',
  ])('is refused with what was found when its signature does not fit: %s', async (name) => {
    await expect(load(fixture(name))).rejects.toMatchObject({
      code: 'ONNX_SIGNATURE', where: fixture(name), value: expect.stringMatching(/[xyz]: (float32|float64|int64) \[/), hint: expect.any(String),
    })
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
})
