import type { Scalar } from './names.ts'

/** A list, or from `from` to `to` (both in) by `step`. */
export type AxisValues = readonly Scalar[] | { readonly from: number; readonly to: number; readonly step: number }

/** One dimension of a grid: counted without being expanded. */
export interface Axis {
  readonly name: string
  readonly values: AxisValues
}

/** Slack for ranges such as 0 to 1 by 0.1, whose last value is 0.1 × 10 only to the last bit. */
const RANGE_SLACK = 1e-9
const SIGNIFICANT_DIGITS = 12

function isList(values: AxisValues): values is readonly Scalar[] {
  return Array.isArray(values)
}

/** Values on an axis; a range from 20 to 200 by 20 has 10. */
export function axisLength({ values }: Axis): number {
  if (isList(values)) return values.length
  return Math.floor((values.to - values.from) / values.step + RANGE_SLACK) + 1
}

/** Range values are rounded to 12 significant digits, so that 3 × 0.1 is 0.3. */
export function axisValue({ values }: Axis, position: number): Scalar {
  if (isList(values)) return values[position]
  return Number((values.from + position * values.step).toPrecision(SIGNIFICANT_DIGITS))
}

/** Combinations of a grid, by multiplication; no axis = 1. A bigint, since mistakes are large. */
export function gridCount(axes: readonly Axis[]): bigint {
  return axes.reduce((count, axis) => count * BigInt(axisLength(axis)), 1n)
}

/** Positions on axes of these lengths of combination `ordinal`: the last axis turns fastest. */
export function gridPositions(lengths: readonly number[], ordinal: number): number[] {
  const positions = [...lengths]
  let rest = ordinal
  for (let a = lengths.length - 1; a >= 0; a--) {
    positions[a] = rest % lengths[a]
    rest = Math.floor(rest / lengths[a])
  }
  return positions
}

/** Combination `ordinal` as a record, in axis order. */
export function gridAt(axes: readonly Axis[], ordinal: number): Record<string, Scalar> {
  const positions = gridPositions(axes.map(axisLength), ordinal)
  return Object.fromEntries(axes.map((axis, a) => [axis.name, axisValue(axis, positions[a])]))
}

/** The axes of a grid section, in file order. */
export function axesOf(section: Readonly<Record<string, AxisValues>> | undefined): Axis[] {
  return Object.entries(section ?? {}).map(([name, values]) => ({ name, values }))
}
