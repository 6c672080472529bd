import type { ZodType } from 'zod'
import type { Problem } from '../base/errors.ts'
import type { State, StateLayout } from '../domain/step.ts'
import type { Row } from '../domain/timeline.ts'
import type { StepInput } from '../features/feature.ts'

/** What a signal function may look at besides its inputs. One stable object per instance. */
export interface SignalContext<P, L extends StateLayout> {
  readonly params: P
  readonly symbols: number
  /** Names of the universe, in panel order. */
  readonly universe: readonly string[]
  readonly row: Row
  readonly state: State<L>
}

/**
 * A rule-based strategy: features → signal. `signal` writes one value in [−1, 1] per symbol, as float32; the
 * framework clips it and puts NaN wherever a per-symbol or market-wide input is NaN, unless `acceptsMissing`.
 * `inputs[i]` is N long (symbol features), 1 long (market-wide) or N(N−1)/2 long (pair features); each is a copy.
 */
export interface StrategyDefinition<P = unknown, L extends StateLayout = StateLayout> {
  readonly name: string
  readonly params: ZodType<P>
  features(params: P): readonly StepInput[]
  /** What is wrong with these parameters for this universe, if anything: asked before a bar is read. */
  check?(params: P, universe: readonly string[]): Problem | undefined
  state?(params: P): L
  signal(inputs: readonly Float64Array[], out: Float32Array, context: SignalContext<P, L>): void
  readonly acceptsMissing?: boolean
  /**
   * A symbol's signal depends on that symbol's inputs in that row alone. Then whole blocks of rows are handed over
   * in one call, as if they were so many symbols, which makes large grids many times faster: market-wide inputs are
   * as long as `out`, `state` and pair features are refused, and `params` is all there is of the context.
   */
  readonly perSymbol?: boolean
}

/** Types a strategy from its own schema; checked again when an experiment names it. */
export function defineStrategy<P, L extends StateLayout = StateLayout>(
  definition: StrategyDefinition<P, L>,
): StrategyDefinition<P, L> {
  return definition
}
