import smaCross from './sma-cross.ts'
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
]

export const STRATEGIES: StrategyRegistry = new Map(BUILT_IN.map((entry) => [entry.definition.name, entry]))
