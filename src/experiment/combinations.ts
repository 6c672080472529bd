import { axisLength, axisValue, gridCount, gridPositions, openRange, type Axis } from './grid.ts'
import type { Scalar } from './names.ts'
import { createDraws, type Dimension, type Draws, type Sample } from './sample.ts'

/** Axes, and how combinations of them are taken: all (null), or a sample. */
export interface Combined<A = Axis> {
  readonly axes: readonly A[]
  readonly sample: Sample | null
}

/** Combinations by multiplication, or as many as are drawn. */
export function combinationCount({ axes, sample }: Combined): bigint {
  return sample === null ? gridCount(axes) : BigInt(sample.count)
}

export function dimensionOf(axis: Axis): Dimension {
  return openRange(axis) ?? axisLength(axis)
}

/** By the axes they draw from, which are never changed: what a sampler works out is worked out once. */
const samplers = new WeakMap<readonly unknown[], Draws>()

/** Combination `ordinal` as its place in every dimension; see {@link Draws}. */
export function placesAt<A>({ axes, sample }: Combined<A>, dimensionsOf: (axis: A) => Dimension, ordinal: number): number[] {
  if (sample === null) return gridPositions(axes.map((axis) => dimensionsOf(axis) as number), ordinal)
  let draws = samplers.get(axes)
  if (draws === undefined) {
    draws = createDraws(axes.map(dimensionsOf), sample)
    samplers.set(axes, draws)
  }
  return draws(ordinal)
}

/** Combination `ordinal` of a grid or a sample as a record, in axis order. */
export function combinationAt(combined: Combined, ordinal: number): Record<string, Scalar> {
  const places = placesAt(combined, dimensionOf, ordinal)
  return Object.fromEntries(combined.axes.map((axis, a) => [axis.name, openRange(axis) === undefined ? axisValue(axis, places[a]) : places[a]]))
}
