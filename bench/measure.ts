import { systemClock } from '../src/base/clock.ts'

/** One measured figure: the median of `runs`, with the fastest and slowest beside it. */
export interface Figure {
  readonly name: string
  readonly unit: string
  readonly median: number
  readonly least: number
  readonly most: number
  readonly runs: number
  /** What the median is meant to reach. */
  readonly target?: Target
}

export type Target = { readonly atLeast: number } | { readonly atMost: number }

/** Points [x, y] of one line of a plot. */
export interface Line {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

/** What a bench shows as lines rather than bars: how something grows, or stays. Axes that grow by factors are logarithmic. */
export interface Plot {
  readonly x: string
  readonly y: string
  readonly logarithmicX?: boolean
  readonly lines: readonly Line[]
}

/** A group of figures taken in one process, one after another, so that their ratios mean something. */
export interface Bench {
  readonly name: string
  /** What was measured on: sizes, data, settings. */
  readonly setting: Readonly<Record<string, unknown>>
  readonly figures: readonly Figure[]
  /** In place of bars. */
  readonly plot?: Plot
  /** What a reader has to know before comparing: what was not equal, what was left out and why. */
  readonly notes?: readonly string[]
}

export interface Subject {
  readonly name: string
  readonly unit: string
  /** Runs the work once. */
  work(): void | Promise<void>
  /** From the milliseconds of one run to the figure's unit. */
  figure(milliseconds: number): number
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export function reached(target: Target, value: number): boolean {
  return 'atLeast' in target ? value >= target.atLeast : value <= target.atMost
}

/** A figure of what was measured in every run; several runs' worth or one. */
export function figureOf(of: { name: string; unit: string; values: readonly number[]; target?: Target }): Figure {
  const { name, unit, values, target } = of
  return {
    name, unit, median: median(values), least: Math.min(...values), most: Math.max(...values), runs: values.length,
    ...(target === undefined ? {} : { target }),
  }
}

/** Something that takes its own measure, in the figure's unit. */
export interface Gauge {
  readonly name: string
  readonly unit: string
  take(): number | Promise<number>
}

/**
 * Takes all measures in turns (first, second … first, second …), so that a machine that slows down slows
 * every one of them. The first `warmUps` rounds are not counted: compilers are still at work in them. Gives what
 * each gauge took, round by round.
 */
export async function takeInTurns(gauges: readonly Gauge[], rounds: { warmUps: number; runs: number }): Promise<number[][]> {
  const taken = gauges.map((): number[] => [])
  for (let round = 0; round < rounds.warmUps + rounds.runs; round++) {
    for (const [i, each] of gauges.entries()) {
      const value = await each.take()
      if (round >= rounds.warmUps) taken[i].push(value)
    }
  }
  return taken
}

/** Figures of what gauges take in turns. */
export async function gauge(gauges: readonly Gauge[], rounds: { warmUps: number; runs: number }): Promise<Figure[]> {
  const taken = await takeInTurns(gauges, rounds)
  return gauges.map(({ name, unit }, i) => figureOf({ name, unit, values: taken[i] }))
}

/** Two gauges side by side, round by round: what slows down a machine for a while slows down both of a pair. */
export function inPairs(of: { first: readonly number[]; second: readonly number[]; as: (first: number, second: number) => number }): number[] {
  return of.first.map((value, round) => of.as(value, of.second[round]))
}

/** Seconds by the clock. */
export async function secondsOf(work: () => unknown): Promise<number> {
  const start = systemClock.monotonic()
  await work()
  return (systemClock.monotonic() - start) / 1000
}

/** Measures all subjects in turns, by the clock. */
export function measure(subjects: readonly Subject[], rounds: { warmUps: number; runs: number }): Promise<Figure[]> {
  return gauge(subjects.map(({ name, unit, work, figure }) => ({
    name, unit,
    take: async () => {
      const start = systemClock.monotonic()
      await work()
      return figure(systemClock.monotonic() - start)
    },
  })), rounds)
}
