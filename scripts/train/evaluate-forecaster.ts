import type { Predictor } from '../../src/models/model.ts'
import { predictRows } from '../../src/models/model-run.ts'
import { featureRows } from './feature-rows.ts'
import { createForecasterWindows, FORECASTER_INPUTS, makeMarket, nextBarReturns, type MarketSeed } from './forecaster-market.ts'
import { measureSkill, type ForecastRow, type Skill } from './information-coefficient.ts'

/** Predicts a whole market in windows of so many bars, as a run does, features to rounded predictions, and measures it against what followed. */
export async function evaluateForecaster(predictor: Predictor, { window, ...of }: MarketSeed & { readonly window: number }): Promise<Skill> {
  const market = await makeMarket(of)
  const universe = market.instruments.map((instrument) => instrument.symbol)
  const returns = nextBarReturns(market)
  const windows = createForecasterWindows({ symbols: universe.length, window })
  const run = { name: 'forecaster', universe, predictor, windows, batchSize: 4096, callsAtOnce: 1 }
  const rows: ForecastRow[] = []
  for await (const { t, predictions } of predictRows(run, featureRows(market, FORECASTER_INPUTS))) {
    rows.push({ predictions, returns: returns.subarray(t * universe.length, (t + 1) * universe.length) })
  }
  return measureSkill(rows)
}
