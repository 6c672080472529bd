import { combinationAt } from './combinations.ts'
import type { ResolvedExperiment, StrategyGroup, StrategyInstance } from './experiment.ts'
import { parameterLabel } from './names.ts'

/** Instance `position` of a strategy group, in grid or sample order. */
export function instanceOf(group: StrategyGroup, position: number): StrategyInstance {
  const parameters = combinationAt(group, group.kept === null ? position : group.kept[position])
  const { name, tags, use, file, sourceHash } = group
  const origin = file === undefined ? { use, sourceHash } : { use, file, sourceHash }
  return { id: `${name}${parameterLabel(parameters)}`, name, tags, ...origin, params: { ...group.params, ...parameters } }
}

/** Every strategy instance, in file and grid order, made as they are asked for. */
export function* strategyInstances(resolved: Pick<ResolvedExperiment, 'strategies'>): Generator<StrategyInstance> {
  for (const group of resolved.strategies) {
    for (let position = 0; position < group.count; position++) yield instanceOf(group, position)
  }
}

export function strategyInstanceCount(resolved: Pick<ResolvedExperiment, 'strategies'>): number {
  return resolved.strategies.reduce((count, group) => count + group.count, 0)
}

/** Strategy instances, models, then ensembles: the order in which wildcards subscribe. */
export function signalNames(resolved: Pick<ResolvedExperiment, 'strategies' | 'models' | 'ensembles'>): string[] {
  const names: string[] = []
  for (const instance of strategyInstances(resolved)) names.push(instance.id)
  return [...names, ...resolved.models.map((model) => model.name), ...resolved.ensembles.map((ensemble) => ensemble.name)]
}
