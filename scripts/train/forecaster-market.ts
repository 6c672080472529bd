import { systemClock } from '../../src/base/clock.ts'
import type { MarketPanels } from '../../src/domain/market-panels.ts'
import { parseFeature } from '../../src/features/expression.ts'
import { featureWidth } from '../../src/features/graph.ts'
import { syntheticSettings } from '../../src/market/synthetic-settings.ts'
import { syntheticSource } from '../../src/market/synthetic.ts'
import { createWindowBuffer, type WindowBuffer } from '../../src/models/windows.ts'
import { featureRows } from './feature-rows.ts'
import { FEATURES, MARKET, VOLATILITY, WINDOWS } from './forecaster-plan.ts'

export interface MarketSeed {
  readonly seed: string
  /** 0 = nothing can be learned; default the source's own. */
  readonly predictability?: number
  readonly bars?: number
}

export function makeMarket(of: MarketSeed): Promise<MarketPanels> {
  return syntheticSource.load(syntheticSettings.parse({ ...MARKET, ...of }), { folder: '.', clock: systemClock })
}

/** The models' features, then the price panel that tells whether a symbol has a bar. */
export const FORECASTER_INPUTS = [...FEATURES, 'raw.close'].map((expression) => parseFeature(expression))

export function createForecasterWindows(of: { symbols: number; window: number }): WindowBuffer {
  const widths = FORECASTER_INPUTS.slice(0, FEATURES.length).map((ref) => featureWidth(ref))
  return createWindowBuffer({ ...of, widths })
}

/**
 * What the next bar paid, `[t][n]`: close[t+1] / open[t+1] − 1. An order decided at the close of row t fills at
 * the open of t + 1, so none of this return is known, or missed, when it is decided. NaN in the last row.
 */
export function nextBarReturns(market: MarketPanels): Float64Array {
  const symbols = market.instruments.length
  return market.close.map((_, k) => (k + symbols < market.close.length ? market.close[k + symbols] / market.open[k + symbols] - 1 : NaN))
}

/** Columns before the window in a row of samples: row t, next bar's return, volatility known at t. */
const HEAD = 3

/** Every whole window of the forecaster's, of a market, with what followed it, float32 rows of `[t, return, volatility, ...window]`. */
export function samplesOf(market: MarketPanels): Float32Array {
  const symbols = market.instruments.length
  const windows = createForecasterWindows({ symbols, window: WINDOWS.forecaster })
  const { windowLength } = windows
  const width = HEAD + windowLength
  const returns = nextBarReturns(market)
  const samples = new Float32Array(market.close.length * width)
  const row = new Float32Array(symbols * windowLength)
  const owners = new Int32Array(symbols)
  let length = 0
  for (const { row: { t }, inputs: [volatility, ...inputs] } of featureRows(market, [parseFeature(VOLATILITY), ...FORECASTER_INPUTS])) {
    windows.push(inputs)
    const count = windows.collect(row, 0, owners)
    for (let i = 0; i < count; i++) {
      const next = returns[t * symbols + owners[i]]
      if (Number.isNaN(next)) continue
      samples.set([t, next, volatility[owners[i]]], length)
      samples.set(row.subarray(i * windowLength, (i + 1) * windowLength), length + HEAD)
      length += width
    }
  }
  return samples.subarray(0, length)
}
