import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MODEL = fileURLToPath(new URL('../models/fixtures/flat.onnx', import.meta.url))

const OWN_STRATEGY = `
  import { defineStrategy, zscore, z } from 'millrace'
  export default defineStrategy({
    name: 'own',
    params: z.object({ period: z.int().min(2) }),
    features: ({ period }) => [zscore('close', period)],
    signal: ([score], out) => { for (let n = 0; n < out.length; n++) out[n] = score[n] > 1 ? -1 : score[n] < -1 ? 1 : NaN },
  })
`

/** Writes an experiment with every stage, and what it names, into a folder; small enough to be run hundreds of times. */
export function writeExperiment(folder: string): string {
  mkdirSync(folder, { recursive: true })
  copyFileSync(MODEL, join(folder, 'net.onnx'))
  writeFileSync(join(folder, 'own.ts'), OWN_STRATEGY)
  const file = join(folder, 'experiment.json')
  writeFileSync(file, JSON.stringify({
    name: 'faults',
    market: { source: 'synthetic', symbols: 4, bars: 150, seed: 5 },
    strategies: [
      { name: 'trend', use: 'sma-cross', grid: { fast: [3, 5], slow: [10, 20] } },
      { name: 'momentum', use: 'momentum-rank', params: { window: 15, fraction: 0.5, short: true } },
      { name: 'own', use: './own.ts', grid: { period: [10, 20] } },
    ],
    models: [{ name: 'net', file: 'net.onnx', features: ['momentum(close,5)', 'volatility(close,10)'], window: 3, signal: { kind: 'scale', scale: 2 } }],
    ensembles: [{ name: 'committee', method: 'mean', members: ['trend*', 'own*'] }],
    risk: {
      models: [
        { name: 'minvar', use: 'minimum-variance', params: { window: 30, everyBars: 10, maxWeight: 0.6 } },
        { name: 'var', use: 'var-limit', params: { limit: 0.01, window: 20 } },
      ],
      patterns: {
        default: { book: { signals: ['committee'] }, models: ['var'] },
        optimised: { book: { signals: ['trend*'] }, models: ['minvar', 'var'] },
      },
    },
    portfolios: [
      { name: 'singles', each: '*' },
      { name: 'optimised', each: 'trend*', risk: 'optimised' },
    ],
    costs: { feeBps: 5, feeMinimum: 1 },
    record: 'all',
  }))
  return file
}
