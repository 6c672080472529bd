import { combinationAt } from './combinations.ts'
import type { ResolvedExperiment, StrategyGroup, StrategyInstance } from './experiment.ts'
import { parameterLabel, type Scalar } from './names.ts'

/** Name of instance `position` of a strategy group. */
export function instanceIdOf(group: StrategyGroup, position: number): string {
  return `${group.name}${parameterLabel(parametersOf(group, position))}`
}

function parametersOf(group: StrategyGroup, position: number): Record<string, Scalar> {
  return combinationAt(group, group.kept === null ? position : group.kept[position])
}

/** Instance `position` of a strategy group, in grid or sample order. */
export function instanceOf(group: StrategyGroup, position: number): StrategyInstance {
  const parameters = parametersOf(group, position)
  const { name, tags, use, file, sourceHash } = group
  const origin = file === undefined ? { use, sourceHash } : { use, file, sourceHash }
  return { id: `${name}${parameterLabel(parameters)}`, name, tags, ...origin, params: { ...group.params, ...parameters } }
}

/** Finds strategy instances by their ids; only what is asked for is made. */
export function instanceFinder(resolved: Pick<ResolvedExperiment, 'strategies'>): (id: string) => StrategyInstance | undefined {
  const places = new Map<string, { group: StrategyGroup; position: number }>()
  for (const group of resolved.strategies) {
    for (let position = 0; position < group.count; position++) places.set(instanceIdOf(group, position), { group, position })
  }
  return (id) => {
    const place = places.get(id)
    return place === undefined ? undefined : instanceOf(place.group, place.position)
  }
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
  for (const group of resolved.strategies) {
    for (let position = 0; position < group.count; position++) names.push(instanceIdOf(group, position))
  }
  return [...names, ...resolved.models.map((model) => model.name), ...resolved.ensembles.map((ensemble) => ensemble.name)]
}
