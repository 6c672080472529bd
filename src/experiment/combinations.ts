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

/** By the axes they draw from, which are never changed: what a grid or a sampler works out is worked out once. */
const known = new WeakMap<readonly unknown[], { readonly sample: Sample | null; readonly draws: Draws }>()

/** Combination `ordinal` as its place in every dimension; see {@link Draws}. */
export function placesAt<A>({ axes, sample }: Combined<A>, dimensionsOf: (axis: A) => Dimension, ordinal: number): number[] {
  let own = known.get(axes)
  if (own === undefined || own.sample !== sample) {
    const dimensions = axes.map(dimensionsOf)
    own = { sample, draws: sample === null ? (position) => gridPositions(dimensions as number[], position) : createDraws(dimensions, sample) }
    known.set(axes, own)
  }
  return own.draws(ordinal)
}

/** Combination `ordinal` of a grid or a sample as a record, in axis order. */
export function combinationAt(combined: Combined, ordinal: number): Record<string, Scalar> {
  const places = placesAt(combined, dimensionOf, ordinal)
  const combination: Record<string, Scalar> = {}
  combined.axes.forEach((axis, a) => (combination[axis.name] = openRange(axis) === undefined ? axisValue(axis, places[a]) : places[a]))
  return combination
}

/**
 * Ordinals that between them have every value of every axis; all of a sample's. Where parameters are judged one by one,
 * these tell of all.
 */
export function eachValueOnce(combined: Combined): number[] {
  if (combined.sample !== null) return Array.from({ length: combined.sample.count }, (_, ordinal) => ordinal)
  const lengths = combined.axes.map(axisLength)
  let stride = lengths.reduce((product, length) => product * length, 1)
  return [0, ...lengths.flatMap((length) => {
    stride /= length
    return Array.from({ length: length - 1 }, (_, place) => (place + 1) * stride)
  })]
}
