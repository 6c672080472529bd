/** What the shipped models read, in the order of their tensors. */
export const FEATURES = [
  'rsi(close,3)', 'rsi(close,30)', 'zscore(close,5)', 'zscore(close,20)',
  'momentum(close,1)', 'momentum(close,60)', 'volatility(close,20)', 'average-correlation(close,20)',
] as const

/** The shipped models, and the bars of the features in one window of each. */
export const WINDOWS = { forecaster: 3, recurrent: 45 } as const

export type ShippedModel = keyof typeof WINDOWS

const seeds = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}-${index + 1}`)

/** Markets the models learn from, and markets it has never seen: other seeds, and nothing else. */
export const TRAINING_SEEDS = seeds('training', 45)
export const EVALUATION_SEEDS = seeds('evaluation', 5)

/** Settings of the synthetic source, beside the seed. */
export const MARKET = { symbols: 20, bars: 1260, interval: '1d' } as const

/** A forecast is a number of these: the label is divided by it. */
export const VOLATILITY = 'volatility(close,20)'
