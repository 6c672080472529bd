import bollingerEvents from './bollinger-events.ts'
import bollingerReversion from './bollinger-reversion.ts'
import momentumRank from './momentum-rank.ts'
import smaCross from './sma-cross.ts'
import spreadZscore from './spread-zscore.ts'
import type { StrategyDefinition } from './strategy.ts'

/** A strategy and the file it is written in. */
export interface RegisteredStrategy {
  readonly definition: StrategyDefinition
  /** Path under src/ (or absolute, for a user's own), from which the code's hash is taken. */
  readonly source: string
}

/** Strategies by name. */
export type StrategyRegistry = Readonly<Record<string, RegisteredStrategy>>

export const strategies: StrategyRegistry = {
  'sma-cross': { definition: smaCross, source: 'strategies/sma-cross.ts' },
  'bollinger-reversion': { definition: bollingerReversion, source: 'strategies/bollinger-reversion.ts' },
  'bollinger-events': { definition: bollingerEvents, source: 'strategies/bollinger-events.ts' },
  'momentum-rank': { definition: momentumRank, source: 'strategies/momentum-rank.ts' },
  'spread-zscore': { definition: spreadZscore, source: 'strategies/spread-zscore.ts' },
}
