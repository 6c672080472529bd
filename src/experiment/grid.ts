import type { Scalar } from './names.ts'

/** Every number (or every whole one) between two; `log` makes equal ratios equally likely. Only samples draw from it. */
export interface OpenRange {
  readonly from: number
  readonly to: number
  readonly integer?: boolean
  readonly log?: boolean
}

/** From `from` to `to` (both in) by `step`. */
export interface SteppedRange {
  readonly from: number
  readonly to: number
  readonly step: number
}

export type AxisValues = readonly Scalar[] | SteppedRange | OpenRange

/** One dimension of a grid: counted without being expanded. */
export interface Axis {
  readonly name: string
  readonly values: AxisValues
}

/** Slack for ranges such as 0 to 1 by 0.1, whose last value is 0.1 × 10 only to the last bit. */
const RANGE_SLACK = 1e-9
const SIGNIFICANT_DIGITS = 12
/** Largest power of ten that a float64 holds exactly: a whole number over it is the decimal fraction itself. */
const EXACT_POWER = 22

function isList(values: AxisValues): values is readonly Scalar[] {
  return Array.isArray(values)
}

function isStepped(values: SteppedRange | OpenRange): values is SteppedRange {
  return (values as Partial<SteppedRange>).step !== undefined
}

/** The range of an axis that has no step; undefined for any other. */
export function openRange({ values }: Pick<Axis, 'values'>): OpenRange | undefined {
  return isList(values) || isStepped(values) ? undefined : values
}

/** A number as names show it: to 12 significant digits. */
export function roundValue(value: number): number {
  const digits = SIGNIFICANT_DIGITS - 1 - Math.floor(Math.log10(Math.abs(value)))
  if (!(digits >= 0 && digits <= EXACT_POWER)) return Number(value.toPrecision(SIGNIFICANT_DIGITS))
  const scale = 10 ** digits
  return Math.round(value * scale) / scale
}

/** Numbers to 12 significant digits that a range has at least: those to the last digit of its larger end. */
export function leastValuesIn({ from, to }: OpenRange): number {
  const lastDigit = 10 ** (Math.floor(Math.log10(Math.max(Math.abs(from), Math.abs(to)))) + 1 - SIGNIFICANT_DIGITS)
  return Math.floor((to - from) / lastDigit) + 1
}

/** Values on an axis; a range from 20 to 200 by 20 has 10. An open range, which is none of a grid's, counts as one. */
export function axisLength({ values }: Axis): number {
  if (isList(values)) return values.length
  if (!isStepped(values)) return 1
  return Math.floor((values.to - values.from) / values.step + RANGE_SLACK) + 1
}

/** Whether a range's last value is its `to`. */
export function reachesEnd({ from, to, step }: SteppedRange): boolean {
  const steps = (to - from) / step
  return Math.abs(steps - Math.round(steps)) <= Math.max(RANGE_SLACK, 4 * Number.EPSILON * steps)
}

/** The last value up to `to`, and the first one beyond: ends that a range with this `step` reaches. */
export function nearestEnds(range: SteppedRange): readonly [number, number] {
  const last = axisLength({ name: '', values: range }) - 1
  return [steppedValue(range, last), steppedValue(range, last + 1)]
}

/** Rounded to 12 significant digits, so that 3 × 0.1 is 0.3; what is left of numbers that cancel out is 0. */
function steppedValue({ from, step }: SteppedRange, position: number): number {
  const value = from + position * step
  return Math.abs(value) < RANGE_SLACK * step ? 0 : roundValue(value)
}

export function axisValue({ values }: Axis, position: number): Scalar {
  if (isList(values)) return values[position]
  return isStepped(values) ? steppedValue(values, position) : values.from
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

/** The axes of a grid section, in file order. */
export function axesOf(section: Readonly<Record<string, AxisValues>> | undefined): Axis[] {
  return Object.entries(section ?? {}).map(([name, values]) => ({ name, values }))
}
