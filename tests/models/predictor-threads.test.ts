import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { builtFile } from '../../src/base/built-file.ts'
import { createRandom } from '../../src/base/random.ts'
import { findInstallation } from '../../src/experiment/installation.ts'
import { loadOnnx, type OnnxSpec } from '../../src/models/onnx.ts'
import { openPredictorThreads } from '../../src/models/predictor-threads.ts'
import { describePredictor, fixture } from '../contracts/predictor-contract.ts'

const { root } = findInstallation()
const threadFile = builtFile('model-thread.mjs')
const open = (model: OnnxSpec, threads: number) => openPredictorThreads({ model, threads, threadFile })

describePredictor('in a thread', (model) => open(model, 1))
describePredictor('in three threads', (model) => open(model, 3))

describe('a predictor in threads', () => {
  it('gives what a thread alone gives, bit for bit, though threads share a model\'s calls', async () => {
    const model = { file: join(root, 'examples/models/recurrent.onnx'), window: 45, features: 8 }
    const random = createRandom('threads')
    const calls = Array.from({ length: 7 }, (_, i) => Float32Array.from({ length: (20 + i) * 45 * 8 }, () => random.normal()))
    const predictAll = async (predictor: Awaited<ReturnType<typeof loadOnnx>>) => {
      const all = await Promise.all(calls.map((windows, i) => predictor.predict(windows, 20 + i)))
      await predictor.release()
      return all
    }
    expect(await predictAll(await open(model, 3))).toEqual(await predictAll(await loadOnnx(model)))
  })

  it('is refused as a thread refuses it, with all threads ended', async () => {
    await expect(open({ file: fixture('labels'), window: 3, features: 2 }, 2)).rejects.toMatchObject({ code: 'ONNX_SIGNATURE' })
    await expect(open({ file: join(root, 'none.onnx'), window: 3, features: 2 }, 2)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
  })

  it('answers what is under way before it ends, and nothing after', async () => {
    const predictor = await open({ file: fixture('flat'), window: 3, features: 2 }, 2)
    const underWay = Array.from({ length: 5 }, () => predictor.predict(Float32Array.of(1, 0, 0, 0, 0, 0), 1))
    await predictor.release()
    expect(await Promise.all(underWay)).toEqual(Array.from({ length: 5 }, () => Float32Array.of(1)))
    await expect(predictor.predict(new Float32Array(6), 1)).rejects.toThrow('a thread of the model has ended')
  })

  it('rejects when its file is no thread of a predictor', async () => {
    await expect(openPredictorThreads({ model: { file: fixture('flat'), window: 3, features: 2 }, threads: 1, threadFile: join(root, 'none.mjs') })).rejects.toThrow('none.mjs')
  })
})
