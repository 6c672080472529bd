import { aboutRange, checkAxis, checkSample } from './axes.ts'
import { combinationAt, combinationCount, dimensionOf, eachValueOnce, placesAt, type Combined } from './combinations.ts'
import { checkParams, judgesEachAlone, paramDefaults } from './params.ts'
import type { KnownStrategy } from './catalogue.ts'
import type { StrategyGroup } from './experiment.ts'
import { checkStrategy, findDefinition, type DefinitionScope, type NamedDefinition } from './definitions.ts'
import { compileFilter } from './filter.ts'
import { axesOf, openRange, type Axis } from './grid.ts'
import { parameterLabel } from './names.ts'
import type { ConfigPath, ConfigPlace } from './problems.ts'
import type { StrategySection } from './schema.ts'

/** Combinations of all strategies before `where`, by multiplication. */
export function countStrategies(sections: readonly StrategySection[]): bigint {
  return sections.reduce((count, { grid, sample = null }) => count + combinationCount({ axes: axesOf(grid), sample }), 0n)
}

/** One entry of `strategies`, with every instance's parameters checked; undefined when its code is not found. */
export async function resolveStrategy(
  section: StrategySection, scope: DefinitionScope<KnownStrategy>, place: ConfigPlace,
): Promise<StrategyGroup | undefined> {
  let named: NamedDefinition<KnownStrategy>
  try {
    named = await findDefinition(section.use, scope, checkStrategy)
  } catch (error) {
    place.problems.adopt(error, [...place.path, 'use'])
    return undefined
  }
  const axes = axesOf(section.grid)
  const before = place.problems.total
  const { sample = null } = section
  const combined: Combined = { axes, sample }
  checkSample(combined, place)
  for (const axis of axes) checkAxis(axis, { ...place, fixed: section.params })
  if (place.problems.total > before) return undefined
  const schema = named.definition.params
  const fixed = (ordinal: number) => ({ ...paramDefaults(schema, { ...section.params, ...combinationAt(combined, ordinal) }), ...section.params })
  const kept = keepCombinations({ section, combined, params: fixed(0) }, place)
  if (kept?.length === 0) return undefined
  const group: StrategyGroup = {
    name: section.name, tags: section.tags, ...named.origin, params: fixed(kept?.[0] ?? 0), axes, sample,
    kept, count: kept?.length ?? Number(combinationCount(combined)),
  }
  checkInstances(group, schema, place)
  return group
}

/** Ordinals that `where` keeps; null = all, also when it could not be judged. */
function keepCombinations(
  of: { section: StrategySection; combined: Combined; params: object }, place: ConfigPlace,
): Float64Array | null {
  const { where } = of.section
  if (where === undefined) return null
  const path = [...place.path, 'where']
  const first = { ...of.params, ...combinationAt(of.combined, 0) }
  const filter = compileFilter(where, new Set(Object.keys(first)), { problems: place.problems, path })
  if (filter === undefined) return null
  const count = Number(combinationCount(of.combined))
  const kept: number[] = []
  for (let ordinal = 0; ordinal < count; ordinal++) {
    const keep = filter({ ...of.params, ...combinationAt(of.combined, ordinal) })
    if (keep === undefined) return null
    if (keep) kept.push(ordinal)
  }
  if (kept.length === 0) {
    place.problems.add({
      code: 'CONFIG_VALUE', path,
      message: `none of ${count} combinations satisfies this`, value: where,
      hint: 'widen the grid or loosen the filter',
    })
  }
  return Float64Array.from(kept)
}

/** Every instance is checked by the step's own schema before anything runs; equal problems are told once. */
function checkInstances(group: StrategyGroup, schema: KnownStrategy['params'], place: ConfigPlace): void {
  const told = new Set<string>()
  const ordinals = group.kept ?? (judgesEachAlone(schema) ? eachValueOnce(group) : Array.from({ length: group.count }, (_, ordinal) => ordinal))
  for (const ordinal of ordinals) {
    const combination = combinationAt(group, ordinal)
    for (const problem of checkParams(schema, { ...group.params, ...combination })) {
      const inGrid = placeInGrid(problem.path, group, ordinal)
      const at = inGrid === undefined ? ['params', ...problem.path] : inGrid.slice(0, problem.at === 'key' ? 2 : 3)
      const path = [...place.path, ...at]
      const message = problem.path.length === 0 ? `${problem.message}, for ${group.name}${parameterLabel(combination)}` : problem.message
      const key = problem.path.length === 0 ? problem.message : JSON.stringify([path, message])
      const axis = group.axes.find(({ name }) => name === problem.path[0])
      if (!told.has(key)) place.problems.add({ ...aboutRange(problem, axis), path, message })
      told.add(key)
    }
  }
}

/** The very value on its axis, when a parameter comes from the grid. */
function placeInGrid([name]: ConfigPath, combined: Combined, ordinal: number): ConfigPath | undefined {
  const at = combined.axes.findIndex((axis) => axis.name === name)
  if (at < 0) return undefined
  const axis: Axis = combined.axes[at]
  const isList = openRange(axis) === undefined && Array.isArray(axis.values)
  return ['grid', axis.name, ...(isList ? [placesAt(combined, dimensionOf, ordinal)[at]] : [])]
}
