import type { StateLayout } from '../../src/domain/step.ts'
import { createStrategyStep } from '../../src/strategies/strategy-step.ts'
import type { StrategyInstance } from '../../src/strategies/resolve-strategy.ts'
import { turn } from '../contracts/step-contract.ts'
import type { InputRow } from '../contracts/step-contract.ts'

/** The signals of an instance on rows of its features' values, `rows[t][feature][column]`. */
export function turnStrategy<P, L extends StateLayout>(instance: StrategyInstance<P, L>, rows: readonly InputRow[]): number[][] {
  return turn(createStrategyStep(instance).step, rows, { width: instance.universe.length }).map((out) => [...out])
}
