import { combinationAt } from './combinations.ts'
import { axisLength, axisValue } from './grid.ts'
import type { ResolvedExperiment, StrategyGroup, StrategyInstance } from './experiment.ts'
import { parameterLabel, type Scalar } from './names.ts'

/** Name of instance `position` of a strategy group. */
export function instanceIdOf(group: StrategyGroup, position: number): string {
  return `${group.name}${parameterLabel(parametersOf(group, position))}`
}

/**
 * Names of all instances of a strategy group, in their order. Those of a grid are put together from the labels of its
 * values, each made once.
 */
export function instanceIds(group: StrategyGroup): string[] {
  const { name, axes, sample, kept, count } = group
  if (sample !== null || kept !== null || axes.length === 0) return Array.from({ length: count }, (_, position) => instanceIdOf(group, position))
  const members = axes.map((axis) => Array.from({ length: axisLength(axis) }, (_, place) => parameterLabel({ [axis.name]: axisValue(axis, place) }).slice(1, -1)))
  const labels = members.reduce((before, values) => before.flatMap((label) => values.map((value) => `${label},${value}`)))
  return labels.map((label) => `${name}[${label}]`)
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
  const places = new Map<string, number>()
  const groups: StrategyGroup[] = []
  const firsts: number[] = []
  let next = 0
  for (const group of resolved.strategies) {
    groups.push(group)
    firsts.push(next)
    for (const id of instanceIds(group)) places.set(id, next++)
  }
  return (id) => {
    const place = places.get(id)
    if (place === undefined) return undefined
    const g = firsts.findLastIndex((first) => first <= place)
    return instanceOf(groups[g], place - firsts[g])
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
  return [...resolved.strategies.flatMap(instanceIds), ...resolved.models.map((model) => model.name), ...resolved.ensembles.map((ensemble) => ensemble.name)]
}
