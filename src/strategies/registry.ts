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
export type StrategyRegistry = ReadonlyMap<string, RegisteredStrategy>

const BUILT_IN: readonly RegisteredStrategy[] = [
  { definition: smaCross, source: 'strategies/sma-cross.ts' },
  { definition: bollingerReversion, source: 'strategies/bollinger-reversion.ts' },
  { definition: bollingerEvents, source: 'strategies/bollinger-events.ts' },
  { definition: momentumRank, source: 'strategies/momentum-rank.ts' },
  { definition: spreadZscore, source: 'strategies/spread-zscore.ts' },
]

export const STRATEGIES: StrategyRegistry = new Map(BUILT_IN.map((entry) => [entry.definition.name, entry]))
