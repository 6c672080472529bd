import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openInlinePool } from '../../src/pool/inline.ts'
import { taskHandlers } from '../../src/stages/handlers.ts'
import { resolveRaw, runStagedDriver } from '../parity/drivers.ts'
import { syntheticExperiment } from '../parity/experiments.ts'
import { scratchFolder } from '../store/scratch.ts'

const root = scratchFolder('model-check')

describe('a model file that is no model', () => {
  it.each([
    ['garbage', 'ONNX_INVALID'],
    ['', 'ONNX_INVALID'],
  ])('%j is refused before anything is computed', async (bytes, code) => {
    const folder = join(root, `bytes ${bytes.length}`)
    mkdirSync(folder, { recursive: true })
    const file = join(folder, 'model.onnx')
    writeFileSync(file, bytes)
    const models = [{ name: 'net', file, features: ['momentum(close,5)'], signal: { kind: 'rank' } }]
    const experiment = await resolveRaw({ ...syntheticExperiment(), models })
    const started: string[] = []
    const pool = openInlinePool({
      ...taskHandlers,
      features: async () => {
        started.push('features')
      },
    })
    await expect(runStagedDriver(experiment, { folder, workers: 1, portfoliosPerBatch: 10, pool })).rejects.toMatchObject({ code })
    expect(started).toEqual([])
  })
})
