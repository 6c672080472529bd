/** Bar intervals as people write them: `1d`, `1h`, `15m`, `30s`, `1w`. */

export const MS_PER_DAY = 86_400_000

const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ['w', 7 * MS_PER_DAY], ['d', MS_PER_DAY], ['h', 3_600_000], ['m', 60_000], ['s', 1000],
]

/** A count and a unit: what the settings' schemas accept. */
export const INTERVAL_PATTERN = /^([1-9]\d*)([wdhms])$/

/** Milliseconds of `15m`; NaN when the text is no interval. */
export function parseInterval(text: string): number {
  const match = INTERVAL_PATTERN.exec(text)
  const unit = UNITS.find(([name]) => name === match?.[2])
  return match === null || unit === undefined ? NaN : Number(match[1]) * unit[1]
}

/** The shortest exact way to write an interval: `1d` for 86,400,000; weeks stay days. */
export function formatInterval(ms: number): string {
  for (const [unit, size] of UNITS.slice(1)) if (ms % size === 0) return `${ms / size}${unit}`
  return `${ms} ms`
}
