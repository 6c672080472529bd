import { dimensionOf, type Combined } from './combinations.ts'
import { axisLength, axisValue, openRange, type Axis } from './grid.ts'
import { scalarLabel } from './names.ts'
import type { ConfigPlace, ConfigProblem } from './problems.ts'
import { leastSpaceSize, spaceSize } from './sample.ts'
import { SOBOL_DIMENSIONS } from './sobol.ts'
import { wantsWholeNumber } from './validation.ts'

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

/** Of a fraction that was drawn where whole numbers belong, the range tells more than the value. */
export function aboutRange(problem: ConfigProblem, axis: Axis | undefined): ConfigProblem {
  const range = axis === undefined ? undefined : openRange(axis)
  if (range === undefined || range.integer === true || !wantsWholeNumber(problem)) return problem
  return { ...problem, value: range, hint: 'add `integer: true`, and only whole numbers are drawn' }
}

/** Listed values that a sampled axis may have: they are looked at one by one. */
const LONGEST_AXIS = 1_000_000

/** A grid has no ranges without a step; a sample has axes to draw from, and no more combinations than they have. */
export function checkSample({ axes, sample }: Combined, place: ConfigPlace): void {
  const { problems, path } = place
  if (sample === null) {
    for (const axis of axes.filter((candidate) => openRange(candidate) !== undefined)) {
      problems.add({
        code: 'CONFIG_VALUE', path: [...path, 'grid', axis.name],
        message: 'a grid cannot take all values of a range without `step`', value: axis.values,
        hint: 'add a step, or draw from it: sample: { method: sobol, count: 100 }',
      })
    }
    return
  }
  const long = axes.find((axis) => axisLength(axis) > LONGEST_AXIS)
  if (long !== undefined) {
    problems.add({
      code: 'CONFIG_VALUE', path: [...path, 'grid', long.name],
      message: `${axisLength(long)} values are too many to be listed`, value: long.values,
      hint: 'leave `step` out, with `integer: true` for whole numbers',
    })
  }
  const at = (key: string, fault: { message: string; value: unknown; hint: string }): void =>
    problems.add({ code: 'CONFIG_VALUE', path: [...path, 'sample', key], ...fault })
  if (axes.length === 0) {
    at('count', { message: 'there is no `grid` to draw from', value: sample.count, hint: 'name the axes in `grid`: a list, or { from, to }' })
  }
  if (sample.method === 'sobol' && axes.length > SOBOL_DIMENSIONS) {
    at('method', { message: `sobol has ${SOBOL_DIMENSIONS} dimensions, the grid ${axes.length} axes`, value: 'sobol', hint: 'use latin-hypercube' })
  }
  const dimensions = axes.map(dimensionOf)
  const size = spaceSize(dimensions)
  if (axes.length > 0 && size !== undefined && BigInt(sample.count) > size) {
    at('count', {
      message: `the axes have only ${size} combinations`, value: sample.count,
      hint: 'draw fewer, or leave `sample` out: a grid takes all of them',
    })
  }
  const least = leastSpaceSize(dimensions)
  // What was drawn before is drawn again until it is new, so a space of numbers must not be nearly used up.
  if (size === undefined && sample.count > least / 2) {
    at('count', {
      message: `numbers have 12 digits, so the axes have hardly more than ${least} combinations`, value: sample.count,
      hint: 'draw at most half as many, widen the range, or list its values',
    })
  }
}
