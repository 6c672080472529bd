import type { Predictor } from '../../src/models/model.ts'
import { predictRows } from '../../src/models/model-run.ts'
import { featureRows } from './feature-rows.ts'
import { createForecasterWindows, FORECASTER_INPUTS, makeMarket, nextBarReturns, type MarketSeed } from './forecaster-market.ts'
import { measureSkill, type ForecastRow, type Skill } from './information-coefficient.ts'

/** Predicts a whole market as a run does, features to rounded predictions, and measures it against what followed. */
export async function evaluateForecaster(predictor: Predictor, of: MarketSeed): Promise<Skill> {
  const market = await makeMarket(of)
  const universe = market.instruments.map((instrument) => instrument.symbol)
  const returns = nextBarReturns(market)
  const windows = createForecasterWindows(universe.length)
  const run = { name: 'forecaster', universe, predictor, windows, batchSize: 8192 }
  const rows: ForecastRow[] = []
  for await (const { t, predictions } of predictRows(run, featureRows(market, FORECASTER_INPUTS))) {
    rows.push({ predictions, returns: returns.subarray(t * universe.length, (t + 1) * universe.length) })
  }
  return measureSkill(rows)
}
