import { join, resolve } from 'node:path'

/** The real stocks, raw prices with splits and dividends, every shape of strategy and both risk families. */
export function stocksExperiment(data: string, market: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: 'parity',
    market: {
      source: 'csv',
      files: join(data, 'daily/sp500_pooksoft/*.csv'),
      columns: { time: 'timestamp', dividend: 'dividend_amount', split: 'split_coefficient' },
      from: '2013-01-02',
      to: '2015-12-31',
      ...market,
    },
    strategies: [
      { name: 'trend', use: 'sma-cross', grid: { fast: [5, 10], slow: [30, 60] } },
      { name: 'reversion', use: 'bollinger-reversion', params: { window: 20, entry: 1.5, exit: 0.2 } },
      { name: 'events', use: 'bollinger-events', params: { window: 20, entry: 2, exit: 0.5 } },
      { name: 'momentum', use: 'momentum-rank', params: { window: 60, fraction: 0.2, short: true } },
      { name: 'pair', use: 'spread-zscore', params: { first: 'KO', second: 'PEP', window: 60, entry: 1.5, exit: 0.3 } },
    ],
    models: [
      {
        name: 'forecaster',
        file: resolve('examples/models/forecaster.onnx'),
        features: [
          'rsi(close,3)', 'rsi(close,30)', 'zscore(close,5)', 'zscore(close,20)', 'momentum(close,1)',
          'momentum(close,60)', 'volatility(close,20)', 'average-correlation(close,20)',
        ],
        window: 3,
        signal: { kind: 'rank' },
      },
    ],
    ensembles: [{ name: 'committee', method: 'vote', members: ['trend*', 'momentum*', 'forecaster'] }],
    risk: {
      models: [
        { name: 'minvar', use: 'minimum-variance', params: { window: 60, everyBars: 21, maxWeight: 0.2 } },
        { name: 'var', use: 'var-limit', params: { limit: 0.02, window: 40 } },
        { name: 'limits', use: 'limits', params: { cap: 0.15, gross: 0.9, maxVolatility: 0.6 } },
      ],
      patterns: {
        default: { book: { signals: ['committee'] }, models: ['var', 'limits'] },
        optimised: { book: { signals: ['committee'] }, models: ['minvar', 'var'] },
      },
    },
    portfolios: [
      { name: 'singles', each: '*', grid: { threshold: [0, 0.02], riskTolerance: [0, 0.5] } },
      { name: 'optimised', each: 'trend*', risk: 'optimised', grid: { schedule: ['bar', 'month'] } },
      { name: 'events', each: 'events*', risk: 'none', trading: 'hold', sizing: { kind: 'fixedCash', cash: 2000 }, grid: { 'exits.stopLoss': [null, 0.05] } },
      { name: 'whale', each: 'trend*', risk: 'none', cash: 2e9 },
      { name: 'long', each: 'momentum*', risk: 'none', longOnly: true, 'exits': { trailingStop: 0.1, takeProfit: 0.3 } },
    ],
    costs: { feeBps: 5, feeMinimum: 1, entrySlippageBps: 2, exitSlippageBps: 2, borrowRate: 0.01, cashRate: 0.005 },
    execution: { participation: 0.1 },
    record: 'all',
  }
}

/** A small synthetic market, for tests that must run without the real data. */
export function syntheticExperiment(): Record<string, unknown> {
  return {
    name: 'synthetic',
    market: { source: 'synthetic', symbols: 6, bars: 300, seed: 11 },
    strategies: [
      { name: 'trend', use: 'sma-cross', grid: { fast: [3, 5], slow: [10, 20] } },
      { name: 'momentum', use: 'momentum-rank', params: { window: 15, fraction: 0.34, short: true } },
    ],
    risk: {
      models: [{ name: 'var', use: 'var-limit', params: { limit: 0.01, window: 20 } }],
      patterns: { default: { book: { signals: ['*'] }, models: ['var'] } },
    },
    portfolios: [{ name: 'singles', each: '*', grid: { threshold: [0, 0.02] } }],
    costs: { feeBps: 5 },
    record: 'all',
  }
}
