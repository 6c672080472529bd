import { checkParams, paramDefaults } from './params.ts'
import type { KnownStrategy } from './catalogue.ts'
import type { StrategyGroup } from './experiment.ts'
import { checkStrategy, findDefinition, type DefinitionScope, type NamedDefinition } from './definitions.ts'
import { compileFilter } from './filter.ts'
import { axesOf, axisLength, axisValue, gridAt, gridCount, gridPositions, type Axis } from './grid.ts'
import { parameterLabel, scalarLabel } from './names.ts'
import type { ConfigPath, ConfigPlace } from './problems.ts'
import type { StrategySection } from './schema.ts'

/** Combinations of all strategies before `where`, by multiplication. */
export function countStrategies(sections: readonly StrategySection[]): bigint {
  return sections.reduce((count, section) => count + gridCount(axesOf(section.grid)), 0n)
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
  for (const axis of axes) checkAxis(axis, { ...place, fixed: section.params })
  if (place.problems.total > before) return undefined
  const schema = named.definition.params
  const fixed = (ordinal: number) => ({ ...paramDefaults(schema, { ...section.params, ...gridAt(axes, ordinal) }), ...section.params })
  const kept = keepCombinations({ section, axes, params: fixed(0) }, place)
  if (kept?.length === 0) return undefined
  const group: StrategyGroup = {
    name: section.name, tags: section.tags, ...named.origin, params: fixed(kept?.[0] ?? 0), axes,
    kept, count: kept?.length ?? Number(gridCount(axes)),
  }
  checkInstances(group, schema, place)
  return group
}

/** An axis has distinct values and is not fixed as well. */
export function checkAxis(axis: Axis, place: ConfigPlace & { readonly fixed?: Readonly<Record<string, unknown>> }): void {
  const path = [...place.path, 'grid', axis.name]
  if (place.fixed !== undefined && Object.hasOwn(place.fixed, axis.name)) {
    place.problems.add({
      code: 'CONFIG_DUPLICATE', path, at: 'key',
      message: `\`${axis.name}\` is fixed in params and varied in grid`, value: axis.name,
      hint: 'keep one of the two',
    })
  }
  const seen = new Set<string>()
  for (let position = 0; position < axisLength(axis); position++) {
    const label = scalarLabel(axisValue(axis, position))
    if (seen.has(label)) {
      place.problems.add({
        code: 'CONFIG_DUPLICATE', path: [...path, position],
        message: `${label} is already on this axis`, value: label,
        hint: 'name each value once',
      })
    }
    seen.add(label)
  }
}

/** Ordinals that `where` keeps; null = all, also when it could not be judged. */
function keepCombinations(
  of: { section: StrategySection; axes: readonly Axis[]; params: object }, place: ConfigPlace,
): Float64Array | null {
  const { where } = of.section
  if (where === undefined) return null
  const path = [...place.path, 'where']
  const filter = compileFilter(where, { problems: place.problems, path })
  if (filter === undefined) return null
  const count = Number(gridCount(of.axes))
  const kept: number[] = []
  for (let ordinal = 0; ordinal < count; ordinal++) {
    const keep = filter({ ...of.params, ...gridAt(of.axes, ordinal) })
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
  for (let position = 0; position < group.count; position++) {
    const ordinal = group.kept === null ? position : group.kept[position]
    const combination = gridAt(group.axes, ordinal)
    for (const problem of checkParams(schema, { ...group.params, ...combination })) {
      const inGrid = placeInGrid(problem.path, group.axes, ordinal)
      const at = inGrid === undefined ? ['params', ...problem.path] : inGrid.slice(0, problem.at === 'key' ? 2 : 3)
      const path = [...place.path, ...at]
      const message = problem.path.length === 0 ? `${problem.message}, for ${group.name}${parameterLabel(combination)}` : problem.message
      const key = problem.path.length === 0 ? problem.message : JSON.stringify([path, message])
      if (!told.has(key)) place.problems.add({ ...problem, path, message })
      told.add(key)
    }
  }
}

/** The very value on its axis, when a parameter comes from the grid. */
function placeInGrid([name]: ConfigPath, axes: readonly Axis[], ordinal: number): ConfigPath | undefined {
  const at = axes.findIndex((axis) => axis.name === name)
  if (at < 0) return undefined
  const isList = Array.isArray(axes[at].values)
  return ['grid', axes[at].name, ...(isList ? [gridPositions(axes.map(axisLength), ordinal)[at]] : [])]
}
