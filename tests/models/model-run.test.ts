import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../src/base/errors.ts'
import { momentum } from '../../src/features/momentum.ts'
import { volatility } from '../../src/features/volatility.ts'
import { toFeatureRef } from '../../src/features/reference.ts'
import type { Predictor } from '../../src/models/model.ts'
import { predictRows, type ModelRun } from '../../src/models/model-run.ts'
import { createWindowBuffer } from '../../src/models/windows.ts'
import { featureRows } from '../../scripts/train/feature-rows.ts'
import { randomMarket } from '../contracts/random-market.ts'

const SYMBOLS = 5
const WINDOW = 3
const market = randomMarket({ symbols: SYMBOLS, rows: 120, seed: 11, gaps: 0.1 })
const refs = [momentum('close', 2), volatility('close', 4), toFeatureRef('raw.close')]
const universe = market.instruments.map((instrument) => instrument.symbol)

/** Predicts the sum of the window, and counts its calls. */
function summing(calls: number[]): Predictor {
  return {
    release: async () => {},
    predict: async (windows, rows) => {
      calls.push(rows)
      return Float32Array.from({ length: rows }, (_, row) => windows.subarray(row * WINDOW * 2, (row + 1) * WINDOW * 2).reduce((a, b) => a + b, 0))
    },
  }
}

function modelRun(predictor: Predictor, { batchSize, callsAtOnce = 1 }: { batchSize: number; callsAtOnce?: number }): ModelRun {
  const windows = createWindowBuffer({ symbols: SYMBOLS, widths: ['symbol', 'symbol'], window: WINDOW })
  return { name: 'sum', universe, predictor, windows, batchSize, callsAtOnce }
}

async function predictAll(run: ModelRun): Promise<{ t: number; predictions: number[] }[]> {
  const all = []
  for await (const { t, predictions } of predictRows(run, featureRows(market, refs))) all.push({ t, predictions: [...predictions] })
  return all
}

describe('a model run', () => {
  it('gives every row in order, whatever the batch size, in as few calls as fit', async () => {
    const calls: number[] = []
    const whole = await predictAll(modelRun(summing(calls), { batchSize: 1_000_000 }))
    expect(whole.map((row) => row.t)).toEqual(Array.from({ length: 120 }, (_, t) => t))
    expect(calls).toHaveLength(1)
    const predicted = whole.flatMap((row) => row.predictions).filter((prediction) => !Number.isNaN(prediction))
    expect(predicted).toHaveLength(calls[0])
    expect(predicted.length).toBeGreaterThan(300)
    for (const [batchSize, callsAtOnce] of [[1, 1], [7, 1], [7, 3], [50, 2], [50, 100]]) {
      const smaller: number[] = []
      expect(await predictAll(modelRun(summing(smaller), { batchSize, callsAtOnce }))).toEqual(whole)
      expect(smaller.reduce((sum, rows) => sum + rows, 0)).toBe(calls[0])
      if (batchSize > 1) expect(Math.max(...smaller)).toBeLessThan(batchSize + SYMBOLS)
    }
  })

  it('predicts what the windows hold, rounded to 2⁻¹², and nothing without a bar', async () => {
    const predictions = await predictAll(modelRun(summing([]), { batchSize: 40 }))
    const history = Array.from({ length: SYMBOLS }, () => [] as number[][])
    for (const { row, inputs } of featureRows(market, refs)) {
      for (let n = 0; n < SYMBOLS; n++) {
        const found = predictions[row.t].predictions[n]
        if (Number.isNaN(inputs[2][n])) {
          expect(found).toBeNaN()
          continue
        }
        history[n].push([Math.fround(inputs[0][n]), Math.fround(inputs[1][n])])
        const window = history[n].slice(-WINDOW).flat()
        const sum = window.length < 2 * WINDOW ? NaN : window.reduce((a, b) => Math.fround(a + b), 0)
        expect(found).toBe(Number.isNaN(sum) ? NaN : Math.round(sum * 4096) / 4096 + 0)
      }
    }
  })

  it('with batches of 1 gives a row before it asks for the next', async () => {
    let asked = -1
    const rows = function* () {
      for (const row of featureRows(market, refs)) {
        asked = row.row.t
        yield row
      }
    }
    for await (const { t } of predictRows(modelRun(summing([]), { batchSize: 1 }), rows())) expect(asked).toBe(t)
    expect(asked).toBe(119)
  })

  it('has as many calls under way as it may, of the same windows each, and gives rows in order though the last call ends first', async () => {
    const sums = summing([])
    let most = 0
    const open: (() => void)[] = []
    const slow: Predictor = {
      ...sums,
      predict: async (windows, rows) => {
        const values = await sums.predict(windows, rows)
        await new Promise<void>((resolve) => {
          open.push(resolve)
          most = Math.max(most, open.length)
          setTimeout(() => open.pop()?.(), 1)
        })
        return values
      },
    }
    expect(await predictAll(modelRun(slow, { batchSize: 30, callsAtOnce: 3 }))).toEqual(await predictAll(modelRun(sums, { batchSize: 30 })))
    expect(most).toBe(3)
  })

  it('fails with the earliest call that fails, though a later one failed before it', async () => {
    let calls = 0
    const failing: Predictor = {
      release: async () => {},
      predict: async (_, rows) => {
        const call = calls++
        await new Promise((resolve) => setTimeout(resolve, 10 * (4 - call)))
        if (call === 1 || call === 2) throw new Error(`call ${call}`)
        return new Float32Array(rows)
      },
    }
    await expect(predictAll(modelRun(failing, { batchSize: 30, callsAtOnce: 4 }))).rejects.toThrow('call 1')
  })

  it('names model, bar and symbol of a prediction that is not finite, and passes other faults on', async () => {
    const sums = summing([])
    const broken = (fails: () => void): Predictor => ({
      ...sums,
      predict: async (windows, rows) => {
        if (rows > 2) fails()
        return sums.predict(windows, rows)
      },
    })
    const nonFinite = () => {
      throw new MillraceError({ code: 'ONNX_NONFINITE', message: 'x', where: 'm.onnx', value: { row: 2, prediction: NaN }, hint: 'h' })
    }
    const good = await predictAll(modelRun(sums, { batchSize: 1_000_000 }))
    const third = good.flatMap(({ t, predictions }) => predictions.flatMap((value, n) => (Number.isNaN(value) ? [] : [{ t, n }])))[2]
    await expect(predictAll(modelRun(broken(nonFinite), { batchSize: 30 }))).rejects.toMatchObject({
      code: 'ONNX_NONFINITE', message: `model sum predicted NaN for S${third.n}`, value: NaN, hint: 'h',
      where: expect.stringMatching(new RegExp(`^m\\.onnx, bar ${third.t} \\(2000-.*Z\\), symbol S${third.n}$`)),
    })
    const other = () => {
      throw new Error('out of memory')
    }
    await expect(predictAll(modelRun(broken(other), { batchSize: 30 }))).rejects.toThrow('out of memory')
  })
})
